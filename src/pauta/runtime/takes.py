"""What a step takes: live objects of earlier steps, or stored outputs in the library that the script asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pauta.domain.calls import Arguments
from pauta.domain.outputs import Kind, Output
from pauta.domain.wire import StepOrder, TakeOrder
from pauta.frames.values import from_json
from pauta.ports.objects import Objects
from pauta.runtime.kept import Identity, Kept, is_at_hand, wanted_library

_PLAIN = "json"
"""Format of values that are JSON and nothing else; `runtime.parcel_tags` has the other."""


class Taker:
    """Makes the arguments of ``execute``."""

    def __init__(
        self, kept: Mapping[int, Kept], *, objects_of: Callable[[], Objects], drain: Callable[[], None]
    ) -> None:
        self._kept = kept
        self._objects_of = objects_of
        self._drain = drain

    def arguments(self, step: StepOrder, function: Any) -> dict[str, Any]:
        """Keyword arguments by name.

        Raises:
            StoreFault: OBJ-001, OBJ-002, DAT-020 when a stored output is missing or damaged.
        """
        arguments = {take.name: self._value(take, wanted_library(function, take.name)) for take in step.takes}
        return {**step.kwargs, **arguments}

    def _value(self, take: TakeOrder, wanted: str | None) -> Any:
        if take.step is None:
            return None if take.output is None else self._open(take.output, take.trusted, wanted, take.objects)
        kept = self._kept[take.step]
        value = self._live(kept) if is_at_hand(kept, wanted) else self._reopened(kept, wanted)
        kept.used()
        return value

    def _live(self, kept: Kept) -> Any:
        if kept.text is not None:
            return from_json(kept.text)
        from pauta.frames.isolate import isolate

        return isolate(kept.live)

    def _reopened(self, kept: Kept, wanted: str | None) -> Any:
        """Once it is stored, in another library than the one that made it."""
        self._drain()
        return None if kept.output is None else self._open(kept.output, kept.stored, wanted, kept.objects)

    def _open(
        self, output: Output, trusted: Identity | None, wanted: str | None, parts: tuple[Output, ...] = ()
    ) -> Any:
        from pauta.frames.decode import open_output

        if output.kind is Kind.VALUE and output.format != _PLAIN:
            return self._unpacked(Arguments(output, parts))
        path: Path | None = None
        if not output.inline and output.size:
            path = self._objects_of().path(output.address, trusted=trusted)
        value = open_output(path, output, want="polars" if wanted == "polars-lazy" else wanted)
        return value.lazy() if wanted == "polars-lazy" and hasattr(value, "lazy") else value

    def _unpacked(self, value: Arguments) -> Any:
        """What a flow or a task gave that JSON alone has not: frames in lists and dicts, moments, sets."""
        from pauta.runtime.parcels import StoredParcels

        return StoredParcels(self._objects_of).unpack(value)

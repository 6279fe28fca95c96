"""What a step returned, checked at once and stored by and by."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from blake3 import blake3

from pauta.domain.ids import Address
from pauta.domain.outputs import INLINE_LIMIT, Kind, Output
from pauta.domain.problems import Problem, StepFault
from pauta.domain.wire import StepOrder
from pauta.frames.encode import Encoded, encode
from pauta.frames.values import json_bytes, plain
from pauta.ports.objects import Objects
from pauta.runtime.kept import Kept

_FEW_CELLS = 256
_JSON = frozenset({dict, str, int, float, bool})


class Result:
    """A checked result of one step.

    Attributes:
        value: What the script returned.
        text: The bytes of a JSON value.
        encoded: The checked form of what is to be stored; None when there is nothing to write.
        output: Its record: at once for small JSON values, otherwise after `store`.
        profile: Profile and preview of a frame, after `store`.
        profiles: Of a flow: those of the frames that its value refers to, by address.
        identity: Identity of the stored file, after `store`.
        objects: Of a flow: further stored objects that its value refers to.
        message: Of the state that a flow returned.
    """

    __slots__ = ("encoded", "identity", "message", "objects", "output", "profile", "profiles", "text", "value")

    def __init__(
        self, value: Any, *, encoded: Encoded | None = None, output: Output | None = None, text: bytes | None = None
    ) -> None:
        self.value = value
        self.text = text
        self.encoded = encoded
        self.output = output
        self.objects: tuple[Output, ...] = ()
        self.message = ""
        self.profile: dict[str, Any] | None = None
        self.profiles: dict[str, dict[str, Any]] = {}
        self.identity: tuple[int, int, int, int] | None = None

    @property
    def size(self) -> int:
        """Bytes that have to be written."""
        return 0 if self.encoded is None else self.encoded.size

    def store(self, objects_of: Callable[[], Objects]) -> None:
        """Write it to the object store; for a frame make the profile too.

        Raises:
            StoreFault: It cannot be written.
        """
        if self.encoded is None:
            return
        with objects_of().writing() as writing:
            self.encoded.write(writing)
            stored = writing.finish()
        self.identity = stored.identity
        self.output = self.encoded.output(stored.address)
        if self.encoded.table is not None:
            from pauta.frames.profile import profile

            self.profile = profile(self.encoded.table)

    def keep(self, kept: Kept) -> None:
        """Lay it ready for later steps of the stage."""
        if kept.uses == 0:
            return
        kept.text = self.text
        if self.text is None and self.encoded is not None:
            kept.live, kept.library = self.value, self.encoded.library


def check(value: Any, step: StepOrder) -> Result:
    """What the script returned, as the step's output.

    Raises:
        StepFault: SCR-022, SCR-023 when it cannot be kept; DAT-011 when it has too few rows.
    """
    if step.gives is None:
        return Result(value)
    if type(value) in _JSON:
        return _check_value(value, step.gives)
    if not _is_small(value):
        value = _as_it_is_now(value)
    encoded = encode(value, name=step.gives, step=step.name)
    if encoded.kind is Kind.VALUE:
        return Result(value, encoded=encoded, text=encoded.pieces.parts[0])
    if encoded.kind is Kind.FRAME and (encoded.rows or 0) < step.min_rows:
        values = {"step": step.name, "output": step.gives, "rows": encoded.rows, "least": step.min_rows}
        raise StepFault(Problem("DAT-011", values, "step"))
    return Result(value, encoded=encoded)


def _check_value(value: Any, gives: str) -> Result:
    """The short way for JSON values, which many small steps hand on."""
    kept = plain(value, output=gives)
    text = json_bytes(kept)
    if len(text) > INLINE_LIMIT:
        return Result(value, encoded=encode(value, name=gives), text=text)
    address = Address(blake3(text).hexdigest())
    output = Output(Kind.VALUE, address, len(text), "json", value=kept, inline=True)
    return Result(value, output=output, text=text)


def _is_small(value: Any) -> bool:
    """Whether it is a DataFrame of so few cells that it is written before anything else may change it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame) and value.size <= _FEW_CELLS


def _as_it_is_now(value: Any) -> Any:
    """A value that later doings of the script's own leftovers do not change while it is written."""
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(value, polars.LazyFrame):
        return value.collect()
    from pauta.frames.isolate import snapshot

    return snapshot(value)

"""What a step returned, checked at once and stored by and by."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Problem, StepFault
from pauta.domain.wire import StepOrder
from pauta.frames.encode import Encoded, encode
from pauta.ports.objects import Objects
from pauta.runtime.kept import Kept


class Result:
    """A checked result of one step.

    Attributes:
        value: What the script returned.
        encoded: The checked form, None when the step has no output.
        output: Its record: at once for small JSON values, otherwise after `store`.
        profile: Profile and preview of a frame, after `store`.
        identity: Identity of the stored file, after `store`.
    """

    __slots__ = ("encoded", "identity", "output", "profile", "value")

    def __init__(self, value: Any, encoded: Encoded | None) -> None:
        self.value = value
        self.encoded = encoded
        self.output: Output | None = encoded.inline() if encoded is not None else None
        self.profile: dict[str, Any] | None = None
        self.identity: tuple[int, int, int, int] | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing has to be written."""
        return self.encoded is None or self.output is not None

    def store(self, objects_of: Callable[[], Objects]) -> None:
        """Write it to the object store; for a frame make the profile too.

        Raises:
            StoreFault: It cannot be written.
        """
        if self.encoded is None or self.output is not None:
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
        if self.encoded is None or kept.uses == 0:
            return
        kept.library = self.encoded.library
        if self.encoded.kind is Kind.VALUE:
            kept.text = self.encoded.pieces.parts[0]
        else:
            kept.live = self.value


def check(value: Any, step: StepOrder) -> Result:
    """What the script returned, as the step's output.

    Raises:
        StepFault: SCR-022, SCR-023 when it cannot be kept; DAT-011 when it has too few rows.
    """
    if step.gives is None:
        return Result(value, None)
    value = _as_it_is_now(value)
    encoded = encode(value, name=step.gives, step=step.name)
    if encoded.kind is Kind.FRAME and (encoded.rows or 0) < step.min_rows:
        values = {
            "who": f'step "{step.name}" output ',
            "output": step.gives,
            "rows": encoded.rows,
            "least": step.min_rows,
        }
        raise StepFault(Problem("DAT-011", values))
    return Result(value, encoded)


def _as_it_is_now(value: Any) -> Any:
    """A value that later doings of the script's own leftovers do not change while it is written."""
    if type(value) in {dict, str, int, float, bool}:
        return value
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(value, polars.LazyFrame):
        return value.collect()
    from pauta.frames.isolate import snapshot

    return snapshot(value)

"""What the steps of a stage have given so far: the live object for the next step, and the record once it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pauta.domain.outputs import FileRef, Kind, Output
from pauta.domain.wire import StepOrder, TakeOrder

Identity = tuple[int, int, int, int]


@dataclass(slots=True)
class Kept:
    """The result of one step.

    Attributes:
        live: The object itself, private to this process's bookkeeping; only isolated copies go to scripts.
        text: A JSON value's bytes instead.
        library: Whose object `live` is.
        output: Its record, None as long as it is being stored.
        stored: Identity of its file.
        objects: What its value refers to.
        files: Files the step left in the working folder.
        uses: How many steps of the stage have yet to take it.
    """

    live: Any = None
    text: bytes | None = None
    library: str = ""
    output: Output | None = None
    stored: Identity | None = None
    objects: tuple[Output, ...] = ()
    files: tuple[FileRef, ...] = ()
    uses: int = 0

    def used(self) -> None:
        """One taker has had it; after the last one the object can go."""
        self.uses -= 1
        if self.uses <= 0:
            self.live = None


def uses_of(steps: tuple[StepOrder, ...]) -> dict[int, int]:
    """Step number → how many times later steps of the stage take its output."""
    counts: dict[int, int] = {}
    for step in steps:
        for take in step.takes:
            if take.step is not None:
                counts[take.step] = counts.get(take.step, 0) + 1
    return counts


def wanted_library(function: Any, parameter: str) -> str | None:
    """The library that the annotation of a parameter asks for: pandas, polars, polars-lazy, pyarrow; None: no wish."""
    annotations = getattr(function, "__annotations__", None)
    if not annotations or parameter not in annotations:
        return None
    annotation = annotations[parameter]
    if isinstance(annotation, str):
        annotation = _looked_up(annotation, getattr(function, "__globals__", {}))
    library = str(getattr(annotation, "__module__", "")).partition(".")[0]
    if library not in {"pandas", "polars", "pyarrow"}:
        return None
    return "polars-lazy" if getattr(annotation, "__name__", "") == "LazyFrame" else library


def _looked_up(text: str, names: dict[str, Any]) -> Any:
    head, *parts = text.strip().strip("\"'").split(".")
    found = names.get(head)
    for part in parts:
        found = getattr(found, part, None)
    return found


def address_of(take: TakeOrder, kept: dict[int, Kept]) -> str:
    """The address of what a step takes, known once it is stored."""
    output = take.output if take.step is None else kept[take.step].output
    return "" if output is None else output.address


def is_at_hand(kept: Kept, wanted: str | None) -> bool:
    """Whether the live object can be given as it is."""
    if kept.text is not None:
        return True
    if kept.live is None:
        return False
    frame = kept.output is None or kept.output.kind is Kind.FRAME
    return wanted is None or wanted == kept.library or not frame

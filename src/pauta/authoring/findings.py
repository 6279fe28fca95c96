"""The problems of one document, gathered while it is read, so that a user sees all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

from pauta.authoring.nodes import Path, SourceText, field_of
from pauta.domain.problems import InvalidInput, Place, Problem, Scalar

MAX_SHOWN = 100


class Stop(Exception):
    """Reading cannot go on; what was found so far is in the `Findings`."""


class Findings:
    """Problems with the offsets they lie at. Only `MAX_SHOWN` are kept, all are counted."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.total = 0
        self._found: list[tuple[int, Problem]] = []

    @property
    def room(self) -> bool:
        """Whether the next problem will be kept: suggestions are worth looking for."""
        return len(self._found) < MAX_SHOWN

    def add(self, code: str, at: int, *, path: Path = None, variant: str = "", **values: Scalar) -> None:
        """Note a problem at an offset."""
        self.total += 1
        if self.room:
            place = self.source.place(at, field_of(path))
            self._found.append((at, Problem(code, values, variant=variant, place=place)))

    def note(self, problem: Problem, at: int) -> None:
        """Note a problem made elsewhere."""
        self.total += 1
        if self.room:
            self._found.append((at, problem))

    def raise_if_any(self) -> None:
        """Raise all of them in the document's order.

        Raises:
            InvalidInput: When there are any.
        """
        if self._found:
            ordered = [problem for _, problem in sorted(self._found, key=lambda found: found[0])]
            raise InvalidInput(cut(ordered, total=self.total, file=self.source.file))


def cut(problems: Sequence[Problem], *, total: int, file: str) -> list[Problem]:
    """The first `MAX_SHOWN` problems, followed by how many there are when that is not all."""
    shown = list(problems[:MAX_SHOWN])
    if total > len(shown):
        shown.append(Problem("RCP-010", {"total": total, "shown": len(shown)}, place=Place(file=file)))
    return shown

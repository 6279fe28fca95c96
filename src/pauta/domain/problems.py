"""What went wrong, where, and what to do: one value that every room, screen and command shows.

PautaError                   root; carries one or more problems
├── InvalidInput             documents, scripts, parameters, data: nothing was run or stored
├── NotFound                 no such run, step, frame or object
├── Conflict                 the state does not allow it (a finished run is cancelled, a stale version)
├── StoreFault               the database or the object store cannot be used
└── StepFault                a step's own failure, raised inside the runtime
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pauta.domain.messages import text_of

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the user's own material a problem lies. Lines and columns count from 1."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file] if self.file else []
        if self.line is not None:
            parts.append(f"line {self.line}")
        head = " ".join(parts)
        if self.column is not None:
            head = f"{head}, column {self.column}" if head else f"column {self.column}"
        if self.field:
            return f"{head}: {self.field}" if head else self.field
        return head


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Attributes:
        code: Stable code such as ``RCP-002``; listed in the reference.
        values: What the text of that code speaks of; texts are shortened to 80 characters by the maker.
        variant: Which of the code's texts, where it has several.
        place: Where it lies, when it lies in a file or a field.
        traceback: The script's own part of a traceback, when a script raised.
    """

    code: str
    values: Mapping[str, Scalar] = field(default_factory=dict)
    variant: str = ""
    place: Place | None = None
    traceback: str | None = None

    def message(self, language: str = "en") -> str:
        """The problem in words, without its place."""
        return text_of(self.code, self.variant, language).what.format_map(_Lenient(self.values))

    def remedy(self, language: str = "en") -> str:
        """What to do about it; empty when the message says it all."""
        return text_of(self.code, self.variant, language).remedy.format_map(_Lenient(self.values))

    def line(self, language: str = "en") -> str:
        """Code, place and message on one line, as ``RCP-003 recipe.json line 4, column 9: …``."""
        where = str(self.place) if self.place else ""
        return f"{self.code} {where}: {self.message(language)}" if where else f"{self.code} {self.message(language)}"

    def as_json(self, language: str = "en") -> dict[str, Scalar]:
        """The form in which every ``--json`` answer and the API show a problem."""
        place = self.place or Place()
        return {
            "code": self.code,
            "message": self.message(language),
            "remedy": self.remedy(language),
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "field": place.field,
            "traceback": self.traceback,
        }


class _Lenient(dict[str, Scalar]):
    """A message must never fail for want of a value: the gap is shown instead."""

    def __init__(self, values: Mapping[str, Scalar]) -> None:
        super().__init__(values)

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def shorten(found: object, limit: int = 80) -> str:
    """What was found, for a message: on one line, at most ``limit`` characters, control codes made visible."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(found))
    return text if len(text) <= limit else text[: limit - 1] + "…"


class PautaError(Exception):
    """Root of all errors that Pauta raises on purpose."""

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(p.line() for p in self.problems))


class InvalidInput(PautaError):
    """A document, script, parameter or data file cannot be used; nothing was run or stored."""


class NotFound(PautaError):
    """There is no such run, step, frame or object."""


class Conflict(PautaError):
    """What was asked does not fit the present state."""


class StoreFault(PautaError):
    """The database or the object store cannot be used."""


class StepFault(PautaError):
    """A step failed by its own doing."""

"""Problems as a server tells them: its words are kept, whatever this program's own texts are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pauta.domain.problems import Conflict, InvalidInput, NotFound, PautaError, Place, Problem, StoreFault, shorten

_CLASSES: Mapping[int, type[PautaError]] = {404: NotFound, 409: Conflict, 422: InvalidInput, 503: StoreFault}
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class ToldProblem(Problem):
    """A problem with the text that the server sent, in the language that it was asked for."""

    told: str = ""
    advised: str = ""

    def message(self, language: str = "en") -> str:
        """The problem in the server's words."""
        return self.told

    def remedy(self, language: str = "en") -> str:
        """What the server advises."""
        return self.advised


class Unreachable(StoreFault):
    """The server does not answer, or not as a Pauta server does (API-1…)."""


def told(entry: Mapping[str, Any]) -> Problem:
    """A problem of its JSON form."""
    place = Place(entry.get("file"), entry.get("line"), entry.get("column"), entry.get("field"))
    return ToldProblem(
        str(entry.get("code") or "API-108"),
        place=place if place != Place() else None,
        traceback=entry.get("traceback"),
        told=str(entry.get("message") or ""),
        advised=str(entry.get("remedy") or ""),
    )


def error_of(status: int, body: bytes, *, url: str) -> PautaError:
    """The error that an answer tells of.

    Args:
        status: Its HTTP status, 400 or more.
        body: Its bytes, as they came.
        url: The server's address, for messages.
    """
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        answer = None
    if not isinstance(answer, dict) or not ("problems" in answer or "request" in answer):
        detail = shorten(body[:_LONGEST_DETAIL].decode(errors="replace"), 80) or "-"
        return Unreachable(Problem("API-102", {"url": url, "detail": f"{status} {detail}"}))
    problems = _problems_in(answer.get("problems"))
    if problems:
        return _CLASSES.get(status, PautaError)(problems)
    request = shorten(answer.get("request") or "-")
    if status >= 500:
        return StoreFault(Problem("API-105", {"status": status, "request": request}))
    return PautaError(Problem("API-108", {"status": status, "detail": f"request {request}"}))


def _problems_in(entries: Any) -> Sequence[Problem]:
    if not isinstance(entries, list):
        return ()
    return [told(entry) for entry in entries if isinstance(entry, dict)]

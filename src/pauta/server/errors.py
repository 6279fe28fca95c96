"""What goes wrong, as answers: one table from kinds of errors to statuses, one form of body.

A body is ``{"problems": [...], "request": id}``. A 5xx body has the id only: what happened stands in the log
under that id (S23).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from pauta.domain.problems import Conflict, InvalidInput, NotFound, PautaError, Place, Problem, StoreFault, shorten
from pauta.services.access import Forbidden, Unauthorized

STATUS: tuple[tuple[type[PautaError], int], ...] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (Conflict, 409),
    (Unauthorized, 401),
    (Forbidden, 403),
    (StoreFault, 503),
)
_INTERNAL = 500
_log = logging.getLogger("pauta.server")


class Refused(PautaError):
    """A request that is no proper one: its status says how."""

    def __init__(self, status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem)
        self.status = status
        self.headers = dict(headers or {})


class Json(Response):
    """JSON, encoded by msgspec: structs, dates and tuples as they are."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content's bytes."""
        return content if isinstance(content, bytes) else msgspec.json.encode(content)


def answer(error: Exception, *, request_id: str, language: str, what: str) -> Response:
    """The answer to an error. `what` is method and path, for the log."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)  # nobody is there to read it, and nothing failed
    status, headers = status_of(error)
    if status >= _INTERNAL:
        _log.error("request %s (%s) failed", request_id, what, exc_info=error)
        body: dict[str, Any] = {"problems": [], "request": request_id}
    else:
        body = {"problems": [p.as_json(language) for p in problems_of(error)], "request": request_id}
    return Json(body, status_code=status, headers=headers)


def status_of(error: Exception) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer to an error."""
    if isinstance(error, Refused):
        return error.status, error.headers
    if isinstance(error, RequestValidationError):
        return 422, {}
    if isinstance(error, HTTPException):
        return error.status_code, dict(error.headers or {})
    status = next((status for kind, status in STATUS if isinstance(error, kind)), _INTERNAL)
    if status == 401:
        return status, {"WWW-Authenticate": 'Bearer realm="pauta"'}
    return status, {"Retry-After": "1"} if status == 503 else {}


def problems_of(error: Exception) -> Sequence[Problem]:
    """What to tell of an error that is the caller's to mend."""
    if isinstance(error, PautaError):
        return error.problems
    if isinstance(error, RequestValidationError):
        return [_parameter(e) for e in error.errors()]
    return [Problem("API-008")]


def _parameter(error: Mapping[str, Any]) -> Problem:
    """What is wrong with a parameter of path, query or header."""
    where = Place(field=".".join(str(part) for part in error["loc"][1:]))
    if error["type"] == "missing":
        return Problem("API-001", variant="missing", place=where)
    found = shorten(error.get("input"))
    return Problem("API-001", {"expected": _expected(error), "found": found}, place=where)


_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "max_length": "≤", "min_length": "≥", "pattern": "~"}


def _expected(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    for name, sign in _BOUNDS.items():
        if name in context:
            return f"{sign} {context[name]}"
    if "expected" in context:
        return str(context["expected"])
    return str(error["type"]).partition("_")[0]

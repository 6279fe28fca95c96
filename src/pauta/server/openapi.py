"""The description of the API, complete enough that a client can be generated from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi

from pauta.domain.access import Permission
from pauta.server.openapi_examples import ANSWERS, BODIES, REFUSAL
from pauta.server.openapi_schemas import schemas_of
from pauta.server.routing import GuardedRoute, Route

_EVENTS = "text/event-stream"


class ProblemView(msgspec.Struct, frozen=True):
    """One problem. Codes are stable; messages are in the language that Accept-Language asks for."""

    code: str
    message: str
    remedy: str
    file: str | None
    line: int | None
    column: int | None
    field: str | None
    traceback: str | None


class Refusal(msgspec.Struct, frozen=True):
    """The body of every answer from 400 on. From 500 on `problems` is empty: the server's log has them under the id."""

    problems: list[ProblemView]
    request: str


_REASONS = {
    400: "The request cannot be read",
    401: "No credential, or none that is valid",
    403: "Not allowed",
    404: "There is no such thing",
    408: "The body did not arrive in time",
    409: "The present state does not allow it",
    413: "The body is too large",
    415: "The body is of another type",
    421: "The server does not answer under this name",
    422: "Something that was given cannot be used",
    429: "Too many requests",
    500: "The server failed",
    503: "The server cannot reach its records at the moment",
}


def describe(routes: Sequence[GuardedRoute], *, version: str) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    described = [guarded for guarded in routes if guarded.route.permission is not Permission.PUBLIC]
    document: dict[str, Any] = get_openapi(
        title="Pauta", version=version, summary="Pipelines of plain Python scripts", routes=described
    )
    kinds = [kind for g in described for kind in (g.route.answers, g.route.body, *g.route.events) if kind is not None]
    by_kind, components = schemas_of([*kinds, Refusal])
    for guarded in described:
        operation = document["paths"][guarded.path_format][guarded.route.method.lower()]
        _complete(operation, guarded.route, by_kind)
    own = document.setdefault("components", {})
    held = {k: v for k, v in own.get("schemas", {}).items() if k not in ("HTTPValidationError", "ValidationError")}
    own["schemas"] = dict(sorted({**held, **components}.items()))
    refusal = _json(by_kind[repr(Refusal)], REFUSAL)
    own["responses"] = {f"Refused{s}": {"description": text, "content": refusal} for s, text in _REASONS.items()}
    own["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "pauta_…"}}
    return document


def _complete(operation: dict[str, Any], route: Route, schemas: dict[str, Any]) -> None:
    """Add what FastAPI cannot know: bodies and answers that are structs, refusals, the permission."""
    operation["x-permission"] = route.permission.value
    if route.permission is not Permission.SIGNED:
        operation["security"] = [{"token": []}]
    name = operation["operationId"]
    if route.body is not None:
        required = any(field.required for field in msgspec.structs.fields(route.body))
        body = _json(schemas[repr(route.body)], BODIES.get(name))
        operation["requestBody"] = {"required": required, "content": body}
    elif route.uploads:
        binary = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    operation["responses"] = {
        **_good(route, schemas, ANSWERS.get(name)),
        **{str(s): {"$ref": f"#/components/responses/Refused{s}"} for s in _REASONS if _may(route, s)},
    }


def _good(route: Route, schemas: dict[str, Any], example: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done"}
    if route.answers is not None:
        good["content"] = _json(schemas[repr(route.answers)], example)
    elif route.media == _EVENTS:
        good["content"] = {_EVENTS: {"schema": _event([schemas[repr(kind)] for kind in route.events])}}
    elif route.media:
        good["content"] = {media.strip(): {"schema": {"type": "string"}} for media in route.media.split(",")}
    if route.media == _EVENTS:
        return {str(route.status): good, "204": {"description": "It is over, and all of it is known already"}}
    return {str(route.status): good}


def _event(kinds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One server-sent event."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": {"anyOf": list(kinds)}}
    text = {"type": "string"}
    return {"type": "object", "properties": {"id": text, "event": text, "data": data}, "required": ["event", "data"]}


def _json(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = msgspec.to_builtins(example)
    return {"application/json": content}


def _may(route: Route, status: int) -> bool:
    takes_body = route.body is not None or route.uploads
    return takes_body if status in (408, 413, 415) else True

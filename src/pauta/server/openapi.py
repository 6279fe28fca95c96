"""The description of the API, complete enough that a client can be generated from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi

from pauta.domain.access import Permission
from pauta.server.routing import GuardedRoute, Route

_REFS = "#/components/schemas/{name}"


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
    kinds = [kind for g in described for kind in (g.route.answers, g.route.body) if kind is not None]
    schemas, components = msgspec.json.schema_components([*kinds, Refusal], ref_template=_REFS)
    by_kind = dict(zip(map(repr, [*kinds, Refusal]), schemas, strict=True))
    for guarded in described:
        operation = document["paths"][guarded.path_format][guarded.route.method.lower()]
        _complete(operation, guarded.route, by_kind)
    own = document.setdefault("components", {})
    held = {k: v for k, v in own.get("schemas", {}).items() if k not in ("HTTPValidationError", "ValidationError")}
    own["schemas"] = dict(sorted({**held, **components}.items()))
    own["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "pauta_…"}}
    return document


def _complete(operation: dict[str, Any], route: Route, schemas: dict[str, Any]) -> None:
    """Add what FastAPI cannot know: bodies and answers that are structs, refusals, the permission."""
    operation["x-permission"] = route.permission.value
    if route.permission is not Permission.SIGNED:
        operation["security"] = [{"token": []}]
    if route.body is not None:
        required = any(field.required for field in msgspec.structs.fields(route.body))
        operation["requestBody"] = {
            "required": required,
            "content": {"application/json": {"schema": schemas[repr(route.body)]}},
        }
    elif route.uploads:
        binary = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    good: dict[str, Any] = {"description": "Done"}
    if route.answers is not None:
        good["content"] = {"application/json": {"schema": schemas[repr(route.answers)]}}
    elif route.media:
        good["content"] = {route.media: {"schema": {"type": "string"}}}
    refusal = {"application/json": {"schema": schemas[repr(Refusal)]}}
    operation["responses"] = {
        str(route.status): good,
        **{str(s): {"description": text, "content": refusal} for s, text in _REASONS.items() if _may(route, s)},
    }


def _may(route: Route, status: int) -> bool:
    takes_body = route.body is not None or route.uploads
    if status in (413, 415):
        return takes_body
    return status != 409 or route.method != "GET"

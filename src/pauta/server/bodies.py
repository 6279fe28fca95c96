"""JSON bodies: decoded straight into the struct that a handler names, or refused with the place of the fault (B69)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from email.message import Message
from typing import Any

import msgspec
from fastapi import Request

from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.server.errors import Refused
from pauta.server.visit import KEY

DEEPEST = 64
"""Most levels of nesting."""

_AT = re.compile(r" - at `(.*)`$")
_PATH_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def reader(kind: type[msgspec.Struct]) -> Callable[[Request], Awaitable[Any]]:
    """A dependency that reads a request's body as this struct.

    When no field is required, an empty body is taken for an empty object.
    """
    decoder = msgspec.json.Decoder(kind)
    fields = msgspec.structs.fields(kind)
    optional = not any(field.required for field in fields)
    known = ", ".join(field.encode_name for field in fields)

    async def read(request: Request) -> Any:
        body = await request.body()
        if not body:
            if optional:
                return kind()
            raise Refused(400, Problem("API-002", variant="empty"))
        check_type(request.scope[KEY].headers)
        return decode(body, decoder, known=known)

    return read


def check_type(headers: dict[bytes, bytes], expected: str = "application/json") -> None:
    """Raises: Refused 415 API-003 unless the body is of this type, in UTF-8, and not compressed."""
    encoding = headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
    if encoding != "identity":
        raise Refused(415, Problem("API-003", {"found": shorten(encoding)}, "encoding"))
    message = Message()
    message["content-type"] = headers.get(b"content-type", b"").decode("latin-1")
    kind = message.get_content_type() if b"content-type" in headers else "?"
    if kind != expected:
        raise Refused(415, Problem("API-003", {"found": shorten(kind), "expected": expected}))
    charset = message.get_param("charset", "utf-8")
    if str(charset).lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(415, Problem("API-003", {"found": shorten(charset)}, "charset"))


def decode(body: bytes, decoder: msgspec.json.Decoder[Any], *, known: str = "") -> Any:
    """The body as the decoder's type.

    Raises:
        Refused: 400 API-002 when it is not JSON, not UTF-8, or nested too deep.
        InvalidInput: API-001 with the field that does not fit.
    """
    _check_depth(body)
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError as e:
            # It stopped at the first value that does not fit: what follows may be no JSON at all.
            fault, whole = str(e), msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        raise Refused(400, Problem("API-002", {"reason": shorten(e)})) from None
    except UnicodeDecodeError:
        raise Refused(400, Problem("API-002", variant="text")) from None
    raise InvalidInput(_problem(fault, whole, known))


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = 0
    for bracket in re.findall(rb"[\[\]{}]", _TEXTS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise Refused(400, Problem("API-002", {"most": DEEPEST}, "deep"))


def _problem(text: str, body: Any, known: str) -> Problem:
    """A fault that msgspec found, in our words."""
    match = _AT.search(text)
    path = match.group(1).removeprefix("$") if match else ""
    text = _AT.sub("", text)
    if found := re.fullmatch(r"Object missing required field `(.*)`", text):
        return Problem("API-001", variant="missing", place=_place(f"{path}.{found.group(1)}"))
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", text):
        place = _place(f"{path}.{shorten(found.group(1))}")
        if path:
            return Problem("API-001", variant="stray", place=place)
        return Problem("API-001", {"known": known}, "unknown", place=place)
    if found := re.fullmatch(r"Expected (.*?)(?:, got `(.*)`)?", text):
        values = {"expected": found.group(1).replace("`", ""), "found": _value(body, path, found.group(2))}
        return Problem("API-001", values, place=_place(path))
    return Problem("API-001", {"reason": shorten(text.replace("`", ""))}, "value", place=_place(path))


def _place(path: str) -> Place:
    return Place(field=path.removeprefix(".") or "body")


def _value(value: Any, path: str, kind: str | None) -> str:
    """What stands at a path of the body, or its kind when that cannot be told."""
    for name, number in _PATH_PART.findall(path):
        try:
            value = value[name] if name else value[int(number)]
        except (KeyError, IndexError, TypeError, ValueError):
            return kind or "?"
    return shorten(msgspec.json.encode(value).decode(), 40)

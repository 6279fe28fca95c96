"""No body is larger, and none takes longer to arrive, than its route allows."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

from pauta.domain.problems import Problem
from pauta.server.errors import Refused

SECONDS = 30.0
"""Longest pause before the next piece of a body."""


def limited(receive: Receive, headers: dict[bytes, bytes], *, most: int, code: str = "API-004") -> Receive:
    """A `receive` that ends with `Refused` 413 or 408 where the body passes its limits.

    Raises:
        Refused: 413 at once when the announced length is too large, 400 when it is no number.
    """
    if not _expects_body(headers, most, code):
        return receive
    arrived = 0
    whole = False

    async def counting() -> Message:
        nonlocal arrived, whole
        if whole:
            return await receive()  # waits for the other side to hang up: as long as it takes
        try:
            async with asyncio.timeout(SECONDS):
                message = await receive()
        except TimeoutError:
            raise Refused(408, Problem("API-004", {"seconds": int(SECONDS)}, "slow"), {"Connection": "close"}) from None
        if message["type"] != "http.request":
            return message
        arrived += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if arrived > most:
            raise _too_large(most, code)
        return message

    return counting


def _expects_body(headers: dict[bytes, bytes], most: int, code: str) -> bool:
    announced = headers.get(b"content-length")
    if announced is None:
        return b"transfer-encoding" in headers
    if not announced.isdigit():
        raise Refused(400, Problem("API-010", {"header": "Content-Length"}, "bad"))
    if int(announced) > most:
        raise _too_large(most, code)
    return int(announced) > 0


def _too_large(most: int, code: str) -> Refused:
    return Refused(413, Problem(code, {"most": most}), {"Connection": "close"})

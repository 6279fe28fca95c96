"""Files that are sent while they are made, by a process that ends when nobody takes them any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from urllib.parse import quote

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pauta.domain.problems import Problem
from pauta.server.errors import Refused
from pauta.server.streaming import Streams

MOST = 16
"""Most files that are sent at a time: each has a process behind it, however slowly it is taken."""


class Sending(StreamingResponse):
    """A file on its way. Whatever happens to the connection, what makes the file is ended."""

    def __init__(self, pieces: AsyncIterator[bytes], stack: ExitStack, **more: object) -> None:
        super().__init__(pieces, **more)  # type: ignore[arg-type]
        self._stack = stack

    @classmethod
    async def begin(
        cls,
        opened: Callable[[], AbstractContextManager[Iterator[bytes]]],
        *,
        streams: Streams,
        media_type: str,
        headers: Mapping[str, str],
    ) -> Sending:
        """Start making the file; answer only when its first piece is there, so that a fault is told as one.

        Raises:
            Refused: 429 when too many files are being sent.
        """
        if streams.sending >= MOST:
            raise Refused(429, Problem("API-007", {"seconds": 1}), {"Retry-After": "1"})
        streams.sending += 1
        stack = ExitStack()
        stack.callback(_done, streams)

        def start() -> tuple[bytes | None, Iterator[bytes]]:
            pieces = stack.enter_context(opened())
            return next(pieces, None), pieces

        try:
            first, pieces = await streams.work(start)
        except BaseException:
            stack.close()
            raise
        return cls(_all(first, pieces, streams), stack, media_type=media_type, headers=dict(headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stack.close()


def _done(streams: Streams) -> None:
    streams.sending -= 1


async def _all(piece: bytes | None, pieces: Iterator[bytes], streams: Streams) -> AsyncIterator[bytes]:
    while piece is not None:
        yield piece
        piece = await streams.work(partial(next, pieces, None))


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser keep the file under this name, and neither show nor run it (S13)."""
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }

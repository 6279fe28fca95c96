"""Live streams and long waits: many at once, without a thread for each.

What changes is heard of by a bell, and looked for every second even when no bell rings. Reading happens in a few
threads of its own, so that two hundred open streams leave all others to the rest of the API.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, TypeVar

import msgspec
from fastapi import Depends, FastAPI, Request

from pauta.domain.problems import PautaError
from pauta.ports.bell import Bell
from pauta.server.caller import visit_of

T = TypeVar("T")
_READERS, _WORKERS = 4, 2
BEAT = b": still here\n\n"
"""A comment: says that the server lives, and means nothing else."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen, in seconds.

    Attributes:
        look: Between two looks at the bell.
        poll: Between two reads when no bell rings.
        rest: Between two reads however often it rings.
        beat: Between two signs of life.
        longest: How long a stream may last before its reader has to ask, and be let in, again.
    """

    look: float = 0.02
    poll: float = 1.0
    rest: float = 0.1
    beat: float = 15.0
    longest: float = 900.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read: events ready to be sent. `more`: there is more at once. `over`: nothing will follow."""

    events: bytes
    more: bool = False
    over: bool = False


class Watch:
    """One waiter for one subject."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def wake(self) -> None:
        """Let it go on."""
        self._rung.set()

    async def wait(self, timeout: float) -> None:
        """Until it is woken, since it last was; at most `timeout` seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout)
        self._rung.clear()


class Streams:
    """What all streams of a server share: one ear at the bell, and a few threads.

    Used from one event loop at a time. `sending` is the number of files that are being sent.
    """

    def __init__(self, bell: Bell, *, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.sending = 0
        self._closing = threading.Event()
        self._bell = bell
        self._watches: dict[str, set[Watch]] = {}
        self._counts: dict[str, int] = {}
        self._ear: asyncio.Task[None] | None = None
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="stream")
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="tables")

    def close(self) -> None:
        """End all streams and waits soon: the server is about to stop. May be called from any thread."""
        self._closing.set()

    @property
    def is_listening(self) -> bool:
        """Whether somebody follows something."""
        return self._ear is not None and not self._ear.done()

    async def read(self, act: Callable[[], T]) -> T:
        """What `act` gives, from one of the threads that read records."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, act)

    async def work(self, act: Callable[[], T]) -> T:
        """What `act` gives, from one of the threads that wait for processes with table files."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, act)

    @contextmanager
    def watching(self, subject: str) -> Iterator[Watch]:
        """A waiter for this subject, for as long as the block lasts."""
        watch = Watch()
        if subject not in self._watches:
            self._watches[subject] = set()
            self._counts[subject] = self._bell.wait(subject, seen=0, timeout=0.0)
        self._watches[subject].add(watch)
        if not self.is_listening:
            self._ear = asyncio.get_running_loop().create_task(self._listen())
        try:
            yield watch
        finally:
            self._watches[subject].discard(watch)
            if not self._watches[subject]:
                del self._watches[subject], self._counts[subject]

    async def _listen(self) -> None:
        """Pass on what the bell rings. Asking it costs a microsecond, so one task asks for all."""
        while self._watches:
            for subject, watches in list(self._watches.items()):
                count = self._bell.wait(subject, seen=self._counts[subject], timeout=0.0)
                if count != self._counts[subject] or self._closing.is_set():
                    self._counts[subject] = count
                    for watch in watches:
                        watch.wake()
            await asyncio.sleep(self.pace.look)

    async def until(self, subject: str, *, look: Callable[[], T], done: Callable[[T], bool], seconds: float) -> T:
        """What `look` gives as soon as that is `done`, or after so many seconds."""
        deadline = monotonic() + seconds
        with self.watching(subject) as watch:
            while True:
                found = await self.read(look)
                left = deadline - monotonic()
                if done(found) or left <= 0 or self._closing.is_set():
                    return found
                await watch.wait(min(left, self.pace.poll))

    async def follow(self, subject: str, first: Batch, *, read: Callable[[], Batch]) -> AsyncIterator[bytes]:
        """The stream: `first`, then what `read` gives whenever there is something, until it is over.

        When the records cannot be read it just ends; who reads it asks again, and is told why.
        """
        ends = monotonic() + self.pace.longest
        beat = monotonic() + self.pace.beat
        batch, took = first, 0.0
        with self.watching(subject) as watch, suppress(PautaError):
            # Before the first event, so that the reader knows at once that the stream is open.
            yield BEAT
            while True:
                if batch.events:
                    yield batch.events
                    beat = monotonic() + self.pace.beat
                if batch.over or self._closing.is_set() or monotonic() >= ends:
                    return
                if monotonic() >= beat:
                    yield BEAT
                    beat = monotonic() + self.pace.beat
                if not batch.more:
                    # A run with many steps takes longer to read: its readers are served less often, not all others.
                    await asyncio.sleep(max(self.pace.rest, 4 * took))
                    await watch.wait(self.pace.poll)
                if self._closing.is_set():
                    return
                began = monotonic()
                batch = await self.read(read)
                took = monotonic() - began


def event(name: str, value: object, *, id: str | None = None) -> bytes:
    """One server-sent event with this value as JSON."""
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\n".encode() + b"data: " + msgspec.json.encode(value) + b"\n\n"


def streams_of(app: FastAPI, bell: Bell) -> Streams:
    """The streams of an application."""
    if not hasattr(app.state, "streams"):
        app.state.streams = Streams(bell)
    streams: Streams = app.state.streams
    return streams


async def _streams(request: Request) -> Streams:
    return streams_of(request.app, visit_of(request).control.bell)


StreamsDep = Annotated[Streams, Depends(_streams)]

"""Streams themselves: what they send when, in which order, and when they end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from pauta.adapters.bell import LocalBell
from pauta.domain.problems import NotFound, Problem
from pauta.server.streaming import BEAT, Batch, Pace, Streams, event

QUICK = Pace(look=0.005, poll=0.02, rest=0.001, beat=0.05, longest=60.0)
DEAF = Pace(look=0.005, poll=60.0, rest=0.001, beat=60.0, longest=60.0)


class Story:
    """Things that happen, and a reader of them."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self.over = False

    def read(self) -> Batch:
        told, self.parts = b"".join(self.parts), []
        return Batch(told, over=self.over)


async def collected(stream: AsyncIterator[bytes], *, enough: Callable[[list[bytes]], bool]) -> list[bytes]:
    got: list[bytes] = []
    async with asyncio.timeout(20):
        async for piece in stream:
            got.append(piece)
            if enough(got):
                break
    return got


def played(scene: Callable[[Streams, LocalBell], Any], pace: Pace) -> Any:
    async def play() -> Any:
        bell = LocalBell()
        return await scene(Streams(bell, pace=pace), bell)

    return asyncio.run(play())


def test_an_event_is_three_lines_whatever_is_in_it() -> None:
    assert event("line", {"text": "a\nb\r\n\n"}, id="7") == b'id: 7\nevent: line\ndata: {"text":"a\\nb\\r\\n\\n"}\n\n'


def test_polling_alone_finds_what_no_bell_told_of() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> list[bytes]:
        story = Story()
        asyncio.get_running_loop().call_later(0.05, lambda: story.parts.append(b"late"))
        return await collected(
            streams.follow("run:1", story.read(), read=story.read), enough=lambda got: b"late" in got
        )

    assert played(scene, QUICK)[-1] == b"late"


def test_a_bell_from_another_thread_wakes_a_reader_who_would_sleep_for_long() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> list[bytes]:
        story = Story(b"first")

        def happen() -> None:
            story.parts.append(b"second")
            story.over = True
            bell.ring("run:1")

        threading.Timer(0.1, happen).start()
        return await collected(streams.follow("run:1", story.read(), read=story.read), enough=lambda got: False)

    assert played(scene, DEAF) == [BEAT, b"first", b"second"]


def test_a_bell_rung_while_a_reader_reads_is_not_missed() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> list[bytes]:
        told = [b"1", b"2", b"3", b"4", b"5"]

        def read() -> Batch:
            piece = told.pop(0)
            bell.ring("run:1")
            return Batch(piece, over=not told)

        return await collected(streams.follow("run:1", Batch(b""), read=read), enough=lambda got: False)

    async def started(streams: Streams, bell: LocalBell) -> list[bytes]:
        threading.Timer(0.1, bell.ring, ("run:1",)).start()
        return await scene(streams, bell)

    assert b"".join(played(started, DEAF)[1:]) == b"12345"


def test_a_silent_stream_gives_signs_of_life() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> list[bytes]:
        story = Story()
        return await collected(streams.follow("s", story.read(), read=story.read), enough=lambda got: len(got) > 3)

    assert set(played(scene, QUICK)) == {BEAT}


def test_a_stream_ends_when_its_run_is_gone() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> list[bytes]:
        def read() -> Batch:
            raise NotFound(Problem("RUN-001", {"run": "x"}))

        return await collected(streams.follow("s", Batch(b"told"), read=read), enough=lambda got: False)

    assert played(scene, QUICK) == [BEAT, b"told"]


def test_a_stream_does_not_outlive_its_time_however_much_happens() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> list[bytes]:
        return await collected(
            streams.follow("s", Batch(b""), read=lambda: Batch(b"more", more=True)), enough=lambda got: False
        )

    assert len(played(scene, Pace(longest=0.1))) > 1


def test_streams_and_waits_end_when_the_server_does() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> Any:
        story = Story()
        asyncio.get_running_loop().call_later(0.05, streams.close)
        async with asyncio.timeout(20):
            return await asyncio.gather(
                collected(streams.follow("a", story.read(), read=story.read), enough=lambda got: False),
                streams.until("b", look=lambda: "still", done=lambda found: False, seconds=60),
            )

    assert played(scene, DEAF) == [[BEAT], "still"]


def test_nobody_listens_to_the_bell_when_nobody_follows() -> None:
    async def scene(streams: Streams, bell: LocalBell) -> bool:
        with streams.watching("a"), streams.watching("a"), streams.watching("b"):
            await asyncio.sleep(0)
            assert streams.is_listening
        async with asyncio.timeout(20):
            while streams.is_listening:
                await asyncio.sleep(0.01)
        with streams.watching("a") as watch:
            bell.ring("a")
            async with asyncio.timeout(20):
                await watch.wait(60.0)
        return True

    assert played(scene, QUICK)

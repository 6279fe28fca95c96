"""How a flow's reports reach the worker and its answers the threads that wait for them; whose lines are whose."""

from __future__ import annotations

import contextvars
import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pauta.domain import wire
from pauta.domain.calls import Arguments, CallKind
from pauta.domain.outputs import Kind, Output
from pauta.domain.wire import Acknowledge, CachedCall, CallStarted, Leave, Recalled
from pauta.runtime.call_lines import HEAD_LIMIT, TAIL_LINES, CallLines, CallStream
from pauta.runtime.calling import Bodies, current_call
from pauta.runtime.channel import Channel, ChannelLost
from pauta.runtime.flow_site import FlowClock, chance
from pauta.runtime.orders import Left, Orders
from pauta.runtime.post import Post

PATIENCE_SECONDS = 10.0


class Far:
    """The worker's end of a connection."""

    def __init__(self) -> None:
        self.near, self._socket = socket.socketpair()
        self._socket.settimeout(PATIENCE_SECONDS)
        self.channel = Channel(self.near.detach())
        self._rest = b""

    def send(self, *orders: wire.Order) -> None:
        self._socket.sendall(b"".join(wire.encode(order) for order in orders))

    def reports(self, count: int) -> list[Any]:
        lines: list[bytes] = []
        while len(lines) < count:
            *more, self._rest = (self._rest + self._socket.recv(1 << 20)).split(b"\n")
            lines += more
        return [wire.decode_report(line) for line in lines]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def far() -> Iterator[Far]:
    far = Far()
    yield far
    far.close()


def started(no: int) -> CallStarted:
    return CallStarted(0, 1, 0, no, None, CallKind.TASK, "t", 0, no, 1, 0.0)


def cached(run: str) -> CachedCall:
    return CachedCall(run, Arguments(Output(Kind.VALUE, "a" * 64, 1, "json", value=1, inline=True)))  # type: ignore[arg-type]


class Threads:
    """Threads that each do one thing, and what came of it."""

    def __init__(self) -> None:
        self.came: dict[str, Any] = {}
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], Any]) -> None:
        def do() -> None:
            try:
                self.came[name] = work()
            except BaseException as error:
                self.came[name] = error

        self._threads.append(threading.Thread(target=do))
        self._threads[-1].start()

    def join(self) -> dict[str, Any]:
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
        return self.came


def test_each_thread_gets_the_word_it_waits_for_whoever_reads(far: Far) -> None:
    orders, threads = Orders(far.channel), Threads()
    orders.begin(stage=0, fence=1)
    for no in range(8):
        orders.expect(no)
        threads.start(f"call {no}", lambda no=no: orders.wait_for_call(no))
    threads.start("the process", orders.next)
    far.send(*(Acknowledge(0, 1, 0, no) for no in reversed(range(8))))
    far.send(Leave())
    assert threads.join() == {**{f"call {no}": None for no in range(8)}, "the process": Leave()}


def test_the_word_on_the_beginning_of_a_call_is_not_taken_for_that_on_its_end(far: Far) -> None:
    orders, threads = Orders(far.channel), Threads()
    orders.begin(stage=0, fence=1)
    orders.expect(7)
    far.send(Acknowledge(0, 1, 0, 7))
    orders.wait_for_call(7)
    orders.expect(7)
    threads.start("end", lambda: orders.wait_for_call(7))
    far.send(Acknowledge(0, 1, 0, 8), Acknowledge(0, 2, 0, 7), Acknowledge(0, 1, 0))
    time.sleep(0.05)
    assert threads.came == {}
    far.send(Acknowledge(0, 1, 0, 7))
    assert threads.join() == {"end": None}


def test_questions_of_several_threads_are_answered_in_the_order_in_which_they_were_sent(far: Far) -> None:
    orders, threads, sent = Orders(far.channel), Threads(), []

    def ask(name: str) -> dict[str, CachedCall]:
        return dict(orders.ask(lambda: sent.append(name)))

    for name in "abc":
        threads.start(name, lambda name=name: ask(name))
    while len(sent) < 3:
        time.sleep(0.001)
    far.send(*(Recalled(0, 1, 0, {name: cached(name)}) for name in sent))
    assert {name: list(found) for name, found in threads.join().items()} == {"a": ["a"], "b": ["b"], "c": ["c"]}


def test_whoever_waits_is_freed_when_the_worker_wants_no_more(far: Far) -> None:
    orders, threads = Orders(far.channel), Threads()
    orders.begin(stage=0, fence=1)
    orders.expect(1)
    threads.start("call", lambda: orders.wait_for_call(1))
    threads.start("question", lambda: orders.ask(lambda: None))
    far.send(Leave())
    assert {type(came) for came in threads.join().values()} == {Left}
    assert orders.next() == Leave()


def test_everybody_learns_that_the_worker_is_gone(far: Far) -> None:
    orders, threads = Orders(far.channel), Threads()
    orders.expect(1)
    threads.start("call", lambda: orders.wait_for_call(1))
    threads.start("the process", orders.next)
    far.close()
    assert {type(came) for came in threads.join().values()} == {ChannelLost}


def test_the_first_report_after_a_pause_goes_out_at_once_and_the_others_soon(far: Far) -> None:
    post = Post(far.channel)
    began = time.monotonic()
    for no in range(100):
        post.put(started(no))
    assert [report.no for report in far.reports(100)] == list(range(100))
    assert time.monotonic() - began < 0.5


def test_many_reports_share_a_system_call(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    post, flushes = Post(far.channel), []
    flush = far.channel.flush
    monkeypatch.setattr(far.channel, "flush", lambda: (flushes.append(1), flush()))
    threads = Threads()
    threads.start("worker", lambda: len(far.reports(2_000)))
    for no in range(2_000):
        post.put(started(no))
    post.flush()
    assert threads.join() == {"worker": 2_000}
    assert len(flushes) < 100


# ---- whose lines ------------------------------------------------------------------------------


class Heard:
    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []
        self.left: list[tuple[int, bool]] = []
        self.cut = CallLines(lambda call, stream, line: self.lines.append((call, stream, line)))
        self.bodies = Bodies(self._leave)
        self.own = io.StringIO()
        self.stream = CallStream(self.own, "stdout", self.cut)

    def _leave(self, call: int, *, alone: bool) -> None:
        self.left.append((call, alone))
        self.cut.end(call)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_a_line_is_of_the_innermost_call_that_prints_it(heard: Heard) -> None:
    print("the flow", file=heard.stream)
    with heard.bodies.of(1):
        print("outer", file=heard.stream)
        with heard.bodies.of(2):
            print("inner", file=heard.stream)
        print("outer again", file=heard.stream, end="")
    print("the flow again", file=heard.stream)
    assert heard.lines == [(1, "stdout", "outer"), (2, "stdout", "inner"), (1, "stdout", "outer again")]
    assert heard.own.getvalue() == "the flow\nthe flow again\n"


def test_threads_that_run_bodies_print_as_their_calls(heard: Heard) -> None:
    together = threading.Barrier(4)

    def body(no: int) -> None:
        with heard.bodies.of(no):
            for part in range(50):
                together.wait()
                print(no, part, file=heard.stream)

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(body, no)) for no in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for no in range(4):
        assert [line for call, _, line in heard.lines if call == no] == [f"{no} {part}" for part in range(50)]


def test_a_bar_that_is_redrawn_is_one_line(heard: Heard) -> None:
    with heard.bodies.of(1):
        for percent in range(101):
            heard.stream.write(f"\r{percent}%")
        heard.stream.write("\ndone\r\n")
        heard.stream.write("half\rwhole\r")
    assert [line for _, _, line in heard.lines] == ["100%", "done", "whole"]


def test_a_flood_keeps_its_head_and_its_tail(heard: Heard) -> None:
    with heard.bodies.of(1):
        for n in range(60_000):
            print(n, "." * 20, file=heard.stream)
    lines = [line for _, _, line in heard.lines]
    assert lines[0].startswith("0 ")
    assert lines[-1].startswith("59999 ")
    assert sum(map(len, lines)) < HEAD_LIMIT + 100 * TAIL_LINES
    [gap] = [line for _, stream, line in heard.lines if stream == "pauta"]
    assert gap == f"[… {60_000 - len(lines) + 1:,} lines left out]"


def test_a_call_is_alone_unless_another_ran_beside_it(heard: Heard) -> None:
    with heard.bodies.of(1), heard.bodies.of(2):
        pass
    inside, over = threading.Event(), threading.Event()

    def beside() -> None:
        with heard.bodies.of(4):
            inside.set()
            over.wait(PATIENCE_SECONDS)

    thread = threading.Thread(target=beside)
    with heard.bodies.of(3):
        thread.start()
        inside.wait(PATIENCE_SECONDS)
    over.set()
    thread.join()
    with heard.bodies.of(5):
        pass
    assert heard.left == [(2, True), (1, True), (3, False), (4, False), (5, True)]


def test_a_forked_process_that_leaves_a_body_ends_there() -> None:
    ended: list[int] = []
    bodies = Bodies(lambda call, alone: None, end=ended.append)
    with bodies.of(1):
        bodies._process = os.getpid() + 1
    assert ended == [0]


def test_a_stream_has_what_libraries_ask_of_one(heard: Heard) -> None:
    own = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    stream = CallStream(own, "stdout", heard.cut)
    assert (stream.encoding, stream.errors, stream.isatty(), stream.writable()) == (
        "utf-8",
        "backslashreplace",
        False,
        True,
    )
    stream.buffer.write(b"raw")
    stream.reconfigure(line_buffering=True)
    stream.close()
    assert not stream.closed
    stream.writelines(["a\n", "b\n"])
    with heard.bodies.of(1), pytest.raises(TypeError):
        stream.write(b"bytes")  # type: ignore[arg-type]


def test_outside_of_bodies_there_is_no_call() -> None:
    assert current_call() is None


# ---- time and chance --------------------------------------------------------------------------


def test_what_was_due_for_the_records_is_due_for_the_flow_though_its_clock_is_behind() -> None:
    steady = [50.0]
    behind = FlowClock(1000.0, wall=lambda: 900.0, steady=lambda: steady[0])
    assert behind.now() == 1000.0
    steady[0] = 52.5
    assert behind.now() == 1002.5
    assert FlowClock(1000.0, wall=lambda: 1100.0, steady=lambda: 0.0).now() == 1100.0


def test_chance_is_spread_over_its_range() -> None:
    drawn = [chance() for _ in range(2_000)]
    assert all(0 <= number < 1 for number in drawn)
    assert 0.4 < sum(drawn) / len(drawn) < 0.6

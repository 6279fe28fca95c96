"""One script's process as its launcher sees it: connection, outputs, and what has yet to be delivered."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from pauta.adapters.process_output import Cutter, StepBudget
from pauta.domain.wire import Leave, Order, Report, StepFailed, StepFinished, decode_report, encode
from pauta.ports.launcher import Exited, Happening, Printed, Reported

_READ = 1 << 16
_READS_AT_ONCE = 4
_LINE_LIMIT = 64 * 1024 * 1024
_MARK_SECONDS = 2.0
_CHANNEL_SECONDS = 1.0
LEAVE_SECONDS = 10.0


class Controls(Protocol):
    """What a handle asks of its launcher."""

    def command(self, handle: ProcessHandle, do: str, **values: object) -> None:
        """Pass an order on to the warm parent."""
        ...

    def want_writing(self, handle: ProcessHandle) -> None:
        """Call `ProcessHandle.push` when there is room again."""
        ...


class ProcessHandle:
    """A script's process; implements `ports.launcher.Process`."""

    def __init__(
        self, number: int, *, label: str, token: str, mark: bytes, descriptors: tuple[int, int, int], controls: Controls
    ) -> None:
        self.number = number
        self.token = token
        self.control = socket.socket(fileno=descriptors[0])
        self.control.setblocking(False)
        self._pid = 0
        self._label = label
        self._controls = controls
        budget = StepBudget()
        self._cutters = {
            fd: Cutter(stream, mark=mark, budget=budget)
            for fd, stream in zip(descriptors[1:], ("stdout", "stderr"), strict=True)
        }
        self._open = set(self._cutters)
        self._outgoing = bytearray()
        self._incoming: list[bytes] = []
        self._incoming_size = 0
        self._queue: deque[Report] = deque()
        self._held_until: float | None = None
        self._kill_at: float | None = None
        self._cause = "died"
        self._detail = ""
        self.is_connected = True

    @property
    def pid(self) -> int:
        """Its process id, also the id of its session."""
        return self._pid

    @property
    def label(self) -> str:
        """Its label."""
        return self._label

    @property
    def outputs(self) -> frozenset[int]:
        """Descriptors of the outputs that are still open."""
        return frozenset(self._open)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Connection and outputs, as long as this is not closed."""
        return (self.control.fileno(), *self._cutters)

    def born(self, pid: int) -> None:
        """It was forked."""
        self._pid = pid

    def send(self, order: Order) -> None:
        """Give it an order; what does not fit into the connection now is sent by `wait`."""
        if isinstance(order, Leave) and self._cause == "died":
            self._cause = "left"
            self._kill_at = time.monotonic() + LEAVE_SECONDS
        if self.is_connected:
            self._outgoing += encode(order)
            self.push()

    def limit(self, *, memory_bytes: int | None) -> None:
        """Bound its memory and that of its descendants, all together."""
        self._controls.command(self, "limit", bytes=memory_bytes)

    def stop(self, cause: str, *, grace_seconds: float) -> None:
        """TERM to all that belongs to it, KILL after the grace."""
        self._cause = cause
        self._kill_at = None
        self._controls.command(self, "stop", grace=grace_seconds)

    def kill(self, cause: str) -> None:
        """KILL to all that belongs to it."""
        self._cause = cause
        self._controls.command(self, "kill")

    # ---- for the launcher ---------------------------------------------------------------------

    def push(self) -> None:
        """Send as much of the waiting orders as fits."""
        while self._outgoing and self.is_connected:
            try:
                sent = self.control.send(self._outgoing[: 1 << 18])
            except BlockingIOError:
                self._controls.want_writing(self)
                return
            except OSError:
                # Its end is told by its exit.
                self._outgoing.clear()
                return
            del self._outgoing[:sent]

    def read_output(self, at: float, *, all_of_it: bool = False) -> Iterator[Printed]:
        """Lines from both outputs; only so much at a time that memory stays flat, unless all is asked for."""
        for descriptor in sorted(self._open):
            reads = 0
            while all_of_it or reads < _READS_AT_ONCE:
                reads += 1
                try:
                    data = os.read(descriptor, _READ)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if not data:
                    self._open.discard(descriptor)
                    break
                yield from self._cutters[descriptor].feed(data, at)
                if len(data) < _READ // 16:
                    break

    def read_reports(self) -> None:
        """Take what came over the connection."""
        for _ in range(_READS_AT_ONCE):
            if not self.is_connected:
                return
            try:
                data = self.control.recv(_READ * 4)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._end_channel()
                return
            self._decode(data)

    def deliver(self, lines: list[Printed], now: float) -> Iterator[Happening]:
        """Reports and lines in their order: all output of a step before the report that ends it."""
        queue = self._queue
        while queue and not isinstance(queue[0], StepFinished | StepFailed):
            yield Reported(queue.popleft())
        yield from lines
        while queue:
            if self._is_held(queue[0], now):
                return
            self._held_until = None
            self._count_mark(queue[0])
            yield Reported(queue.popleft())

    def overdue(self, now: float) -> None:
        """Act on what has waited too long."""
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            if not self.is_connected:
                self._detail = "channel"
            self._controls.command(self, "kill")

    def due(self) -> float | None:
        """When `overdue` or `deliver` has something to do although nothing comes."""
        times = [t for t in (self._kill_at, self._held_until) if t is not None]
        return min(times) if times else None

    def finish(self, account: dict[str, object], at: float) -> Iterator[Happening]:
        """It is gone: everything that is left of its output and reports, then its end."""
        lines = list(self.read_output(at, all_of_it=True))
        for cutter in self._cutters.values():
            lines.extend(cutter.finish(at))
        while self.is_connected:
            before = self._incoming_size, len(self._queue)
            self.read_reports()
            if (self._incoming_size, len(self._queue)) == before:
                break
        while self._queue and not isinstance(self._queue[0], StepFinished | StepFailed):
            yield Reported(self._queue.popleft())
        yield from lines
        while self._queue:
            yield Reported(self._queue.popleft())
        yield self._exited(account)

    def close(self) -> None:
        """Let go of its descriptors."""
        self.is_connected = False
        self.control.close()
        for descriptor in self._cutters:
            with suppress(OSError):
                os.close(descriptor)
        self._open.clear()

    def _exited(self, account: dict[str, object]) -> Exited:
        code, number, peak = account.get("code"), account.get("signal"), account.get("peak")
        detail = self._detail if self._cause == "died" else ""
        if account.get("crowded"):
            detail = f"processes {account['most']}"
        return Exited(
            code=code if isinstance(code, int) else None,
            signal=number if isinstance(number, int) else None,
            peak_bytes=peak if isinstance(peak, int) else 0,
            cause="memory" if account.get("over") else self._cause,
            detail=str(account.get("detail") or detail),
        )

    def _decode(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join(self._incoming) + lines[0]
            self._incoming, self._incoming_size = [], 0
        if rest:
            self._incoming.append(rest)
            self._incoming_size += len(rest)
        try:
            for line in lines:
                self._queue.append(decode_report(line))
            damaged = self._incoming_size > _LINE_LIMIT
        except ValueError:
            damaged = True
        if damaged:
            self._end_channel()
            self._kill_at = time.monotonic()
            self._detail = "channel"

    def _end_channel(self) -> None:
        """The process's end of the connection was closed, or wrote what is no report.

        That is normal when it has just ended. If it lives on, nothing it does can be known any more.
        """
        self.is_connected = False
        self._incoming.clear()
        if self._kill_at is None:
            self._kill_at = time.monotonic() + _CHANNEL_SECONDS

    def _is_held(self, report: Report, now: float) -> bool:
        if not isinstance(report, StepFinished | StepFailed):
            return False
        if isinstance(report, StepFinished) and report.cached_from is not None:
            return False
        if all(cutter.ended.get(report.step, 0) > 0 for fd, cutter in self._cutters.items() if fd in self._open):
            return False
        if self._held_until is None:
            # A script may have closed the outputs behind our back; then the mark never comes.
            self._held_until = now + _MARK_SECONDS
        return now < self._held_until

    def _count_mark(self, report: Report) -> None:
        if isinstance(report, StepFinished | StepFailed):
            for cutter in self._cutters.values():
                left = cutter.ended.pop(report.step, 0) - 1
                if left > 0:
                    cutter.ended[report.step] = left

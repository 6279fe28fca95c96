"""Ends a body that takes too long: by a signal in the main thread, by an exception set from outside in the others."""

from __future__ import annotations

import ctypes
import heapq
import itertools
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class OutOfTime(BaseException):
    """Ends a body. Not an `Exception`: no body is to catch it by the way."""


class TimeLimit:
    """One limit, while a body runs under it.

    Attributes:
        passed: Whether the time was over before the body was.
    """

    __slots__ = ("ends", "is_over", "passed", "thread")

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.passed = False
        self.is_over = False
        self.thread = threading.get_ident()


@contextmanager
def time_limit(seconds: float) -> Iterator[TimeLimit]:
    """Raise `OutOfTime` in the body after this time, measured by the real clock, and swallow it at the end.

    In the main thread a signal interrupts whatever waits. In others the body is ended when it next comes back to
    Python: a call that waits in C holds it up.

    Args:
        seconds: How long the body may take.

    Yields:
        The limit, which says in the end whether it had passed.
    """
    limit = TimeLimit(time.monotonic() + seconds)
    guard = _alarm if threading.current_thread() is threading.main_thread() else _watch
    guard.begin(limit)
    try:
        yield limit
    except OutOfTime:
        if not limit.passed:
            raise  # a limit further out
    finally:
        _end(guard, limit)


def _end(guard: _Alarm | _Watch, limit: TimeLimit) -> None:
    # An exception that was set from outside may still be on its way here.
    while True:
        try:
            guard.end(limit)
            return
        except OutOfTime:
            continue


class _Alarm:
    """Limits of the main thread, one within the other, by one timer of the process."""

    def __init__(self) -> None:
        self._limits: list[TimeLimit] = []
        self._before: Any = None

    def begin(self, limit: TimeLimit) -> None:
        if not self._limits:
            self._before = signal.signal(signal.SIGALRM, self._ring)
        self._limits.append(limit)
        self._set()

    def end(self, limit: TimeLimit) -> None:
        limit.is_over = True
        if limit in self._limits:
            self._limits.remove(limit)
        self._set()
        if not self._limits and self._before is not None:
            signal.signal(signal.SIGALRM, self._before)
            self._before = None

    def _set(self) -> None:
        waiting = [limit.ends for limit in self._limits if not limit.passed]
        signal.setitimer(signal.ITIMER_REAL, max(1e-6, min(waiting) - time.monotonic()) if waiting else 0.0)

    def _ring(self, signum: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        for limit in self._limits:  # the outermost first
            if not limit.passed and not limit.is_over and limit.ends <= now:
                limit.passed = True
                self._set()
                raise OutOfTime
        self._set()


class _Watch:
    """Limits of other threads, kept by a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Condition(threading.Lock())
        self._limits: list[tuple[float, int, TimeLimit]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def begin(self, limit: TimeLimit) -> None:
        with self._lock:
            heapq.heappush(self._limits, (limit.ends, next(self._numbers), limit))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="pauta-limits", daemon=True)
                self._thread.start()
            self._lock.notify()

    def end(self, limit: TimeLimit) -> None:
        with self._lock:
            limit.is_over = True
        if limit.passed:
            time.sleep(0)  # let what was set arrive within the caller's guard

    def _run(self) -> None:
        with self._lock:
            while True:
                while self._limits and (self._limits[0][2].is_over or self._limits[0][0] <= time.monotonic()):
                    self._strike(heapq.heappop(self._limits)[2])
                wait = self._limits[0][0] - time.monotonic() if self._limits else None
                if not self._lock.wait(wait if wait is not None else 30.0) and wait is None:
                    self._thread = None
                    return

    def _strike(self, limit: TimeLimit) -> None:
        if not limit.is_over:
            limit.passed = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(limit.thread), ctypes.py_object(OutOfTime))


_alarm = _Alarm()
_watch = _Watch()

"""Who comes next when several threads want one of a few things: quick ones first, but nobody waits for long.

A thread that gives a thing back and wants it again at once would always be quicker than one that has to be woken.
That spares switching threads, so it is let through; once somebody has waited longer than `PATIENCE_SECONDS`, the
thing is handed to him.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 0.003


class _Waiter(Generic[T]):
    __slots__ = ("called", "given", "is_called", "since")

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.called = threading.Lock()
        self.called.acquire()
        self.is_called = False
        self.given: T | None = None

    def call(self) -> None:
        if not self.is_called:
            self.is_called = True
            self.called.release()


class Turnstile(Generic[T]):
    """Hands out things, each to one thread at a time."""

    def __init__(self, things: Iterable[T]) -> None:
        self._mutex = threading.Lock()
        self._idle = list(things)
        self._waiters: deque[_Waiter[T]] = deque()

    def take(self) -> T:
        """One of the things; `give_back` must follow. Waits while there is none."""
        with self._mutex:
            if self._idle:
                return self._idle.pop()
            waiter: _Waiter[T] = _Waiter()
            self._waiters.append(waiter)
        try:
            while (thing := self._wait(waiter)) is None:
                pass
        except BaseException:
            self._leave(waiter)
            raise
        return thing

    def give_back(self, thing: T) -> None:
        """Let others have it."""
        with self._mutex:
            self._put(thing)

    def _put(self, thing: T) -> None:
        if not self._waiters:
            self._idle.append(thing)
            return
        first = self._waiters[0]
        if time.monotonic() - first.since > PATIENCE_SECONDS:
            self._waiters.popleft()
            first.given = thing
        else:
            self._idle.append(thing)
        first.call()

    def _wait(self, waiter: _Waiter[T]) -> T | None:
        """Sleep until called; what there is then, or None when somebody was quicker."""
        waiter.called.acquire()
        with self._mutex:
            waiter.is_called = False
            if waiter.given is not None:
                return waiter.given
            if not self._idle:
                return None
            self._waiters.remove(waiter)
            thing = self._idle.pop()
            if self._idle and self._waiters:
                self._waiters[0].call()
            return thing

    def _leave(self, waiter: _Waiter[T]) -> None:
        """Somebody gives up waiting, by an interrupt: what he was given or called for goes to the next."""
        with self._mutex:
            if waiter.given is not None:
                self._put(waiter.given)
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
                if self._idle and self._waiters:
                    self._waiters[0].call()

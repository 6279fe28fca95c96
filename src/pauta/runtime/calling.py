"""Which call of a flow the present code belongs to, known in every thread and asyncio task that runs its body."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Protocol


class Leaving(Protocol):
    """Told when the body of a call is left."""

    def __call__(self, call: int, *, alone: bool) -> None:
        """It ended; `alone`: no other ran meanwhile but those in which it was made."""
        ...


class Body:
    """The body of one call while it runs.

    Attributes:
        call: The call.
        around: The body in which it was made; None: the flow's own.
        depth: How many bodies are around it.
        alone: Whether no other ran beside it so far.
    """

    __slots__ = ("_bodies", "_token", "alone", "around", "call", "depth")

    def __init__(self, call: int, bodies: Bodies) -> None:
        self.call = call
        self.around: Body | None = current.get()
        self.depth: int = 0 if self.around is None else self.around.depth + 1
        self.alone = True
        self._bodies = bodies
        self._token: Token[Body | None] | None = None

    def __enter__(self) -> None:
        self._token = current.set(self)
        self._bodies.enter(self)

    def __exit__(self, *error: object) -> None:
        if self._token is not None:
            current.reset(self._token)
        self._bodies.leave(self)


current: ContextVar[Body | None] = ContextVar("pauta_body", default=None)
"""The body of the call in which this code runs; None: in no call."""


def current_call() -> int | None:
    """The call in which this code runs."""
    body = current.get()
    return None if body is None else body.call


class Bodies:
    """The bodies of a flow that run now. A forked process that leaves one ends there: it is not the flow."""

    def __init__(self, leaving: Leaving, *, end: Callable[[int], object] = os._exit) -> None:
        """Who is told.

        Args:
            leaving: Told of every body that is left, in the thread that leaves it.
            end: Ends a forked process.
        """
        self._leaving = leaving
        self._end = end
        self._process = os.getpid()
        self._running: set[Body] = set()
        self._lock = threading.Lock()

    def of(self, call: int) -> Body:
        """The body of a call, to be entered."""
        return Body(call, self)

    def enter(self, body: Body) -> None:
        """It runs from now on."""
        with self._lock:
            if len(self._running) > body.depth:
                around = set(_around(body))
                for other in self._running - around:
                    other.alone = body.alone = False
            self._running.add(body)

    def leave(self, body: Body) -> None:
        """It has ended."""
        if os.getpid() != self._process:
            self._end(0)
        with self._lock:
            self._running.discard(body)
        self._leaving(body.call, alone=body.alone)


def _around(body: Body) -> list[Body]:
    found = []
    while body.around is not None:
        body = body.around
        found.append(body)
    return found

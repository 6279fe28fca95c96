"""Asks a server until it answers, or until asking is of no use any more. All verbs of workers bear that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from pauta.adapters.api_connection import Connection
from pauta.domain.problems import PautaError, StoreFault

T = TypeVar("T")

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_BUSY = frozenset({"API-007", "AUT-007"})


class Link:
    """POSTs to a server's ``/work`` routes, again and again while it cannot be reached or is out of order.

    Args:
        connection: The server.
        chance: A random number in [0, 1): many workers do not come back at the same instant.
    """

    def __init__(self, connection: Connection, *, chance: Callable[[], float]) -> None:
        self.connection = connection
        self._chance = chance
        self._closed = threading.Event()

    def close(self) -> None:
        """Nobody waits any more: what is being asked again ends with its error."""
        self._closed.set()

    def pause(self, seconds: float) -> None:
        """Wait so long, or until it is closed."""
        self._closed.wait(max(0.0, seconds))

    def ask(self, verb: str, body: msgspec.Struct, kind: type[T], *, until: Callable[[], float], patience: float) -> T:
        """Ask once at least.

        Args:
            verb: Name of the route.
            body: Of the request.
            kind: What the answer is decoded into.
            until: Monotonic seconds after which it is not asked again; looked at anew after each try.
            patience: Seconds to wait for each answer.

        Raises:
            StoreFault: The last reason why there was no answer.
            PautaError: What the server refused, at once.
        """

        def post() -> T:
            return self.connection.ask("POST", f"/work/{verb}", kind, body=body, patience=patience)

        return self.insist(post, until=until)

    def insist(self, act: Callable[[], T], *, until: Callable[[], float]) -> T:
        """Try until it works; see `ask`."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return act()
            except PautaError as error:
                rest = until() - time.monotonic()
                if not may_pass(error) or rest <= 0 or self._closed.is_set():
                    raise
            self.pause(min(rest, pause * (0.5 + self._chance() / 2)))
            pause = min(pause * 2, _LONGEST_PAUSE)


def may_pass(error: PautaError) -> bool:
    """Whether the same request may be answered a little later."""
    return isinstance(error, StoreFault) or any(problem.code in _BUSY for problem in error.problems)

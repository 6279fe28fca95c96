"""Tells workers that are started by somebody else's queue that there is something to claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Announcer(Protocol):
    """Sends hints. A hint may be lost, late or doubled: who gets one asks the desk, and is told what is true."""

    def announce(self, queue: str, *, pool: str, hints: Sequence[str]) -> None:
        """Put one message for each hint into a queue.

        Args:
            queue: Its name.
            pool: The work pool that whoever reads it is to claim from.
            hints: Which stages they speak of, for people who look into the queue.

        Raises:
            StoreFault: CEL-001 when the broker cannot be reached; some may have been sent.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...

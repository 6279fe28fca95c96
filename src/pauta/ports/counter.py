"""The counter at which a worker takes work and hands it in: the desk itself, or a server over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pauta.domain.ids import RunId
from pauta.domain.wire import CachedCall
from pauta.domain.work import Heard, Lease, Recorded, Renewal


class Counter(Protocol):
    """The verbs of a worker. All are safe to repeat: an answer that was lost is settled by asking again (P13)."""

    def claim(self, *, room: int, run_id: RunId | None = None, wait_seconds: float = 0.0) -> Sequence[Recorded]:
        """Take up to `room` stages, of one run or of any that queues in the worker's pools.

        Args:
            room: Most stages to take.
            run_id: Of this run alone.
            wait_seconds: When there is nothing, wait up to so long for a bell before answering. Waiting is a
                courtesy: an early empty answer is correct.

        Returns:
            One entry for each run concerned: its assignments, and what of it became final on the way.
        """
        ...

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        """Put on record what happened, in order. What comes from an attempt that was replaced is refused."""
        ...

    def recall(self, lease: Lease, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        """What the cache holds of task results under these keys; nothing for a lease that is lost."""
        ...

    def renew(self, held: Sequence[Lease]) -> Renewal:
        """Extend these leases; tells which are lost and which are to be stopped."""
        ...

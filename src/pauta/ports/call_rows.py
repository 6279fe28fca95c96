"""The calls of flows in the store; what holds of its other rows holds here, see `pauta.ports.store`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pauta.domain.calls import Call
from pauta.domain.ids import RunId


class CallRows(Protocol):
    """Calls of flows."""

    def of_run(self, run_id: RunId) -> list[Call]:
        """All calls of a run by number."""
        ...

    def get(self, run_id: RunId, nos: Sequence[int]) -> list[Call]:
        """Those of these calls that exist, by number."""
        ...

    def page(self, run_id: RunId, *, after: int, limit: int) -> list[Call]:
        """At most `limit` calls of a run numbered above `after`, by number; no others are read."""
        ...

    def paused(self, run_id: RunId) -> list[Call]:
        """The calls of a run that wait, by number; no others are read."""
        ...

    def changed(self, run_id: RunId, *, since: int = 0) -> tuple[list[Call], int]:
        """The calls of a run that were put since a mark, by number, and the mark for the next time.

        Whoever follows the marks from 0 misses no call; some may be given again though they did not change.
        """
        ...

    def put(self, calls: Sequence[Call]) -> None:
        """Add calls, or put them over those with their numbers.

        Raises:
            StoreFault: DB-010 if a completed call would change its state.
        """
        ...

    def awaited(self, *, limit: int = 100) -> list[Call]:
        """Calls that wait for a person (`CallKind.INPUT`, `CallKind.APPROVAL`), of all runs, oldest run first."""
        ...

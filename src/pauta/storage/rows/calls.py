"""Calls of flows in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from pauta.domain.calls import Call
from pauta.domain.ids import Address, RunId
from pauta.storage import references
from pauta.storage.records_calls import call_row, to_call
from pauta.storage.session import Session


class SqlCalls:
    """`CallRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_run(self, run_id: RunId) -> list[Call]:
        """See `CallRows`."""
        return [to_call(row) for row in self._session.rows("call.of_run", {"k_run_id": run_id})]

    def get(self, run_id: RunId, nos: Sequence[int]) -> list[Call]:
        """See `CallRows`."""
        if not nos:
            return []
        params = {"k_run_id": run_id, "nos": self._session.many(nos)}
        return [to_call(row) for row in self._session.rows("call.get", params)]

    def page(self, run_id: RunId, *, after: int, limit: int) -> list[Call]:
        """See `CallRows`."""
        params = {"k_run_id": run_id, "after": after, "limit": limit}
        return [to_call(row) for row in self._session.rows("call.page", params)]

    def paused(self, run_id: RunId) -> list[Call]:
        """See `CallRows`."""
        return [to_call(row) for row in self._session.rows("call.paused", {"k_run_id": run_id})]

    def changed(self, run_id: RunId, *, since: int = 0) -> tuple[list[Call], int]:
        """See `CallRows`."""
        # The mark first: what is recorded between the two statements is given now, and once more the next time.
        mark = self._session.row("call.mark", {"k_run_id": run_id})
        rows = self._session.rows("call.changed", {"k_run_id": run_id, "since": since})
        return [to_call(row) for row in rows], int(mark[0]) if mark is not None else since

    def put(self, calls: Sequence[Call]) -> None:
        """See `CallRows`."""
        self._session.run_many("call.put", [{**call_row(call), "k_run_id": call.run_id} for call in calls])
        found: dict[RunId, set[Address]] = {}
        for call in calls:
            refers = references.of_call(call)
            if refers:
                found.setdefault(call.run_id, set()).update(refers)
        pairs = [pair for run_id in sorted(found) for pair in references.pairs(run_id, found[run_id])]
        self._session.run_many("reference.add", pairs)

    def awaited(self, *, limit: int = 100) -> list[Call]:
        """See `CallRows`."""
        return [to_call(row) for row in self._session.rows("call.awaited", {"limit": limit})]

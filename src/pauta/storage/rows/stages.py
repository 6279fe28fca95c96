"""Stages and their attempts in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pauta.domain.ids import RunId
from pauta.domain.runs import Attempt, Stage
from pauta.domain.states import StageState
from pauta.ports.store import Leased, Queued
from pauta.storage import codec
from pauta.storage.faults import fault
from pauta.storage.records import attempt_row, stage_row, to_attempt, to_stage
from pauta.storage.rows import queue
from pauta.storage.session import Session


class SqlStages:
    """`StageRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, run_id: RunId, no: int) -> Stage | None:
        """See `StageRows`."""
        row = self._session.row("stage.get", {"k_run_id": run_id, "k_no": no})
        return to_stage(row) if row else None

    def get_many(self, run_id: RunId, nos: Sequence[int]) -> list[Stage]:
        """See `StageRows`."""
        params = {"k_run_id": run_id, "nos": self._session.many(nos)}
        return [to_stage(row) for row in self._session.rows("stage.get_many", params)]

    def of_run(self, run_id: RunId) -> list[Stage]:
        """See `StageRows`."""
        return [to_stage(row) for row in self._session.rows("stage.of_run", {"k_run_id": run_id})]

    def save(self, before: Stage, after: Stage) -> bool:
        """See `StageRows`."""
        return self._session.run("stage.save", _change(before, after)) == 1

    def save_many(self, changes: Sequence[tuple[Stage, Stage]]) -> bool:
        """See `StageRows`."""
        rows = [_change(before, after) for before, after in changes]
        return self._session.run_many("stage.save", rows) == len(rows)

    def claimable(self, *, now: datetime, limit: int, run_id: RunId | None = None) -> list[Stage]:
        """See `StageRows`."""
        name = "stage.claimable" if run_id is None else "stage.claimable_of_run"
        params = {"now": codec.micros(now), "limit": limit, "k_run_id": run_id}
        return [to_stage(row) for row in self._session.rows(name, params)]

    def answered(self, *, limit: int = 100) -> list[Stage]:
        """See `StageRows`."""
        return [to_stage(row) for row in self._session.rows("stage.answered", {"limit": limit})]

    def expired(self, *, now: datetime, limit: int = 100) -> list[Stage]:
        """See `StageRows`."""
        params = {"now": codec.micros(now), "limit": limit}
        return [to_stage(row) for row in self._session.rows("stage.expired", params)]

    def running(self, *, owner: str | None = None, run_id: RunId | None = None) -> list[Stage]:
        """See `StageRows`."""
        name = "stage.running" if run_id is None else "stage.running_of_run"
        found = [to_stage(row) for row in self._session.rows(name, {"k_run_id": run_id})]
        # Running stages are as few as workers: no index is kept for their owners.
        return [stage for stage in found if owner is None or stage.owner == owner]

    def heads(self, *, pools: Sequence[str], now: datetime, lanes: int, each: int) -> list[Queued]:
        """See `StageRows`."""
        return queue.heads(self._session, pools=pools, now=now, lanes=lanes, each=each)

    def leased(self) -> list[Leased]:
        """See `StageRows`."""
        return queue.leased(self._session)

    def locked(self, run_id: RunId, no: int) -> Stage | None:
        """See `StageRows`."""
        row = self._session.row("stage.locked", {"k_run_id": run_id, "k_no": no})
        return to_stage(row) if row else None

    def depth(self, *, now: datetime) -> Mapping[str, int]:
        """See `StageRows`."""
        return queue.depth(self._session, now=now)

    def stuck(self, *, now: datetime, limit: int = 100) -> list[RunId]:
        """See `StageRows`. Nothing of it depends on `now`: a stage that waits for a time moves by itself."""
        del now
        return [row[0] for row in self._session.rows("run.stuck", {"limit": limit})]

    def next_due(self, run_id: RunId | None = None) -> datetime | None:
        """See `StageRows`."""
        name = "stage.next_due" if run_id is None else "stage.next_due_of_run"
        row = self._session.row(name, {"k_run_id": run_id})
        return codec.from_micros(row[0]) if row else None

    def count_down(self, run_id: RunId, upstream: Sequence[int]) -> list[Stage]:
        """See `StageRows`."""
        session = self._session
        taken = session.rows("need.take", {"k_run_id": run_id, "upstream": session.many(upstream)})
        lowered: list[Stage] = []
        by_amount: dict[int, list[int]] = {}
        for no, times in sorted(Counter(row[0] for row in taken).items()):
            by_amount.setdefault(times, []).append(no)
        for times, nos in sorted(by_amount.items()):
            params = {"k_run_id": run_id, "nos": session.many(nos), "by": times}
            lowered += map(to_stage, session.rows("stage.lower", params))
        freed = [s for s in lowered if s.waiting_for == 0 and s.state is StageState.PENDING]
        return sorted(freed, key=lambda stage: stage.no)


def _change(before: Stage, after: Stage) -> dict[str, Any]:
    row = stage_row(after)
    row["k_run_id"] = before.run_id
    row["k_no"] = before.no
    row["was_state"] = before.state.value
    row["was_fence"] = before.fence
    row["was_waiting_for"] = before.waiting_for
    row["by"] = after.waiting_for - before.waiting_for
    return row


class SqlAttempts:
    """`AttemptRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, attempt: Attempt) -> None:
        """See `AttemptRows`."""
        self.add_many((attempt,))

    def add_many(self, attempts: Sequence[Attempt]) -> None:
        """See `AttemptRows`."""
        self._session.run_many("attempt.add", [attempt_row(attempt) for attempt in attempts])

    def close(self, attempt: Attempt) -> None:
        """See `AttemptRows`."""
        self.close_many((attempt,))

    def close_many(self, attempts: Sequence[Attempt]) -> None:
        """See `AttemptRows`."""
        rows = []
        for attempt in attempts:
            row = attempt_row(attempt)
            row["k_run_id"], row["k_stage_no"], row["k_fence"] = attempt.run_id, attempt.stage_no, attempt.fence
            rows.append(row)
        if self._session.run_many("attempt.close", rows) != len(rows):
            first = attempts[0]
            raise self._session.fail(fault("DB-011", "missing", what=f"attempt {first.run_id}/{first.stage_no}"))

    def of_run(self, run_id: RunId) -> list[Attempt]:
        """See `AttemptRows`."""
        return [to_attempt(row) for row in self._session.rows("attempt.of_run", {"k_run_id": run_id})]

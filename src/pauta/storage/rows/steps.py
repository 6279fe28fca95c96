"""Steps, logs and history in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from pauta.domain.ids import RunId
from pauta.domain.runs import Event, LogChunk, StepRecord
from pauta.storage import references
from pauta.storage.faults import fault
from pauta.storage.records import event_row, log_row, step_row, to_chunk, to_event, to_step
from pauta.storage.session import Session


class SqlSteps:
    """`StepRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_run(self, run_id: RunId) -> list[StepRecord]:
        """See `StepRows`."""
        return [to_step(row) for row in self._session.rows("step.of_run", {"k_run_id": run_id})]

    def get(self, run_id: RunId, nos: Sequence[int]) -> list[StepRecord]:
        """See `StepRows`."""
        rows = self._session.rows("step.get", {"k_run_id": run_id, "nos": self._session.many(nos)})
        found = {row[1]: to_step(row) for row in rows}
        return [found[no] for no in nos if no in found]

    def put(self, steps: Sequence[StepRecord]) -> None:
        """See `StepRows`."""
        rows, pairs = [], []
        for step in steps:
            row = step_row(step)
            row["k_run_id"], row["k_no"] = step.run_id, step.no
            rows.append(row)
            found = references.of_result(step)
            if found:
                pairs += references.pairs(step.run_id, found)
        if self._session.run_many("step.put", rows) != len(rows):
            raise self._session.fail(fault("DB-011", "missing", what=f"step {steps[0].run_id}/{steps[0].no}"))
        self._session.run_many("reference.add", pairs)


class SqlLogs:
    """`LogRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, chunks: Sequence[LogChunk]) -> None:
        """See `LogRows`."""
        self._session.run_many("log.add", [log_row(chunk) for chunk in chunks if chunk.lines])

    def read(
        self, run_id: RunId, *, step_no: int | None = None, after: int = -1, limit_lines: int = 10_000
    ) -> list[LogChunk]:
        """See `LogRows`."""
        suffix = "" if step_no is None else "_of_step"
        of = {"k_run_id": run_id, "k_step_no": step_no}
        low = high = None
        lines = 0
        for first, last in self._session.rows(f"log.sizes{suffix}", {**of, "after": after}):
            if lines >= limit_lines:
                break
            low, high = (first if low is None else low), first
            lines += last - first + 1
        if low is None:
            return []
        rows = self._session.rows(f"log.bodies{suffix}", {**of, "low": low, "high": high})
        return [to_chunk(row) for row in rows]

    def last(self, run_id: RunId) -> int:
        """See `LogRows`."""
        row = self._session.row("log.last", {"k_run_id": run_id})
        return int(row[0]) if row else -1

    def drop(self, run_id: RunId) -> int:
        """See `LogRows`."""
        of = {"k_run_id": run_id}
        row = self._session.row("log.bytes", of)
        if row is None or row[0] is None:
            return 0
        self._session.run("log.drop", of)
        return int(row[0])


class SqlEvents:
    """`EventRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, events: Sequence[Event]) -> None:
        """See `EventRows`."""
        self._session.run_many("event.add", [event_row(event) for event in events])

    def of_run(self, run_id: RunId) -> list[Event]:
        """See `EventRows`."""
        return [to_event(row) for row in self._session.rows("event.of_run", {"k_run_id": run_id})]

"""Steps, calls of flows and attempts in memory."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from pauta.domain.calls import Call, CallKind, CallState
from pauta.domain.ids import RunId
from pauta.domain.runs import Attempt, StepRecord
from pauta.domain.states import FINAL_STEPS
from pauta.storage import references
from pauta.storage.faults import fault
from pauta.storage.memory_data import Journal, in_utc
from pauta.storage.memory_runs import refer

_OF_PEOPLE = (CallKind.INPUT, CallKind.APPROVAL)


class MemorySteps:
    """`StepRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def of_run(self, run_id: RunId) -> list[StepRecord]:
        """See `StepRows`."""
        self._journal.check()
        rows = self._journal.tables.steps.get(run_id, {})
        return [rows[no] for no in sorted(rows)]

    def get(self, run_id: RunId, nos: Sequence[int]) -> list[StepRecord]:
        """See `StepRows`."""
        self._journal.check()
        rows = self._journal.tables.steps.get(run_id, {})
        return [rows[no] for no in nos if no in rows]

    def put(self, steps: Sequence[StepRecord]) -> None:
        """See `StepRows`."""
        self._journal.check()
        for step in steps:
            rows = self._journal.tables.steps.get(step.run_id, {})
            now = rows.get(step.no)
            if now is None:
                raise self._journal.fail(fault("DB-011", "missing", what=f"step {step.run_id}/{step.no}"))
            if now.state in FINAL_STEPS and step.state is not now.state:
                raise self._journal.fail(fault("DB-010", what="step"))
            self._journal.put(rows, step.no, in_utc(step))
            refer(self._journal, step.run_id, references.of_result(step))


class MemoryCalls:
    """`CallRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def of_run(self, run_id: RunId) -> list[Call]:
        """See `CallRows`."""
        self._journal.check()
        rows = self._journal.tables.calls.get(run_id, {})
        return [rows[no] for no in sorted(rows)]

    def get(self, run_id: RunId, nos: Sequence[int]) -> list[Call]:
        """See `CallRows`."""
        wanted = set(nos)
        return [call for call in self.of_run(run_id) if call.no in wanted]

    def page(self, run_id: RunId, *, after: int, limit: int) -> list[Call]:
        """See `CallRows`."""
        return [call for call in self.of_run(run_id) if call.no > after][:limit]

    def paused(self, run_id: RunId) -> list[Call]:
        """See `CallRows`."""
        return [call for call in self.of_run(run_id) if call.state is CallState.PAUSED]

    def changed(self, run_id: RunId, *, since: int = 0) -> tuple[list[Call], int]:
        """See `CallRows`."""
        marks = self._journal.tables.call_marks.get(run_id, {})
        found = [call for call in self.of_run(run_id) if marks[call.no] >= since]
        return found, max(marks.values(), default=0) + 1

    def put(self, calls: Sequence[Call]) -> None:
        """See `CallRows`."""
        self._journal.check()
        for call in calls:
            rows = self._journal.tables.calls.get(call.run_id)
            if rows is None:
                raise self._journal.fail(fault("DB-011", detail=f"call {call.run_id}/{call.no}"))
            now = rows.get(call.no)
            if now is not None and now.state is CallState.COMPLETED and call.state is not now.state:
                raise self._journal.fail(fault("DB-010", what="call"))
            self._journal.put(rows, call.no, in_utc(call))
            tables = self._journal.tables
            self._journal.put(tables.call_marks[call.run_id], call.no, next(tables.marks))
            refer(self._journal, call.run_id, references.of_call(call))

    def awaited(self, *, limit: int = 100) -> list[Call]:
        """See `CallRows`."""
        self._journal.check()
        calls = self._journal.tables.calls
        every = (call for run_id in sorted(calls) for call in self.of_run(run_id))
        return [call for call in every if call.state is CallState.PAUSED and call.kind in _OF_PEOPLE][:limit]


class MemoryAttempts:
    """`AttemptRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, attempt: Attempt) -> None:
        """See `AttemptRows`."""
        self.add_many((attempt,))

    def add_many(self, attempts: Sequence[Attempt]) -> None:
        """See `AttemptRows`."""
        self._journal.check()
        for attempt in attempts:
            rows = self._journal.tables.attempts.get(attempt.run_id)
            key = (attempt.stage_no, attempt.fence)
            if rows is None or key in rows:
                raise self._journal.fail(fault("DB-011", detail=f"attempt {attempt.run_id}/{key}"))
            self._journal.put(rows, key, in_utc(attempt))

    def close(self, attempt: Attempt) -> None:
        """See `AttemptRows`."""
        self.close_many((attempt,))

    def close_many(self, attempts: Sequence[Attempt]) -> None:
        """See `AttemptRows`."""
        self._journal.check()
        for attempt in attempts:
            rows = self._journal.tables.attempts.get(attempt.run_id, {})
            key = (attempt.stage_no, attempt.fence)
            if key not in rows:
                raise self._journal.fail(
                    fault("DB-011", "missing", what=f"attempt {attempt.run_id}/{attempt.stage_no}")
                )
            closed = replace(
                rows[key],
                ended_at=attempt.ended_at,
                outcome=attempt.outcome,
                problem=attempt.problem,
                process=attempt.process,
            )
            self._journal.put(rows, key, in_utc(closed))

    def of_run(self, run_id: RunId) -> list[Attempt]:
        """See `AttemptRows`."""
        self._journal.check()
        rows = self._journal.tables.attempts.get(run_id, {})
        return [rows[key] for key in sorted(rows)]

"""Runs and stages in memory."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from msgspec.structs import replace

from pauta.domain.calls import CallState, step_of
from pauta.domain.ids import Address, RunId
from pauta.domain.plan import Plan
from pauta.domain.runs import PipelineRef, Run, Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine import audit
from pauta.ports.store import Leased, Queued
from pauta.storage import references
from pauta.storage.faults import fault
from pauta.storage.memory_data import Journal, in_utc
from pauta.storage.queueing import Head, foremost, in_order

_TIMED = frozenset({StageState.SCHEDULED, StageState.PAUSED})
_STILL = FINAL_RUNS | {RunState.HELD, RunState.PAUSED}


def refer(journal: Journal, run_id: RunId, addresses: set[Address]) -> None:
    """Note that a run refers to these objects."""
    known = journal.tables.references[run_id]
    for address in addresses - known.keys():
        journal.put(known, address, None)


class MemoryRuns:
    """`RunRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, run: Run, plan: Plan, stages: Sequence[Stage], steps: Sequence[StepRecord]) -> bool:
        """See `RunRows`."""
        self._journal.check()
        journal, tables = self._journal, self._journal.tables
        if run.id in tables.runs or (run.idempotency_key is not None and run.idempotency_key in tables.keys):
            return False
        journal.put(tables.runs, run.id, in_utc(run))
        if run.idempotency_key is not None:
            journal.put(tables.keys, run.idempotency_key, run.id)
        journal.put(tables.plans, run.id, plan)
        journal.put(tables.stages, run.id, {stage.no: in_utc(stage) for stage in stages})
        journal.put(tables.steps, run.id, {step.no: in_utc(step) for step in steps})
        waiting: dict[int, tuple[int, ...]] = {}
        for stage in plan.stages:
            for upstream in set(stage.needs):
                waiting[upstream] = (*waiting.get(upstream, ()), stage.no)
        journal.put(tables.needs, run.id, waiting)
        journal.put(tables.calls, run.id, {})
        journal.put(tables.call_marks, run.id, {})
        journal.put(tables.attempts, run.id, {})
        journal.put(tables.logs, run.id, {})
        journal.put(tables.events, run.id, {})
        journal.put(tables.references, run.id, {})
        found = references.of_run(run, plan)
        for step in steps:
            found |= references.of_result(step)
        refer(journal, run.id, found)
        return True

    def get(self, run_id: RunId) -> Run | None:
        """See `RunRows`."""
        self._journal.check()
        return self._journal.tables.runs.get(run_id)

    def plan(self, run_id: RunId) -> Plan | None:
        """See `RunRows`."""
        self._journal.check()
        return self._journal.tables.plans.get(run_id)

    def by_key(self, idempotency_key: str) -> Run | None:
        """See `RunRows`."""
        self._journal.check()
        run_id = self._journal.tables.keys.get(idempotency_key)
        return None if run_id is None else self._journal.tables.runs[run_id]

    def find(self, prefix: str) -> list[RunId]:
        """See `RunRows`."""
        self._journal.check()
        return sorted((r for r in self._journal.tables.runs if r.startswith(prefix)), reverse=True)[:20]

    def newest(
        self,
        *,
        limit: int = 50,
        before: RunId | None = None,
        states: Sequence[str] = (),
        pipeline: str | None = None,
        deployment: str | None = None,
        top_level: bool = False,
    ) -> list[Run]:
        """See `RunRows`."""
        self._journal.check()
        found = [
            run
            for run in self._journal.tables.runs.values()
            if (before is None or run.id < before)
            and (not states or run.state in states)
            and (pipeline is None or run.pipeline == pipeline)
            and (deployment is None or run.deployment == deployment)
            and not (top_level and run.parent is not None)
        ]
        return sorted(found, key=lambda run: run.id, reverse=True)[:limit]

    def children(self, run_id: RunId) -> list[Run]:
        """See `RunRows`."""
        self._journal.check()
        runs = self._journal.tables.runs.values()
        return sorted((r for r in runs if r.parent is not None and r.parent.run == run_id), key=lambda run: run.id)

    def by_document(self, name: str, version: int, *, limit: int = 1) -> list[RunId]:
        """See `RunRows`."""
        self._journal.check()
        of = PipelineRef(name, version)
        return sorted((run.id for run in self._journal.tables.runs.values() if run.document == of), reverse=True)[
            :limit
        ]

    def states(self) -> Mapping[str, int]:
        """See `RunRows`."""
        self._journal.check()
        return dict(Counter(run.state.value for run in self._journal.tables.runs.values()))

    def sources(self) -> Mapping[RunId, Set[RunId]]:
        """See `RunRows`."""
        self._journal.check()
        found: dict[RunId, set[RunId]] = {}
        for run in self._journal.tables.runs.values():
            steps = self._journal.tables.steps[run.id].values()
            sources = {run.of, *(step.cached_from for step in steps if step.cached_from != run.id)} - {None}
            if sources:
                found[run.id] = {source for source in sources if source is not None}
        return found

    def save(self, before: Run, after: Run) -> bool:
        """See `RunRows`."""
        self._journal.check()
        tables = self._journal.tables
        now = tables.runs.get(before.id)
        if now is None or _compared(now) != _compared(before):
            return False
        if now.state in FINAL_RUNS and after.state is not now.state:
            raise self._journal.fail(fault("DB-010", what="run"))
        self._move_key(now, after)
        self._journal.put(tables.runs, before.id, in_utc(replace(after, id=before.id)))
        refer(self._journal, before.id, references.of_inputs(after))
        return True

    def _move_key(self, now: Run, after: Run) -> None:
        if after.idempotency_key == now.idempotency_key:
            return
        keys = self._journal.tables.keys
        if after.idempotency_key in keys:
            raise self._journal.fail(fault("DB-011", detail="idempotency_key"))
        if now.idempotency_key is not None:
            self._journal.drop(keys, now.idempotency_key)
        if after.idempotency_key is not None:
            self._journal.put(keys, after.idempotency_key, now.id)


def _compared(run: Run) -> tuple[object, ...]:
    counts = (run.open_stages, run.failed_stages, run.held_stages, run.paused_stages)
    return (run.state, counts, run.cancel_requested_at)


class MemoryStages:
    """`StageRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def _all(self, run_id: RunId | None = None) -> list[Stage]:
        self._journal.check()
        tables = self._journal.tables
        runs = sorted(tables.stages) if run_id is None else [run_id]
        return [
            stage for run in runs for _, stage in sorted(tables.stages.get(run, {}).items(), key=lambda pair: pair[0])
        ]

    def get(self, run_id: RunId, no: int) -> Stage | None:
        """See `StageRows`."""
        self._journal.check()
        return self._journal.tables.stages.get(run_id, {}).get(no)

    def get_many(self, run_id: RunId, nos: Sequence[int]) -> list[Stage]:
        """See `StageRows`."""
        wanted = set(nos)
        return [stage for stage in self._all(run_id) if stage.no in wanted]

    def of_run(self, run_id: RunId) -> list[Stage]:
        """See `StageRows`."""
        return self._all(run_id)

    def save(self, before: Stage, after: Stage) -> bool:
        """See `StageRows`."""
        now = self.get(before.run_id, before.no)
        if now is None or now.state is not before.state or now.fence != before.fence:
            return False
        if now.state is StageState.PAUSED and now.waiting_for != before.waiting_for:
            return False
        if after.fence < now.fence or (now.state in FINAL_STAGES and after.state is not now.state):
            raise self._journal.fail(fault("DB-010", what="stage"))
        waiting_for = now.waiting_for + after.waiting_for - before.waiting_for
        if waiting_for < 0:
            raise self._journal.fail(fault("DB-011", detail="waiting_for"))
        rows = self._journal.tables.stages[before.run_id]
        self._journal.put(
            rows,
            before.no,
            in_utc(replace(after, run_id=before.run_id, no=before.no, waiting_for=waiting_for)),
        )
        return True

    def save_many(self, changes: Sequence[tuple[Stage, Stage]]) -> bool:
        """See `StageRows`."""
        self._journal.check()
        return all([self.save(before, after) for before, after in changes])

    def claimable(self, *, now: datetime, limit: int, run_id: RunId | None = None) -> list[Stage]:
        """See `StageRows`."""
        found = []
        for stage in self._all(run_id):
            due = stage.not_before is not None and stage.not_before <= now
            if stage.state is StageState.READY or (stage.state in _TIMED and due):
                found.append(stage)
        return found[:limit]

    def answered(self, *, limit: int = 100) -> list[Stage]:
        """See `StageRows`."""
        tables = self._journal.tables
        found = []
        for stage in self._all():
            if stage.state is StageState.PAUSED and stage.not_before is None:
                steps = {step.no for step in tables.steps[stage.run_id].values() if step.stage_no == stage.no}
                calls = tables.calls[stage.run_id].values()
                if not any(call.state is CallState.PAUSED and step_of(call.no) in steps for call in calls):
                    found.append(stage)
        return found[:limit]

    def expired(self, *, now: datetime, limit: int = 100) -> list[Stage]:
        """See `StageRows`."""
        found = [(s.lease_until, s) for s in self.running() if s.lease_until is not None and s.lease_until < now]
        return [stage for _, stage in sorted(found, key=lambda pair: pair[0])][:limit]

    def running(self, *, owner: str | None = None, run_id: RunId | None = None) -> list[Stage]:
        """See `StageRows`."""
        return [s for s in self._all(run_id) if s.state is StageState.RUNNING and (owner is None or s.owner == owner)]

    def heads(self, *, pools: Sequence[str], now: datetime, lanes: int, each: int) -> list[Queued]:
        """See `StageRows`."""
        runs = self._journal.tables.runs
        found = []
        for stage in self.claimable(now=now, limit=sys.maxsize):
            run = runs[stage.run_id]
            if run.pool in pools:
                found.append(Queued(stage, run.pool, run.priority, run.lane, run.limit_keys))
        if each < 1:
            return []
        chosen = foremost((Head(q.pool, q.lane, q.priority, q.stage.run_id) for q in found), lanes)
        return in_order((q for q in found if q.lane in chosen), chosen, each)

    def leased(self) -> list[Leased]:
        """See `StageRows`."""
        found = []
        for stage in self.running():
            run = self._journal.tables.runs[stage.run_id]
            owner, until = stage.owner or "", stage.lease_until
            found.append(Leased(run.id, stage.no, stage.fence, owner, until, run.pool, run.lane, run.limit_keys))
        return found

    def locked(self, run_id: RunId, no: int) -> Stage | None:
        """See `StageRows`. Nobody else is here before the transaction ends."""
        return self.get(run_id, no)

    def depth(self, *, now: datetime) -> Mapping[str, int]:
        """See `StageRows`."""
        runs = self._journal.tables.runs
        queued = self.claimable(now=now, limit=sys.maxsize)
        later = [s for s in self._all() if s.state is StageState.SCHEDULED and s not in queued]
        return dict(Counter(runs[stage.run_id].pool for stage in (*queued, *later)))

    def stuck(self, *, now: datetime, limit: int = 100) -> list[RunId]:
        """See `StageRows`."""
        del now
        self._journal.check()
        tables = self._journal.tables
        return [
            run_id
            for run_id, run in sorted(tables.runs.items())
            if run.state not in _STILL and not audit.moves_alone(list(tables.stages[run_id].values()))
        ][:limit]

    def next_due(self, run_id: RunId | None = None) -> datetime | None:
        """See `StageRows`."""
        timed = [s.not_before for s in self._all(run_id) if s.state in _TIMED]
        return min((at for at in timed if at is not None), default=None)

    def count_down(self, run_id: RunId, upstream: Sequence[int]) -> list[Stage]:
        """See `StageRows`."""
        self._journal.check()
        tables = self._journal.tables
        edges = tables.needs.get(run_id, {})
        times: Counter[int] = Counter()
        for no in set(upstream):
            times.update(edges.get(no, ()))
            self._journal.drop(edges, no)
        freed = []
        for no, by in sorted(times.items()):
            stage = tables.stages[run_id].get(no)
            if stage is not None:
                lowered = replace(stage, waiting_for=max(stage.waiting_for - by, 0))
                self._journal.put(tables.stages[run_id], no, lowered)
                if lowered.waiting_for == 0 and lowered.state is StageState.PENDING:
                    freed.append(lowered)
        return freed

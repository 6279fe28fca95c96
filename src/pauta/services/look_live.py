"""Where a run stands, in short: for those who wait for it and for those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from blake3 import blake3
from msgspec.structs import replace

from pauta.domain.calls import Call
from pauta.domain.ids import RunId
from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import Run, StepRecord
from pauta.domain.states import FINAL_RUNS, RunState
from pauta.ports.store import Store
from pauta.services.look_calls import awaited_view
from pauta.services.naming import has_flows
from pauta.services.standstill import family_of, waits_for_people
from pauta.services.view_runs import CallNews, RunNews, StepNews, Waited

_DIGEST = 8
"""Bytes of the short names."""


def standing(store: Store, run_id: RunId, *, now: datetime) -> Waited:
    """Where a run stands, and whether to wait for it any longer: not for one that ended or is held.

    Raises:
        NotFound: RUN-001.
    """
    with store.transaction() as tx:
        run = _known(tx.runs.get(run_id), run_id)
    over = run.state in FINAL_RUNS or run.state is RunState.HELD
    seconds = ((run.ended_at or now) - run.started_at).total_seconds() if run.started_at else None
    return Waited(run.id, run.state.value, over, seconds)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a run gave.

    Attributes:
        news: Where the run stands, and of its steps and calls those that changed since the look before. None: nothing
            did.
        mark: A short name for all that is known by now: whoever knows it needs not be told again.
        over: The run has ended.
    """

    news: RunNews | None
    mark: str
    over: bool


class Follower:
    """Follows a run. Each look reads only those calls that were put since the look before."""

    def __init__(self, store: Store, run_id: RunId, *, language: str) -> None:
        self._store = store
        self._run_id = run_id
        self._language = language
        self._has_flows: bool | None = None
        self._since = 0
        self._before: RunNews | None = None
        self._calls: dict[int, int] = {}
        self._sum = 0

    def look(self) -> Look:
        """What is new; the first time that is everything.

        Raises:
            NotFound: RUN-001.
        """
        now, calls = self._read()
        fresh = tuple(call for call in calls if self._is_new(call))
        before, self._before = self._before, now
        seen = blake3(msgspec.json.encode(now) + self._sum.to_bytes(_DIGEST, "big")).hexdigest(_DIGEST)
        if before is not None and before == now and not fresh:
            return Look(None, seen, now.over)
        known = set(before.steps) if before is not None else set()
        steps = tuple(step for step in now.steps if step not in known)
        return Look(replace(now, steps=steps, calls=fresh), seen, now.over)

    def _read(self) -> tuple[RunNews, list[CallNews]]:
        with self._store.transaction() as tx:
            run = _known(tx.runs.get(self._run_id), self._run_id)
            steps = tx.steps.of_run(run.id)
            if self._has_flows is None:
                plan = tx.runs.plan(run.id)
                self._has_flows = plan is not None and has_flows(plan)
            calls: list[Call] = []
            if self._has_flows:
                calls, self._since = tx.calls.changed(run.id, since=self._since)
            for_people = run.state is RunState.PAUSED and waits_for_people(tx, family_of(tx, run.id))
        news = RunNews(
            run=run.id,
            state=run.state.value,
            over=run.state in FINAL_RUNS,
            started_at=run.started_at,
            ended_at=run.ended_at,
            cancelling=run.cancel_requested_at is not None and run.state not in FINAL_RUNS,
            message=run.problem.message(self._language) if run.problem else None,
            steps=tuple(_step(record, self._language) for record in steps),
            for_people=for_people,
        )
        return news, [_call(call, self._language) for call in calls]

    def _is_new(self, call: CallNews) -> bool:
        """Whether it is not known like this; then it is from now on. A sum of all that are known needs no order."""
        digest = int.from_bytes(blake3(msgspec.json.encode(call)).digest(_DIGEST), "big")
        before = self._calls.get(call.call, 0)
        self._calls[call.call] = digest
        self._sum ^= before ^ digest
        return before != digest


def _known(run: Run | None, run_id: RunId) -> Run:
    if run is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    return run


def _step(record: StepRecord, language: str) -> StepNews:
    return StepNews(
        name=record.name,
        state=record.state.value,
        attempts=record.attempts,
        cached=record.cached,
        seconds=record.seconds,
        rows_out=record.output.rows if record.output is not None else None,
        message=record.problem.message(language) if record.problem is not None else None,
    )


def _call(call: Call, language: str) -> CallNews:
    return CallNews(
        call=call.no,
        step=call.step,
        parent=call.parent,
        kind=call.kind.value,
        name=call.name,
        index=call.index,
        state=call.state.value,
        attempts=call.attempts,
        seconds=call.seconds,
        cached=call.cached_from is not None,
        message=call.problem.message(language) if call.problem is not None else call.message or None,
        child=call.child,
        until=awaited_view(call.awaited).until if call.awaited is not None else None,
    )

"""Where a run stands, in short: for those who wait for it and for those who watch it."""

from __future__ import annotations

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
from pauta.services.look_calls import awaited_view, calls_of
from pauta.services.standstill import family_of, waits_for_people
from pauta.services.view_runs import CallNews, RunNews, StepNews, Waited


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


def news(store: Store, run_id: RunId, *, language: str) -> RunNews:
    """Where a run and all its steps and calls stand.

    Raises:
        NotFound: RUN-001.
    """
    with store.transaction() as tx:
        run = _known(tx.runs.get(run_id), run_id)
        steps = tx.steps.of_run(run_id)
        plan = tx.runs.plan(run_id)
        calls = calls_of(tx, run_id, plan) if plan is not None else []
        for_people = run.state is RunState.PAUSED and waits_for_people(tx, family_of(tx, run_id))
    return RunNews(
        run=run.id,
        state=run.state.value,
        over=run.state in FINAL_RUNS,
        started_at=run.started_at,
        ended_at=run.ended_at,
        cancelling=run.cancel_requested_at is not None and run.state not in FINAL_RUNS,
        message=run.problem.message(language) if run.problem else None,
        steps=tuple(_step(record, language) for record in steps),
        calls=tuple(_call(call, language) for call in calls),
        for_people=for_people,
    )


def changes(before: RunNews | None, after: RunNews) -> RunNews | None:
    """What is new since the news before: the run, and of its steps and calls those that changed. None: nothing."""
    if before is None:
        return after
    if before == after:
        return None
    steps, calls = set(before.steps), set(before.calls)
    return replace(
        after,
        steps=tuple(step for step in after.steps if step not in steps),
        calls=tuple(call for call in after.calls if call not in calls),
    )


def fingerprint(news: RunNews) -> str:
    """A short name for exactly these news: whoever knows it needs not be told them again."""
    return blake3(msgspec.json.encode(news)).hexdigest(8)


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

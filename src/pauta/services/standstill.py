"""Whether a run stands still until a person answers: neither a worker nor a clock moves it on."""

from __future__ import annotations

from collections.abc import Iterable

from pauta.domain.calls import CallKind
from pauta.domain.ids import RunId
from pauta.domain.states import FINAL_RUNS, RunState, StageState
from pauta.ports.store import Transaction
from pauta.services.answers import OF_PEOPLE

_MOVING = frozenset({StageState.READY, StageState.SCHEDULED, StageState.RUNNING})
_UNDER_WAY = frozenset({RunState.RUNNING, RunState.SCHEDULED})
_MOST_RUNS = 10_000
_DEEPEST = 50


def family_of(tx: Transaction, run_id: RunId) -> list[RunId]:
    """A run and the runs that its flows began, theirs included, as far as they have not ended."""
    family = [run_id]
    for member in family:
        if len(family) > _MOST_RUNS:
            break
        family.extend(child.id for child in tx.runs.children(member) if child.state not in FINAL_RUNS)
    return family


def under_way(tx: Transaction, runs: Iterable[RunId]) -> dict[RunId, list[RunId]]:
    """Those of these runs that have begun and are neither paused nor over, each with those whose flows began it."""
    found: dict[RunId, list[RunId]] = {}
    for run_id in runs:
        run = tx.runs.get(run_id)
        if run is None or run.state not in _UNDER_WAY:
            continue
        line = [run_id]
        while run is not None and run.parent is not None and len(line) < _DEEPEST:
            line.append(run.parent.run)
            run = tx.runs.get(run.parent.run)
        found[run_id] = line
    return found


def waits_for_people(tx: Transaction, family: Iterable[RunId]) -> bool:
    """Whether nothing of these runs goes on until a person answers.

    The last moment for an answer does not count as something that moves it on.
    """
    awaited: set[CallKind] = set()
    for run_id in family:
        found = _awaited(tx, run_id)
        if found is None:
            return False
        awaited |= found
    return bool(awaited & OF_PEOPLE)


def _awaited(tx: Transaction, run_id: RunId) -> set[CallKind] | None:
    """What the paused stages of a run wait for; None when something of it goes on by itself."""
    run, plan = tx.runs.get(run_id), tx.runs.plan(run_id)
    if run is None or plan is None or run.state in FINAL_RUNS:
        return set()
    stages = tx.stages.of_run(run_id)
    paused = {stage.no for stage in stages if stage.state is StageState.PAUSED}
    if any(stage.state in _MOVING for stage in stages):
        return None
    if not paused:
        return set()
    calls = tx.calls.paused(run_id)
    kinds: set[CallKind] = set()
    for stage in plan.stages:
        if stage.no in paused:
            own = {call.kind for call in calls if call.step in stage.steps}
            if not own or CallKind.SLEEP in own:
                return None
            kinds |= own
    return kinds

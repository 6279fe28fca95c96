"""What must be true of a run and its stages at every instant (P2)."""

from __future__ import annotations

from collections.abc import Sequence

from pauta.domain.runs import Run, Stage
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState

_MOVING = frozenset({StageState.READY, StageState.SCHEDULED, StageState.RUNNING})
_NOT_BEGUN = frozenset({RunState.SCHEDULED, RunState.PENDING})


def moves_alone(stages: Sequence[Stage]) -> bool:
    """Whether something still happens without a person or another run: a stage is ready, runs, or has a time."""
    return any(
        stage.state in _MOVING or (stage.state is StageState.PAUSED and stage.not_before is not None)
        for stage in stages
    )


def faults(run: Run, stages: Sequence[Stage]) -> list[str]:
    """What contradicts the promises, as names; empty when all is well.

    ``lost``: the run is not final, and nothing in it can move and nothing is held or paused. ``open_stages``,
    ``held_stages``, ``paused_stages``, ``state``: the run's own figures contradict its stages. ``final``: the run
    is final and a stage is not, or the other way round. ``lease``: a stage runs without a lease, or has one without
    running. ``answers``: a paused stage waits for nothing, neither an answer nor a time.
    """
    found = []
    still_open = sum(stage.state not in FINAL_STAGES for stage in stages)
    held = sum(stage.state is StageState.HELD for stage in stages)
    paused = sum(stage.state is StageState.PAUSED for stage in stages)
    if run.open_stages != still_open:
        found.append("open_stages")
    if run.held_stages != held:
        found.append("held_stages")
    if run.paused_stages != paused:
        found.append("paused_stages")
    if (run.state in FINAL_RUNS) != (still_open == 0):
        found.append("final")
    if run.state not in FINAL_RUNS:
        if not moves_alone(stages) and not held and not paused:
            found.append("lost")
        if run.state not in _states_of(held=held, paused=paused):
            found.append("state")
    if any((stage.lease_until is not None) != (stage.state is StageState.RUNNING) for stage in stages):
        found.append("lease")
    if any(stage.state is StageState.PAUSED and stage.waiting_for < 1 for stage in stages):
        found.append("answers")
    return found


def _states_of(*, held: int, paused: int) -> frozenset[RunState]:
    """States that a run may have that has not ended, by its stages: held before paused before running."""
    if held:
        return frozenset({RunState.HELD})
    return frozenset({RunState.PAUSED}) if paused else _NOT_BEGUN | {RunState.RUNNING}

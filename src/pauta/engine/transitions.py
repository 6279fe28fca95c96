"""The only tables of moves: which event may lead from which state to which.

A row with states is a move. A row without states is an event that comes too late, or from an attempt that no
longer counts: it is always refused and changes nothing. What has no row cannot happen (`IllegalMove`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar, get_args

from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine.events import (
    Answered,
    CancelAsked,
    Claimed,
    Died,
    Finished,
    InputsReady,
    LeaseExpired,
    Passed,
    Released,
    Renewed,
    Reopened,
    RunCancelAsked,
    RunEvent,
    StageClaimed,
    StageEnded,
    StageEvent,
    StageHeld,
    StagePaused,
    StageReopened,
    StageWoken,
    StepFailed,
    StepSucceeded,
    Stopped,
    Suspended,
)

S = TypeVar("S", StageState, RunState)
E = TypeVar("E")

STAGE_EVENTS: tuple[type[StageEvent], ...] = get_args(StageEvent)
RUN_EVENTS: tuple[type[RunEvent], ...] = get_args(RunEvent)
FENCED: tuple[type[StageEvent], ...] = (
    Renewed,
    StepSucceeded,
    Finished,
    StepFailed,
    Died,
    LeaseExpired,
    Released,
    Suspended,
    Stopped,
)
"""Events that speak for one attempt: from any state but running, or with another fence, they are refused."""


def _late(states: Iterable[S], events: Iterable[type[E]]) -> dict[tuple[S, type[E]], frozenset[S]]:
    """Rows without a way out."""
    nowhere: frozenset[S] = frozenset()
    kinds = tuple(events)
    return {(state, event): nowhere for state in states for event in kinds}


_STAGE_MOVES: dict[tuple[StageState, type[StageEvent]], frozenset[StageState]] = {
    (StageState.PENDING, InputsReady): frozenset({StageState.READY}),
    (StageState.PENDING, CancelAsked): frozenset({StageState.CANCELLED}),
    (StageState.PENDING, Passed): frozenset({StageState.SKIPPED}),
    (StageState.READY, Claimed): frozenset({StageState.RUNNING}),
    (StageState.READY, CancelAsked): frozenset({StageState.CANCELLED}),
    (StageState.READY, Passed): frozenset({StageState.SKIPPED}),
    (StageState.SCHEDULED, Claimed): frozenset({StageState.RUNNING}),
    (StageState.SCHEDULED, CancelAsked): frozenset({StageState.CANCELLED}),
    (StageState.SCHEDULED, Passed): frozenset({StageState.SKIPPED}),
    (StageState.RUNNING, Renewed): frozenset({StageState.RUNNING}),
    (StageState.RUNNING, StepSucceeded): frozenset({StageState.RUNNING}),
    (StageState.RUNNING, Finished): frozenset({StageState.COMPLETED}),
    (StageState.RUNNING, StepFailed): frozenset({StageState.SCHEDULED, StageState.FAILED}),
    (StageState.RUNNING, Died): frozenset({StageState.READY, StageState.HELD}),
    (StageState.RUNNING, LeaseExpired): frozenset({StageState.READY, StageState.HELD}),
    (StageState.RUNNING, Released): frozenset({StageState.READY}),
    (StageState.RUNNING, Suspended): frozenset({StageState.PAUSED, StageState.READY}),
    (StageState.RUNNING, Answered): frozenset({StageState.RUNNING}),
    (StageState.PENDING, Answered): frozenset({StageState.PENDING}),
    (StageState.READY, Answered): frozenset({StageState.READY}),
    (StageState.SCHEDULED, Answered): frozenset({StageState.SCHEDULED}),
    (StageState.HELD, Answered): frozenset({StageState.HELD}),
    (StageState.PAUSED, Answered): frozenset({StageState.PAUSED, StageState.READY}),
    (StageState.PAUSED, Claimed): frozenset({StageState.RUNNING}),
    (StageState.PAUSED, CancelAsked): frozenset({StageState.CANCELLED}),
    (StageState.PAUSED, Passed): frozenset({StageState.SKIPPED}),
    (StageState.RUNNING, CancelAsked): frozenset({StageState.RUNNING}),
    (StageState.RUNNING, Stopped): frozenset({StageState.CANCELLED}),
    (StageState.HELD, Reopened): frozenset({StageState.READY}),
    (StageState.HELD, CancelAsked): frozenset({StageState.CANCELLED}),
    (StageState.HELD, Passed): frozenset({StageState.SKIPPED}),
}

TRANSITIONS: Mapping[tuple[StageState, type[StageEvent]], frozenset[StageState]] = {
    **_late(StageState, FENCED),
    **_late(FINAL_STAGES, STAGE_EVENTS),
    **_STAGE_MOVES,
}
"""Moves of a stage. No row of a final state has a way out."""

_ENDS = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED})

_RUN_MOVES: dict[tuple[RunState, type[RunEvent]], frozenset[RunState]] = {
    (RunState.SCHEDULED, StageClaimed): frozenset({RunState.RUNNING}),
    (RunState.SCHEDULED, StageEnded): frozenset({RunState.SCHEDULED, RunState.CANCELLED}),
    (RunState.SCHEDULED, RunCancelAsked): frozenset({RunState.SCHEDULED}),
    (RunState.PENDING, StageClaimed): frozenset({RunState.RUNNING}),
    (RunState.PENDING, StageEnded): frozenset({RunState.PENDING, RunState.CANCELLED}),
    (RunState.PENDING, RunCancelAsked): frozenset({RunState.PENDING}),
    (RunState.RUNNING, StageClaimed): frozenset({RunState.RUNNING}),
    (RunState.RUNNING, StageEnded): frozenset({RunState.RUNNING}) | _ENDS,
    (RunState.RUNNING, StageHeld): frozenset({RunState.HELD}),
    (RunState.RUNNING, RunCancelAsked): frozenset({RunState.RUNNING}),
    (RunState.RUNNING, StagePaused): frozenset({RunState.PAUSED}),
    (RunState.PAUSED, StageClaimed): frozenset({RunState.PAUSED, RunState.RUNNING}),
    (RunState.PAUSED, StageEnded): frozenset({RunState.PAUSED, RunState.RUNNING}) | _ENDS,
    (RunState.PAUSED, StageHeld): frozenset({RunState.HELD}),
    (RunState.PAUSED, StagePaused): frozenset({RunState.PAUSED}),
    (RunState.PAUSED, StageWoken): frozenset({RunState.PAUSED, RunState.RUNNING}),
    (RunState.PAUSED, RunCancelAsked): frozenset({RunState.PAUSED}),
    (RunState.HELD, StageClaimed): frozenset({RunState.HELD}),
    (RunState.HELD, StageEnded): frozenset({RunState.HELD, RunState.RUNNING, RunState.PAUSED}) | _ENDS,
    (RunState.HELD, StagePaused): frozenset({RunState.HELD}),
    (RunState.HELD, StageWoken): frozenset({RunState.HELD}),
    (RunState.HELD, StageHeld): frozenset({RunState.HELD}),
    (RunState.HELD, StageReopened): frozenset({RunState.HELD, RunState.RUNNING, RunState.PAUSED}),
    (RunState.HELD, RunCancelAsked): frozenset({RunState.HELD}),
}

RUN_TRANSITIONS: Mapping[tuple[RunState, type[RunEvent]], frozenset[RunState]] = {
    **_late(FINAL_RUNS, RUN_EVENTS),
    **_RUN_MOVES,
}
"""Moves of a run. No row of a final state has a way out."""

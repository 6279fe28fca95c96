"""What an event does to a stage: the next stage and what goes with it. What it does to a run: `run_moves`.

Whoever saves a decision carries out its commands in the same transaction, gives the run what `TellRun` holds,
and then asks `settle.settle` whether a stage that stands still is to end because its run is ending.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from pauta.domain.runs import Stage
from pauta.domain.states import FINAL_STAGES, AttemptOutcome, StageState
from pauta.engine.events import (
    Answered,
    CancelAsked,
    Claimed,
    CloseAttempt,
    Decision,
    Died,
    Finished,
    InputsReady,
    LeaseExpired,
    OpenAttempt,
    Passed,
    Refusal,
    Released,
    Renewed,
    Reopened,
    StageClaimed,
    StageCommand,
    StageEnded,
    StageEvent,
    StageHeld,
    StagePaused,
    StageReopened,
    StageWoken,
    StepFailed,
    StepSucceeded,
    Stopped,
    StopProcess,
    Suspended,
    TellRun,
)
from pauta.engine.illegal import IllegalMove
from pauta.engine.retry import delay_before
from pauta.engine.run_moves import decide_run
from pauta.engine.transitions import FENCED, TRANSITIONS

__all__ = ["MAX_DEATHS", "decide", "decide_run"]

MAX_DEATHS = 2
"""Deaths of one step after which its stage is held (P9)."""

_FENCED = frozenset(FENCED)
_TIMED = frozenset({StageState.SCHEDULED, StageState.PAUSED})


def decide(stage: Stage, event: StageEvent, *, now: datetime) -> Decision | Refusal:
    """What the event does to the stage.

    Returns:
        The stage to save, by compare-and-set, with its commands; or why nothing changes.

    Raises:
        IllegalMove: The table has no row for this state and event.
    """
    kind = type(event)
    allowed = TRANSITIONS.get((stage.state, kind))
    if allowed is None:
        raise IllegalMove(state=stage.state.value, event=kind.__name__)
    if not allowed:
        return _refuse(stage, "ended" if stage.state in FINAL_STAGES else "stale")
    if kind in _FENCED and event.fence != stage.fence:  # type: ignore[union-attr]
        return _refuse(stage, "stale")
    outcome = _RULES[kind](stage, event, now)
    if isinstance(outcome, Decision) and outcome.stage.state not in allowed:
        raise IllegalMove(state=stage.state.value, event=kind.__name__, reached=outcome.stage.state.value)
    return outcome


def _refuse(stage: Stage, reason: str) -> Refusal:
    return Refusal(reason, stage.state, stage.fence)


def _leave(stage: Stage, outcome: AttemptOutcome, tell: TellRun | None = None, **changes: Any) -> Decision:
    """The stage leaves `running`: its lease is over and its attempt is closed."""
    commands: tuple[StageCommand, ...] = (CloseAttempt(stage.fence, outcome),)
    if tell is not None:
        commands += (tell,)
    return Decision(replace(stage, owner=None, lease_until=None, **changes), commands)


def _inputs_ready(stage: Stage, event: InputsReady, now: datetime) -> Decision:
    return Decision(replace(stage, state=StageState.READY))


def _claimed(stage: Stage, event: Claimed, now: datetime) -> Decision | Refusal:
    paused = stage.state is StageState.PAUSED
    if paused and stage.not_before is None:
        return _refuse(stage, "not_due")
    if stage.state in _TIMED and stage.not_before is not None and stage.not_before > now:
        return _refuse(stage, "not_due")
    running = replace(
        stage,
        state=StageState.RUNNING,
        fence=stage.fence + 1,
        owner=event.owner,
        lease_until=event.lease_until,
        not_before=None,
        waiting_for=0,
    )
    return Decision(running, (OpenAttempt(), TellRun(StageClaimed(was_paused=paused))))


def _renewed(stage: Stage, event: Renewed, now: datetime) -> Decision:
    return Decision(replace(stage, lease_until=event.lease_until))


def _step_succeeded(stage: Stage, event: StepSucceeded, now: datetime) -> Decision:
    if stage.tries or stage.deaths:
        return Decision(replace(stage, tries=0, deaths=0))
    return Decision(stage)


def _finished(stage: Stage, event: Finished, now: datetime) -> Decision:
    tell = TellRun(StageEnded(StageState.COMPLETED))
    return _leave(stage, AttemptOutcome.COMPLETED, tell, state=StageState.COMPLETED)


def _step_failed(stage: Stage, event: StepFailed, now: datetime) -> Decision:
    tries = stage.tries + 1
    if tries <= event.retries.times:
        due = now + delay_before(event.retries, tries, chance=event.chance)
        return _leave(stage, AttemptOutcome.FAILED, state=StageState.SCHEDULED, tries=tries, not_before=due)
    tell = TellRun(StageEnded(StageState.FAILED, event.on_failure))
    return _leave(stage, AttemptOutcome.FAILED, tell, state=StageState.FAILED, tries=tries)


def _died(stage: Stage, event: Died, now: datetime) -> Decision:
    if not event.begun:
        return _leave(stage, AttemptOutcome.CRASHED, state=StageState.READY)
    return _lost(stage)


def _lease_expired(stage: Stage, event: LeaseExpired, now: datetime) -> Decision | Refusal:
    # The lease, not the process, decides: a paused machine looks dead and may wake. So it is looked at again.
    if stage.lease_until is not None and stage.lease_until >= now:
        return _refuse(stage, "not_due")
    return _lost(stage)


def _lost(stage: Stage) -> Decision:
    deaths = stage.deaths + 1
    if deaths >= MAX_DEATHS:
        return _leave(stage, AttemptOutcome.CRASHED, TellRun(StageHeld()), state=StageState.HELD, deaths=deaths)
    return _leave(stage, AttemptOutcome.CRASHED, state=StageState.READY, deaths=deaths)


def _released(stage: Stage, event: Released, now: datetime) -> Decision:
    return _leave(stage, AttemptOutcome.RELEASED, state=StageState.READY)


def _suspended(stage: Stage, event: Suspended, now: datetime) -> Decision:
    if event.answers == 0:
        return _leave(stage, AttemptOutcome.PAUSED, state=StageState.READY)
    tell = TellRun(StagePaused())
    waits = {"waiting_for": event.answers, "not_before": event.until}
    return _leave(stage, AttemptOutcome.PAUSED, tell, state=StageState.PAUSED, **waits)


def _answered(stage: Stage, event: Answered, now: datetime) -> Decision:
    if stage.state is not StageState.PAUSED:
        return Decision(stage)
    if stage.waiting_for > 1:
        return Decision(replace(stage, waiting_for=stage.waiting_for - 1))
    woken = replace(stage, state=StageState.READY, waiting_for=0, not_before=None)
    return Decision(woken, (TellRun(StageWoken()),))


def _cancel_asked(stage: Stage, event: CancelAsked, now: datetime) -> Decision:
    if stage.state is StageState.RUNNING:
        return Decision(stage, (StopProcess(),))
    return _end_still(stage, StageState.CANCELLED)


def _stopped(stage: Stage, event: Stopped, now: datetime) -> Decision:
    tell = TellRun(StageEnded(StageState.CANCELLED))
    return _leave(stage, AttemptOutcome.CANCELLED, tell, state=StageState.CANCELLED)


def _passed(stage: Stage, event: Passed, now: datetime) -> Decision:
    return _end_still(stage, StageState.SKIPPED)


def _end_still(stage: Stage, state: StageState) -> Decision:
    """A stage that no attempt holds ends."""
    before = stage.state
    ended = StageEnded(state, was_held=before is StageState.HELD, was_paused=before is StageState.PAUSED)
    waiting = 0 if before is StageState.PAUSED else stage.waiting_for
    return Decision(replace(stage, state=state, not_before=None, waiting_for=waiting), (TellRun(ended),))


def _reopened(stage: Stage, event: Reopened, now: datetime) -> Decision:
    return Decision(replace(stage, state=StageState.READY, deaths=0), (TellRun(StageReopened()),))


_RULES: dict[type[StageEvent], Callable[[Stage, Any, datetime], Decision | Refusal]] = {
    InputsReady: _inputs_ready,
    Claimed: _claimed,
    Renewed: _renewed,
    StepSucceeded: _step_succeeded,
    Finished: _finished,
    StepFailed: _step_failed,
    Died: _died,
    LeaseExpired: _lease_expired,
    Released: _released,
    Suspended: _suspended,
    Answered: _answered,
    CancelAsked: _cancel_asked,
    Stopped: _stopped,
    Passed: _passed,
    Reopened: _reopened,
}

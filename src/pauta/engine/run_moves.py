"""What an event does to a run, decided from its counts alone.

Rules:

- A run that has begun is `held` exactly while at least one of its stages is held, else `paused` while at least one
  is paused, and `running` otherwise. Held says that a person is needed; branches beside the held or paused stage
  go on. Whether anything still moves by itself is asked of the stages (`audit.moves_alone`).
- `stopping` is set by the first failure with ``stop`` and by the first stage that ends cancelled. From then on no
  stage starts.
- When no stage is open the run is `failed` if a failure that counts was among them, else `cancelled` if a stage
  ended cancelled, else `completed`: a cancel that came too late to cut anything off changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from pauta.domain.pipeline import OnFailure
from pauta.domain.runs import Run
from pauta.domain.states import FINAL_RUNS, RunState, StageState
from pauta.engine.events import (
    CancelStages,
    EndRun,
    PassStages,
    Refusal,
    RunCancelAsked,
    RunDecision,
    RunEvent,
    StageClaimed,
    StageEnded,
    StageHeld,
    StagePaused,
    StageReopened,
    StageWoken,
)
from pauta.engine.illegal import IllegalMove
from pauta.engine.transitions import RUN_TRANSITIONS

_BEGUN = frozenset({RunState.RUNNING, RunState.PAUSED, RunState.HELD})


def decide_run(run: Run, event: RunEvent, *, now: datetime) -> RunDecision | Refusal:
    """What the event does to the run.

    Returns:
        The run to save, by compare-and-set, with its commands; or a refusal (``ended``) when the run is final.

    Raises:
        IllegalMove: The table has no row for this state and event, or the counts contradict the event.
    """
    kind = type(event)
    allowed = RUN_TRANSITIONS.get((run.state, kind))
    if allowed is None:
        raise IllegalMove(state=run.state.value, event=kind.__name__)
    if run.state in FINAL_RUNS:
        return Refusal("ended", run.state, 0)
    decision = _RULES[kind](run, event, now)
    after = decision.run
    counts = (after.open_stages, after.held_stages, after.paused_stages)
    if after.state not in allowed or min(counts) < 0:
        raise IllegalMove(state=run.state.value, event=kind.__name__, reached=after.state.value)
    return decision


def _begun(run: Run) -> RunState:
    """State of a run that is not final, by its held and paused stages; one that has not begun stays as it is."""
    if run.state not in _BEGUN:
        return run.state
    if run.held_stages:
        return RunState.HELD
    return RunState.PAUSED if run.paused_stages else RunState.RUNNING


def _stage_claimed(run: Run, event: StageClaimed, now: datetime) -> RunDecision:
    if run.state in _BEGUN:
        after = replace(run, paused_stages=run.paused_stages - event.was_paused)
        return RunDecision(replace(after, state=_begun(after)))
    return RunDecision(replace(run, state=RunState.RUNNING, started_at=now))


def _stage_ended(run: Run, event: StageEnded, now: datetime) -> RunDecision:
    failed = event.state is StageState.FAILED
    stops = (failed and event.on_failure is OnFailure.STOP) or event.state is StageState.CANCELLED
    after = replace(
        run,
        open_stages=run.open_stages - 1,
        failed_stages=run.failed_stages + (failed and event.on_failure is not OnFailure.CONTINUE),
        held_stages=run.held_stages - event.was_held,
        paused_stages=run.paused_stages - event.was_paused,
        stopping=run.stopping or stops,
    )
    if after.open_stages == 0:
        return RunDecision(replace(after, state=_end_of(after), ended_at=now), (EndRun(),))
    begins_to_stop = stops and not run.stopping and run.cancel_requested_at is None
    return RunDecision(replace(after, state=_begun(after)), (PassStages(),) if begins_to_stop else ())


def _end_of(run: Run) -> RunState:
    if run.failed_stages:
        return RunState.FAILED
    return RunState.CANCELLED if run.stopping else RunState.COMPLETED


def _stage_held(run: Run, event: StageHeld, now: datetime) -> RunDecision:
    return RunDecision(replace(run, state=RunState.HELD, held_stages=run.held_stages + 1))


def _stage_paused(run: Run, event: StagePaused, now: datetime) -> RunDecision:
    after = replace(run, paused_stages=run.paused_stages + 1)
    return RunDecision(replace(after, state=_begun(after)))


def _stage_woken(run: Run, event: StageWoken, now: datetime) -> RunDecision:
    after = replace(run, paused_stages=run.paused_stages - 1)
    return RunDecision(replace(after, state=_begun(after)))


def _stage_reopened(run: Run, event: StageReopened, now: datetime) -> RunDecision:
    after = replace(run, held_stages=run.held_stages - 1)
    return RunDecision(replace(after, state=_begun(after)))


def _cancel_asked(run: Run, event: RunCancelAsked, now: datetime) -> RunDecision:
    # Asked again: the first time stands, and the stages are told once more.
    return RunDecision(replace(run, cancel_requested_at=run.cancel_requested_at or now), (CancelStages(),))


_RULES: dict[type[RunEvent], Callable[[Run, Any, datetime], RunDecision]] = {
    StageClaimed: _stage_claimed,
    StageEnded: _stage_ended,
    StageHeld: _stage_held,
    StagePaused: _stage_paused,
    StageReopened: _stage_reopened,
    StageWoken: _stage_woken,
    RunCancelAsked: _cancel_asked,
}

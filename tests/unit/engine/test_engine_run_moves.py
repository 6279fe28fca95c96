"""What each event does to a run, and what a stage is given when its run is ending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.pipeline import OnFailure
from pauta.domain.runs import Run, Stage
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine.audit import faults, moves_alone
from pauta.engine.decide import decide_run
from pauta.engine.events import (
    CancelAsked,
    CancelStages,
    EndRun,
    Passed,
    PassStages,
    Refusal,
    RunCancelAsked,
    RunEvent,
    StageClaimed,
    StageEnded,
    StageHeld,
    StagePaused,
    StageReopened,
    StageWoken,
)
from pauta.engine.illegal import IllegalMove
from pauta.engine.settle import settle

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
PENDING = Run(RunId("r"), "p", RunState.PENDING, NOON, open_stages=3)
RUNNING = replace(PENDING, state=RunState.RUNNING, started_at=NOON)
HELD = replace(RUNNING, state=RunState.HELD, held_stages=1)
PAUSED = replace(RUNNING, state=RunState.PAUSED, paused_stages=1)
COMPLETED = StageEnded(StageState.COMPLETED)
CANCELLED = StageEnded(StageState.CANCELLED)


def after(run: Run, *events: RunEvent) -> Run:
    """The run after these events."""
    for event in events:
        run = decide_run(run, event, now=LATER).run
    return run


def test_the_first_claim_starts_the_run_and_later_ones_change_nothing() -> None:
    started = after(PENDING, StageClaimed())
    assert started == replace(PENDING, state=RunState.RUNNING, started_at=LATER)
    assert after(started, StageClaimed()) == started


def test_a_run_ends_with_its_last_stage() -> None:
    almost = after(RUNNING, COMPLETED, COMPLETED)
    assert (almost.state, almost.open_stages) == (RunState.RUNNING, 1)
    decision = decide_run(almost, COMPLETED, now=LATER)
    assert (decision.run.state, decision.run.ended_at) == (RunState.COMPLETED, LATER)
    assert decision.commands == (EndRun(),)


@pytest.mark.parametrize(
    ("on_failure", "counted", "stopping", "end"),
    [
        (OnFailure.STOP, 1, True, RunState.FAILED),
        (OnFailure.SKIP, 1, False, RunState.FAILED),
        (OnFailure.CONTINUE, 0, False, RunState.COMPLETED),
    ],
)
def test_a_failure_means_what_its_step_says(on_failure: OnFailure, counted: int, stopping: bool, end: RunState) -> None:
    decision = decide_run(RUNNING, StageEnded(StageState.FAILED, on_failure), now=LATER)
    assert (decision.run.failed_stages, decision.run.stopping) == (counted, stopping)
    assert decision.commands == ((PassStages(),) if stopping else ())
    assert after(decision.run, StageEnded(StageState.SKIPPED), COMPLETED).state is end


def test_stages_are_passed_over_once_when_the_run_begins_to_stop() -> None:
    stop = StageEnded(StageState.FAILED, OnFailure.STOP)
    assert decide_run(after(RUNNING, stop), stop, now=LATER).commands == ()


def test_a_cancel_is_passed_on_and_its_first_time_stands() -> None:
    asked = decide_run(RUNNING, RunCancelAsked(), now=NOON)
    assert asked.run == replace(RUNNING, cancel_requested_at=NOON)
    assert asked.commands == (CancelStages(),)
    again = decide_run(asked.run, RunCancelAsked(), now=LATER)
    assert (again.run, again.commands) == (asked.run, (CancelStages(),))


@pytest.mark.parametrize("begin", [PENDING, RUNNING], ids=["pending", "running"])
def test_a_run_is_cancelled_when_the_cancel_cut_something_off(begin: Run) -> None:
    assert after(begin, RunCancelAsked(), CANCELLED, CANCELLED, CANCELLED).state is RunState.CANCELLED
    assert after(RUNNING, RunCancelAsked(), CANCELLED, COMPLETED, COMPLETED).state is RunState.CANCELLED


def test_a_cancel_that_came_too_late_leaves_a_completed_run() -> None:
    assert after(RUNNING, COMPLETED, RunCancelAsked(), COMPLETED, COMPLETED).state is RunState.COMPLETED


def test_a_run_that_failed_before_its_cancel_has_failed() -> None:
    failed = StageEnded(StageState.FAILED, OnFailure.SKIP)
    assert after(RUNNING, failed, RunCancelAsked(), CANCELLED, CANCELLED).state is RunState.FAILED


def test_a_stage_that_ends_cancelled_without_a_request_stops_the_run() -> None:
    decision = decide_run(RUNNING, CANCELLED, now=LATER)
    assert decision.run.stopping
    assert decision.commands == (PassStages(),)


def test_a_run_is_held_while_a_stage_of_it_is() -> None:
    held = after(RUNNING, StageHeld(), StageHeld())
    assert (held.state, held.held_stages) == (RunState.HELD, 2)
    assert after(held, StageClaimed()).state is RunState.HELD
    assert after(held, COMPLETED).state is RunState.HELD
    assert after(held, StageReopened()).state is RunState.HELD
    assert after(held, StageReopened(), StageReopened()) == RUNNING


def test_a_run_is_paused_while_a_stage_of_it_is() -> None:
    paused = after(RUNNING, StagePaused(), StagePaused())
    assert (paused.state, paused.paused_stages) == (RunState.PAUSED, 2)
    assert after(paused, StageClaimed()) == paused
    assert after(paused, COMPLETED).state is RunState.PAUSED
    assert after(paused, StageWoken()).state is RunState.PAUSED
    assert after(paused, StageWoken(), StageWoken()) == RUNNING


def test_a_paused_run_goes_on_when_its_stage_is_claimed_at_its_time() -> None:
    assert after(PAUSED, StageClaimed(was_paused=True)) == RUNNING
    two = after(PAUSED, StagePaused())
    assert after(two, StageClaimed(was_paused=True)) == PAUSED


def test_a_run_with_a_held_and_a_paused_stage_is_held() -> None:
    both = after(PAUSED, StageHeld())
    assert (both.state, both.held_stages, both.paused_stages) == (RunState.HELD, 1, 1)
    assert after(HELD, StagePaused()) == both
    assert after(both, StageReopened()) == PAUSED
    assert after(both, StageWoken()) == HELD
    assert after(both, StageEnded(StageState.CANCELLED, was_held=True)).state is RunState.PAUSED
    assert after(both, StageEnded(StageState.CANCELLED, was_paused=True)).state is RunState.HELD


def test_a_paused_run_can_be_cancelled() -> None:
    asked = after(replace(PAUSED, open_stages=2), RunCancelAsked())
    ended = after(asked, StageEnded(StageState.CANCELLED, was_paused=True))
    assert (ended.state, ended.paused_stages) == (RunState.RUNNING, 0)
    assert after(ended, CANCELLED).state is RunState.CANCELLED


def test_a_held_run_can_be_cancelled() -> None:
    asked = after(HELD, COMPLETED, RunCancelAsked())
    ended = after(asked, StageEnded(StageState.CANCELLED, was_held=True))
    assert (ended.state, ended.held_stages) == (RunState.RUNNING, 0)
    assert after(ended, CANCELLED).state is RunState.CANCELLED


@pytest.mark.parametrize("state", sorted(FINAL_RUNS))
@pytest.mark.parametrize(
    "event", [RunCancelAsked(), COMPLETED, StageClaimed(), StageHeld()], ids=lambda event: type(event).__name__
)
def test_a_final_run_refuses_everything(state: RunState, event: RunEvent) -> None:
    assert decide_run(replace(RUNNING, state=state), event, now=LATER) == Refusal("ended", state, 0)


def test_what_cannot_happen_to_a_run_is_an_error_that_names_it() -> None:
    with pytest.raises(IllegalMove, match="StageReopened"):
        decide_run(RUNNING, StageReopened(), now=LATER)
    with pytest.raises(IllegalMove, match="StageEnded"):
        decide_run(replace(RUNNING, held_stages=0), StageEnded(StageState.SKIPPED, was_held=True), now=LATER)


# ---- settle ----------------------------------------------------------------------------------------

STILL = sorted(set(StageState) - FINAL_STAGES - {StageState.RUNNING})


@pytest.mark.parametrize("state", STILL)
def test_a_stage_that_stands_still_in_an_ending_run_ends_too(state: StageState) -> None:
    stage = Stage(RunId("r"), 0, state)
    assert settle(stage, RUNNING) is None
    assert settle(stage, replace(RUNNING, stopping=True)) == Passed()
    assert settle(stage, replace(RUNNING, cancel_requested_at=NOON)) == CancelAsked()
    assert settle(stage, replace(RUNNING, cancel_requested_at=NOON, stopping=True)) == CancelAsked()


@pytest.mark.parametrize("state", sorted(FINAL_STAGES | {StageState.RUNNING}))
def test_a_stage_that_runs_or_has_ended_is_left_alone(state: StageState) -> None:
    assert settle(Stage(RunId("r"), 0, state), replace(RUNNING, cancel_requested_at=NOON, stopping=True)) is None


# ---- audit -----------------------------------------------------------------------------------------


def stages(*states: StageState) -> list[Stage]:
    """Stages in these states; a running one has a lease."""
    lease = {StageState.RUNNING: LATER}
    return [Stage(RunId("r"), no, state, lease_until=lease.get(state)) for no, state in enumerate(states)]


@pytest.mark.parametrize("moving", [StageState.READY, StageState.RUNNING, StageState.SCHEDULED])
def test_the_audit_is_content_when_something_can_move(moving: StageState) -> None:
    them = stages(moving, StageState.PENDING, StageState.PENDING)
    assert faults(RUNNING, them) == []
    assert moves_alone(them)


def test_the_audit_is_content_when_a_person_is_needed() -> None:
    them = stages(StageState.HELD, StageState.PENDING, StageState.PENDING)
    assert faults(HELD, them) == []
    assert not moves_alone(them)


def test_the_audit_is_content_when_a_flow_waits() -> None:
    waiting, *others = stages(StageState.PAUSED, StageState.PENDING, StageState.PENDING)
    assert faults(PAUSED, [replace(waiting, waiting_for=1), *others]) == []
    assert not moves_alone([waiting, *others])
    assert moves_alone([replace(waiting, not_before=NOON), *others])


def test_the_audit_finds_a_stage_that_waits_for_nothing() -> None:
    them = stages(StageState.PAUSED, StageState.PENDING, StageState.PENDING)
    assert faults(PAUSED, them) == ["answers"]


@pytest.mark.parametrize(
    ("run", "states", "fault"),
    [
        (RUNNING, (StageState.PAUSED, StageState.READY, StageState.READY), "paused_stages"),
        (PAUSED, (StageState.READY, StageState.READY, StageState.READY), "paused_stages"),
        (replace(PAUSED, state=RunState.RUNNING), (StageState.PAUSED, StageState.READY, StageState.READY), "state"),
        (replace(PAUSED, held_stages=1), (StageState.PAUSED, StageState.HELD, StageState.READY), "state"),
        (replace(PAUSED, paused_stages=0), (StageState.READY, StageState.READY, StageState.READY), "state"),
        (RUNNING, (StageState.PENDING,) * 3, "lost"),
        (RUNNING, (StageState.READY, StageState.READY, StageState.COMPLETED), "open_stages"),
        (RUNNING, (StageState.HELD, StageState.READY, StageState.READY), "held_stages"),
        (replace(HELD, state=RunState.RUNNING), (StageState.HELD, StageState.READY, StageState.READY), "state"),
        (replace(RUNNING, open_stages=0), (StageState.COMPLETED,), "final"),
        (replace(RUNNING, state=RunState.COMPLETED, open_stages=1), (StageState.READY,), "final"),
    ],
)
def test_the_audit_names_what_is_wrong(run: Run, states: tuple[StageState, ...], fault: str) -> None:
    assert fault in faults(run, stages(*states))


def test_the_audit_finds_a_lease_without_an_attempt_and_the_other_way_round() -> None:
    ready, running = stages(StageState.READY, StageState.RUNNING)
    run = replace(RUNNING, open_stages=2)
    assert "lease" in faults(run, [replace(ready, lease_until=NOON), running])
    assert "lease" in faults(run, [ready, replace(running, lease_until=None)])

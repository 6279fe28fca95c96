"""What each event does to a stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.runs import Stage
from pauta.domain.states import FINAL_STAGES, AttemptOutcome, StageState
from pauta.engine.decide import decide
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
from pauta.engine.transitions import FENCED

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = NOON + 30 * SECOND
TWICE = RetryPolicy(times=2, delay=4 * SECOND, jitter=0.0)
READY = Stage(RunId("r"), 3, StageState.READY)
RUNNING = replace(READY, state=StageState.RUNNING, fence=4, owner="ann", lease_until=LEASE)
STILL = (StageState.PENDING, StageState.READY, StageState.SCHEDULED, StageState.HELD, StageState.PAUSED)
PAUSED = replace(READY, state=StageState.PAUSED, fence=4, waiting_for=2)


def fenced(kind: type[StageEvent], fence: int) -> StageEvent:
    """An event of an attempt."""
    more = {
        Renewed: {"lease_until": LEASE + 10 * SECOND},
        StepFailed: {"retries": TWICE, "on_failure": OnFailure.STOP, "chance": 0.0},
        Died: {"begun": True},
        Suspended: {"answers": 1, "until": None},
    }
    return kind(fence, **more.get(kind, {}))


def test_a_claim_raises_the_fence_and_opens_an_attempt() -> None:
    decision = decide(READY, Claimed("ann", LEASE), now=NOON)
    assert decision.stage == replace(READY, state=StageState.RUNNING, fence=1, owner="ann", lease_until=LEASE)
    assert decision.commands == (OpenAttempt(), TellRun(StageClaimed()))


def test_a_waiting_retry_is_claimed_from_its_time_on_and_not_before() -> None:
    waiting = replace(READY, state=StageState.SCHEDULED, fence=1, tries=1, not_before=NOON)
    assert decide(waiting, Claimed("ann", LEASE), now=NOON - SECOND) == Refusal("not_due", StageState.SCHEDULED, 1)
    claimed = decide(waiting, Claimed("ann", LEASE), now=NOON).stage
    assert (claimed.state, claimed.fence, claimed.not_before) == (StageState.RUNNING, 2, None)


def test_a_renewal_moves_the_end_of_the_lease_and_nothing_else() -> None:
    decision = decide(RUNNING, Renewed(4, LEASE + SECOND), now=NOON)
    assert decision.stage == replace(RUNNING, lease_until=LEASE + SECOND)
    assert decision.commands == ()


def test_a_completed_step_lets_tries_and_deaths_count_anew() -> None:
    decision = decide(replace(RUNNING, tries=2, deaths=1), StepSucceeded(4), now=NOON)
    assert decision.stage == RUNNING


def test_a_finished_stage_is_completed_and_its_attempt_closed() -> None:
    decision = decide(RUNNING, Finished(4), now=NOON)
    assert decision.stage == replace(RUNNING, state=StageState.COMPLETED, owner=None, lease_until=None)
    assert decision.commands == (
        CloseAttempt(4, AttemptOutcome.COMPLETED),
        TellRun(StageEnded(StageState.COMPLETED)),
    )


@pytest.mark.parametrize(("tries", "seconds"), [(0, 4), (1, 8)])
def test_a_failed_step_waits_for_its_retry(tries: int, seconds: int) -> None:
    event = StepFailed(4, TWICE, OnFailure.STOP, 0.3)
    decision = decide(replace(RUNNING, tries=tries), event, now=NOON)
    assert decision.stage.state is StageState.SCHEDULED
    assert (decision.stage.tries, decision.stage.not_before) == (tries + 1, NOON + seconds * SECOND)
    assert decision.commands == (CloseAttempt(4, AttemptOutcome.FAILED),)


def test_a_step_that_failed_after_its_last_retry_fails_the_stage() -> None:
    event = StepFailed(4, TWICE, OnFailure.SKIP, 0.3)
    decision = decide(replace(RUNNING, tries=2), event, now=NOON)
    assert decision.stage.state is StageState.FAILED
    assert decision.commands == (
        CloseAttempt(4, AttemptOutcome.FAILED),
        TellRun(StageEnded(StageState.FAILED, OnFailure.SKIP)),
    )


@pytest.mark.parametrize("event", [Died(4, begun=True), LeaseExpired(4)], ids=["died", "lease expired"])
def test_the_first_death_makes_ready_and_the_second_holds(event: StageEvent) -> None:
    late = LEASE + SECOND
    first = decide(RUNNING, event, now=late)
    assert (first.stage.state, first.stage.deaths) == (StageState.READY, 1)
    assert first.commands == (CloseAttempt(4, AttemptOutcome.CRASHED),)
    second = decide(replace(RUNNING, deaths=1), event, now=late)
    assert (second.stage.state, second.stage.deaths) == (StageState.HELD, 2)
    assert second.commands == (CloseAttempt(4, AttemptOutcome.CRASHED), TellRun(StageHeld()))


def test_a_death_before_the_body_began_does_not_count() -> None:
    decision = decide(replace(RUNNING, deaths=1), Died(4, begun=False), now=NOON)
    assert (decision.stage.state, decision.stage.deaths) == (StageState.READY, 1)


@pytest.mark.parametrize("early", [timedelta(0), SECOND])
def test_a_lease_that_is_not_over_is_left_alone(early: timedelta) -> None:
    assert decide(RUNNING, LeaseExpired(4), now=LEASE - early) == Refusal("not_due", StageState.RUNNING, 4)


def test_a_released_stage_is_ready_again() -> None:
    decision = decide(RUNNING, Released(4), now=NOON)
    assert decision.stage == replace(RUNNING, state=StageState.READY, owner=None, lease_until=None)
    assert decision.commands == (CloseAttempt(4, AttemptOutcome.RELEASED),)


@pytest.mark.parametrize("state", STILL)
@pytest.mark.parametrize(
    ("event", "after"), [(CancelAsked(), StageState.CANCELLED), (Passed(), StageState.SKIPPED)], ids=["cancel", "pass"]
)
def test_a_stage_that_stands_still_ends_at_once(state: StageState, event: StageEvent, after: StageState) -> None:
    decision = decide(replace(READY, state=state, not_before=NOON), event, now=NOON)
    assert (decision.stage.state, decision.stage.not_before, decision.stage.waiting_for) == (after, None, 0)
    ended = StageEnded(after, was_held=state is StageState.HELD, was_paused=state is StageState.PAUSED)
    assert decision.commands == (TellRun(ended),)


def test_a_running_stage_is_stopped_by_a_cancel_and_ends_when_its_process_has() -> None:
    asked = decide(RUNNING, CancelAsked(), now=NOON)
    assert (asked.stage, asked.commands) == (RUNNING, (StopProcess(),))
    stopped = decide(RUNNING, Stopped(4), now=NOON)
    assert stopped.stage.state is StageState.CANCELLED
    assert stopped.commands == (
        CloseAttempt(4, AttemptOutcome.CANCELLED),
        TellRun(StageEnded(StageState.CANCELLED)),
    )


@pytest.mark.parametrize("until", [None, LEASE], ids=["no time", "a time"])
def test_a_flow_that_waits_gives_its_worker_back_and_pauses_its_stage(until: datetime | None) -> None:
    decision = decide(replace(RUNNING, tries=1, deaths=1), Suspended(4, answers=2, until=until), now=NOON)
    assert decision.stage == replace(PAUSED, tries=1, deaths=1, not_before=until)
    assert decision.commands == (CloseAttempt(4, AttemptOutcome.PAUSED), TellRun(StagePaused()))


def test_a_flow_whose_answers_are_there_already_does_not_pause() -> None:
    decision = decide(RUNNING, Suspended(4, answers=0, until=None), now=NOON)
    assert (decision.stage.state, decision.stage.owner, decision.stage.waiting_for) == (StageState.READY, None, 0)
    assert decision.commands == (CloseAttempt(4, AttemptOutcome.PAUSED),)


def test_the_last_answer_makes_a_paused_stage_ready_and_those_before_only_count() -> None:
    first = decide(replace(PAUSED, not_before=LEASE), Answered(), now=NOON)
    assert (first.stage, first.commands) == (replace(PAUSED, not_before=LEASE, waiting_for=1), ())
    last = decide(first.stage, Answered(), now=NOON)
    assert last.stage == replace(READY, fence=4)
    assert last.commands == (TellRun(StageWoken()),)


@pytest.mark.parametrize("state", sorted(set(StageState) - FINAL_STAGES - {StageState.PAUSED}))
def test_an_answer_that_comes_when_the_stage_does_not_wait_changes_nothing(state: StageState) -> None:
    stage = replace(RUNNING, state=state, waiting_for=1)
    assert decide(stage, Answered(), now=NOON) == Decision(stage)


@pytest.mark.parametrize("state", sorted(FINAL_STAGES))
def test_an_answer_to_a_stage_that_has_ended_is_refused(state: StageState) -> None:
    assert decide(replace(READY, state=state), Answered(), now=NOON) == Refusal("ended", state, 0)


def test_a_paused_stage_is_claimed_when_its_time_has_come_and_never_without_one() -> None:
    assert decide(PAUSED, Claimed("ann", LEASE), now=NOON) == Refusal("not_due", StageState.PAUSED, 4)
    later = replace(PAUSED, not_before=NOON + SECOND)
    assert decide(later, Claimed("ann", LEASE), now=NOON) == Refusal("not_due", StageState.PAUSED, 4)
    decision = decide(replace(PAUSED, not_before=NOON), Claimed("ann", LEASE), now=NOON)
    assert decision.stage == replace(RUNNING, fence=5)
    assert decision.commands == (OpenAttempt(), TellRun(StageClaimed(was_paused=True)))


def test_a_held_stage_that_is_opened_again_may_die_twice_more() -> None:
    held = replace(READY, state=StageState.HELD, fence=2, deaths=2)
    decision = decide(held, Reopened(), now=NOON)
    assert (decision.stage.state, decision.stage.deaths, decision.stage.fence) == (StageState.READY, 0, 2)
    assert decision.commands == (TellRun(StageReopened()),)


@pytest.mark.parametrize("kind", FENCED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("fence", [3, 5])
def test_a_report_with_another_fence_is_refused(kind: type[StageEvent], fence: int) -> None:
    assert decide(RUNNING, fenced(kind, fence), now=LEASE + SECOND) == Refusal("stale", StageState.RUNNING, 4)


@pytest.mark.parametrize("kind", FENCED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", sorted(set(StageState) - {StageState.RUNNING}))
def test_a_report_to_a_stage_that_does_not_run_is_refused(kind: type[StageEvent], state: StageState) -> None:
    reason = "ended" if state in FINAL_STAGES else "stale"
    assert decide(replace(READY, state=state, fence=4), fenced(kind, 4), now=NOON) == Refusal(reason, state, 4)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (StageState.READY, InputsReady()),
        (StageState.PENDING, Claimed("ann", LEASE)),
        (StageState.RUNNING, Claimed("bob", LEASE)),
        (StageState.HELD, Claimed("bob", LEASE)),
        (StageState.RUNNING, Passed()),
        (StageState.READY, Reopened()),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_happen_is_an_error_that_names_it(state: StageState, event: StageEvent) -> None:
    with pytest.raises(IllegalMove) as raised:
        decide(replace(READY, state=state), event, now=NOON)
    assert (raised.value.state, raised.value.event) == (state, type(event).__name__)
    assert str(state) in str(raised.value)

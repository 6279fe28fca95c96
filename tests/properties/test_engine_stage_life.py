"""The life of one stage under any sequence of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pauta.domain.ids import RunId
from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.runs import Stage
from pauta.domain.states import FINAL_STAGES, StageState
from pauta.engine.decide import MAX_DEATHS, decide
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
    StageEnded,
    StageEvent,
    StepFailed,
    StepSucceeded,
    Stopped,
    Suspended,
    TellRun,
)
from pauta.engine.illegal import IllegalMove
from pauta.engine.transitions import TRANSITIONS

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)
RETRIES = RetryPolicy(times=2, delay=timedelta(seconds=1), jitter=0.5)
MANY = settings(max_examples=300, deadline=None)

# What happens: a kind, how far the fence lies behind the newest one, seconds since the last event, a share.
KINDS = (
    InputsReady, Claimed, Renewed, StepSucceeded, Finished, StepFailed, Died, LeaseExpired, Released, CancelAsked,
    Stopped, Passed, Reopened, Suspended, Answered,
)  # fmt: skip
DEADLY = (Claimed, Claimed, Died, LeaseExpired, Reopened, StepFailed, InputsReady)
happenings = st.tuples(
    st.sampled_from(KINDS) | st.sampled_from(DEADLY),
    st.sampled_from((0, 0, 0, 0, 1, 2, -1)),
    st.integers(0, 40),
    st.floats(0, 1, exclude_max=True),
)


def event_of(kind: type[StageEvent], fence: int, *, now: datetime, share: float) -> StageEvent:
    """An event of this kind."""
    if kind in (InputsReady, CancelAsked, Passed, Reopened, Answered):
        return kind()
    if kind is Claimed:
        return Claimed("w", now + LEASE)
    if kind is Renewed:
        return Renewed(fence, now + LEASE)
    if kind is StepFailed:
        return StepFailed(fence, RETRIES, OnFailure.SKIP, share)
    if kind is Suspended:
        return Suspended(fence, int(share * 4), now + LEASE if share < 0.6 else None)
    if kind is Died:
        return Died(fence, begun=share < 0.7)
    return kind(fence)


class Life:
    """A stage, and what a witness counts."""

    def __init__(self) -> None:
        self.stage = Stage(RunId("r"), 0, StageState.PENDING)
        self.now = BEGIN
        self.open: int | None = None
        self.ends = 0
        self.starts = 0
        self.deaths = 0

    def happen(self, kind: type[StageEvent], behind: int, seconds: int, share: float) -> None:
        self.now += timedelta(seconds=seconds)
        event = event_of(kind, self.stage.fence - behind, now=self.now, share=share)
        before = self.stage
        try:
            outcome = decide(before, event, now=self.now)
        except IllegalMove:
            assert (before.state, kind) not in TRANSITIONS
            return
        if isinstance(outcome, Refusal):
            assert (outcome.state, outcome.fence) == (before.state, before.fence)
            assert (outcome.reason == "ended") == (before.state in FINAL_STAGES)
            return
        assert before.state not in FINAL_STAGES
        assert outcome.stage.fence == before.fence + (kind is Claimed)
        assert outcome.stage.state in TRANSITIONS[before.state, kind]
        self.stage = outcome.stage
        self.witness(event, outcome)
        self.check()

    def witness(self, event: StageEvent, outcome: Decision) -> None:
        """Count on its own what the commands and events say."""
        for command in outcome.commands:
            if isinstance(command, OpenAttempt):
                assert self.open is None
                self.open = outcome.stage.fence
            elif isinstance(command, CloseAttempt):
                assert self.open == command.fence
                self.open = None
            elif isinstance(command, TellRun) and isinstance(command.event, StageEnded):
                self.ends += 1
                assert command.event.state is outcome.stage.state
        died = isinstance(event, LeaseExpired) or (isinstance(event, Died) and event.begun)
        if isinstance(event, StepSucceeded):
            self.starts = self.deaths = 0
        elif died or isinstance(event, StepFailed):
            self.starts += 1
            self.deaths += died

    def check(self) -> None:
        """What holds at every instant."""
        stage = self.stage
        running = stage.state is StageState.RUNNING
        assert (stage.owner is not None) == (stage.lease_until is not None) == running
        assert (self.open is not None) == running
        paused = stage.state is StageState.PAUSED
        assert (stage.not_before is not None) == (stage.state is StageState.SCHEDULED) or paused
        assert (stage.waiting_for > 0) == paused
        assert self.ends == (stage.state in FINAL_STAGES)
        assert self.starts + running <= 1 + RETRIES.times + self.deaths  # P6, of the step that is tried now
        if paused or stage.state in (StageState.READY, StageState.RUNNING, StageState.SCHEDULED):
            assert stage.deaths < MAX_DEATHS  # P9


@MANY
@given(st.lists(happenings, max_size=60))
def test_any_sequence_of_events_keeps_the_promises_of_a_stage(sequence: list[tuple]) -> None:
    life = Life()
    life.happen(InputsReady, 0, 0, 0.0)
    for kind, behind, seconds, share in sequence:
        life.happen(kind, behind, seconds, share)


@MANY
@given(st.sampled_from(sorted(FINAL_STAGES)), st.lists(happenings, max_size=30))
def test_a_final_state_has_no_way_out(state: StageState, sequence: list[tuple]) -> None:
    life = Life()
    life.stage = ended = Stage(RunId("r"), 0, state, fence=3)
    for kind, behind, seconds, share in sequence:
        life.happen(kind, behind, seconds, share)
    assert life.stage == ended


@MANY
@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_two_deaths_of_one_step_hold_the_stage(lease_ran_out: list[bool]) -> None:
    stage = Stage(RunId("r"), 0, StageState.READY)
    for number, expired in enumerate(lease_ran_out, start=1):
        running = decide(stage, Claimed("w", BEGIN - LEASE), now=BEGIN).stage
        event = LeaseExpired(running.fence) if expired else Died(running.fence, begun=True)
        stage = decide(running, event, now=BEGIN).stage
        assert stage.state is (StageState.READY if number % 2 else StageState.HELD)
        if stage.state is StageState.HELD:
            stage = decide(stage, Reopened(), now=BEGIN).stage

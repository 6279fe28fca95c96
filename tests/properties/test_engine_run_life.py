"""The life of a run with a random pipeline, driven by the engine over a store that is a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine_graphs import documents, planned
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.pipeline import OnFailure, Step
from pauta.domain.plan import Plan
from pauta.domain.runs import Run, Stage
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine.audit import faults, moves_alone
from pauta.engine.decide import decide, decide_run
from pauta.engine.dependents import dependents_of, stages_skipped_by
from pauta.engine.events import (
    Answered,
    CancelAsked,
    CancelStages,
    Claimed,
    Died,
    EndRun,
    Finished,
    InputsReady,
    LeaseExpired,
    Passed,
    PassStages,
    Refusal,
    Released,
    Reopened,
    RunCancelAsked,
    RunEvent,
    StageEvent,
    StepFailed,
    StepSucceeded,
    Stopped,
    Suspended,
    TellRun,
)
from pauta.engine.settle import settle

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)
TROUBLE = ("fail", "die", "vanish", "release", "progress", "finish", "sleep", "ask")


class Driver:
    """The least that a service does with the engine's decisions."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dependents = dependents_of(plan)
        self.now = BEGIN
        self.stages = [
            Stage(RunId("r"), s.no, StageState.PENDING if s.needs else StageState.READY, len(s.needs))
            for s in plan.stages
        ]
        self.run = Run(RunId("r"), "p", RunState.PENDING, BEGIN, open_stages=len(self.stages))
        self.failures: dict[int, int] = {}  # stage → step that failed in it
        self.ends = 0
        self.audit()

    def give(self, no: int, event: StageEvent, *, step: int | None = None) -> None:
        """Give a stage an event, and do what follows."""
        outcome = decide(self.stages[no], event, now=self.now)
        assert not isinstance(outcome, Refusal), (self.stages[no], event)
        assert self.stages[no].state not in FINAL_STAGES
        self.stages[no] = outcome.stage
        if outcome.stage.state is StageState.FAILED:
            self.failures[no] = step
        for command in outcome.commands:
            if isinstance(command, TellRun):
                self.tell(command.event)
        if outcome.stage.state in FINAL_STAGES:
            self.go_on_from(no)
        follow_up = settle(self.stages[no], self.run)
        if follow_up is not None:
            self.give(no, follow_up)

    def tell(self, event: RunEvent) -> None:
        """Give the run an event, and do what follows."""
        outcome = decide_run(self.run, event, now=self.now)
        assert not isinstance(outcome, Refusal), (self.run, event)
        self.run = outcome.run
        for command in outcome.commands:
            if isinstance(command, EndRun):
                self.ends += 1
            else:
                cancels = isinstance(command, CancelStages)
                assert cancels or isinstance(command, PassStages)
                self.give_all(CancelAsked() if cancels else Passed(), running_too=cancels)

    def give_all(self, event: StageEvent, *, running_too: bool) -> None:
        for no in range(len(self.stages)):
            state = self.stages[no].state
            if state not in FINAL_STAGES and (running_too or state is not StageState.RUNNING):
                self.give(no, event)

    def go_on_from(self, no: int) -> None:
        """A stage ended: pass over what cannot run, count down the others."""
        if self.stages[no].state is StageState.FAILED:
            for later in stages_skipped_by(self.plan, self.failures[no]):
                if self.stages[later].state not in FINAL_STAGES:
                    self.give(later, Passed())
        for later in self.dependents[no]:
            stage = replace(self.stages[later], waiting_for=self.stages[later].waiting_for - 1)
            self.stages[later] = stage
            if stage.state is StageState.PENDING and stage.waiting_for == 0:
                self.give(later, InputsReady())

    # ---- what people, time and workers do ------------------------------------------------------

    def act(self, choice: int, trouble: str) -> None:
        """One thing happens: to a stage chosen by number, or to the run."""
        movable = [s for s in self.stages if s.state not in FINAL_STAGES and s.state is not StageState.PENDING]
        stage = movable[choice % len(movable)]
        if stage.state in (StageState.READY, StageState.SCHEDULED):
            self.now = max(self.now, stage.not_before or self.now)
            self.give(stage.no, Claimed("w", self.now + LEASE))
        elif stage.state is StageState.HELD:
            self.give(stage.no, Reopened())
        elif stage.state is StageState.PAUSED:
            self.go_on(stage)
        else:
            self.work(stage, trouble)
        self.audit()

    def go_on(self, stage: Stage) -> None:
        """What a paused stage waits for comes: its time, or one answer."""
        if stage.not_before is not None:
            self.now = max(self.now, stage.not_before)
            self.give(stage.no, Claimed("w", self.now + LEASE))
        else:
            self.give(stage.no, Answered())

    def work(self, stage: Stage, trouble: str) -> None:
        """Something happens to a running stage."""
        fence = stage.fence
        steps = self.plan.stages[stage.no].steps
        step = steps[len(steps) // 2]
        policy = self.plan.steps[step].policy
        if self.run.cancel_requested_at is not None and trouble != "finish":
            self.give(stage.no, Stopped(fence))
        elif trouble == "fail":
            self.give(stage.no, StepFailed(fence, policy.retries, policy.on_failure, 0.5), step=step)
        elif trouble == "die":
            self.give(stage.no, Died(fence, begun=True))
        elif trouble == "vanish":
            self.now = stage.lease_until + timedelta(seconds=1)
            self.give(stage.no, LeaseExpired(fence))
        elif trouble == "release":
            self.give(stage.no, Released(fence))
        elif trouble == "sleep":
            self.give(stage.no, Suspended(fence, 1, self.now + LEASE))
        elif trouble == "ask":
            self.give(stage.no, Suspended(fence, 2, None))
        elif trouble == "progress":
            self.give(stage.no, StepSucceeded(fence))
        else:
            self.give(stage.no, Finished(fence))

    def audit(self) -> None:
        """P2, and what else holds between two transactions."""
        assert faults(self.run, self.stages) == []
        assert all(settle(stage, self.run) is None for stage in self.stages)
        assert self.ends == (self.run.state in FINAL_RUNS)

    @property
    def ended(self) -> bool:
        return self.run.state in FINAL_RUNS


def right_end(driver: Driver) -> RunState:
    """The final state as a person would say it."""
    counted = [
        no
        for no, step in driver.failures.items()
        if driver.plan.steps[step].policy.on_failure is not OnFailure.CONTINUE
    ]
    if counted:
        return RunState.FAILED
    if any(stage.state is StageState.CANCELLED for stage in driver.stages):
        return RunState.CANCELLED
    return RunState.COMPLETED


def lived(steps: Sequence[Step], happenings: Sequence[tuple[int, str]], *, cancel_at: int | None = None) -> Driver:
    """A run to its end: first the given happenings, then nothing but success."""
    driver = Driver(planned(steps))
    for number, (choice, trouble) in enumerate(happenings):
        if number == cancel_at and not driver.ended:
            driver.tell(RunCancelAsked())
            driver.audit()
        if not driver.ended:
            driver.act(choice, trouble)
    rest = 0
    while not driver.ended:
        driver.act(0, "finish")
        rest += 1
        assert rest <= 4 * len(driver.stages), "the run does not end"
    return driver


happenings = st.lists(st.tuples(st.integers(0, 11), st.sampled_from(TROUBLE)), max_size=40)
MANY = settings(max_examples=200, deadline=None)


@MANY
@given(documents(), happenings, st.none() | st.integers(0, 20))
def test_every_run_ends_in_the_right_state(
    steps: list[Step], sequence: list[tuple[int, str]], cancel_at: int | None
) -> None:
    driver = lived(steps, sequence, cancel_at=cancel_at)
    assert driver.run.state is right_end(driver)
    assert driver.run.open_stages == driver.run.held_stages == driver.run.paused_stages == 0
    assert driver.run.ended_at == driver.now
    assert not moves_alone(driver.stages)


@MANY
@given(documents())
def test_a_run_without_trouble_completes_every_stage_once(steps: list[Step]) -> None:
    driver = lived(steps, [])
    assert driver.run.state is RunState.COMPLETED
    assert all(stage.state is StageState.COMPLETED and stage.fence == 1 for stage in driver.stages)


@MANY
@given(documents(), happenings)
def test_just_what_cannot_run_is_skipped(steps: list[Step], sequence: list[tuple[int, str]]) -> None:
    driver = lived(steps, sequence)
    if driver.run.stopping:
        return
    lost = {later for step in driver.failures.values() for later in stages_skipped_by(driver.plan, step)}
    assert {s.no for s in driver.stages if s.state is StageState.SKIPPED} == lost


@MANY
@given(documents(), happenings)
def test_a_stage_begins_only_when_its_frames_are_there(steps: list[Step], sequence: list[tuple[int, str]]) -> None:
    driver = lived(steps, sequence)
    stage_of = {no: stage.no for stage in driver.plan.stages for no in stage.steps}
    for stage in driver.plan.stages:
        if driver.stages[stage.no].fence == 0:
            continue
        for taken in driver.plan.steps[stage.steps[0]].takes:
            if taken.source >= 0:
                assert driver.stages[stage_of[taken.source]].state is StageState.COMPLETED


@MANY
@given(documents(), st.integers(0, 12))
def test_after_a_cancel_nothing_starts(steps: list[Step], before: int) -> None:
    driver = Driver(planned(steps))
    for choice in range(before):
        if not driver.ended:
            driver.act(choice, "finish")
    if driver.ended:
        return
    fences = [stage.fence for stage in driver.stages]
    driver.tell(RunCancelAsked())
    driver.audit()
    while not driver.ended:
        driver.act(0, "die")
    assert [stage.fence for stage in driver.stages] == fences
    assert driver.run.state is RunState.CANCELLED

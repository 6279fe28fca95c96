"""T1: every order of events in a small run, with the real engine; and proof that the check sees missing guards."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from model_checker import Found, Limits, Walk
from msgspec import structs
from msgspec.structs import replace
from shared_run import LAPSED, LIVE, NOW, Guards, Shape

from pauta.domain.pipeline import OnFailure
from pauta.domain.runs import Run, Stage
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine import decide as decide_module
from pauta.engine.decide import decide
from pauta.engine.events import (
    CancelAsked,
    CancelStages,
    Claimed,
    Decision,
    Died,
    Finished,
    LeaseExpired,
    PassStages,
    Refusal,
    Released,
    Renewed,
    RunCancelAsked,
    RunDecision,
    RunEvent,
    StageClaimed,
    StageEnded,
    StageEvent,
    StageWoken,
    StepFailed,
    StepSucceeded,
    Stopped,
    Suspended,
)
from pauta.engine.run_moves import decide_run
from pauta.engine.settle import settle

CHAIN = Shape("chain", {1: (0,)}, (OnFailure.STOP, OnFailure.SKIP))
BRANCHES = Shape("branches", {}, (OnFailure.STOP, OnFailure.SKIP))
LENIENT = Shape("lenient", {1: (0,)}, (OnFailure.CONTINUE, OnFailure.STOP))
FLOWS = Shape("flows", {}, (OnFailure.STOP, OnFailure.SKIP), waits=((0, None), (2, None), (1, LIVE)))
THEN_FLOW = Shape("flow in a chain", {1: (0,)}, (OnFailure.CONTINUE, OnFailure.STOP), waits=((1, None), (2, LIVE)))

Mutant = Callable[..., Decision | Refusal]


def walk(shape: Shape, limits: Limits, guards: Guards | None = None) -> Found:
    found = Walk(shape, limits, guards).run()
    print(
        f"{shape.name}, {limits.workers} workers, attempts {limits.attempts}: {found.states:,} states, "
        f"{found.moves:,} moves, {found.worlds:,} worlds, {found.ends:,} of them ended"
    )
    return found


@pytest.mark.parametrize(
    ("shape", "attempts"),
    [(CHAIN, (3, 2)), (BRANCHES, (2, 1)), (LENIENT, (2, 2)), (FLOWS, (2, 1)), (THEN_FLOW, (3, 2))],
    ids=["chain", "branches", "lenient", "flows", "flow in a chain"],
)
def test_t1_no_order_of_events_breaks_a_promise_with_two_workers(shape: Shape, attempts: tuple[int, int]) -> None:
    found = walk(shape, Limits(workers=2, attempts=attempts))
    assert found.path == []
    assert found.states > 3_927


def test_t1_no_order_of_events_breaks_a_promise_with_three_workers() -> None:
    found = walk(CHAIN, Limits(workers=3, attempts=(2, 2)))
    assert found.path == []
    assert found.states > 80_000


@pytest.mark.slow
def test_t1_no_order_of_events_breaks_a_promise_with_three_workers_and_four_attempts() -> None:
    found = walk(CHAIN, Limits(workers=3, attempts=(4, 2)))
    assert found.path == []
    assert found.states > 1_000_000


@pytest.mark.slow
def test_t1_no_order_of_events_breaks_a_promise_with_three_workers_on_two_branches() -> None:
    found = walk(BRANCHES, Limits(workers=3, attempts=(2, 2)))
    assert found.path == []
    assert found.states > 600_000


# ---- mutants: each guard removed in turn -----------------------------------------------------------


def caught(guards: Guards, *, shape: Shape = CHAIN, attempts: tuple[int, int] = (3, 2)) -> str:
    """The promise that a walk without one guard finds broken."""
    found = walk(shape, Limits(workers=3, attempts=attempts, states=150_000), guards)
    assert found.broken is not None, "the check did not see that a guard is missing"
    print(" -> ".join(found.path))
    return found.broken


@pytest.mark.parametrize(
    "kind",
    [Finished, StepFailed, Renewed, StepSucceeded, Died, Released, Stopped, LeaseExpired],
    ids=lambda kind: kind.__name__,
)
def test_t1_a_missing_look_at_the_fence_is_seen(kind: type[StageEvent]) -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is kind and stage.state is StageState.RUNNING:
            event = structs.replace(event, fence=stage.fence)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)).startswith("P4")


def test_t1_a_reaper_that_does_not_look_at_the_lease_again_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is LeaseExpired and stage.state is StageState.RUNNING:
            stage = replace(stage, lease_until=LAPSED)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)) == "P4: a lease was taken away that had been renewed"


@pytest.mark.parametrize("shape", [CHAIN, BRANCHES], ids=lambda shape: shape.name)
def test_t1_a_claim_that_does_not_compare_is_seen(shape: Shape) -> None:
    broken = caught(Guards(same_row=lambda now, seen: True), shape=shape)
    assert broken.startswith(("P3", "P4", "P5"))


def test_t1_a_claim_that_compares_only_the_state_is_seen() -> None:
    broken = caught(Guards(same_row=lambda now, seen: now.state is seen.state))
    assert broken.startswith(("P3", "P4", "P5"))


def test_t1_a_claim_that_does_not_raise_the_fence_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        outcome = decide(stage, event, **rest)
        if type(event) is Claimed and stage.fence and isinstance(outcome, Decision):
            return structs.replace(outcome, stage=replace(outcome.stage, fence=stage.fence))
        return outcome

    assert caught(Guards(decide=mutant)).startswith("P4")


@pytest.mark.parametrize("kind", [Finished, Stopped, StepFailed], ids=lambda kind: kind.__name__)
def test_t1_a_final_stage_that_can_be_left_is_seen(kind: type[StageEvent]) -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is kind and stage.state in FINAL_STAGES:
            stage = replace(stage, state=StageState.RUNNING)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)).startswith(("P3", "P4", "P5"))


def test_t1_a_stage_that_ends_without_running_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is Finished and stage.state is StageState.READY:
            stage = replace(stage, state=StageState.RUNNING)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)).startswith("P4")


def test_t1_poison_that_is_never_held_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide_module, "MAX_DEATHS", 1_000)
    assert caught(Guards()).startswith("P9")


def test_t1_retries_without_end_are_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is StepFailed:
            event = structs.replace(event, retries=dataclasses.replace(event.retries, times=1_000))
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)).startswith("P6")


def test_t1_a_retry_before_its_time_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is Claimed:
            stage = replace(stage, not_before=None)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)) == "a retry began before its time"


def test_t1_a_stage_handed_back_into_a_run_that_ends_is_seen() -> None:
    assert caught(Guards(settle=lambda stage, run: None)).startswith("P8")


@pytest.mark.parametrize("command", [CancelStages, PassStages], ids=lambda kind: kind.__name__)
def test_t1_stages_that_are_not_told_of_the_end_are_seen(command: type) -> None:
    def mutant(run: Run, event: RunEvent, **rest: object) -> RunDecision | Refusal:
        outcome = decide_run(run, event, **rest)
        if isinstance(outcome, RunDecision):
            return structs.replace(outcome, commands=tuple(c for c in outcome.commands if type(c) is not command))
        return outcome

    assert caught(Guards(decide_run=mutant), shape=BRANCHES).startswith("P8")


def test_t1_a_final_run_that_can_be_cancelled_is_seen() -> None:
    def mutant(run: Run, event: RunEvent, **rest: object) -> RunDecision | Refusal:
        if type(event) is RunCancelAsked and run.state in FINAL_RUNS:
            run = replace(run, state=RunState.RUNNING)
        return decide_run(run, event, **rest)

    assert caught(Guards(decide_run=mutant)) == "P5: a final run changed"


def test_t1_a_held_stage_that_stays_counted_after_its_end_is_seen() -> None:
    def mutant(run: Run, event: RunEvent, **rest: object) -> RunDecision | Refusal:
        if type(event) is StageEnded:
            event = structs.replace(event, was_held=False)
        return decide_run(run, event, **rest)

    assert caught(Guards(decide_run=mutant)).startswith("P2")


def test_t1_a_running_stage_that_a_cancel_ends_without_its_process_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is CancelAsked and stage.state is StageState.RUNNING:
            stage = replace(stage, state=StageState.READY)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)) == "P2: lease"


def test_t1_a_cancel_that_is_forgotten_when_a_retry_waits_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is CancelAsked and stage.state is StageState.SCHEDULED:
            return Refusal("stale", stage.state, stage.fence)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant)).startswith("P8")


@pytest.mark.parametrize("told", [StageEnded, StageClaimed, StageWoken], ids=lambda kind: kind.__name__)
def test_t1_a_paused_stage_that_stays_counted_is_seen(told: type[RunEvent]) -> None:
    def mutant(run: Run, event: RunEvent, **rest: object) -> RunDecision | Refusal:
        if type(event) is told:
            if told is StageWoken:
                return RunDecision(run)
            event = structs.replace(event, was_paused=False)
        return decide_run(run, event, **rest)

    assert caught(Guards(decide_run=mutant), shape=FLOWS).startswith("P2")


def test_t1_a_flow_that_goes_on_before_its_answer_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is Claimed and stage.state is StageState.PAUSED:
            stage = replace(stage, not_before=NOW)
        return decide(stage, event, **rest)

    broken = caught(Guards(decide=mutant), shape=FLOWS)
    assert broken in ("a flow went on before its answer", "a retry began before its time")


def test_t1_a_pause_that_an_older_attempt_brings_about_is_seen() -> None:
    def mutant(stage: Stage, event: StageEvent, **rest: object) -> Decision | Refusal:
        if type(event) is Suspended and stage.state is StageState.RUNNING:
            event = structs.replace(event, fence=stage.fence)
        return decide(stage, event, **rest)

    assert caught(Guards(decide=mutant), shape=FLOWS).startswith("P4")


def test_t1_a_flow_that_pauses_in_a_run_that_ends_is_seen() -> None:
    def mutant(stage: Stage, run: Run) -> StageEvent | None:
        return None if stage.state is StageState.PAUSED else settle(stage, run)

    assert caught(Guards(settle=mutant), shape=FLOWS).startswith("P8")


def test_t1_the_times_of_the_check_lie_on_both_sides_of_its_now() -> None:
    assert LAPSED < NOW

"""What flows say at the desk: calls, waits, and the runs that they begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_world import World, died, planned, step, value
from msgspec import structs

from pauta.domain import wire
from pauta.domain.calls import Arguments, Awaited, Call, CallKind, CallState, Spawn, first_call_of
from pauta.domain.ids import RunId
from pauta.domain.pipeline import RetryPolicy
from pauta.domain.plan import Plan
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.work import Assignment
from pauta.storage.memory import MemoryStore
from pauta.storage.sqlite import open_sqlite

FIRST = first_call_of(0)


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = MemoryStore() if request.param == "memory" else open_sqlite(tmp_path)
    yield World(store)
    store.close()


def flow_plan(**policy: Any) -> Plan:
    plan = planned(step("flow", cache=False, **policy))
    return replace(plan, steps=(replace(plan.steps[0], entry="flow", is_flow=True),))


def started(a: Assignment, n: int, *, attempt: int = 1, name: str = "fetch") -> wire.CallStarted:
    return wire.CallStarted(
        a.order.stage, a.order.fence, 0, FIRST + n, None, CallKind.TASK, name, n, n, attempt, 5.0, digest=f"d{n}"
    )


def ended(a: Assignment, n: int, *, problem: Problem | None = None) -> wire.CallEnded:
    result = None if problem else Arguments(value(n))
    return wire.CallEnded(a.order.stage, a.order.fence, 0, FIRST + n, 0.1, 6.0, result=result, problem=problem)


def awaits(a: Assignment, n: int, kind: CallKind, *, attempt: int = 1, spawn: Spawn | None = None) -> wire.CallAwaits:
    return wire.CallAwaits(
        a.order.stage, a.order.fence, 0, FIRST + n, None, kind, kind.value, 0, n, attempt, 5.0, Awaited(), spawn=spawn
    )


def suspended(a: Assignment, *calls: int, any_of: bool = False, until: float | None = None) -> wire.StageSuspended:
    numbers = tuple(FIRST + n for n in calls)
    return wire.StageSuspended(a.order.stage, a.order.fence, 0, numbers, any_of=any_of, until=until)


def begun(a: Assignment) -> wire.StepStarted:
    return wire.StepStarted(a.order.stage, a.order.fence, 0, 4.0)


def claim(world: World, run: RunId) -> Assignment:
    [assignment] = world.claim(run).assignments
    return assignment


def calls(world: World, run: RunId) -> dict[int, Call]:
    with world.store.transaction() as tx:
        return {call.no - FIRST: call for call in tx.calls.of_run(run)}


def states(world: World, run: RunId) -> dict[int, str]:
    return {n: call.state.value for n, call in calls(world, run).items()}


def test_what_a_dead_flow_had_done_is_given_to_its_next_attempt_and_the_rest_is_to_be_made_again(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    world.report(run, begun(first), started(first, 0), ended(first, 0), started(first, 1), died(first, 0))
    assert states(world, run) == {0: "completed", 1: "pending"}
    flow = claim(world, run).order.steps[0].flow
    assert flow is not None
    assert [(c.state, c.result) for c in flow.calls] == [
        (CallState.COMPLETED, Arguments(value(0))),
        (CallState.PENDING, None),
    ]


def test_P4_calls_of_an_older_attempt_change_nothing(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    world.report(run, begun(first), started(first, 0), died(first, 0))
    second = claim(world, run)
    assert world.report(run, ended(first, 0)).refused
    assert states(world, run) == {0: "pending"}
    world.report(run, started(second, 0, attempt=2), ended(second, 0))
    world.report(run, started(second, 0, attempt=2))
    assert states(world, run) == {0: "completed"}
    assert calls(world, run)[0].attempts == 2


def test_a_failed_call_is_on_record_with_its_problem_and_is_made_again_when_the_flow_is(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    world.report(run, begun(first), started(first, 0), ended(first, 0, problem=Problem("SCR-021", {"error": "x"})))
    call = calls(world, run)[0]
    assert (call.state, call.problem and call.problem.code) == (CallState.FAILED, "SCR-021")


@pytest.mark.parametrize(("fails", "left"), [(False, ["failed", "completed"]), (True, ["pending", "completed"])])
def test_a_failed_call_stands_until_the_flow_itself_has_failed(world: World, fails: bool, left: list[str]) -> None:
    run = world.submit(flow_plan(retries=RetryPolicy(times=1, delay=timedelta(0))))
    first = claim(world, run)
    problem = Problem("SCR-021", {"error": "x"})
    world.report(run, begun(first), started(first, 0), ended(first, 0, problem=problem))
    world.report(run, started(first, 1), ended(first, 1))
    end = wire.StepFailed(first.order.stage, first.order.fence, 0, 0.1, 0.0, problem) if fails else died(first, 0)
    world.report(run, end)
    flow = claim(world, run).order.steps[0].flow
    assert flow is not None
    assert [call.state.value for call in flow.calls] == left


def test_a_body_that_is_tried_again_has_what_failed_in_it_made_again_but_not_in_bodies_that_completed(
    world: World,
) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    problem = Problem("SCR-021", {"error": "x"})
    parents = {0: None, 1: 0, 2: 0, 3: 2, 4: None}
    inner = [replace_parent(started(first, n), parent) for n, parent in parents.items()]
    failed = [ended(first, n, problem=problem) for n in (1, 3, 4)]
    again = structs.replace(ended(first, 0, problem=problem), retry_at=9.0)
    world.report(run, begun(first), *inner, *failed, ended(first, 2), again)
    assert states(world, run) == {0: "running", 1: "pending", 2: "completed", 3: "failed", 4: "failed"}


def test_a_call_that_its_flow_stopped_is_cancelled_and_may_be_made_again(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    stopped = structs.replace(ended(first, 0), result=None, cancelled=True, message="it was stopped")
    world.report(run, begun(first), started(first, 0), stopped)
    assert states(world, run) == {0: "cancelled"}
    assert calls(world, run)[0].ended_at == world.time
    world.report(run, died(first, 0))
    second = claim(world, run)
    world.report(run, begun(second), started(second, 0, attempt=2), ended(second, 0))
    assert states(world, run) == {0: "completed"}


def replace_parent(report: wire.CallStarted, parent: int | None) -> wire.CallStarted:
    return structs.replace(report, parent=None if parent is None else FIRST + parent)


def test_a_flow_that_sleeps_holds_no_worker_and_goes_on_when_it_is_time(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    until = (world.time + timedelta(hours=1)).timestamp()
    world.report(run, begun(first), awaits(first, 0, CallKind.SLEEP), suspended(first, 0, until=until))
    assert (world.run(run).state, world.states(run)) == ("paused", {"flow": "paused"})
    assert not world.claim(run).assignments
    world.time += timedelta(hours=1)
    second = claim(world, run)
    assert world.run(run).state == "running"
    world.report(run, begun(second), *world.perform(second)[1:])
    assert world.run(run).state == "completed"
    assert world.steps(run)["flow"].attempts == 1


def test_an_answer_wakes_the_flow_and_a_second_one_is_refused(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    world.report(run, begun(first), awaits(first, 0, CallKind.INPUT), suspended(first, 0))
    world.desk.answer(run, FIRST, Arguments(value("yes")), by="ana")
    with pytest.raises(Conflict, match="FLW-085"):
        world.desk.answer(run, FIRST, Arguments(value("no")), by="rui")
    with pytest.raises(NotFound, match="FLW-086"):
        world.desk.answer(run, FIRST + 7, Arguments(value("no")), by="rui")
    flow = claim(world, run).order.steps[0].flow
    assert flow is not None
    assert [(c.by, c.result) for c in flow.calls] == [("ana", Arguments(value("yes")))]


def test_an_answer_that_comes_before_the_flow_has_let_go_is_not_lost(world: World) -> None:
    other = world.new_desk()
    run = world.submit(flow_plan())
    first = claim(world, run)
    world.report(run, begun(first), awaits(first, 0, CallKind.INPUT))
    other.answer(run, FIRST, Arguments(value("yes")), by="ana")
    world.report(run, suspended(first, 0))
    assert world.run(run).state == "running"
    claim(world, run)


@pytest.mark.parametrize(("any_of", "goes_on"), [(False, False), (True, True)])
def test_a_flow_waits_for_all_or_for_any(world: World, any_of: bool, goes_on: bool) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    waits = [awaits(first, n, CallKind.INPUT) for n in range(2)]
    world.report(run, begun(first), *waits, suspended(first, 0, 1, any_of=any_of))
    world.desk.answer(run, FIRST + 1, Arguments(value(1)), by="ana")
    assert bool(world.claim(run).assignments) is goes_on


def spawned(world: World, run: RunId, a: Assignment, *numbers: int) -> list[RunId]:
    spawn = Spawn(entry="train", arguments=Arguments(value([1])), pool="gpu", retries=1)
    world.report(run, begun(a), *(awaits(a, n, CallKind.RUN, spawn=spawn) for n in numbers), suspended(a, *numbers))
    with world.store.transaction() as tx:
        return [child.id for child in tx.runs.children(run)]


def test_a_task_on_a_pool_is_a_run_of_its_own_whose_end_wakes_the_flow(world: World) -> None:
    run = world.submit(flow_plan())
    [child, other] = spawned(world, run, claim(world, run), 0, 1)
    assert world.run(child).pool == "gpu"
    task = claim(world, child)
    order = task.order.steps[0]
    assert order.flow is not None
    assert (order.flow.is_task, order.flow.entry, order.flow.arguments) == (True, "train", Arguments(value([1])))
    world.report(child, *world.perform(task, lambda _: "trained"))
    assert not world.claim(run).assignments
    world.report(other, *world.perform(claim(world, other), lambda _: "too"))
    flow = claim(world, run).order.steps[0].flow
    assert flow is not None
    assert [c.result for c in flow.calls] == [Arguments(value("trained")), Arguments(value("too"))]


def test_what_a_task_on_a_pool_gave_is_kept_for_the_cache_when_its_call_says_so(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    spawn = Spawn(entry="train", arguments=Arguments(value([1])), cache_key="k", cache_seconds=60.0)
    world.report(run, begun(first), awaits(first, 0, CallKind.RUN, spawn=spawn), suspended(first, 0))
    child = calls(world, run)[0].child
    assert child is not None
    world.report(child, *world.perform(claim(world, child), lambda _: "trained"))
    assert world.desk.recall(["k"]) == {"k": wire.CachedCall(child, Arguments(value("trained")))}
    world.time += timedelta(minutes=1)
    assert world.desk.recall(["k"]) == {}


def test_a_child_that_fails_fails_its_call_with_what_it_failed_of(world: World) -> None:
    run = world.submit(flow_plan())
    [child] = spawned(world, run, claim(world, run), 0)
    for _ in range(2):
        world.time += timedelta(minutes=1)
        world.report(child, *world.perform(claim(world, child), lambda _: Problem("SCR-021", {"error": "x"})))
    assert world.run(child).state == "failed"
    [call] = claim(world, run).order.steps[0].flow.calls  # type: ignore[union-attr]
    assert (call.state, call.problem and call.problem.code, call.child) == (CallState.FAILED, "SCR-021", child)


def test_a_flow_that_is_tried_again_asks_again_for_the_runs_that_failed(world: World) -> None:
    run = world.submit(flow_plan(retries=RetryPolicy(times=1, delay=timedelta(0))))
    [child] = spawned(world, run, claim(world, run), 0)
    for _ in range(2):
        world.time += timedelta(minutes=1)
        world.report(child, *world.perform(claim(world, child), lambda _: Problem("SCR-021", {"error": "x"})))
    assert states(world, run) == {0: "failed"}
    second = claim(world, run)
    failed = wire.StepFailed(second.order.stage, second.order.fence, 0, 0.1, 0.0, Problem("SCR-021", {"error": "x"}))
    world.report(run, begun(second), failed)
    assert states(world, run) == {0: "pending"}
    third = claim(world, run)
    spawn = Spawn(entry="train", arguments=Arguments(value([1])))
    world.report(run, begun(third), awaits(third, 0, CallKind.RUN, attempt=2, spawn=spawn), suspended(third, 0))
    assert calls(world, run)[0].child != child


def test_a_cancelled_flow_cancels_the_runs_that_it_began(world: World) -> None:
    run = world.submit(flow_plan())
    [child] = spawned(world, run, claim(world, run), 0)
    world.desk.cancel(run)
    assert (world.run(run).state, world.run(child).state) == ("cancelled", "cancelled")
    assert states(world, run) == {0: "cancelled"}


def test_a_command_works_on_the_runs_that_its_flow_began(world: World) -> None:
    run = world.submit(flow_plan())
    [child] = spawned(world, run, claim(world, run), 0)
    answers = world.desk.claim_family(owner="me", limit=4, run_id=run)
    assert [(a.run_id, len(a.assignments)) for a in answers] == [(run, 0), (child, 1)]


def test_what_the_cache_holds_of_a_task_is_given_until_its_time_is_over(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    until = (world.time + timedelta(minutes=1)).timestamp()
    kept = wire.CallEnded(
        first.order.stage, first.order.fence, 0, FIRST, 0.1, 6.0, Arguments(value(3)), cache_key="k", cache_until=until
    )
    world.report(run, begun(first), started(first, 0), kept)
    assert world.desk.recall(["k", "other"]) == {"k": wire.CachedCall(run, Arguments(value(3)))}
    world.time += timedelta(minutes=1)
    assert world.desk.recall(["k"]) == {}


def test_P2_a_stage_whose_answers_are_all_there_can_be_woken_by_the_reaper(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    world.report(run, begun(first), awaits(first, 0, CallKind.INPUT), suspended(first, 0))
    world.desk.wake(run, 0)
    claim(world, run)


def test_a_flow_is_told_at_once_of_a_run_that_cannot_be_begun(world: World) -> None:
    run = world.submit(flow_plan())
    first = claim(world, run)
    spawn = Spawn(pipeline="unknown")
    world.report(run, begun(first), awaits(first, 0, CallKind.RUN, spawn=spawn), suspended(first, 0))
    [call] = claim(world, run).order.steps[0].flow.calls  # type: ignore[union-attr]
    assert (call.state, call.problem and call.problem.code) == (CallState.FAILED, "FLW-090")

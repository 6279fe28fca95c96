"""The desk: what is on record after workers claimed and reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec.structs
import pytest
from desk_world import World, address, died, planned, step

from pauta.domain import wire
from pauta.domain.outputs import Kind, Output
from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import LogLine, RunOptions
from pauta.domain.work import Lines
from pauta.engine.reasons import Reason
from pauta.services.submit import request_again
from pauta.storage.memory import MemoryStore
from pauta.storage.sqlite import open_sqlite

RAISED = Problem("SCR-021", {"error": "ValueError"})


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = MemoryStore() if request.param == "memory" else open_sqlite(tmp_path)
    yield World(store)
    store.close()


def reason(world: World, run: str, name: str) -> str:
    return Reason.decode(world.steps(run)[name].reason or "").text()  # type: ignore[arg-type]


def test_a_chain_runs_in_one_stage_and_completes(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a"), step("c", "b")))
    assert len(world.claim(run).assignments[0].order.steps) == 3
    world.desk = world.new_desk()
    world.desk.take_over(run, reopen=False)
    assert world.work(run).state == "completed"
    assert world.steps(run)["c"].output.value == "c"  # type: ignore[union-attr]


def test_a_second_run_takes_everything_from_the_cache_and_names_the_run_it_came_from(world: World) -> None:
    first = world.submit(planned(step("a"), step("b", "a")))
    world.work(first)
    second = world.submit(planned(step("a"), step("b", "a")))
    assert world.work(second).state == "completed"
    assert world.ran == ["a", "b"]
    assert world.steps(second)["b"].cached_from == first
    assert first in reason(world, second, "b")


def test_only_what_changed_runs_again_and_the_reason_says_what_changed(world: World) -> None:
    before = planned(step("a"), step("b", "a"), step("x"), step("y", "x"))
    world.work(world.submit(before))
    world.ran.clear()
    after = planned(step("a"), step("b", "a"), step("x"), step("y", "x"), versions={"a": "a, edited"})
    run = world.submit(after)
    world.work(run, body=lambda order: f"new {order.name}")
    assert world.ran == ["a", "b"]
    assert "script changed" in reason(world, run, "a")
    assert "input a changed" in reason(world, run, "b")


def test_a_run_without_the_cache_runs_everything(world: World) -> None:
    world.work(world.submit(planned(step("a"))))
    run = world.submit(planned(step("a")), options=RunOptions(use_cache=False))
    world.work(run)
    assert world.ran == ["a", "a"]
    assert not world.steps(run)["a"].cached


def test_a_step_with_effects_is_never_taken_from_the_cache(world: World) -> None:
    plan = planned(step("a", cache=False))
    world.work(world.submit(plan))
    world.work(world.submit(plan))
    assert world.ran == ["a", "a"]


def test_a_result_whose_object_is_gone_is_made_again(world: World) -> None:
    plan = planned(step("a"))
    run = world.submit(plan)
    claimed = world.claim(run).assignments[0]
    heard = world.perform(claimed)
    frame = Output(Kind.FRAME, address("frame"), 100, format="arrow", rows=1)
    heard[1] = msgspec.structs.replace(heard[1], output=frame)  # type: ignore[type-var]
    world.report(run, *heard)
    world.objects.lost.add(frame.address)
    world.work(world.submit(plan))
    assert world.ran == ["a", "a"]


def test_a_failure_after_the_last_retry_fails_the_run_and_skips_what_needs_it(world: World) -> None:
    plan = planned(step("a", retries=RetryPolicy(times=1, delay=timedelta(seconds=10), jitter=0.0)), step("b", "a"))
    run = world.submit(plan)
    first = world.claim(run).assignments[0]
    answer = world.report(run, *world.perform(first, lambda _: RAISED))
    assert answer.retries[0].next_at == world.time + timedelta(seconds=10)
    assert not world.claim(run).assignments
    world.time += timedelta(seconds=10)
    again = world.claim(run).assignments[0]
    assert again.order.steps[0].attempt == 2
    world.report(run, *world.perform(again, lambda _: RAISED))
    assert world.run(run).state == "failed"
    assert world.states(run) == {"a": "failed", "b": "skipped"}
    assert world.steps(run)["a"].problem == RAISED


def test_a_failure_stops_what_has_not_started_elsewhere(world: World) -> None:
    run = world.submit(planned(step("a"), step("x"), step("y", "x"), step("z", "x")))
    claimed = {a.order.steps[0].name: a for a in world.claim(run).assignments}
    world.report(run, *world.perform(claimed["a"], lambda _: RAISED))
    world.report(run, *world.perform(claimed["x"]))
    assert world.states(run) == {"a": "failed", "x": "completed", "y": "skipped", "z": "skipped"}
    assert world.run(run).state == "failed"


def test_with_skip_the_other_branches_go_on_and_the_run_fails_in_the_end(world: World) -> None:
    run = world.submit(planned(step("a", on_failure=OnFailure.SKIP), step("b", "a"), step("x"), step("y", "x")))
    world.work(run, body=lambda order: RAISED if order.name == "a" else order.name)
    assert world.states(run) == {"a": "failed", "b": "skipped", "x": "completed", "y": "completed"}
    assert world.run(run).state == "failed"


def test_with_continue_what_only_comes_after_runs_and_the_run_completes(world: World) -> None:
    steps = step("a", on_failure=OnFailure.CONTINUE), step("b", "a"), step("clean", after=["a"])
    run = world.submit(planned(*steps))
    world.work(run, body=lambda order: RAISED if order.name == "a" else order.name)
    assert world.states(run) == {"a": "failed", "b": "skipped", "clean": "completed"}
    assert world.run(run).state == "completed"


def test_P4_a_report_of_an_older_attempt_changes_nothing_and_is_kept_in_the_history(world: World) -> None:
    run = world.submit(planned(step("a")))
    old = world.claim(run).assignments[0]
    results = world.perform(old)
    world.report(run, died(old, 0))
    new = world.claim(run).assignments[0]
    assert new.order.fence == old.order.fence + 1
    answer = world.report(run, *results)
    assert answer.refused
    assert world.states(run) == {"a": "running"} or world.states(run) == {"a": "pending"}
    assert "late_result" in world.events(run)
    world.report(run, *world.perform(new))
    assert world.run(run).state == "completed"


def test_P3_a_completed_step_is_not_run_again_when_its_stage_dies_later(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a")))
    first = world.claim(run).assignments[0]
    heard = world.perform(first)
    world.report(run, *heard[:3], died(first, 1))
    again = world.claim(run).assignments[0]
    assert [s.name for s in again.order.steps] == ["b"]
    assert again.order.steps[0].takes[0].output.value == "a"  # type: ignore[union-attr]


def test_P9_two_deaths_of_one_step_hold_the_run_until_a_person_decides(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a")))
    for _ in range(2):
        claimed = world.claim(run).assignments[0]
        world.report(run, wire.StepStarted(claimed.order.stage, claimed.order.fence, 0, 0.0), died(claimed, 0))
    assert world.run(run).state == "held"
    assert world.states(run)["a"] == "held"
    assert not world.claim(run).assignments
    world.desk.take_over(run, reopen=True)
    assert world.work(run).state == "completed"
    assert world.steps(run)["a"].attempts == 3


def test_a_stage_that_was_never_begun_is_given_back_without_counting(world: World) -> None:
    run = world.submit(planned(step("a")))
    for _ in range(5):
        world.report(run, died(world.claim(run).assignments[0], None, "released"))
    assert world.work(run).state == "completed"


def test_P8_after_cancel_nothing_starts_and_the_run_ends_when_its_processes_have(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a"), step("x"), step("y", "x"), step("z", "x")))
    claimed = world.claim(run, limit=1).assignments[0]
    answer = world.desk.cancel(run)
    assert answer.stop == (claimed.order.stage,)
    assert not world.claim(run).assignments
    assert world.run(run).state == "running"
    world.report(run, died(claimed, 0, "cancelled"))
    assert world.run(run).state == "cancelled"
    assert set(world.states(run).values()) == {"cancelled"}
    with pytest.raises(Conflict, match="RUN-005"):
        world.desk.cancel(run)


def test_a_stage_that_dies_while_its_run_is_stopping_does_not_start_again(world: World) -> None:
    run = world.submit(planned(step("a"), step("x")))
    claimed = {a.order.steps[0].name: a for a in world.claim(run).assignments}
    world.report(run, *world.perform(claimed["a"], lambda _: RAISED))
    world.report(run, died(claimed["x"], 1))
    assert world.run(run).state == "failed"
    assert world.states(run) == {"a": "failed", "x": "skipped"}


def test_a_time_out_is_a_failure_with_retries_not_a_death(world: World) -> None:
    run = world.submit(planned(step("a", retries=RetryPolicy(times=1, delay=timedelta(0)))))
    first = world.claim(run).assignments[0]
    answer = world.report(
        run, wire.StepStarted(first.order.stage, first.order.fence, 0, 0.0), died(first, 0, "timeout")
    )
    assert answer.retries
    assert world.work(run).state == "completed"


def test_resume_goes_on_behind_the_last_completed_step(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a"), step("c", "b")))
    first = world.claim(run).assignments[0]
    world.report(run, *world.perform(first)[:3])
    world.desk = world.new_desk()
    world.desk.take_over(run, reopen=True)
    world.ran.clear()
    assert world.work(run).state == "completed"
    assert world.ran == ["b", "c"]


def test_rerun_from_a_step_runs_it_and_what_depends_on_it_and_nothing_else(world: World) -> None:
    plan = planned(step("a", cache=False), step("b", "a"), step("c", "b"), step("x"))
    first = world.submit(plan)
    world.work(first)
    world.ran.clear()
    request = request_again(first, store=world.store, from_step="b", use_cache=True)
    again = world.submit(request.plan, options=request.options, of=first)
    assert world.work(again).state == "completed"
    assert world.ran == ["b", "c"]
    assert world.steps(again)["a"].cached_from == first


def test_rerun_from_an_unknown_step_names_the_known_ones(world: World) -> None:
    run = world.submit(planned(step("a")))
    with pytest.raises(NotFound, match=r"RUN-003.*zz"):
        request_again(run, store=world.store, from_step="zz", use_cache=True)


def test_log_lines_are_numbered_through_the_run(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a")))
    claimed = world.claim(run).assignments[0]
    lines = tuple(LogLine(world.time, "INFO", str(i)) for i in range(3))
    world.report(run, Lines(0, claimed.order.fence, lines))
    world.report(run, Lines(1, claimed.order.fence, lines[:1]))
    with world.store.transaction() as tx:
        assert [(c.step_no, c.first, len(c.lines)) for c in tx.logs.read(run)] == [(0, 0, 3), (1, 3, 1)]
        assert tx.logs.last(run) == 3


def test_the_outputs_of_a_run_are_on_the_disk_before_its_end_is_recorded(world: World) -> None:
    run = world.submit(planned(step("a")))
    claimed = world.claim(run).assignments[0]
    heard = world.perform(claimed)
    frame = Output(Kind.FRAME, address("frame"), 100, format="arrow", rows=1)
    heard[1] = msgspec.structs.replace(heard[1], output=frame)  # type: ignore[type-var]
    world.report(run, *heard)
    assert frame.address in world.objects.synced


def test_a_run_that_another_server_held_can_be_resumed_here(world: World) -> None:
    """This server knew it as running, and said that there is nothing to resume."""
    other = world.new_desk()
    run = world.submit(planned(step("a")))
    first = world.claim(run).assignments[0]
    world.report(run, wire.StepStarted(first.order.stage, first.order.fence, 0, 0.0), died(first, 0))
    [second] = other.claim(owner="other", limit=1, run_id=run).assignments
    other.report(run, [wire.StepStarted(second.order.stage, second.order.fence, 0, 0.0), died(second, 0)])
    assert world.run(run).state == "held"
    world.desk.reopen(run)
    assert world.work(run).state == "completed"


def test_an_attempt_claimed_at_another_server_may_renew_and_report_here(world: World) -> None:
    other = world.new_desk()
    run = world.submit(planned(step("a")))
    first = world.claim(run).assignments[0]
    world.report(run, died(first, None, "released"))
    [second] = other.claim(owner="other", limit=1, run_id=run).assignments
    assert world.desk.renew(run, [(second.order.stage, second.order.fence)]) == ()
    third = world.new_desk()
    third.claim(owner="third", limit=1, run_id=run)
    other.report(run, [died(second, None, "released")])
    [fourth] = other.claim(owner="other", limit=1, run_id=run).assignments
    assert not third.report(run, world.perform(fourth)).refused
    assert world.run(run).state == "completed"


def test_lines_that_two_servers_record_of_one_run_are_numbered_through(world: World) -> None:
    other = world.new_desk()
    run = world.submit(planned(step("a", cache=False)))
    claimed = world.claim(run).assignments[0]
    line = LogLine(world.time, "INFO", "said")
    other.renew(run, [(claimed.order.stage, claimed.order.fence)])
    for desk in (world.desk, other, other, world.desk):
        desk.report(run, [Lines(0, claimed.order.fence, (line, line))])
    with world.store.transaction() as tx:
        assert [c.first for c in tx.logs.read(run)] == [0, 2, 4, 6]

"""The queue over all runs, on every store."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pauta.domain.runs import PipelineRef, Run, Stage
from pauta.domain.states import RunState, StageState
from pauta.ports.store import Leased, Queued, Store
from store_samples import NOON, SECOND, run_id, submit

MINUTE = 60 * SECOND


def heads(store: Store, *pools: str, lanes: int = 10, each: int = 10) -> list[tuple[str, int, int]]:
    with store.transaction() as tx:
        found = tx.stages.heads(pools=pools or ("default",), now=NOON, lanes=lanes, each=each)
    return [(q.lane, int(q.stage.run_id[2:]), q.stage.no) for q in found]


def change(store: Store, stage: Stage, **changes: Any) -> Stage:
    after = replace(stage, **changes)
    with store.transaction() as tx:
        assert tx.stages.save(stage, after)
    return after


def test_a_head_tells_what_its_stage_is_counted_under(store: Store) -> None:
    run, stages, _ = submit(store, 1, pool="gpu", priority=-2, deployment="nightly", limits=("licence",))
    with store.transaction() as tx:
        found = tx.stages.heads(pools=["gpu"], now=NOON, lanes=1, each=1)
    keys = ("pool:gpu", "deployment:nightly", "licence")
    assert found == [Queued(stages[0], "gpu", -2, "nightly", keys)]
    assert keys == run.limit_keys


def test_a_lane_is_the_deployment_or_else_the_pipeline(store: Store) -> None:
    submit(store, 1, pipeline="b")
    submit(store, 2, pipeline="b", deployment="a")
    submit(store, 3, pipeline="c", deployment="a")
    assert heads(store) == [("b", 1, 0), ("a", 2, 0), ("a", 3, 0)]


def test_within_a_lane_priority_comes_before_age_and_age_before_number(store: Store) -> None:
    submit(store, 1, (), ())
    submit(store, 2, priority=5)
    submit(store, 3, (), (), priority=5)
    submit(store, 4, priority=-1)
    assert heads(store) == [("p", 2, 0), ("p", 3, 0), ("p", 3, 1), ("p", 1, 0), ("p", 1, 1), ("p", 4, 0)]
    assert heads(store, each=3) == [("p", 2, 0), ("p", 3, 0), ("p", 3, 1)]


def test_of_many_lanes_the_most_urgent_come_then_those_that_wait_longest(store: Store) -> None:
    for number, (pipeline, priority) in enumerate([("d", 0), ("c", 0), ("b", 9), ("a", 0)], 1):
        submit(store, number, pipeline=pipeline, priority=priority)
    assert heads(store, lanes=3) == [("b", 3, 0), ("d", 1, 0), ("c", 2, 0)]
    assert heads(store, lanes=0) == []
    assert heads(store, each=0) == []


def test_only_stages_of_the_named_pools_queue(store: Store) -> None:
    submit(store, 1, pool="x")
    submit(store, 2, pool="y")
    submit(store, 3, pool="z")
    assert heads(store, "x", "z", "x") == [("p", 1, 0), ("p", 3, 0)]
    assert heads(store, "nothing") == []
    with store.transaction() as tx:
        assert tx.stages.heads(pools=(), now=NOON, lanes=5, each=5) == []


def test_a_lane_in_two_pools_is_one_lane(store: Store) -> None:
    for number in range(1, 7):
        submit(store, number, pool="xy"[number % 2])
    submit(store, 7, pipeline="other", pool="y")
    assert heads(store, "x", "y", lanes=1, each=3) == [("p", 1, 0), ("p", 2, 0), ("p", 3, 0)]


def test_a_stage_that_waits_for_another_try_queues_when_it_is_due(store: Store) -> None:
    first = submit(store, 1)[1][0]
    second = submit(store, 2)[1][0]
    change(store, submit(store, 3)[1][0], state=StageState.SCHEDULED, not_before=NOON + SECOND)
    change(store, first, state=StageState.SCHEDULED, not_before=NOON)
    change(store, submit(store, 4, pipeline="late")[1][0], state=StageState.SCHEDULED, not_before=NOON - SECOND)
    assert heads(store) == [("p", 1, 0), ("p", 2, 0), ("late", 4, 0)]
    assert heads(store, each=1) == [("p", 1, 0), ("late", 4, 0)]
    change(store, second, state=StageState.RUNNING, fence=1)
    assert heads(store) == [("p", 1, 0), ("late", 4, 0)]


def test_what_is_not_ready_does_not_queue(store: Store) -> None:
    states = [state for state in StageState if state not in (StageState.READY, StageState.SCHEDULED)]
    stages = submit(store, 1, *[()] * (len(states) + 1))[1]
    for stage, state in zip(stages, states, strict=False):
        change(store, stage, state=state)
    assert heads(store) == [("p", 1, len(states))]


def test_a_run_that_moves_takes_its_stages_along(store: Store) -> None:
    run = submit(store, 1, (), ())[0]
    submit(store, 2)
    moved = replace(run, pool="gpu", priority=7, deployment="d")
    with store.transaction() as tx:
        assert tx.runs.save(run, moved)
        assert tx.runs.get(run.id) == moved
    assert heads(store) == [("p", 2, 0)]
    assert heads(store, "gpu", "default") == [("d", 1, 0), ("d", 1, 1), ("p", 2, 0)]


def test_leases_tell_what_they_are_counted_under(store: Store) -> None:
    stages = submit(store, 1, (), (), pool="gpu", limits=("licence",))[1]
    assert change(store, stages[1], state=StageState.RUNNING, fence=3, owner="w", lease_until=NOON + MINUTE)
    with store.transaction() as tx:
        found = tx.stages.leased()
    assert found == [Leased(run_id(1), 1, 3, "w", NOON + MINUTE, "gpu", "p", ("pool:gpu", "licence"))]


def test_a_locked_stage_is_as_it_was_saved_last(store: Store) -> None:
    stage = submit(store, 1)[1][0]
    claimed = change(store, stage, state=StageState.RUNNING, fence=1)
    with store.transaction() as tx:
        assert tx.stages.locked(stage.run_id, 0) == claimed
        assert tx.stages.locked(stage.run_id, 1) is None
        assert tx.stages.save(claimed, replace(claimed, owner="me"))


def test_the_depth_counts_what_waits_to_be_claimed_in_each_pool(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.stages.depth(now=NOON) == {}
    stages = submit(store, 1, (), (), (), (0,))[1]
    submit(store, 2, pool="gpu")
    change(store, stages[0], state=StageState.RUNNING, fence=1)
    change(store, stages[1], state=StageState.SCHEDULED, not_before=NOON + MINUTE)
    with store.transaction() as tx:
        assert tx.stages.depth(now=NOON) == {"default": 2, "gpu": 1}


def test_p2_a_run_that_nothing_will_move_is_found(store: Store) -> None:
    def end(number: int, run_state: RunState, stage_state: StageState) -> Run:
        run, stages, _ = submit(store, number)
        change(store, stages[0], state=stage_state)
        with store.transaction() as tx:
            assert tx.runs.save(run, replace(run, state=run_state))
        return run

    lost = [end(1, RunState.RUNNING, StageState.COMPLETED), end(2, RunState.PENDING, StageState.PENDING)]
    end(3, RunState.HELD, StageState.HELD)
    end(4, RunState.COMPLETED, StageState.COMPLETED)
    end(5, RunState.RUNNING, StageState.RUNNING)
    end(6, RunState.RUNNING, StageState.SCHEDULED)
    end(7, RunState.PENDING, StageState.READY)
    with store.transaction() as tx:
        assert tx.stages.stuck(now=NOON) == [run.id for run in lost]
        assert tx.stages.stuck(now=NOON, limit=1) == [lost[0].id]


def test_runs_are_counted_by_state(store: Store) -> None:
    for number in range(3):
        submit(store, number)
    run = submit(store, 4)[0]
    with store.transaction() as tx:
        assert tx.runs.save(run, replace(run, state=RunState.FAILED))
        assert tx.runs.states() == {"pending": 3, "failed": 1}


def test_runs_of_a_deployment_or_of_a_version_are_found_newest_first(store: Store) -> None:
    for number in range(1, 7):
        submit(
            store, number, deployment=("a", "b")[number % 2], document=PipelineRef("p", number // 3),
            state=(RunState.PENDING, RunState.FAILED, RunState.RUNNING)[number % 3],
        )  # fmt: skip
    with store.transaction() as tx:

        def found(**filters: Any) -> list[int]:
            return [int(run.id[2:]) for run in tx.runs.newest(**filters)]

        assert found(deployment="a") == [6, 4, 2]
        assert found(deployment="a", before=run_id(6), limit=1) == [4]
        assert found(deployment="b", pipeline="p", states=[RunState.FAILED]) == [1]
        assert found(states=["failed", "running", "failed"], limit=3) == [5, 4, 2]
        assert found(deployment="none") == []
        assert tx.runs.by_document("p", 1, limit=9) == [run_id(5), run_id(4), run_id(3)]
        assert tx.runs.by_document("p", 1) == [run_id(5)]
        assert tx.runs.by_document("p", 9) == []

"""Claims over many runs: limits, pools, fairness, several desks, expiry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.services.desk_world import World, planned, step

from pauta.domain.deploying import Pool, PoolKind, Switch
from pauta.domain.ids import RunId
from pauta.domain.problems import Problem, StoreFault
from pauta.domain.states import RunState, StageState
from pauta.domain.work import Recorded
from pauta.services.claiming import next_claim_under_limits
from pauta.services.desk import Desk
from pauta.storage.memory import MemoryStore


@pytest.fixture
def world():
    return World(MemoryStore())


def branches(count: int, **policy):
    return planned(*(step(f"s{n}", cache=False, **policy) for n in range(count)))


def claim(desk: Desk, *, room: int = 10, pools: tuple[str, ...] = ("default",), owner: str = "me") -> list[Recorded]:
    return desk.claim_any(owner=owner, pools=pools, limit=room)


def claimed(answers: list[Recorded]) -> list[tuple[RunId, int]]:
    return [(a.run_id, x.order.stage) for a in answers for x in a.assignments]


def set_limit(world: World, key: str, most: int) -> None:
    with world.store.transaction() as tx:
        tx.pools.set_limit(key, most)


def test_a_claim_takes_stages_of_several_runs_up_to_its_room(world):
    first, second = world.submit(branches(2)), world.submit(branches(2), deployment="d")
    assert {run for run, _ in claimed(claim(world.desk, room=2))} == {first, second}
    assert len(claimed(claim(world.desk, room=10))) == 2
    assert claimed(claim(world.desk)) == []


def test_a_worker_gets_nothing_of_other_pools(world):
    gpu = world.submit(branches(1), pool="gpu")
    assert claimed(claim(world.desk)) == []
    assert claimed(claim(world.desk, pools=("default", "gpu"))) == [(gpu, 0)]


def test_a_paused_pool_gives_nothing(world):
    world.submit(branches(1), pool="gpu")
    with world.store.transaction() as tx:
        tx.pools.put(None, Pool("gpu", PoolKind.PROCESS, world.time, state=Switch.PAUSED))
    assert claimed(claim(world.desk, pools=("gpu",))) == []


def test_p10_a_limit_holds_over_claims_of_several_workers(world):
    set_limit(world, "pool:default", 3)
    world.submit(branches(5))
    taken = [claimed(claim(desk, room=2, owner=str(n))) for n, desk in enumerate((world.desk, world.new_desk()))]
    assert [len(t) for t in taken] == [2, 1]


def test_p10_a_place_is_free_again_when_a_stage_ends(world):
    set_limit(world, "db", 1)
    run = world.submit(branches(2), limits=("db",))
    [answer] = claim(world.desk)
    assert len(answer.assignments) == 1
    assert claimed(claim(world.desk)) == []
    world.report(run, *world.perform(answer.assignments[0]))
    assert len(claimed(claim(world.desk))) == 1


def begin_all(world: World, desks: list[Desk], *, count: int, room: int) -> list[float]:
    """Claim by several desks in turn until all have begun; when each began, in seconds. They never end."""
    begun: list[float] = []
    start = world.time
    while len(begun) < count:
        taken = [each for n, desk in enumerate(desks) for each in claimed(claim(desk, room=room, owner=str(n)))]
        begun += [(world.time - start).total_seconds()] * len(taken)
        if not taken:
            with world.store.transaction() as tx:
                due = next_claim_under_limits(tx, now=world.time)
            assert due is not None, "nobody would wake the queue"
            assert due > world.time
            world.time = due
    return begun


@pytest.mark.parametrize("claimers", [1, 3])
@pytest.mark.parametrize("room", [1, 2, 10])
def test_twenty_claims_at_five_a_second_take_three_seconds_and_no_second_has_more(world, claimers, room):
    with world.store.transaction() as tx:
        tx.pools.set_limit("api", 5, period_seconds=1.0)
    for n in range(4):
        world.submit(branches(5), limits=("api",), deployment=f"d{n}")
    begun = begin_all(world, [world.new_desk() for _ in range(claimers)], count=20, room=room)
    assert begun[-1] >= 3.0
    assert all(sum(a <= b < a + 1 for b in begun) <= 5 for a in begun)
    assert begun[-1] < 3.1, "and no more time than that"


def test_a_limit_on_how_often_holds_back_only_what_is_counted_under_it(world):
    with world.store.transaction() as tx:
        tx.pools.set_limit("api", 1, period_seconds=60.0)
    world.submit(branches(2), limits=("api",))
    free = world.submit(branches(2), deployment="d")
    assert [run for run, _ in claimed(claim(world.desk))].count(free) == 2
    assert claimed(claim(world.desk)) == []
    world.time += timedelta(seconds=60)
    assert len(claimed(claim(world.desk))) == 1


def test_a_limit_that_is_lifted_and_set_again_counts_anew(world):
    with world.store.transaction() as tx:
        tx.pools.set_limit("api", 1, period_seconds=60.0)
    world.submit(branches(3), limits=("api",))
    assert len(claimed(claim(world.desk))) == 1
    with world.store.transaction() as tx:
        tx.pools.set_limit("api", None)
        tx.pools.set_limit("api", 1, period_seconds=60.0)
    assert len(claimed(claim(world.desk))) == 1
    with world.store.transaction() as tx:
        tx.pools.set_limit("api", 3)
    assert len(claimed(claim(world.desk))) == 1, "two are held now"


def test_a_higher_priority_is_claimed_first_and_deployments_share_the_rest(world):
    many = world.submit(branches(6), deployment="many")
    few = world.submit(branches(1), deployment="few")
    urgent = world.submit(branches(1), deployment="urgent", priority=9)
    order = [run for _ in range(4) for run, _ in claimed(claim(world.desk, room=1))]
    assert order == [urgent, many, few, many]


def test_what_the_cache_holds_is_completed_by_the_claim_itself(world):
    plan = planned(step("a"), step("b", "a"))
    world.work(world.submit(plan))
    again = world.submit(plan)
    [answer] = claim(world.desk)
    assert (answer.over, answer.assignments, len(answer.steps)) == (True, (), 2)
    assert world.run(again).state is RunState.COMPLETED


def test_two_desks_bring_one_run_forward_together(world):
    """Several servers on one database: each has its own picture of the run and must notice the other's changes."""
    other = world.new_desk()
    run = world.submit(planned(step("a", cache=False), step("b", cache=False), step("c", "a b", cache=False)))
    [one], [two] = claim(world.desk, room=1), claim(other, room=1)
    world.report(run, *world.perform(one.assignments[0]))
    other.report(run, world.perform(two.assignments[0]))
    [last] = claim(world.desk)
    takes = last.assignments[0].order.steps[0].takes
    assert all(take.output is not None for take in takes)
    world.report(run, *world.perform(last.assignments[0]))
    assert world.run(run).state is RunState.COMPLETED


def test_an_expired_lease_is_claimed_by_another_and_the_first_holder_is_refused(world):
    run = world.submit(branches(1))
    [first] = claim(world.desk, owner="a")
    stage = stage_of(world, run)
    assert world.desk.expire(run, 0, fence=stage.fence, stamp=stage.lease_until)
    [second] = claim(world.desk, owner="b")
    late = world.report(run, *world.perform(first.assignments[0]))
    assert late.refused
    world.report(run, *world.perform(second.assignments[0]))
    assert world.run(run).state is RunState.COMPLETED
    assert "late_result" in world.events(run)


def test_a_lease_that_was_renewed_since_it_was_seen_is_not_expired(world):
    run = world.submit(branches(1))
    claim(world.desk)
    seen = stage_of(world, run)
    world.time += timedelta(seconds=10)
    assert world.desk.renew(run, [(0, seen.fence)]) == ()
    assert not world.desk.expire(run, 0, fence=seen.fence, stamp=seen.lease_until)
    assert stage_of(world, run).state is StageState.RUNNING


def test_p9_a_stage_that_loses_two_workers_is_held_even_if_they_said_nothing(world):
    run = world.submit(branches(1))
    for _ in range(2):
        claim(world.desk)
        stage = stage_of(world, run)
        world.desk.expire(run, 0, fence=stage.fence, stamp=stage.lease_until)
    assert world.run(run).state is RunState.HELD
    world.desk.reopen(run)
    assert world.run(run).state is RunState.RUNNING
    assert len(claimed(claim(world.desk))) == 1


def test_a_report_that_comes_twice_because_its_answer_was_lost_is_no_late_result(world):
    run = world.submit(planned(step("a", cache=False), step("b", "a", cache=False)))
    [answer] = claim(world.desk)
    heard = world.perform(answer.assignments[0])
    world.report(run, *heard[:2])
    again = world.report(run, *heard)
    assert again.refused == ()
    assert world.report(run, *heard).refused == ()
    assert "late_result" not in world.events(run)
    assert world.run(run).state is RunState.COMPLETED


def test_a_collision_in_the_database_is_tried_again(world, monkeypatch):
    run = world.submit(branches(1))
    real = world.store.transaction
    collisions = [StoreFault(Problem("DB-013", {"detail": "deadlock"})) for _ in range(3)]

    def transaction(**how):
        if collisions:
            raise collisions.pop()
        return real(**how)

    monkeypatch.setattr(world.store, "transaction", transaction)
    [answer] = claim(world.desk)
    collisions.append(StoreFault(Problem("DB-013", {"detail": "deadlock"})))
    world.report(run, *world.perform(answer.assignments[0]))
    assert world.run(run).state is RunState.COMPLETED


def stage_of(world: World, run: RunId):
    with world.store.transaction() as tx:
        [stage] = tx.stages.of_run(run)
    return stage

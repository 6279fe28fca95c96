"""Stages, the queue, and attempts, on every store."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Attempt, Stage
from pauta.domain.states import FINAL_STAGES, AttemptOutcome, RunState, StageState
from pauta.ports.store import Store, Transaction
from store_samples import NOON, SECOND, attempt, full_attempt, run_id, submit


def change(store: Store, before: Stage, **changes: object) -> Stage:
    after = replace(before, **changes)  # type: ignore[arg-type]
    with store.transaction() as tx:
        assert tx.stages.save(before, after)
    return after


def test_every_field_of_a_stage_comes_back(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (0,))
    full = Stage(run.id, 0, StageState.RUNNING, 3, 7, 2, 1, "boot:é:17", NOON, NOON + SECOND)
    with store.transaction() as tx:
        assert tx.stages.save(stages[0], full)
    with store.transaction() as tx:
        assert tx.stages.get(run.id, 0) == full
        assert tx.stages.of_run(run.id) == [full, stages[1]]
        assert tx.stages.get_many(run.id, [1, 0, 5]) == [full, stages[1]]
        assert tx.stages.get_many(run.id, []) == []
        assert tx.stages.get(run.id, 5) is None
        assert tx.stages.of_run(RunId("nothing")) == []


@pytest.mark.parametrize("stale", [{"state": StageState.PENDING}, {"fence": 1}, {"run_id": run_id(9)}, {"no": 9}])
def test_a_stage_is_saved_only_if_state_and_fence_are_as_they_were(store: Store, stale: dict[str, object]) -> None:
    run, stages, _ = submit(store)
    before = replace(stages[0], **stale)  # type: ignore[arg-type]
    with store.transaction() as tx:
        assert not tx.stages.save(before, replace(before, owner="me"))
        assert tx.stages.of_run(run.id) == stages


def test_many_stages_are_saved_at_once(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (), ())
    after = [replace(s, state=StageState.RUNNING, fence=1, owner="me") for s in stages]
    with store.transaction() as tx:
        assert tx.stages.save_many(list(zip(stages, after, strict=True)))
        assert tx.stages.save_many([])
    with store.transaction() as tx:
        assert tx.stages.of_run(run.id) == after


def test_one_lost_race_among_many_is_told(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (), ())
    won = change(store, stages[1], state=StageState.RUNNING, fence=1)

    class GiveUp(Exception):
        pass

    def save_all() -> None:
        with store.transaction() as tx:
            assert not tx.stages.save_many([(s, replace(s, owner="me")) for s in stages])
            raise GiveUp

    with pytest.raises(GiveUp):
        save_all()
    with store.transaction() as tx:
        assert tx.stages.of_run(run.id) == [stages[0], won, stages[2]]


@pytest.mark.parametrize("final", sorted(FINAL_STAGES))
def test_a_final_stage_never_changes_its_state(store: Store, final: StageState) -> None:
    run, stages, _ = submit(store)
    ended = change(store, stages[0], state=final)
    for state in StageState:
        if state is not final:
            with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
                tx.stages.save(ended, replace(ended, state=state))
            with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
                tx.stages.save_many([(ended, replace(ended, state=state))])
    with store.transaction() as tx:
        assert tx.stages.of_run(run.id) == [ended]


def test_a_fence_never_decreases(store: Store) -> None:
    run, stages, _ = submit(store)
    claimed = change(store, stages[0], state=StageState.RUNNING, fence=3)
    with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
        tx.stages.save(claimed, replace(claimed, fence=2))
    with store.transaction() as tx:
        assert tx.stages.of_run(run.id) == [claimed]


def test_of_many_claimers_of_one_stage_exactly_one_wins(store: Store, rival: Store) -> None:
    stages = submit(store, 1, *[()] * 15)[1]
    won: list[tuple[int, int]] = []
    start = threading.Barrier(4)

    def claim_all(number: int, through: Store) -> None:
        start.wait(10)
        for stage in stages:
            claimed = replace(stage, state=StageState.RUNNING, fence=1, owner=str(number))
            with through.transaction() as tx:
                if tx.stages.save(stage, claimed):
                    won.append((number, stage.no))

    threads = [threading.Thread(target=claim_all, args=(n, (store, rival)[n % 2])) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(no for _, no in won) == list(range(15))
    with store.transaction() as tx:
        assert {(int(s.owner or -1), s.no) for s in tx.stages.of_run(run_id(1))} == set(won)


def test_claimers_that_look_at_the_same_time_lose_no_stage_and_share_none(store: Store, rival: Store) -> None:
    submit(store, 1, *[()] * 30)
    won: list[int] = []
    start = threading.Barrier(2)

    def claim_until_empty(through: Store) -> None:
        start.wait(10)
        for _ in range(200):
            with through.transaction() as tx:
                found = tx.stages.claimable(now=NOON, limit=2)
                for stage in found:
                    assert tx.stages.save(stage, replace(stage, state=StageState.RUNNING, fence=1))
                won.extend(stage.no for stage in found)
            with through.transaction() as tx:
                if len(tx.stages.running()) == 30:
                    return

    threads = [threading.Thread(target=claim_until_empty, args=(s,)) for s in (store, rival)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == list(range(30))


def nos(stages: list[Stage]) -> list[tuple[int, int]]:
    return [(int(stage.run_id[2:]), stage.no) for stage in stages]


def test_claimable_are_the_ready_and_the_due_oldest_run_first(store: Store) -> None:
    young, old = submit(store, 2, (), (), (), ())[1], submit(store, 1, (), (0,), ())[1]
    change(store, young[1], state=StageState.SCHEDULED, not_before=NOON)
    change(store, young[2], state=StageState.SCHEDULED, not_before=NOON + SECOND)
    change(store, young[3], state=StageState.RUNNING, lease_until=NOON)
    change(store, old[2], state=StageState.HELD)

    def claimable(tx: Transaction, **filters: object) -> list[tuple[int, int]]:
        return nos(tx.stages.claimable(**{"now": NOON, "limit": 10, **filters}))  # type: ignore[arg-type]

    with store.transaction() as tx:
        assert claimable(tx) == [(1, 0), (2, 0), (2, 1)]
        assert claimable(tx, now=NOON + SECOND) == [(1, 0), (2, 0), (2, 1), (2, 2)]
        assert claimable(tx, now=NOON - SECOND) == [(1, 0), (2, 0)]
        assert claimable(tx, limit=2) == [(1, 0), (2, 0)]
        assert claimable(tx, run_id=run_id(2)) == [(2, 0), (2, 1)]
        assert claimable(tx, run_id=run_id(2), limit=1) == [(2, 0)]
        assert claimable(tx, run_id=RunId("nothing")) == []
        assert claimable(tx, limit=0) == []


def test_expired_are_running_stages_whose_lease_ended_before_now(store: Store) -> None:
    stages = submit(store, 1, (), (), (), ())[1]
    change(store, stages[0], state=StageState.RUNNING, lease_until=NOON)
    change(store, stages[1], state=StageState.RUNNING, lease_until=NOON - SECOND)
    change(store, stages[2], state=StageState.COMPLETED, lease_until=NOON - SECOND)
    with store.transaction() as tx:
        assert nos(tx.stages.expired(now=NOON)) == [(1, 1)]
        assert nos(tx.stages.expired(now=NOON + SECOND)) == [(1, 1), (1, 0)]
        assert nos(tx.stages.expired(now=NOON + SECOND, limit=1)) == [(1, 1)]
        assert tx.stages.expired(now=NOON - SECOND) == []


def test_running_stages_are_found_by_owner_and_run(store: Store) -> None:
    one, two = submit(store, 1, (), ())[1], submit(store, 2, ())[1]
    change(store, one[0], state=StageState.RUNNING, owner="a")
    change(store, two[0], state=StageState.RUNNING, owner="b")
    with store.transaction() as tx:
        assert nos(tx.stages.running()) == [(1, 0), (2, 0)]
        assert nos(tx.stages.running(owner="b")) == [(2, 0)]
        assert nos(tx.stages.running(run_id=run_id(1))) == [(1, 0)]
        assert tx.stages.running(owner="b", run_id=run_id(1)) == []


def test_next_due_is_the_earliest_time_of_a_scheduled_stage(store: Store) -> None:
    one, two = submit(store, 1, (), ())[1], submit(store, 2, ())[1]
    with store.transaction() as tx:
        assert tx.stages.next_due() is None
    change(store, one[0], state=StageState.SCHEDULED, not_before=NOON + SECOND)
    change(store, one[1], state=StageState.RUNNING, not_before=NOON - SECOND)
    change(store, two[0], state=StageState.SCHEDULED, not_before=NOON)
    with store.transaction() as tx:
        assert tx.stages.next_due() == NOON
        assert tx.stages.next_due(run_id(1)) == NOON + SECOND
        assert tx.stages.next_due(RunId("nothing")) is None


def test_the_last_stage_before_it_frees_a_stage(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (), (0, 1), (0,))
    with store.transaction() as tx:
        assert tx.stages.count_down(run.id, [0]) == [replace(stages[3], waiting_for=0)]
        assert tx.stages.count_down(run.id, [1]) == [replace(stages[2], waiting_for=0)]
        assert tx.stages.count_down(run.id, [2, 3]) == []


def test_stages_that_end_together_count_once_for_each(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (), (), (0, 1), (0, 1, 2), (2,))
    with store.transaction() as tx:
        freed = tx.stages.count_down(run.id, [0, 1])
        assert freed == [replace(stages[3], waiting_for=0)]
        waiting = tx.stages.get(run.id, 4)
        assert waiting is not None
        assert waiting.waiting_for == 1
        assert nos(tx.stages.count_down(run.id, [2])) == [(1, 4), (1, 5)]


def test_counting_down_twice_counts_once(store: Store) -> None:
    run, _, _ = submit(store, 1, (), (), (0, 1))
    with store.transaction() as tx:
        assert tx.stages.count_down(run.id, [0, 0]) == []
    with store.transaction() as tx:
        assert tx.stages.count_down(run.id, [0]) == []
        waiting = tx.stages.get(run.id, 2)
        assert waiting is not None
        assert waiting.waiting_for == 1
        assert tx.stages.count_down(run.id, []) == []
        assert tx.stages.count_down(RunId("nothing"), [0]) == []


def test_a_stage_that_is_not_pending_is_counted_down_but_not_freed(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (0,))
    skipped = change(store, stages[1], state=StageState.SKIPPED)
    with store.transaction() as tx:
        assert tx.stages.count_down(run.id, [0]) == []
        assert tx.stages.get(run.id, 1) == replace(skipped, waiting_for=0)


def test_saving_a_stage_that_was_read_before_a_count_down_does_not_take_the_count_back(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (), (0, 1))
    with store.transaction() as tx:
        tx.stages.count_down(run.id, [0])
        assert tx.stages.save(stages[2], replace(stages[2], owner="me"))
        found = tx.stages.get(run.id, 2)
        assert found == replace(stages[2], owner="me", waiting_for=1)


def test_every_field_of_an_attempt_comes_back(store: Store) -> None:
    run = submit(store)[0]
    full = full_attempt(run.id)
    with store.transaction() as tx:
        tx.attempts.add(full)
    with store.transaction() as tx:
        assert tx.attempts.of_run(run.id) == [full]
        assert tx.attempts.of_run(RunId("nothing")) == []


def test_attempts_come_by_stage_and_fence_with_their_end(store: Store) -> None:
    run = submit(store, 1, (), ())[0]
    begun = [attempt(run.id, 1, 1), attempt(run.id, 0, 10), attempt(run.id, 0, 2)]
    with store.transaction() as tx:
        tx.attempts.add(begun[0])
        tx.attempts.add_many(begun[1:])
    ended = [
        replace(a, ended_at=NOON + SECOND, outcome=outcome, process=4)
        for a, outcome in zip(begun, AttemptOutcome, strict=False)
    ]
    with store.transaction() as tx:
        tx.attempts.close(ended[0])
        # Who held it and since when was said at its beginning and stays.
        tx.attempts.close_many([replace(a, owner="?", started_at=NOON + SECOND) for a in ended[1:]])
        tx.attempts.close_many([])
    with store.transaction() as tx:
        assert tx.attempts.of_run(run.id) == [ended[2], ended[1], ended[0]]


def test_an_attempt_with_the_same_fence_is_refused(store: Store) -> None:
    run = submit(store)[0]
    with store.transaction() as tx:
        tx.attempts.add(attempt(run.id))
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        tx.attempts.add(attempt(run.id))


@pytest.mark.parametrize("missing", [attempt(run_id(1), 0, 2), attempt(run_id(9))])
def test_closing_an_attempt_that_never_began_is_refused(store: Store, missing: Attempt) -> None:
    run = submit(store)[0]
    with store.transaction() as tx:
        tx.attempts.add(attempt(run.id))
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        tx.attempts.close(missing)


def test_a_whole_life_goes_through(store: Store) -> None:
    run, stages, _ = submit(store)
    running = replace(run, state=RunState.RUNNING, started_at=NOON)
    ended = replace(running, state=RunState.COMPLETED, open_stages=0, ended_at=NOON + SECOND)
    claimed = replace(stages[0], state=StageState.RUNNING, fence=1, owner="me", lease_until=NOON + SECOND)
    done = replace(claimed, state=StageState.COMPLETED, owner=None, lease_until=None)
    with store.transaction() as tx:
        assert tx.stages.save(stages[0], claimed)
        assert tx.runs.save(run, running)
    with store.transaction(durable=True) as tx:
        assert tx.stages.save(claimed, done)
        assert tx.runs.save(running, ended)
    with store.transaction() as tx:
        assert not tx.stages.save(claimed, claimed)
        assert tx.stages.claimable(now=NOON, limit=9) == tx.stages.running() == []
        assert tx.runs.get(run.id) == ended

"""What a transaction promises, on every store."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event, LogChunk, LogLine
from pauta.domain.states import RunState, StageState, StepState
from pauta.ports.store import Store
from store_samples import NOON, SECOND, address, attempt, entry, full_step, run_id, submit


class Oops(Exception):
    pass


def test_an_exception_leaves_the_store_as_it_was(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (0,))
    with store.transaction() as tx:
        tx.cache.put([entry("old")])

    def everything() -> list[object]:
        with store.transaction() as tx:
            return [
                tx.runs.get(run.id), tx.runs.get(run_id(2)), tx.stages.of_run(run.id), tx.steps.of_run(run.id),
                tx.attempts.of_run(run.id), tx.cache.get_many(["old", "new"]), tx.logs.read(run.id),
                tx.events.of_run(run.id), tx.objects.profile(address(1)), tx.objects.imported("i"),
                sorted(tx.objects.referenced()), tx.runs.find(""),
            ]  # fmt: skip

    before = everything()

    def change_everything() -> None:
        with store.transaction(durable=True) as tx:
            assert tx.runs.save(run, replace(run, state=RunState.RUNNING))
            assert tx.stages.save(stages[0], replace(stages[0], state=StageState.RUNNING, fence=1))
            assert tx.stages.count_down(run.id, [0])
            tx.steps.put([full_step(run.id)])
            tx.attempts.add(attempt(run.id))
            tx.attempts.close(replace(attempt(run.id), ended_at=NOON))
            tx.cache.put([entry("old", made_at=NOON + SECOND), entry("new")])
            assert tx.cache.forget([address(42)]) == 2
            tx.logs.append([LogChunk(run.id, 0, 1, 0, (LogLine(NOON, "INFO", "x"),))])
            tx.events.append([Event(run.id, NOON, "claimed")])
            tx.objects.put_profile(address(1), {"rows": 1})
            tx.objects.remember_import("i", {"address": address(2)})
            raise Oops

    with pytest.raises(Oops):
        change_everything()
    assert everything() == before
    with store.transaction() as tx:
        assert tx.stages.count_down(run.id, [0]) == [replace(stages[1], waiting_for=0)]


def test_a_submitted_run_that_is_undone_was_never_there(store: Store) -> None:
    other = submit(store, 1)[0]
    with store.transaction() as tx:
        assert tx.runs.save(other, replace(other, state=RunState.CANCELLED, open_stages=0))

    def submit_and_drop() -> None:
        with store.transaction() as tx:
            assert tx.objects.drop_run(other.id)
            raise Oops

    with pytest.raises(Oops):
        submit_and_drop()
    with store.transaction() as tx:
        assert tx.runs.find("") == [other.id]
        assert tx.runs.plan(other.id) is not None
        assert len(tx.steps.of_run(other.id)) == 1


def test_a_fault_that_somebody_swallows_still_undoes_the_transaction(store: Store) -> None:
    run, _, steps = submit(store)
    with store.transaction() as tx:
        tx.steps.put([replace(steps[0], state=StepState.FAILED)])

    def swallow() -> None:
        with store.transaction() as tx:
            tx.events.append([Event(run.id, NOON, "claimed")])
            with pytest.raises(StoreFault):
                tx.steps.put([replace(steps[0], state=StepState.COMPLETED)])
            with pytest.raises(StoreFault):
                tx.runs.get(run.id)

    with pytest.raises(StoreFault, match="DB-010"):
        swallow()
    with store.transaction() as tx:
        assert tx.events.of_run(run.id) == []


def test_a_transaction_that_is_over_does_nothing_more(store: Store) -> None:
    run = submit(store)[0]
    with store.transaction() as tx:
        pass
    with pytest.raises(RuntimeError, match="over"):
        tx.events.append([Event(run.id, NOON, "claimed")])


def test_a_transaction_inside_a_transaction_is_refused_instead_of_waiting_for_ever(store: Store) -> None:
    with store.transaction(), pytest.raises(RuntimeError, match="inside"):
        store.transaction().__enter__()
    with store.transaction() as tx:
        assert tx.runs.find("") == []


def test_transactions_of_several_threads_come_one_at_a_time(store: Store) -> None:
    run = submit(store)[0]
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with store.transaction() as tx:
                inside.append(number)
                most.append(len(inside))
                tx.events.append([Event(run.id, NOON, "claimed", step_no=number)])
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(most) == 1
    with store.transaction() as tx:
        assert len(tx.events.of_run(run.id)) == 80


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"), store.transaction():
        pass


def test_changes_are_there_for_whoever_looks_next(store: Store, rival: Store) -> None:
    run = submit(store)[0]
    with rival.transaction() as tx:
        assert tx.runs.get(run.id) == run

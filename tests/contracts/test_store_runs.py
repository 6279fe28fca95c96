"""Runs, their plans and steps, on every store."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.pipeline import Part
from pauta.domain.plan import Plan, PlannedStage, PlannedStep
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Run, Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STEPS, RunState, StageState, StepState
from pauta.ports.store import Store
from store_samples import (
    NOON,
    SECOND,
    full_plan,
    full_run,
    full_step,
    plan_of,
    problem,
    run_id,
    script,
    submit,
    value,
)


def add_full(store: Store) -> Run:
    run, plan = full_run(), full_plan()
    with store.transaction() as tx:
        assert tx.runs.add(run, plan, [Stage(run.id, 0, StageState.READY)], [StepRecord(run.id, 0, "a", 0)])
    return run


def test_every_field_of_a_run_comes_back(store: Store) -> None:
    run = add_full(store)
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == run


def test_empty_fields_of_a_run_come_back_empty(store: Store) -> None:
    run = submit(store)[0]
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == run


def test_a_plan_comes_back_exactly(store: Store) -> None:
    run = add_full(store)
    with store.transaction() as tx:
        assert tx.runs.plan(run.id) == full_plan()


def test_a_plan_of_5000_steps_comes_back_exactly(store: Store) -> None:
    steps = tuple(PlannedStep(no, f"step {no}", Part.TRAINING, script(no % 7)) for no in range(5000))
    plan = Plan("big", steps, (PlannedStage(0, tuple(range(5000))),))
    run = Run(run_id(1), "big", RunState.PENDING, NOON, 1)
    records = [StepRecord(run.id, step.no, step.name, 0) for step in steps]
    with store.transaction(durable=True) as tx:
        assert tx.runs.add(run, plan, [Stage(run.id, 0, StageState.READY)], records)
    with store.transaction() as tx:
        assert tx.runs.plan(run.id) == plan
        assert tx.steps.of_run(run.id) == records


def test_every_field_of_a_step_comes_back(store: Store) -> None:
    run = submit(store)[0]
    step = full_step(run.id)
    with store.transaction() as tx:
        tx.steps.put([step])
    with store.transaction() as tx:
        (found,) = tx.steps.of_run(run.id)
    assert str(found) == str(step)  # NaN equals nothing, itself included
    assert replace(found, metrics={}, models=()) == replace(step, metrics={}, models=())


@pytest.mark.parametrize("inline", [None, 0, "", [], {}, False, "é", [1, [2, {"x": None}]], 1.5, -(2**63)])
def test_an_inline_value_comes_back_as_it_is(store: Store, inline: object) -> None:
    run, _, steps = submit(store)
    with store.transaction() as tx:
        tx.steps.put([replace(steps[0], output=value(inline))])
    with store.transaction() as tx:
        found = tx.steps.get(run.id, [0])[0].output
    assert found == value(inline)
    assert found is not None
    assert type(found.value) is type(inline)


def test_text_with_half_a_character_is_kept_with_a_question_mark(store: Store) -> None:
    run, _, steps = submit(store)
    with store.transaction() as tx:
        tx.steps.put([replace(steps[0], problem=dataclasses.replace(problem(), traceback="a\udcffb"))])
        found = tx.steps.get(run.id, [0])[0].problem
    assert found is not None
    assert found.traceback in ("a?b", "a\udcffb")


def test_times_come_back_in_utc(store: Store) -> None:
    brasilia = timezone(timedelta(hours=-3))
    at = datetime(2026, 1, 1, 23, 30, 0, 1, tzinfo=brasilia)
    run = submit(store, created_at=at)[0]
    with store.transaction() as tx:
        found = tx.runs.get(run.id)
    assert found is not None
    assert found.created_at == at
    assert found.created_at.tzinfo is UTC


def test_what_is_not_there_is_none(store: Store) -> None:
    missing = RunId("nothing")
    with store.transaction() as tx:
        assert tx.runs.get(missing) is None
        assert tx.runs.plan(missing) is None
        assert tx.runs.by_key("nothing") is None
        assert tx.runs.find("nothing") == []
        assert tx.steps.of_run(missing) == []
        assert tx.steps.get(missing, [0, 1]) == []


def test_a_run_id_that_exists_records_nothing(store: Store) -> None:
    run, _, steps = submit(store)
    with store.transaction() as tx:
        again = replace(run, pipeline="other")
        assert not tx.runs.add(again, plan_of(name="other"), [], [StepRecord(run.id, 5, "five", 0)])
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == run
        assert tx.steps.of_run(run.id) == steps


def test_an_idempotency_key_that_exists_records_nothing(store: Store) -> None:
    run = submit(store, idempotency_key="once")[0]
    with store.transaction() as tx:
        second = Run(run_id(2), "q", RunState.PENDING, NOON, 0, idempotency_key="once")
        assert not tx.runs.add(second, plan_of(name="q"), [], [])
        assert tx.runs.by_key("once") == run
    with store.transaction() as tx:
        assert tx.runs.find("") == [run.id]
        assert tx.runs.plan(run_id(2)) is None
        assert tx.runs.add(replace(second, idempotency_key="twice"), plan_of(name="q"), [], [])


def test_ids_are_found_by_their_beginning_newest_first_and_at_most_20(store: Store) -> None:
    for number in range(25):
        submit(store, number)
    with store.transaction() as tx:
        assert tx.runs.find("1k") == [run_id(n) for n in range(24, 4, -1)]
        assert tx.runs.find(run_id(7)) == [run_id(7)]
        assert tx.runs.find(run_id(13)[:-1]) == [run_id(n) for n in range(19, 9, -1)]
        assert tx.runs.find("%") == []
        assert tx.runs.find("_k") == []


def test_runs_are_listed_newest_first_with_filters(store: Store) -> None:
    runs = [submit(store, n, pipeline="even" if n % 2 == 0 else "odd")[0] for n in range(6)]
    with store.transaction() as tx:
        assert tx.runs.save(runs[1], replace(runs[1], state=RunState.RUNNING))
        assert tx.runs.save(runs[2], replace(runs[2], state=RunState.FAILED))

    def listed(**filters: object) -> list[int]:
        with store.transaction() as tx:
            return [int(run.id[2:]) for run in tx.runs.newest(**filters)]  # type: ignore[arg-type]

    assert listed() == [5, 4, 3, 2, 1, 0]
    assert listed(limit=2) == [5, 4]
    assert listed(before=run_id(3)) == [2, 1, 0]
    assert listed(pipeline="odd") == [5, 3, 1]
    assert listed(states=["running"]) == [1]
    assert listed(states=[RunState.RUNNING, RunState.FAILED]) == [2, 1]
    assert listed(states=["pending"], pipeline="even") == [4, 0]
    assert listed(states=["pending"], pipeline="even", before=run_id(4), limit=5) == [0]
    assert listed(states=["running"], before=run_id(1)) == []
    assert listed(pipeline="even", before=run_id(2)) == [0]


def test_it_is_known_which_runs_refer_to_which(store: Store) -> None:
    submit(store, 1)
    submit(store, 2, of=run_id(1))
    _, _, steps = submit(store, 3, (), (), of=run_id(2))
    submit(store, 4)
    _, _, own = submit(store, 5)
    with store.transaction() as tx:
        tx.steps.put([replace(step, cached_from=run_id(1), cache_key="k") for step in steps])
        tx.steps.put([replace(own[0], cached_from=run_id(5), cache_key="k")])
    with store.transaction() as tx:
        assert tx.runs.sources() == {run_id(2): {run_id(1)}, run_id(3): {run_id(1), run_id(2)}}


def test_a_saved_run_comes_back_with_every_change(store: Store) -> None:
    run = submit(store)[0]
    after = replace(full_run(), id=run.id)
    with store.transaction() as tx:
        assert tx.runs.save(run, after)
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == after
        assert tx.runs.by_key("chave-é") == after


@pytest.mark.parametrize(
    "stale",
    [
        {"state": RunState.RUNNING},
        {"open_stages": 7},
        {"failed_stages": 7},
        {"held_stages": 7},
        {"cancel_requested_at": NOON},
    ],
)
def test_a_run_is_saved_only_if_it_is_as_it_was(store: Store, stale: dict[str, object]) -> None:
    run = submit(store)[0]
    with store.transaction() as tx:
        assert not tx.runs.save(replace(run, **stale), replace(run, stopping=True))  # type: ignore[arg-type]
        assert tx.runs.get(run.id) == run
        assert tx.runs.save(run, replace(run, **stale))  # type: ignore[arg-type]
        assert not tx.runs.save(run, replace(run, stopping=True))


def test_saving_a_run_that_is_not_there_is_a_lost_race(store: Store) -> None:
    run = Run(run_id(1), "p", RunState.PENDING, NOON, 0)
    with store.transaction() as tx:
        assert not tx.runs.save(run, run)


@pytest.mark.parametrize("final", sorted(FINAL_RUNS))
def test_a_final_run_never_changes_its_state(store: Store, final: RunState) -> None:
    run = submit(store)[0]
    ended = replace(run, state=final, open_stages=0)
    with store.transaction() as tx:
        assert tx.runs.save(run, ended)
    for state in RunState:
        if state is not final:
            with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
                tx.runs.save(ended, replace(ended, state=state))
    with store.transaction() as tx:
        assert tx.runs.save(ended, replace(ended, stopping=True))  # its state stays: allowed
        assert tx.runs.get(run.id) == replace(ended, stopping=True)


@pytest.mark.parametrize("final", sorted(FINAL_STEPS))
def test_a_final_step_never_changes_its_state(store: Store, final: StepState) -> None:
    run, _, steps = submit(store)
    ended = replace(steps[0], state=final)
    with store.transaction() as tx:
        tx.steps.put([ended])
    for state in StepState:
        if state is not final:
            with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
                tx.steps.put([replace(ended, state=state)])
    with store.transaction() as tx:
        tx.steps.put([replace(ended, reason="said later")])
        assert tx.steps.of_run(run.id) == [replace(ended, reason="said later")]


def test_steps_come_in_the_order_asked(store: Store) -> None:
    run, _, steps = submit(store, 1, (), (), ())
    with store.transaction() as tx:
        assert tx.steps.get(run.id, [2, 0]) == [steps[2], steps[0]]
        assert tx.steps.get(run.id, [1, 9]) == [steps[1]]
        assert tx.steps.get(run.id, []) == []
        assert tx.steps.of_run(run.id) == steps


def test_many_steps_are_put_at_once_and_replace_every_field(store: Store) -> None:
    run, _, steps = submit(store, 1, (), (), ())
    done = [replace(full_step(run.id, no), metrics={}, models=()) for no in range(3)]
    with store.transaction() as tx:
        tx.steps.put(done)
        tx.steps.put([])
    with store.transaction() as tx:
        assert tx.steps.of_run(run.id) == done
        plain = [replace(step, state=StepState.COMPLETED) for step in steps]
        tx.steps.put(plain)
    with store.transaction() as tx:
        assert tx.steps.of_run(run.id) == plain


def test_putting_a_step_that_is_not_there_undoes_the_transaction(store: Store) -> None:
    run, _, steps = submit(store)
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        tx.steps.put([replace(steps[0], attempts=1), replace(steps[0], no=9)])
    with store.transaction() as tx:
        assert tx.steps.of_run(run.id) == steps


def test_ids_order_by_bytes(store: Store) -> None:
    for text in ("b", "B", "a-1", "a1", "é"):
        run = Run(RunId(text), "p", RunState.PENDING, NOON + SECOND, 0)
        with store.transaction() as tx:
            tx.runs.add(run, plan_of(()), [], [])
    with store.transaction() as tx:
        assert [run.id for run in tx.runs.newest()] == ["é", "b", "a1", "a-1", "B"]

"""Calls of flows, the stages that wait for them and the runs they begin, on every store."""

from __future__ import annotations

import dataclasses
from datetime import timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.domain.calls import Arguments, Call, CallKind, CallState, first_call_of
from pauta.domain.ids import RunId
from pauta.domain.outputs import FileRef
from pauta.domain.problems import StoreFault
from pauta.domain.runs import ParentCall, Run, Stage, StepRecord
from pauta.domain.states import RunState, StageState
from pauta.ports.store import Store
from store_samples import (
    NOON,
    ODD_TEXT,
    SECOND,
    address,
    call,
    entry,
    frame,
    full_call,
    plan_of,
    run_id,
    submit,
    value,
)

MINUTE = 60 * SECOND
PAUSED = CallState.PAUSED


def put(store: Store, *calls: Call) -> None:
    with store.transaction() as tx:
        tx.calls.put(calls)


def of_run(store: Store, run: RunId) -> list[Call]:
    with store.transaction() as tx:
        return tx.calls.of_run(run)


def pause(store: Store, stage: Stage, **changes: Any) -> Stage:
    after = replace(stage, state=StageState.PAUSED, waiting_for=1, **changes)
    with store.transaction() as tx:
        assert tx.stages.save(stage, after)
    return after


# ---- calls ---------------------------------------------------------------------------------------


def test_every_field_of_a_call_comes_back(store: Store) -> None:
    run = submit(store)[0]
    full = full_call(run.id)
    put(store, full)
    (found,) = of_run(store, run.id)
    assert str(found) == str(full)  # a number that is not one equals nothing
    assert replace(found, metrics={}) == replace(full, metrics={})


def test_empty_fields_of_a_call_come_back_empty(store: Store) -> None:
    run = submit(store)[0]
    empty = call(run.id)
    put(store, empty)
    assert of_run(store, run.id) == [empty]


def test_text_of_a_call_with_half_a_character_is_kept_with_a_question_mark(store: Store) -> None:
    run = submit(store)[0]
    put(store, call(run.id, message="a\udce9b"))
    (found,) = of_run(store, run.id)
    assert found.message in ("a?b", "a\udce9b")  # in memory it need not be written


def test_times_of_a_call_come_back_in_utc(store: Store) -> None:
    run = submit(store)[0]
    there = timezone(timedelta(hours=-3))
    put(store, call(run.id, started_at=NOON.astimezone(there), ended_at=(NOON + SECOND).astimezone(there)))
    (found,) = of_run(store, run.id)
    assert (found.started_at, found.ended_at) == (NOON, NOON + SECOND)
    assert str(found.started_at) == str(NOON)


def test_calls_come_by_number_and_only_those_of_the_run(store: Store) -> None:
    one, two = (submit(store, n)[0].id for n in (1, 2))
    calls = [call(one, no) for no in (first_call_of(3000), first_call_of(0) + 2, first_call_of(0))]
    put(store, *calls, call(two))
    assert of_run(store, one) == [calls[2], calls[1], calls[0]]
    with store.transaction() as tx:
        assert tx.calls.get(one, [calls[0].no, 5, calls[2].no]) == [calls[2], calls[0]]
        assert tx.calls.get(one, []) == tx.calls.get(RunId("nothing"), [calls[0].no]) == []
        assert tx.calls.of_run(RunId("nothing")) == []


def test_a_call_is_put_over_the_one_with_its_number_and_the_last_counts(store: Store) -> None:
    run = submit(store)[0]
    first = call(run.id, metrics={"a": 1.0}, message="x")
    put(store, first, call(run.id, first.no + 1), replace(first, attempts=1))
    failed = replace(first, state=CallState.FAILED, metrics={}, message=ODD_TEXT, ended_at=NOON)
    put(store, failed)
    assert of_run(store, run.id) == [failed, call(run.id, first.no + 1)]
    put(store)
    put(store, replace(failed, state=CallState.RUNNING))
    assert of_run(store, run.id)[0].state is CallState.RUNNING


def test_a_page_of_calls_has_those_above_a_number(store: Store) -> None:
    one, two = (submit(store, n)[0].id for n in (1, 2))
    calls = [call(one, first_call_of(step) + n) for step in (0, 3000) for n in range(3)]
    put(store, *reversed(calls), call(two))
    with store.transaction() as tx:
        assert tx.calls.page(one, after=-1, limit=2) == calls[:2]
        assert tx.calls.page(one, after=calls[1].no, limit=3) == calls[2:5]
        assert tx.calls.page(one, after=calls[4].no, limit=10_000) == calls[5:]
        assert (
            tx.calls.page(one, after=calls[5].no, limit=10) == tx.calls.page(RunId("nothing"), after=-1, limit=1) == []
        )


def test_the_calls_of_a_run_that_wait_are_found_alone(store: Store) -> None:
    one, two = (submit(store, n)[0].id for n in (1, 2))
    first = first_call_of(0)
    waits = [call(one, first + n, state=PAUSED, kind=kind) for n, kind in ((4, CallKind.SLEEP), (2, CallKind.INPUT))]
    put(store, call(one, first), *waits, call(two, first, state=PAUSED))
    with store.transaction() as tx:
        assert tx.calls.paused(one) == [waits[1], waits[0]]
    put(store, replace(waits[0], state=CallState.COMPLETED))
    with store.transaction() as tx:
        assert tx.calls.paused(one) == [waits[1]]


def test_what_changed_of_the_calls_is_given_since_a_mark(store: Store) -> None:
    one, two = (submit(store, n)[0].id for n in (1, 2))
    calls = [call(one, first_call_of(0) + n) for n in range(4)]
    put(store, *calls)
    with store.transaction() as tx:
        found, mark = tx.calls.changed(one)
    assert found == calls
    put(store, call(two))
    with store.transaction() as tx:
        found, mark = tx.calls.changed(one, since=mark)
    assert found == []
    ended = [replace(each, state=CallState.FAILED) for each in (calls[3], calls[1])]
    put(store, *ended)
    with store.transaction() as tx:
        found, mark = tx.calls.changed(one, since=mark)
        assert tx.calls.changed(RunId("nothing"))[0] == []
    assert found == [ended[1], ended[0]]
    with store.transaction() as tx:
        assert tx.calls.changed(one, since=mark)[0] == []


@pytest.mark.parametrize("other", [state for state in CallState if state is not CallState.COMPLETED])
def test_a_completed_call_never_changes_its_state(store: Store, other: CallState) -> None:
    run = submit(store)[0]
    done = call(run.id, state=CallState.COMPLETED)
    put(store, done)
    put(store, replace(done, tags=("late",)))
    with pytest.raises(StoreFault, match="DB-010"):
        put(store, call(run.id, done.no + 1), replace(done, state=other))
    assert of_run(store, run.id) == [replace(done, tags=("late",))]


def test_a_call_of_a_run_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(StoreFault, match="DB-011"):
        put(store, call(run_id(9)))


def test_calls_that_wait_for_a_person_are_found_over_all_runs_the_oldest_first(store: Store) -> None:
    one, two = (submit(store, n)[0].id for n in (1, 2))
    first = first_call_of(0)
    asked = call(two, first, PAUSED, kind=CallKind.INPUT)
    older = call(one, first + 9, PAUSED, kind=CallKind.APPROVAL)
    put(store, asked, older)
    put(store, *(call(one, first + no, PAUSED, kind=kind) for no, kind in enumerate(CallKind) if no < 4))
    put(store, call(two, first + 1, CallState.COMPLETED, kind=CallKind.INPUT))
    with store.transaction() as tx:
        assert tx.calls.awaited() == [older, asked]
        assert tx.calls.awaited(limit=1) == [older]
    put(store, replace(older, state=CallState.COMPLETED, by="ana"))
    with store.transaction() as tx:
        assert tx.calls.awaited() == [asked]


# ---- stages that wait ----------------------------------------------------------------------------


def test_a_paused_stage_is_claimable_when_its_time_has_come_and_never_without_one(store: Store) -> None:
    stages = [submit(store, n)[1][0] for n in (1, 2, 3, 4)]
    due = pause(store, stages[1], not_before=NOON)
    pause(store, stages[2], not_before=NOON + SECOND)
    pause(store, stages[3])
    with store.transaction() as tx:
        assert tx.stages.claimable(now=NOON, limit=9) == [stages[0], due]
        assert tx.stages.claimable(now=NOON, limit=9, run_id=due.run_id) == [due]
        assert tx.stages.claimable(now=NOON, limit=9, run_id=stages[3].run_id) == []
        heads = tx.stages.heads(pools=["default"], now=NOON, lanes=9, each=9)
        assert [q.stage for q in heads] == [stages[0], due]
        assert tx.stages.depth(now=NOON) == {"default": 2}
        assert tx.stages.depth(now=NOON + MINUTE) == {"default": 3}


def test_the_next_time_is_the_earliest_of_stages_that_are_scheduled_or_paused(store: Store) -> None:
    stages = [submit(store, n)[1][0] for n in (1, 2, 3)]
    pause(store, stages[0])
    with store.transaction() as tx:
        assert tx.stages.next_due() is None
    pause(store, stages[1], not_before=NOON + MINUTE)
    with store.transaction() as tx:
        assert tx.stages.next_due() == tx.stages.next_due(stages[1].run_id) == NOON + MINUTE
        assert tx.stages.next_due(stages[0].run_id) is None
        scheduled = replace(stages[2], state=StageState.SCHEDULED, not_before=NOON)
        assert tx.stages.save(stages[2], scheduled)
        assert tx.stages.next_due() == NOON


def test_a_paused_run_is_not_stuck(store: Store) -> None:
    paused = submit(store, 1, state=RunState.PAUSED, paused_stages=1)[1][0]
    pause(store, paused)
    lost = submit(store, 2, state=RunState.RUNNING)[1][0]
    pause(store, lost)
    with store.transaction() as tx:
        assert tx.stages.stuck(now=NOON) == [lost.run_id]


def test_a_paused_stage_of_which_no_call_is_paused_any_more_is_answered(store: Store) -> None:
    run, stages, _ = submit(store, 1, (), (), ())
    other = submit(store, 2, (), ())
    asked = call(run.id, first_call_of(0), PAUSED)
    last = call(run.id, first_call_of(1) - 1, CallState.COMPLETED)
    put(store, asked, last, call(run.id, first_call_of(1), PAUSED), call(run.id, first_call_of(2)))
    for stage in stages[:2]:
        pause(store, stage)
    with store.transaction() as tx:
        assert tx.stages.answered() == []
    put(store, replace(asked, state=CallState.COMPLETED))
    first = replace(stages[0], state=StageState.PAUSED, waiting_for=1)
    with store.transaction() as tx:
        assert tx.stages.answered() == [first]
    pause(store, other[1][0], not_before=NOON)  # it moves by itself
    late = pause(store, other[1][1])
    with store.transaction() as tx:
        assert tx.stages.answered() == [first, late]
        assert tx.stages.answered(limit=1) == [first]


def test_of_two_answers_that_come_together_none_is_lost(store: Store) -> None:
    waiting = submit(store)[1][0]
    with store.transaction() as tx:
        paused = replace(waiting, state=StageState.PAUSED, waiting_for=2)
        assert tx.stages.save(waiting, paused)
    answered = replace(paused, waiting_for=1)
    with store.transaction() as tx:
        assert tx.stages.save(paused, answered)
        assert not tx.stages.save(paused, answered), "both were decided on the same number"
        assert tx.stages.save(answered, replace(answered, state=StageState.READY, waiting_for=0))


def test_an_answered_stage_is_told_by_the_steps_it_has_and_not_by_its_number(store: Store) -> None:
    plan = plan_of((), ())
    run = Run(run_id(1), "p", RunState.PAUSED, NOON, 1, paused_stages=1)
    stage = Stage(run.id, 7, StageState.PAUSED, waiting_for=1)
    with store.transaction() as tx:
        assert tx.runs.add(run, plan, [stage], [StepRecord(run.id, no, f"s{no}", 7) for no in (3000, 4000)])
        tx.calls.put([call(run.id, first_call_of(4000), PAUSED), call(run.id, first_call_of(7), PAUSED)])
        assert tx.stages.answered() == []
        tx.calls.put([call(run.id, first_call_of(4000), CallState.FAILED)])
        assert tx.stages.answered() == [stage]


# ---- runs of runs --------------------------------------------------------------------------------


def test_the_runs_that_a_flow_began_are_found_oldest_first(store: Store) -> None:
    parent = submit(store, 1)[0]
    of = ParentCall(parent.id, first_call_of(3000) + 5)
    children = [submit(store, n, parent=of)[0] for n in (5, 3)]
    submit(store, 4, parent=ParentCall(run_id(3), 1))
    with store.transaction() as tx:
        assert tx.runs.children(parent.id) == [children[1], children[0]]
        assert tx.runs.children(run_id(5)) == []


def test_runs_of_flows_can_be_left_out_of_lists(store: Store) -> None:
    for number in range(1, 7):
        parent = ParentCall(run_id(1), 1) if number % 2 == 0 else None
        submit(store, number, pipeline="ab"[number > 4], deployment="d", parent=parent)
    with store.transaction() as tx:

        def listed(**filters: Any) -> list[int]:
            return [int(run.id[2:]) for run in tx.runs.newest(**filters)]

        assert listed(top_level=True) == [5, 3, 1]
        assert listed() == [6, 5, 4, 3, 2, 1]
        assert listed(top_level=True, limit=1, before=run_id(5)) == [3]
        assert listed(top_level=True, pipeline="a", deployment="d", states=["pending", "held"]) == [3, 1]


def test_a_run_with_other_paused_stages_is_not_saved_over(store: Store) -> None:
    run = submit(store, 1, state=RunState.PAUSED, paused_stages=1)[0]
    with store.transaction() as tx:
        assert not tx.runs.save(replace(run, paused_stages=2), replace(run, paused_stages=3))
        assert tx.runs.save(run, replace(run, paused_stages=0, state=RunState.RUNNING))
        found = tx.runs.get(run.id)
        assert found is not None
        assert (found.paused_stages, found.state) == (0, RunState.RUNNING)
        moved = replace(found, parent=ParentCall(run_id(9), 2**40))
        assert tx.runs.save(found, moved)
        assert tx.runs.get(run.id) == moved


# ---- what they refer to --------------------------------------------------------------------------


def referenced(store: Store) -> set[int]:
    with store.transaction() as tx:
        return {int(place, 16) for place in tx.objects.referenced()}


def test_what_a_call_gave_is_referenced_as_long_as_its_run_is_there(store: Store) -> None:
    run = submit(store, 1)[0]
    result = Arguments(frame(1), (frame(2), value()))
    put(
        store,
        call(
            run.id,
            result=result,
            files=(FileRef("f", address(3), 1),),
            outputs={"df": Arguments(frame(4)), "v": Arguments(value(), (frame(5),))},
        ),
    )
    put(store, call(run.id, first_call_of(0) + 1, result=Arguments(value())))
    assert referenced(store) == {1, 2, 3, 4, 5, 1001}
    with store.transaction() as tx:
        assert tx.runs.save(run, replace(run, state=RunState.CANCELLED))
        assert tx.objects.drop_run(run.id)
    assert referenced(store) == set()
    assert of_run(store, run.id) == []


def test_a_parent_keeps_what_a_child_gave_when_the_child_is_dropped(store: Store) -> None:
    parent = submit(store, 1)[0]
    child, _, steps = submit(store, 2, state=RunState.COMPLETED, parent=ParentCall(parent.id, first_call_of(0)))
    with store.transaction() as tx:
        tx.steps.put([replace(steps[0], output=value(), objects=(frame(1), frame(2)))])
        tx.calls.put(
            [call(parent.id, state=CallState.COMPLETED, result=Arguments(value(), (frame(1),)), child=child.id)]
        )
        assert tx.objects.drop_run(child.id)
        assert tx.runs.children(parent.id) == []
    assert referenced(store) == {1, 1001}


def test_a_child_is_kept_when_its_parent_is_dropped(store: Store) -> None:
    parent = submit(store, 1, state=RunState.COMPLETED)[0]
    child = submit(store, 2, parent=ParentCall(parent.id, first_call_of(0)))[0]
    with store.transaction() as tx:
        assert tx.objects.drop_run(parent.id)
        assert tx.runs.get(child.id) == child
        assert tx.runs.sources() == {}


def test_what_a_task_was_given_is_referenced_by_its_run(store: Store) -> None:
    plan = plan_of(())
    step = dataclasses.replace(plan.steps[0], entry="fetch", arguments=Arguments(frame(1), (frame(2), value())))
    run = Run(run_id(1), "p", RunState.PENDING, NOON, 1)
    with store.transaction() as tx:
        assert tx.runs.add(run, dataclasses.replace(plan, steps=(step,)), [], [])
        assert tx.runs.plan(run.id) == dataclasses.replace(plan, steps=(step,))
    assert referenced(store) == {1, 2, 1001}


def test_a_cached_result_of_a_task_comes_back_whole_and_refers_to_its_objects(store: Store) -> None:
    kept = entry(output=value(), objects=(frame(1), frame(2)), until=NOON + MINUTE, step_no=first_call_of(3000))
    there = timezone(timedelta(hours=2))
    with store.transaction() as tx:
        tx.cache.put([replace(kept, until=(NOON + MINUTE).astimezone(there)), entry("other", output=None)])
        assert tx.cache.get("k") == kept
        assert tx.cache.get("other") == entry("other", output=None)
    assert referenced(store) == {1, 2}
    with store.transaction() as tx:
        assert tx.cache.forget([address(2)]) == 1
        assert tx.cache.get("k") is None

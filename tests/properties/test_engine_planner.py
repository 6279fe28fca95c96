"""The planner on random pipelines."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from engine_graphs import INPUTS, documents, planned
from hypothesis import given, settings
from hypothesis import strategies as st

from pauta.domain.pipeline import OnFailure, Part, Step
from pauta.domain.plan import FROM_INPUT, Plan
from pauta.engine.dependents import dependents_of, skipped_by, stages_skipped_by
from pauta.engine.illegal import Unplannable

FEW = settings(max_examples=150, deadline=None)


def step_dependents(made: Plan) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {step.no: set() for step in made.steps}
    for step in made.steps:
        for source in step.needs:
            found[source].add(step.no)
    return found


def joined_by_frame(made: Plan, source: int, no: int) -> bool:
    return any(taken.source == source for taken in made.steps[no].takes)


@FEW
@given(documents())
def test_every_step_is_in_exactly_one_stage(steps: list[Step]) -> None:
    made = planned(steps)
    assert sorted(no for stage in made.stages for no in stage.steps) == list(range(len(steps)))
    assert [stage.no for stage in made.stages] == list(range(len(made.stages)))


@FEW
@given(documents())
def test_a_stage_is_a_chain_that_nobody_enters_or_leaves_in_the_middle(steps: list[Step]) -> None:
    made = planned(steps)
    dependents = step_dependents(made)
    for stage in made.stages:
        for before, after in zip(stage.steps, stage.steps[1:], strict=False):
            assert made.steps[after].needs == {before}
            assert dependents[before] == {after}


@FEW
@given(documents())
def test_no_two_stages_could_be_joined(steps: list[Step]) -> None:
    made = planned(steps)
    dependents = step_dependents(made)
    for stage in made.stages:
        last = stage.steps[-1]
        if len(dependents[last]) != 1:
            continue
        (after,) = dependents[last]
        if made.steps[after].needs == {last}:
            assert made.steps[last].policy.on_failure is OnFailure.CONTINUE
            assert not joined_by_frame(made, last, after)


@FEW
@given(documents())
def test_a_stage_needs_just_the_stages_of_what_its_steps_need_and_comes_after_them(steps: list[Step]) -> None:
    made = planned(steps)
    stage_of = {no: stage.no for stage in made.stages for no in stage.steps}
    for stage in made.stages:
        needed = {stage_of[source] for no in stage.steps for source in made.steps[no].needs} - {stage.no}
        assert stage.needs == tuple(sorted(needed))
        assert all(source < stage.no for source in stage.needs)
    assert [set(numbers) for numbers in dependents_of(made)] == [
        {later.no for later in made.stages if stage.no in later.needs} for stage in made.stages
    ]


@FEW
@given(documents())
def test_stages_stand_in_the_order_of_the_document(steps: list[Step]) -> None:
    firsts = [stage.steps[0] for stage in planned(steps).stages]
    assert firsts == sorted(firsts)


@FEW
@given(documents())
def test_versions_are_those_of_a_dictionary_filled_in_order(steps: list[Step]) -> None:
    made = planned(steps)
    frames: dict[str, tuple[int, int]] = {name: (FROM_INPUT, 0) for name in INPUTS}
    counts: dict[str, int] = {}
    for step, before in zip(made.steps, steps, strict=True):
        assert [(taken.name, taken.source) for taken in step.takes] == [
            (name, frames[name][0]) for name in before.dataframes
        ]
        if before.output is not None:
            counts[before.output] = counts.get(before.output, 0) + 1
            frames[before.output] = (step.no, counts[before.output])
            assert step.gives_version == counts[before.output]
    used = {taken.name for step in made.steps for taken in step.takes if taken.source == FROM_INPUT}
    assert set(made.inputs) == used


@FEW
@given(documents(forward=True))
def test_after_may_name_a_later_step_unless_that_makes_a_circle(steps: list[Step]) -> None:
    needs = {step.name: set(step.after) for step in steps}
    newest: dict[str, str] = {}
    for step in steps:
        needs[step.name] |= {newest[name] for name in step.dataframes if name in newest}
        if step.output is not None:
            newest[step.output] = step.name
    ended: set[str] = set()
    while free := {name for name, before in needs.items() if name not in ended and before <= ended}:
        ended |= free
    if len(ended) < len(steps):
        with pytest.raises(Unplannable):
            planned(steps)
        return
    done: set[int] = set()
    made = planned(steps)
    for stage in made.stages:
        for no in stage.steps:
            assert made.steps[no].needs <= done
            done.add(no)


@FEW
@given(documents(), st.data())
def test_what_is_skipped_is_all_that_cannot_run_and_nothing_else(steps: list[Step], data: st.DataObject) -> None:
    made = planned(steps)
    failed = data.draw(st.integers(0, len(steps) - 1))
    lost = {failed}
    for step in made.steps:  # all needs are earlier steps here
        for source in step.needs & lost:
            lenient = made.steps[source].policy.on_failure is OnFailure.CONTINUE
            if joined_by_frame(made, source, step.no) or not lenient:
                lost.add(step.no)
    assert skipped_by(made, failed) == lost - {failed}
    for stage in made.stages:
        inside = set(stage.steps) & (lost - {failed})
        if failed in stage.steps:
            assert inside == {no for no in stage.steps if no > failed}
        else:
            assert inside in (set(), set(stage.steps))
        assert (stage.no in stages_skipped_by(made, failed)) == (bool(inside) and failed not in stage.steps)


def calls_of(steps: list[Step]) -> int:
    """Calls of functions, Python's own included, that planning these steps takes."""
    count = 0

    def count_up(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(count_up)
    try:
        planned(steps)
    finally:
        sys.setprofile(None)
    return count


def chain(size: int) -> list[Step]:
    takes = [("in_1",), *((f"f{no}",) for no in range(size - 1))]
    return [Step(f"s{no}", Part.PREDICTION, "s.py", takes[no], f"f{no}") for no in range(size)]


def fan(size: int) -> list[Step]:
    middle = [Step(f"s{no}", Part.PREDICTION, "s.py", ("f0",), f"f{no}") for no in range(1, size - 1)]
    last = Step("last", Part.PREDICTION, "s.py", tuple(f"f{no}" for no in range(1, size - 1)), "end")
    return [Step("s0", Part.PREDICTION, "s.py", ("in_1",), "f0"), *middle, last]


@pytest.mark.parametrize("shape", [chain, fan])
def test_four_times_the_steps_take_about_four_times_the_work(shape: object) -> None:
    assert calls_of(shape(2000)) < 4.4 * calls_of(shape(500))

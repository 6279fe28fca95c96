"""Plans of small pipelines, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pauta.domain.ids import Address
from pauta.domain.pipeline import OnFailure, Part, Pipeline, Step, StepPolicy
from pauta.domain.plan import FROM_INPUT, Plan, Taken
from pauta.domain.scripts import Script, Signature
from pauta.engine.dependents import skipped_by
from pauta.engine.illegal import Unplannable
from pauta.engine.planner import plan

SCRIPT = Script("s.py", "s.py", Address("a" * 64), Address("b" * 64), Signature(()))


def step(name: str, takes: str = "", gives: str | None = None, *, after: str = "", on_failure: str = "stop") -> Step:
    policy = StepPolicy(on_failure=OnFailure(on_failure))
    return Step(name, Part.PREDICTION, "s.py", tuple(takes.split()), gives, after=tuple(after.split()), policy=policy)


def planned(*steps: Step, **more: object) -> Plan:
    scripts = {one.name: SCRIPT for one in steps}
    pipeline = Pipeline("p", steps, **more)
    return plan(pipeline, steps, scripts, supplied={"in"}, kwargs={"a": {"alpha": 0.1}})


def shape(made: Plan) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(stage.steps, stage.needs) for stage in made.stages]


def test_a_chain_is_one_stage() -> None:
    made = planned(step("a", "in", "x"), step("b", "x", "y"), step("c", "y"))
    assert shape(made) == [((0, 1, 2), ())]


def test_a_flow_is_a_stage_of_its_own_and_never_cached_as_a_whole() -> None:
    flow = replace(SCRIPT, signature=Signature((), kind="flow"))
    steps = [step("a", "in", "x"), step("b", "x", "y"), step("c", "y", "z"), step("d", "z")]
    steps[1] = replace(steps[1], entry="full_flow")
    scripts = {one.name: flow if one.name == "b" else SCRIPT for one in steps}
    made = plan(Pipeline("p", tuple(steps)), steps, scripts, supplied={"in"}, kwargs={})
    assert shape(made) == [((0,), ()), ((1,), (0,)), ((2, 3), (1,))]
    assert [(one.entry, one.is_flow, one.policy.cache) for one in made.steps] == [
        ("", False, True),
        ("full_flow", True, False),
        ("", False, True),
        ("", False, True),
    ]


def test_another_function_of_a_script_is_a_step_like_any_other() -> None:
    made = planned(replace(step("a", "in", "x"), entry="clean"), step("b", "x"))
    assert shape(made) == [((0, 1), ())]
    assert (made.steps[0].entry, made.steps[0].is_flow, made.steps[0].policy.cache) == ("clean", False, True)


def test_a_task_or_flow_that_is_called_execute_is_called_as_one() -> None:
    task = replace(SCRIPT, signature=Signature((), kind="task"))
    one = step("a")
    made = plan(Pipeline("p", (one,)), [one], {"a": task}, supplied=(), kwargs={})
    assert (made.steps[0].entry, made.steps[0].is_flow) == ("execute", False)


def test_branches_are_stages_of_their_own() -> None:
    made = planned(step("a", "in", "x"), step("b", "x", "y"), step("c", "x", "z"), step("d", "y z"))
    assert shape(made) == [((0,), ()), ((1,), (0,)), ((2,), (0,)), ((3,), (1, 2))]


def test_a_new_version_does_not_wait_for_the_readers_of_the_old_one() -> None:
    made = planned(step("a", "in", "x"), step("reads_old", "x"), step("b", "in", "x"), step("reads_new", "x"))
    assert shape(made) == [((0, 1), ()), ((2, 3), ())]
    assert made.steps[3].takes == (Taken("x", 2),)
    assert [one.gives_version for one in made.steps] == [1, 0, 2, 0]


def test_a_step_may_take_and_give_frames_of_one_name() -> None:
    made = planned(step("a", "in", "in"), step("b", "in", "in"))
    assert [one.takes[0].source for one in made.steps] == [FROM_INPUT, 0]
    assert [one.gives_version for one in made.steps] == [1, 2]
    assert made.inputs == ("in",)


def test_after_joins_as_a_frame_does_unless_the_earlier_step_may_fail() -> None:
    assert shape(planned(step("a"), step("b", after="a"))) == [((0, 1), ())]
    assert shape(planned(step("a", on_failure="continue"), step("b", after="a"))) == [((0,), ()), ((1,), (0,))]
    both = planned(step("a", "in", "x", on_failure="continue"), step("b", "x", after="a"))
    assert shape(both) == [((0, 1), ())]


def test_a_later_step_named_in_after_comes_first() -> None:
    made = planned(step("a", after="c"), step("b", "in"), step("c", "in"))
    assert shape(made) == [((1,), ()), ((2, 0), ())]


def test_after_may_name_a_step_that_does_not_run_this_time() -> None:
    assert planned(step("a", after="elsewhere")).steps[0].after == ()


def test_arguments_and_row_limits_reach_their_steps() -> None:
    made = planned(step("a", "in", "x"), step("b", "x"), min_rows={"x": 5}, model_path="./model")
    assert made.steps[0].kwargs == {"alpha": 0.1}
    assert [one.min_rows for one in made.steps] == [5, 0]
    assert made.model_path == "./model"


def test_a_frame_without_a_maker_cannot_be_planned() -> None:
    with pytest.raises(Unplannable, match="frame 'nowhere'"):
        planned(step("a", "nowhere"))


def test_a_circle_cannot_be_planned() -> None:
    with pytest.raises(Unplannable, match="circle"):
        planned(step("a", after="b"), step("b", after="a"))


def test_no_steps_make_no_stages() -> None:
    assert planned().stages == ()


def test_a_step_that_may_fail_takes_along_only_what_needs_its_frame() -> None:
    made = planned(
        step("a", "in", "x", on_failure="continue"),
        step("takes", "x", "y"),
        step("after", after="a"),
        step("takes_on", "y"),
    )
    assert skipped_by(made, 0) == {1, 3}


def test_a_step_that_must_succeed_takes_along_all_that_comes_after() -> None:
    made = planned(step("a", on_failure="skip"), step("b", after="a"), step("c", after="b"), step("d", "in"))
    assert skipped_by(made, 0) == {1, 2}

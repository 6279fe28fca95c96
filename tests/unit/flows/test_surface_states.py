"""States as values, and what becomes of a flow or a task from what its body gave."""

from __future__ import annotations

import asyncio
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pauta.domain.problems import InvalidInput, Problem
from pauta.flows.outcome import state_of_error, state_of_value
from pauta.flows.states import (
    FINAL,
    Cancelled,
    Completed,
    Crashed,
    Failed,
    FlowFailed,
    Origin,
    Paused,
    Pending,
    RunFailed,
    Running,
    Scheduled,
    Settles,
    State,
    StateKind,
    TaskFailed,
    of,
    problem_of,
)

MAKERS = (Completed, Failed, Cancelled, Crashed, Paused, Pending, Running, Scheduled)


class Done(Settles):
    """A future that is done."""

    def __init__(self, state: State[Any], name: str = "fetch") -> None:
        self.name = name
        self._state = state

    def settled(self) -> State[Any]:
        return self._state


def outcome(value: Any, **more: Any) -> State[Any]:
    return state_of_value(value, what="flow", name="full_flow", **more)


# ---- states ----------------------------------------------------------------------------------------


def test_each_kind_has_a_maker_and_says_what_it_is():
    made = {maker.__name__: maker("why", [1]) for maker in MAKERS}
    assert {state.kind.value for state in made.values()} == set(StateKind)
    for name, state in made.items():
        assert state.name == name
        assert state.message == "why"
        assert state.data == [1]
        assert repr(state) == f"{name}('why', data=[1])"
        assert getattr(state, f"is_{name.lower()}")()
        assert state.is_final() == (state.kind in FINAL)
        assert sum(getattr(state, f"is_{kind.value}")() for kind in StateKind) == 1


def test_a_kind_equals_its_text_and_a_state_can_have_a_name_of_its_own():
    assert Failed().kind == "failed"
    assert State("completed").is_completed()
    assert Completed(name="Skipped").name == "Skipped"
    assert repr(Completed(name="Skipped")) == "Completed(name='Skipped')"
    with pytest.raises(ValueError, match="no_such"):
        State("no_such")


def test_states_are_equal_when_they_say_the_same():
    assert Completed("x", [1]) == Completed("x", [1])
    assert Completed("x") != Completed("y")
    assert Completed() != Failed()
    assert Completed() != "completed"
    assert len({Completed("x"), Completed("x"), Failed("x")}) == 2
    assert of(Failed("x"), "task", "t") == Failed("x")


def test_frames_in_states_are_compared_by_being_the_same_one():
    frame = pd.DataFrame({"a": [1]})
    assert Completed(data=frame) == Completed(data=frame)
    assert Completed(data=frame) != Completed(data=frame.copy())
    assert "data=" in repr(Completed(data=frame))


def test_a_state_cannot_be_changed():
    with pytest.raises(AttributeError):
        Completed().message = "other"


def test_the_result_of_a_completed_state_is_its_data():
    assert Completed(data=3).result() == 3
    assert Completed().result() is None


def test_the_result_of_a_failure_raises_what_the_body_raised():
    error = KeyError("title")
    with pytest.raises(KeyError) as raised:
        Failed(data=error).result()
    assert raised.value is error
    assert Failed(data=error).result(raise_on_failure=False) is error


def test_a_failure_knows_the_line_that_made_it():
    states = [make("why") for make in (Failed, Cancelled, Crashed)]
    assert [Path(state.place.file).name for state in states] == ["test_surface_states.py"] * 3
    assert {state.place.line for state in states} == {problem_of(states[0]).place.line}
    assert Completed().place is None


def test_a_failure_without_an_exception_raises_one_that_names_whose_it_is():
    with pytest.raises(RunFailed, match="the state is Failed: no posts"):
        Failed("no posts").result()
    with pytest.raises(TaskFailed, match=r'FLW-010 .* line \d+: task "post_items" is Failed: no posts') as raised:
        of(Failed("no posts"), "task", "post_items").result()
    assert raised.value.state == Failed("no posts")
    with pytest.raises(FlowFailed, match='flow "full_flow" is Cancelled'):
        of(Cancelled(), "flow", "full_flow").result()
    assert isinstance(Failed("x").result(raise_on_failure=False), RunFailed)
    assert Failed("x", {"n": 1}).result(raise_on_failure=False) == {"n": 1}


def test_a_state_that_is_not_final_has_no_result():
    with pytest.raises(RunFailed, match="the state is Running"):
        Running().result()


# ---- what a body raised ----------------------------------------------------------------------------


def test_an_exception_is_a_failure_with_its_text():
    error = ValueError("no vote")
    state = state_of_error(error, what="task", name="fetch_votes")
    assert state == Failed("ValueError: no vote", error)
    assert state.origin == Origin("task", "fetch_votes")
    assert state_of_error(ValueError(), what="task", name="t").message == "ValueError"


def test_an_exception_that_cannot_be_put_into_words_is_a_failure_too():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    assert state_of_error(Odd(), what="task", name="t").message == "Odd"


def test_a_problem_stays_what_it_is():
    problem = Problem("FLW-015", {"name": "t", "state": "Running"})
    state = state_of_error(InvalidInput(problem), what="task", name="t")
    assert state.problem == problem
    assert state.message == problem.message()


def test_a_cancelled_task_whose_error_nobody_catches_cancels_the_flow():
    error = TaskFailed(Cancelled("stop"), Problem("FLW-010", variant="task_silent"))
    assert state_of_error(error, what="flow", name="f").is_cancelled()
    assert state_of_error(asyncio.CancelledError(), what="flow", name="f").is_cancelled()


def test_what_is_no_ordinary_exception_is_a_crash():
    assert state_of_error(SystemExit(3), what="flow", name="f").is_crashed()


# ---- what a body returned --------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, "", [], {}, {"a": 1}, [1, [2]], (1,), False])
def test_any_other_value_is_completed_with_it(value):
    assert outcome(value) == Completed(data=value)


def test_a_value_without_states_is_handed_on_itself():
    value = [{"a": [1, 2]}, ("x",)]
    assert outcome(value).data is value
    frame = pd.DataFrame({"a": [1]})
    assert outcome(frame).data is frame


@pytest.mark.parametrize("state", [Completed("New posts added"), Failed("no"), Cancelled(), Crashed("gone", 3)])
def test_a_returned_state_decides(state):
    assert outcome(state) == state
    assert outcome(state).origin == Origin("flow", "full_flow")
    assert outcome(Done(state)) == state


def test_a_state_that_came_from_a_task_remains_that_task_s():
    state = of(Failed("no"), "task", "post_items")
    assert outcome(state).origin == Origin("task", "post_items")


@pytest.mark.parametrize("state", [Running(), Paused(), Pending(), Scheduled()])
def test_a_returned_state_that_is_not_final_is_a_failure(state):
    result = outcome(state)
    assert result.is_failed()
    assert result.problem is not None
    assert result.problem.code == "FLW-015"


def test_nothing_is_completed_unless_a_submitted_task_failed_and_nobody_asked():
    fine, bad = of(Completed(), "task", "fetch"), of(Failed("boom"), "task", "post")
    assert outcome(None) == Completed()
    assert outcome(None, unasked=[fine]) == Completed()
    state = outcome(None, unasked=[fine, bad])
    assert state.is_failed()
    assert '"post": boom' in state.message
    assert state.problem is not None
    assert state.problem.code == "FLW-012"
    assert outcome(3, unasked=[bad]) == Completed(data=3), "a value says that all is well"
    assert outcome(Completed(), unasked=[bad]) == Completed()


def test_several_states_fail_if_one_failed_and_the_message_says_how_many_and_which():
    state = outcome([Done(Completed(data=1), "a"), Done(Failed("boom"), "b"), of(Crashed(), "task", "c")])
    assert state.is_failed()
    assert state.message == '2 of 3 did not complete: "b": boom; "c"'
    with pytest.raises(FlowFailed, match="FLW-011 2 of 3"):
        state.result()


def test_the_exception_behind_a_failure_of_several_is_kept_as_its_cause():
    error = ValueError("boom")
    state = outcome([Done(Failed("boom", error)), Done(Failed("later", KeyError()))])
    with pytest.raises(FlowFailed) as raised:
        state.result()
    assert raised.value.__cause__ is error
    again = state_of_value({"sub": state}, what="flow", name="above")
    with pytest.raises(FlowFailed) as raised:
        again.result()
    assert raised.value.__cause__ is error


def test_many_failures_are_counted_and_only_the_first_are_named():
    state = outcome([Done(Failed(), f"t{i}") for i in range(100)])
    assert state.message == '100 of 100 did not complete: "t0"; "t1"; "t2"; "t3"; "t4"; +95'


def test_several_that_were_cancelled_are_cancelled():
    assert outcome([Cancelled(), Completed()]).is_cancelled()
    assert outcome([Cancelled(), Failed()]).is_failed()


class Pair(NamedTuple):
    first: Any
    second: Any


def test_futures_are_replaced_by_their_results_wherever_they_are():
    one, two = Done(Completed(data=1)), Completed(data=2)
    assert outcome([one, two]).data == [1, 2]
    assert outcome((one, "x")).data == (1, "x")
    assert outcome({"a": [one], "b": {"c": two}}).data == {"a": [1], "b": {"c": 2}}
    assert outcome(Pair(one, 5)).data == Pair(1, 5)
    assert outcome({one}).data == [1]


def test_a_list_that_holds_itself_does_no_harm():
    value: list[Any] = [1]
    value.append(value)
    assert outcome(value).data is value


def test_a_generator_and_a_forgotten_await_are_failures():
    async def body():
        return 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outcome(body()).problem.variant == "coroutine"
    assert outcome(i for i in range(3)).problem.code == "FLW-014"


kinds = st.sampled_from([Completed, Failed, Cancelled, Crashed])
states = st.builds(lambda maker, data: maker("m", data), kinds, st.integers())
leaves = st.one_of(st.integers(), st.text(max_size=3), states, st.builds(Done, states))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=4),
    ),
    max_leaves=12,
)


def states_in(value: Any) -> list[State[Any]]:
    if isinstance(value, State):
        return [value]
    if isinstance(value, Done):
        return [value.settled()]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [state for item in inner for state in states_in(item)]


@given(st.one_of(st.lists(values), st.dictionaries(st.text(max_size=2), values)))
def test_a_collection_completes_exactly_when_all_states_in_it_did(value):
    found = states_in(value)
    state = outcome(value)
    assert state.is_completed() == all(each.is_completed() for each in found)
    assert state.is_final()
    if state.is_completed():
        assert not states_in(state.data)
    else:
        bad = sum(not each.is_completed() for each in found)
        assert state.message.startswith(f"{bad} of {len(found)} did not complete: ")

"""Calls on record: what is told of them, and how they are found again when a flow is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from memory_site import Memory, code_of, value_of

from pauta import flow, task
from pauta.domain.calls import CALLS_PER_STEP, CallKind, CallState
from pauta.domain.problems import PautaError
from pauta.flows.run import run_task
from pauta.flows.states import Completed, Failed, State


@task
def double(x: int) -> int:
    return 2 * x


@task(tags=["sums"])
def add(a: int, b: int) -> int:
    return a + b


@flow
def small(n: int) -> int:
    return add(double(n), double(n + 1))


def test_each_call_is_told_with_its_place_its_arguments_and_its_result():
    memory = Memory()
    assert value_of(memory.run(small, n=3)) == 14
    calls = sorted(memory.calls.values(), key=lambda call: call.no)
    assert [(c.name, c.position, c.index, c.no - CALLS_PER_STEP) for c in calls] == [
        ("double", 0, 0, 0),
        ("double", 1, 1, 1),
        ("add", 2, 0, 2),
    ]
    assert all(c.state is CallState.COMPLETED and c.attempts == 1 and c.parent is None for c in calls)
    assert calls[2].given.keys() == {"a", "b"}
    assert calls[2].tags == ("sums",)
    assert calls[0].digest != calls[1].digest
    assert calls[2].result is not None
    assert calls[2].result.value.value == 14
    assert memory.within == [c.no for c in calls]


def test_completed_calls_are_not_made_again():
    memory = Memory()
    memory.run(small, n=3)
    told = len(memory.told)
    assert value_of(memory.run(small, n=3)) == 14
    assert len(memory.told) == told


def test_a_flow_that_failed_goes_on_where_it_failed():
    memory, broken = Memory(), [True]

    @task
    def shaky(x: int) -> int:
        if broken:
            raise ValueError("no line")
        return x

    @flow
    def two() -> int:
        return shaky(double(4))

    came = memory.run(two)
    assert isinstance(came, State)
    assert came.is_failed()
    assert isinstance(came.data, ValueError)
    broken.clear()
    assert value_of(memory.run(two)) == 8
    assert memory.begun("double") == 1
    [call] = memory.named("shaky")
    assert (call.attempts, call.state) == (2, CallState.COMPLETED)


def test_the_problem_of_a_failure_has_the_line_of_the_users_file():
    @task
    def fails() -> None:
        raise KeyError("title")

    @flow
    def plain() -> None:
        fails()

    memory = Memory()
    came = memory.run(plain)
    assert code_of(came) == "SCR-021"
    assert isinstance(came, State)
    place = came.problem.place  # type: ignore[union-attr]
    assert place is not None
    assert (place.file, place.line) == (__file__, fails.fn.__code__.co_firstlineno + 2)
    [call] = memory.named("fails")
    assert call.problem is not None
    assert call.problem.place == place


def test_a_subflow_is_a_call_and_its_tasks_lie_in_it():
    @flow
    def outer() -> int:
        return small(1) + small(2)

    memory = Memory()
    assert value_of(memory.run(outer)) == 16
    subflows = memory.of_kind(CallKind.FLOW)
    assert [c.parent for c in subflows] == [None, None]
    assert {c.parent for c in memory.of_kind(CallKind.TASK)} == {c.no for c in subflows}
    told = len(memory.told)
    assert value_of(memory.run(outer)) == 16
    assert len(memory.told) == told


def test_a_task_may_call_tasks_and_a_retry_of_it_does_not_repeat_them():
    tries = []

    @task(retries=1)
    def outer(x: int) -> int:
        y = double(x)
        tries.append(y)
        if len(tries) == 1:
            raise OSError("once")
        return y

    @flow
    def nested() -> int:
        return outer(5)

    memory = Memory()
    assert value_of(memory.run(nested)) == 10
    assert memory.begun("double") == 1
    assert memory.begun("outer") == 2
    assert memory.named("double")[0].parent == memory.named("outer")[0].no


def test_a_result_belongs_to_the_caller_alone():
    kept: list[list[int]] = []

    @task
    def numbers() -> list[int]:
        kept.append([1, 2])
        return kept[0]

    @flow
    def changing() -> list[int]:
        mine = numbers()
        mine.append(3)
        return kept[0]

    assert value_of(Memory().run(changing)) == [1, 2]


def test_a_result_that_cannot_be_kept_fails_without_a_retry():
    @task(retries=3)
    def strange() -> Any:
        return object()

    @flow
    def keeping() -> None:
        strange()

    memory = Memory()
    assert code_of(memory.run(keeping)) == "FLW-020"
    assert memory.begun("strange") == 1


def test_an_argument_that_cannot_be_kept_is_known_by_its_type():
    class Connection:
        pass

    @task
    def ask(connection: Any, x: int) -> int:
        return x

    @flow
    def asking() -> int:
        return ask(Connection(), 1)

    memory = Memory()
    assert value_of(memory.run(asking)) == 1
    assert value_of(memory.run(asking)) == 1
    assert memory.begun("ask") == 1
    assert "Connection" in memory.named("ask")[0].given["connection"]


def test_a_state_that_a_task_returned_is_on_record_with_its_message():
    @task
    def says() -> State[int]:
        return Completed("two new ones", data=2)

    @task
    def gives_up() -> State[None]:
        return Failed("nothing was found")

    @flow
    def listening() -> Any:
        assert says() == 2
        return gives_up(return_state=True)

    memory = Memory()
    came = memory.run(listening)
    assert memory.named("says")[0].message == "two new ones"
    assert isinstance(came, State)
    assert came.is_failed()
    assert came.message == "nothing was found"
    assert code_of(came) == "FLW-010"


def test_more_calls_than_a_step_can_have_fail_the_flow(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pauta.flows.scope.CALLS_PER_STEP", 3)

    @flow
    def busy() -> None:
        for i in range(5):
            double(i)

    assert code_of(Memory().run(busy)) == "FLW-031"


def test_new_calls_are_numbered_after_all_recorded_ones():
    memory = Memory()

    @flow
    def growing() -> int:
        return add(double(1), double(2))

    assert memory.run_and_crash(growing, after=3)
    assert value_of(memory.run(growing)) == 6
    assert sorted(memory.calls) == [CALLS_PER_STEP, CALLS_PER_STEP + 1, CALLS_PER_STEP + 2]


def test_a_call_outside_of_any_flow_says_so_and_where():
    with pytest.raises(PautaError) as raised:
        double(3)
    problem = raised.value.problems[0]
    assert problem.code == "FLW-030"
    assert problem.place is not None
    assert problem.place.file == __file__
    assert "double.fn(" in problem.remedy()
    assert double.fn(3) == 6


def test_a_flow_outside_of_any_run_runs_in_memory():
    assert small(3) == 14
    assert small(3, return_state=True) == Completed(data=14)


def test_a_task_that_is_a_run_of_its_own_may_call_tasks():
    @task
    def whole(x: int) -> int:
        return double(x)

    memory = Memory()
    assert run_task(whole, {"x": 2}, memory.site()).result() == 4
    assert [(c.name, c.parent) for c in memory.calls.values()] == [("double", None)]


def test_arguments_that_a_flow_does_not_take_fail_it():
    assert code_of(Memory().run(small, m=1)) == "FLW-005"
    assert code_of(Memory().run(small, n="many")) == "FLW-006"


def test_a_dataclass_that_holds_a_state_gets_its_result():
    @dataclass(frozen=True)
    class Order:
        amount: Any

    @task
    def amount_of(order: Any) -> int:
        return int(order.amount)

    @flow
    def ordering() -> int:
        return amount_of(Order(double(2, return_state=True)))

    assert value_of(Memory().run(ordering)) == 4

"""What depends on what: futures as arguments, failures before a task, elements of a map."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from memory_site import Memory, value_of

from pauta import flow, task
from pauta.domain.calls import CallState
from pauta.domain.problems import InvalidInput
from pauta.flows.future import UpstreamFailed
from pauta.flows.marks import allow_failure
from pauta.flows.states import State


@task
def double(x: int) -> int:
    return 2 * x


@task
def add(a: Any, b: Any = 0) -> Any:
    return a + b


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task
def fails(x: int = 0) -> int:
    raise ValueError(f"no {x}")


def test_futures_as_arguments_stand_for_their_results():
    @dataclass
    class Pair:
        left: Any
        right: Any

    @task
    def of_pair(pair: Any) -> int:
        return int(pair.left + pair.right)

    @flow
    def chained() -> Any:
        a, b = double.submit(1), double.submit(2)
        listed = total.submit([a, b, 3])
        named = add.submit(a, b=listed)
        held = of_pair.submit(Pair(a, named))
        direct = total([held, a])
        return [listed, named, held.result(), direct]

    memory = Memory()
    memory.parcels.digest = lambda value: repr(value)
    assert value_of(memory.run(chained)) == [9, 11, 13, 15]


def test_a_task_whose_upstream_failed_is_not_run_and_says_whose():
    @flow
    def broken() -> Any:
        bad = fails.submit(1)
        after = double.submit(bad)
        return after.result(raise_on_failure=False)

    memory = Memory()
    came = memory.run(broken)
    assert isinstance(came, State)
    [call] = memory.named("double")
    assert call.state is CallState.FAILED
    assert call.problem is not None
    assert call.problem.code == "FLW-039"
    assert call.problem.values["upstream"] == "fails"
    assert "no 1" in call.problem.message()
    assert len(memory.within) == 1


def test_an_upstream_that_failed_raises_where_the_result_is_asked_for():
    @flow
    def broken() -> str:
        try:
            double.submit(fails.submit(1)).result()
        except UpstreamFailed as error:
            return error.problems[0].code
        return ""

    assert value_of(Memory().run(broken)) == "FLW-039"


def test_a_failure_can_be_allowed():
    @task
    def describe(x: Any) -> str:
        return f"{type(x).__name__}: {x}"

    @flow
    def tolerant() -> Any:
        return describe.submit(allow_failure(fails.submit(3))).result()

    assert value_of(Memory().run(tolerant)) == "ValueError: no 3"


def test_wait_for_begins_after_others_and_not_after_failures():
    order: list[str] = []

    @task
    def first() -> None:
        time.sleep(0.02)
        order.append("first")

    @task
    def second() -> None:
        order.append("second")

    @flow
    def ordered() -> Any:
        second.submit(wait_for=[first.submit()]).result()
        return second.submit(wait_for=[fails.submit()]).result(raise_on_failure=False)

    came = Memory().run(ordered)
    assert order == ["first", "second"]
    assert isinstance(came, State)


def test_maps_of_different_lengths_say_how_long_each_is():
    @flow
    def uneven() -> None:
        add.map([1, 2], b=[1, 2, 3])

    came = Memory().run(uneven)
    assert isinstance(came, State)
    assert came.problem is not None
    assert came.problem.code == "FLW-036"
    assert came.problem.values["lengths"] == "a: 2, b: 3"


def test_a_map_over_nothing_that_has_elements_is_refused():
    @flow
    def flat() -> None:
        add.map(1, b="text")

    came = Memory().run(flat)
    assert isinstance(came, State)
    assert isinstance(came.data, InvalidInput)
    assert came.data.problems[0].variant == "none"


def test_a_map_takes_futures_lists_of_them_generators_and_one_future_of_a_list():
    @task
    def numbers() -> list[int]:
        return [1, 2, 3]

    @flow
    def mapping() -> Any:
        firsts = double.map(x for x in [1, 2, 3])
        return [add.map(firsts, numbers.submit()).result(), add.map([], []).result()]

    assert value_of(Memory().run(mapping)) == [[3, 6, 9], []]


def test_returned_futures_become_their_results():
    @flow
    def lazy() -> Any:
        return {"a": double.submit(1), "b": [double.submit(2)]}

    assert value_of(Memory().run(lazy)) == {"a": 2, "b": [4]}


def test_after_an_error_what_waits_for_others_is_not_begun():
    begun, hold = [], threading.Event()

    @task
    def slow(i: int) -> None:
        begun.append(i)
        hold.wait(10)

    @flow
    def breaks() -> None:
        first = slow.submit(1)
        slow.submit(2, wait_for=[first])
        while not begun:
            time.sleep(0.001)
        threading.Timer(0.02, hold.set).start()
        raise RuntimeError("stop")

    came = Memory().run(breaks)
    assert isinstance(came, State)
    assert came.is_failed()
    time.sleep(0.05)  # a thread that goes on after the flow would have begun it by now
    assert begun == [1]

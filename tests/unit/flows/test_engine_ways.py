"""A flow that goes another way than on record: what is said of it, and when it may."""

from __future__ import annotations

import logging
from contextlib import suppress

import pytest
from memory_site import Memory, code_of, value_of

from pauta import flow, task
from pauta.domain.problems import PautaError


@task
def double(x: int) -> int:
    return 2 * x


@task(tags=["sums"])
def add(a: int, b: int) -> int:
    return a + b


def test_another_task_at_the_same_place_is_named():
    memory = Memory()
    switch = [double]

    @flow
    def wavering() -> int:
        switch[0](1) if switch[0] is double else add(1, 1)
        raise RuntimeError("again")

    memory.run(wavering)
    switch[0] = add
    came = memory.run(wavering)
    assert code_of(came) == "FLW-032"
    text = came.problem.message()  # type: ignore[union-attr]
    assert '"add"' in text
    assert '"double"' in text


def test_another_argument_is_named():
    memory, numbers = Memory(), iter([1, 2])

    @flow
    def wavering() -> int:
        add(a=7, b=next(numbers))
        raise RuntimeError("again")

    memory.run(wavering)
    came = memory.run(wavering)
    assert code_of(came) == "FLW-032"
    assert came.problem.variant == "arguments"  # type: ignore[union-attr]
    assert came.problem.values["arguments"] == "b"  # type: ignore[union-attr]


def test_a_flow_that_catches_it_fails_all_the_same_when_it_goes_another_way():
    memory, numbers = Memory(), iter([1, 2])

    @flow
    def stubborn() -> str:
        with suppress(PautaError):
            double(next(numbers))
        if memory.begun("double") == 1 and len(memory.told) == 2 and not second:
            raise RuntimeError("again")
        return "done"

    second: list[int] = []
    memory.run(stubborn)
    second.append(1)
    assert code_of(memory.run(stubborn)) == "FLW-032"


def test_calls_that_are_left_out_are_a_warning(caplog: pytest.LogCaptureFixture):
    memory, full = Memory(), [True]

    @flow
    def shrinking() -> None:
        double(1)
        if full:
            double(2)
            raise RuntimeError("again")

    memory.run(shrinking)
    full.clear()
    with caplog.at_level(logging.WARNING):
        assert value_of(memory.run(shrinking)) is None
    assert "FLW-032" in caplog.text
    assert "double" in caplog.text


def test_after_a_failure_that_was_repeated_the_flow_may_go_another_way():
    memory, broken, crash = Memory(), [True], [True]

    @task
    def first() -> int:
        if broken:
            raise ValueError
        return 1

    @task
    def second_best() -> int:
        return 2

    @flow
    def careful() -> int:
        try:
            x = first()
        except ValueError:
            x = second_best()
        y = double(x)
        if crash:
            raise RuntimeError("again")
        return y

    memory.run(careful)
    broken.clear()
    memory.run(careful)
    memory.run(careful)
    crash.clear()
    assert value_of(memory.run(careful)) == 2


def test_equal_calls_are_told_apart_by_their_order():
    memory, given = Memory(), iter(range(10))

    @task
    def ticket() -> int:
        return next(given)

    @flow
    def queue(fails: bool) -> list[int]:
        numbers = [ticket() for _ in range(3)]
        if not memory.told or (len(memory.told) == 6 and not again):
            raise RuntimeError("again")
        return numbers

    again: list[int] = []
    memory.run(queue, fails=True)
    again.append(1)
    assert value_of(memory.run(queue, fails=True)) == [0, 1, 2]

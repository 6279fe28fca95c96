"""Flows that are called outside of any run: what their retries do again, and what not."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pandas as pd
import pytest

from pauta import flow, task
from pauta.flows.waits import sleep_for

made: list[Any] = []
hopeless: list[int] = []


@pytest.fixture(autouse=True)
def afresh() -> None:
    made.clear()
    hopeless[:] = [1, 2]


@task
def load(n: int) -> list[int]:
    made.append(("load", n))
    return list(range(n))


@task
def total(values: Any) -> int:
    made.append(("total", len(values)))
    return int(sum(values))


@task
def flaky() -> str:
    made.append("flaky")
    if hopeless:
        raise ConnectionError(hopeless.pop())
    return "sent"


def test_retries_of_a_flow_do_again_only_what_had_not_completed():
    @flow(retries=2)
    def sending() -> list[Any]:
        values = load(3)
        values.append(10)  # which the next try is not to see
        sleep_for(0.001)
        return [total(values), values, *load.map([1, 2]).result(), flaky()]

    assert sending() == [13, [0, 1, 2, 10], [0], [0, 1], "sent"]
    assert sorted(map(str, made)) == sorted(
        map(str, [("load", 3), ("load", 1), ("load", 2), ("total", 4), "flaky", "flaky", "flaky"])
    )


def test_a_call_that_is_given_something_else_is_made():
    @flow(retries=2)
    def growing() -> Any:
        made.append("body")
        found = total([len(made)])
        flaky()
        return found

    assert growing() > 1
    assert made.count("flaky") == 3
    assert sum(1 for each in made if each == ("total", 1)) == 3


def test_frames_that_are_given_count_by_what_is_in_them():
    @task
    def rows(frame: pd.DataFrame) -> int:
        made.append("rows")
        return len(frame)

    @flow(retries=2)
    def counting() -> int:
        found = rows(pd.DataFrame({"n": [1, 2]}))
        flaky()
        return found

    assert counting() == 2
    assert made.count("rows") == 1


def test_what_cannot_be_compared_or_kept_is_done_again():
    @task
    def connect() -> Any:
        made.append("connect")
        return threading.Lock()

    @task
    def use(connection: Any) -> int:
        made.append("use")
        return 1

    @flow(retries=2)
    def connected() -> int:
        found = use(lambda: None)
        connect()
        flaky()
        return found

    assert connected() == 1
    assert (made.count("use"), made.count("connect")) == (3, 3)


def test_retries_of_a_subflow_keep_what_was_completed_in_it_and_below():
    @flow(validate=False)
    def deeper() -> int:
        return total(load(2))

    @flow(retries=2, validate=False)
    def inner() -> list[Any]:
        return [deeper(), flaky()]

    @flow
    def outer() -> list[Any]:
        load(5)
        return [inner(), load(5)]

    assert outer() == [[1, "sent"], [0, 1, 2, 3, 4]]
    assert made == [("load", 5), ("load", 2), ("total", 2), "flaky", "flaky", "flaky", ("load", 5)]


def test_a_second_call_of_the_flow_does_everything_again():
    @flow(retries=2)
    def sending() -> Any:
        return [load(1), flaky()]

    sending()
    sending()
    assert made.count(("load", 1)) == 2


def test_retries_of_an_async_flow_keep_what_was_completed():
    @task
    async def fetch(n: int) -> int:
        made.append(n)
        return n

    @flow(retries=2)
    async def fetching() -> Any:
        return [*await asyncio.gather(*[fetch(n) for n in range(4)]), flaky()]

    assert asyncio.run(fetching()) == [0, 1, 2, 3, "sent"]
    assert sorted(n for n in made if isinstance(n, int)) == [0, 1, 2, 3]

"""Async flows: calls that interleave, futures that are awaited, and when such a flow gives its worker back."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from memory_site import START, Memory, asked, value_of

from pauta import flow, task
from pauta.domain.calls import CallKind, CallState
from pauta.flows.site import Suspension
from pauta.flows.states import State
from pauta.flows.waits import approval, pause_for_input, sleep_for


@task
async def fetch(x: int, rounds: int = 0) -> int:
    for _ in range(rounds):
        await asyncio.sleep(0)
    return 2 * x


@task
def double(x: int) -> int:
    return 2 * x


def test_calls_that_interleave_are_found_again_whatever_their_order():
    order = [3, 0]

    @flow
    async def gathering() -> list[int]:
        values = await asyncio.gather(*[fetch(i, rounds=abs(order[0] - i)) for i in range(4)])
        if order[0]:
            raise RuntimeError("again")
        return list(values)

    memory = Memory()
    memory.run(gathering)
    order.pop(0)
    # The digest of a call has its rounds in it: only those with the same ones are found again.
    came = value_of(memory.run(gathering))
    assert came == [0, 2, 4, 6]


def test_recorded_calls_of_an_async_flow_are_not_made_again():
    @flow
    async def mixed() -> list[int]:
        first = await asyncio.gather(fetch(1), fetch(2), fetch(1))
        submitted = fetch.submit(5)
        in_thread = double.submit(submitted)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(i)) for i in range(2)]
        return [*first, await submitted, await in_thread, *[t.result() for t in tasks], double(3)]

    memory = Memory()
    expected = [2, 4, 2, 10, 20, 0, 2, 6]
    assert value_of(memory.run(mixed)) == expected
    told = len(memory.told)
    assert value_of(memory.run(mixed)) == expected
    assert len(memory.told) == told


def test_async_subflows_and_tasks_lie_where_they_were_called():
    @flow
    async def inner(x: int) -> int:
        return await fetch(x)

    @flow
    async def outer() -> list[int]:
        return list(await asyncio.gather(inner(1), inner(2)))

    memory = Memory()
    assert value_of(memory.run(outer)) == [2, 4]
    parents = {call.parent for call in memory.named("fetch")}
    assert parents == {call.no for call in memory.of_kind(CallKind.FLOW)}


def test_an_async_task_in_a_synchronous_flow_is_run_to_its_end():
    @flow
    def plain() -> Any:
        return [fetch(1), fetch.submit(2).result(), fetch.map([3, 4]).result()]

    assert value_of(Memory().run(plain)) == [2, 4, [6, 8]]


def test_an_exception_of_an_async_task_is_raised_where_it_is_awaited_after_its_retries():
    tries: list[int] = []

    @task(retries=2, retry_delay=3)
    async def shaky() -> None:
        tries.append(1)
        raise OSError("down")

    @flow
    async def calling() -> str:
        try:
            await shaky()
        except OSError as error:
            return str(error)
        return ""

    memory = Memory()
    assert value_of(memory.run(calling)) == "down"
    assert len(tries) == 3
    assert memory.clock.slept == [3, 3]


def test_a_flow_whose_tasks_all_wait_for_the_world_gives_its_worker_back():
    unwound: list[str] = []

    @flow
    async def waiting() -> list[Any]:
        async def ask(name: str) -> Any:
            try:
                return await pause_for_input(prompt=name, key=name)
            finally:
                unwound.append(name)

        x = await fetch(1)
        return [x, *await asyncio.gather(ask("a"), ask("b"))]

    memory = Memory()
    came = memory.run(waiting)
    numbers = {report.name: report.no for report in asked(memory)}
    assert came == Suspension(tuple(sorted(numbers.values())), any_of=True)
    assert sorted(unwound) == ["a", "b"]
    memory.answer(numbers["b"], "B")
    assert memory.run(waiting) == Suspension((numbers["a"],))
    memory.answer(numbers["a"], "A")
    assert value_of(memory.run(waiting)) == [2, "A", "B"]
    assert memory.begun("fetch") == 1
    assert len(asked(memory)) == 2


def test_a_flow_in_which_something_goes_on_keeps_its_worker_until_it_has_ended():
    went_on: list[int] = []

    def work() -> None:
        time.sleep(0.03)
        went_on.append(1)

    @flow
    async def busy() -> None:
        async def other() -> None:
            await asyncio.sleep(0.02)
            await asyncio.to_thread(work)
            await asyncio.sleep(0.01)
            went_on.append(2)

        await asyncio.gather(sleep_for(100), other())

    memory = Memory()
    came = memory.run(busy)
    assert isinstance(came, Suspension)
    assert came.until == START + 100
    assert went_on == [1, 2]


def test_short_sleeps_of_an_async_flow_are_slept_in_place():
    @flow
    async def napping() -> str:
        await asyncio.gather(sleep_for(0.5), sleep_for(0.25))
        return "awake"

    memory = Memory()
    assert value_of(memory.run(napping)) == "awake"
    assert memory.clock.slept == [0.25, 0.25]


def test_two_sleeps_side_by_side_wake_the_flow_one_after_the_other():
    @flow
    async def napping() -> list[str]:
        async def nap(name: str, seconds: int) -> str:
            await sleep_for(seconds)
            return name

        return list(await asyncio.gather(nap("long", 300), nap("short", 60)))

    memory = Memory()
    assert value_of(memory.finish(napping)) == ["long", "short"]
    assert memory.clock.time == START + 300


def test_an_approval_can_be_awaited():
    @flow
    async def careful() -> str:
        return "yes" if await approval("Go?") else "no"

    memory = Memory()
    memory.run(careful)
    memory.answer(asked(memory)[0].no, {"approved": True})
    assert value_of(memory.run(careful)) == "yes"


def test_an_async_task_that_takes_too_long_is_ended():
    @task(timeout=0.02)
    async def endless() -> None:
        await asyncio.sleep(60)

    @flow
    async def patient() -> None:
        await endless()

    came = Memory().run(patient)
    assert isinstance(came, State)
    assert came.problem is not None
    assert came.problem.code == "FLW-033"


def test_waiting_in_the_loops_thread_for_what_needs_the_loop_says_so():
    @flow
    async def wrong() -> Any:
        return fetch.submit(1).result()

    came = Memory().run(wrong)
    assert isinstance(came, State)
    assert came.problem is not None
    assert (came.problem.code, came.problem.variant) == ("FLW-038", "loop")


def test_a_task_on_a_pool_can_be_awaited():
    @task(pool="gpu")
    async def train(x: int) -> int:
        return x

    @flow
    async def training() -> list[int]:
        return list(await asyncio.gather(train(1), train(2)))

    memory = Memory()
    assert isinstance(memory.run(training), Suspension)
    for report in asked(memory):
        memory.answer(report.no, report.position)
    assert sorted(value_of(memory.run(training))) == [0, 1]


def test_an_async_flow_outside_of_a_run_is_awaited_on_the_callers_loop():
    @flow(retries=1)
    async def plain() -> Any:
        await sleep_for(0.01)
        return [await fetch(1), await fetch.submit(2), await double.submit(3), *await fetch.map([4])]

    assert asyncio.run(plain()) == [2, 4, 6, 8]


def test_when_one_of_a_group_fails_the_others_are_stopped_and_the_flow_says_why():
    @task
    async def fails() -> None:
        raise ValueError("no")

    @task
    async def endless() -> None:
        await asyncio.sleep(60)

    @flow
    async def grouped() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(endless())
            group.create_task(fails())

    memory = Memory()
    came = memory.run(grouped)
    assert isinstance(came, State)
    assert came.is_failed()
    assert memory.named("endless")[0].state is CallState.CANCELLED
    assert memory.named("endless")[0].problem is None


def test_what_a_time_limit_stopped_is_on_record_as_cancelled_and_is_made_again():
    begun = []

    @task(retries=3, retry_delay=60)
    async def failing() -> None:
        raise ValueError("no")

    @task
    async def endless(n: int) -> int:
        begun.append(n)
        if n:
            await asyncio.sleep(60)
        return n

    @flow(validate=False)
    async def inner() -> list[int]:
        return [await endless(0), *await asyncio.gather(endless(1), failing())]

    @flow
    async def hurried() -> str:
        try:
            async with asyncio.timeout(0.02):
                return str(await inner())
        except TimeoutError:
            await double.submit(1)
            return "late"

    memory = Memory()
    assert value_of(memory.run(hurried)) == "late"
    left = {call.name: call.state.value for call in memory.calls.values()}
    assert left == {
        "inner": "cancelled", "endless": "cancelled", "failing": "cancelled", "double": "completed",
    }  # fmt: skip
    assert [call.state.value for call in memory.named("endless")] == ["completed", "cancelled"]
    assert value_of(memory.run(hurried)) == "late"
    assert (begun, memory.begun("double")) == ([0, 1, 1], 1)


def test_what_ran_when_the_flow_gave_its_worker_back_is_not_cancelled():
    @flow(validate=False)
    async def waiting() -> Any:
        return await pause_for_input()

    @flow
    async def outer() -> Any:
        return await waiting()

    memory = Memory()
    assert isinstance(memory.run(outer), Suspension)
    assert memory.named("waiting")[0].state is CallState.RUNNING


@pytest.mark.parametrize("n", [1, 20])
def test_waits_that_were_answered_do_not_make_the_flow_wait_again(n: int):
    @flow
    async def asking() -> list[Any]:
        return list(await asyncio.gather(*[pause_for_input(key=f"k{i}") for i in range(n)]))

    memory = Memory()
    memory.run(asking)
    for report in asked(memory):
        memory.answer(report.no, report.name)
    assert value_of(memory.run(asking)) == [f"k{i}" for i in range(n)]

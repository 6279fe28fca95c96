"""Submitted tasks: threads, futures, maps, and what depends on what."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from memory_site import Memory, value_of

from pauta import flow, task
from pauta.flows.marks import unmapped
from pauta.flows.run import run_flow
from pauta.flows.site import Suspension
from pauta.flows.states import State
from pauta.flows.waiting import as_completed, wait


@task
def double(x: int) -> int:
    return 2 * x


@task
def add(a: Any, b: Any = 0) -> Any:
    return a + b


@task
def fails(x: int = 0) -> int:
    raise ValueError(f"no {x}")


def test_a_map_gives_results_in_the_order_of_its_arguments():
    @flow
    def mapping(n: int) -> Any:
        return add.map(range(n), unmapped(1)).result()

    memory = Memory()
    assert value_of(memory.run(mapping, n=50)) == list(range(1, 51))
    told = len(memory.told)
    assert told == 100
    assert value_of(memory.run(mapping, n=50)) == list(range(1, 51))
    assert len(memory.told) == told


def test_tasks_that_are_submitted_run_beside_each_other():
    meeting = threading.Barrier(4, timeout=10)

    @task
    def meet() -> int:
        return meeting.wait()

    @flow(max_workers=4)
    def four() -> list[int]:
        return sorted(future.result() for future in [meet.submit() for _ in range(4)])

    assert value_of(Memory().run(four)) == [0, 1, 2, 3]


def test_no_more_than_max_workers_run_at_once():
    running, most, lock = [0], [0], threading.Lock()

    @task
    def work(i: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.005)
        with lock:
            running[0] -= 1

    @flow(max_workers=2)
    def limited() -> None:
        work.map(range(10))

    assert value_of(Memory().run(limited)) is None
    assert most == [2]


def test_a_subflow_has_its_own_number_of_workers():
    running, most, lock = [0], [0], threading.Lock()

    @task
    def work(i: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.005)
        with lock:
            running[0] -= 1

    @flow(max_workers=1)
    def one_by_one() -> None:
        work.map(range(4))

    @flow(max_workers=8)
    def outer() -> None:
        one_by_one()

    value_of(Memory().run(outer))
    assert most == [1]


def test_a_flow_waits_for_what_it_submitted():
    ended: list[int] = []

    @task
    def slow(i: int) -> None:
        time.sleep(0.01)
        ended.append(i)

    @flow
    def leaves() -> str:
        slow.map(range(5))
        return "done"

    assert value_of(Memory().run(leaves)) == "done"
    assert sorted(ended) == [0, 1, 2, 3, 4]


def test_a_submitted_task_that_failed_and_was_never_asked_for_fails_a_flow_that_returns_nothing():
    @flow
    def careless() -> None:
        fails.submit()

    came = Memory().run(careless)
    assert isinstance(came, State)
    assert came.problem is not None
    assert came.problem.code == "FLW-012"


def test_after_an_error_what_has_not_begun_is_not_begun():
    begun: list[int] = []

    @task
    def slow(i: int) -> None:
        begun.append(i)
        time.sleep(0.02)

    @flow(max_workers=1)
    def breaks() -> None:
        slow.map(range(50))
        raise RuntimeError("stop")

    came = Memory().run(breaks)
    assert isinstance(came, State)
    assert came.is_failed()
    assert len(begun) < 5


def test_tasks_may_submit_tasks_and_wait_for_them_in_threads_that_are_few():
    @task
    def fan(depth: int) -> int:
        if depth == 0:
            return 1
        return sum(fan.map([depth - 1] * 2).result())

    @flow(max_workers=1)
    def tree() -> int:
        return fan.submit(4).result()

    memory = Memory()
    assert value_of(memory.run(tree)) == 16
    assert len(memory.named("fan")) == 31


def test_as_completed_gives_the_quick_ones_first():
    hold, memory = threading.Event(), Memory()

    @task
    def runner(name: str) -> str:
        if name == "slow":
            hold.wait(10)
        memory.clock.time += 1
        return name

    @flow(max_workers=2)
    def race() -> list[str]:
        came = []
        for future in as_completed([runner.submit("slow"), runner.submit("quick")]):
            came.append(future.result())
            hold.set()
        return came

    assert value_of(memory.run(race)) == ["quick", "slow"]
    assert value_of(memory.run(race)) == ["quick", "slow"]


def test_waiting_with_a_limit_gives_up():
    hold = threading.Event()

    @task
    def slow() -> None:
        hold.wait(10)

    @flow
    def impatient() -> Any:
        future = slow.submit()
        with pytest.raises(TimeoutError):
            future.result(timeout=0.01)
        done, left = wait([future], timeout=0.01)
        assert (done, left) == (set(), {future})
        assert future.state.is_running() or future.state.is_pending()
        hold.set()
        return future.result()

    assert value_of(run_flow(impatient, {}, Memory().site(clock=_Real()))) is None


class _Real:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def test_a_retry_of_a_submitted_task_holds_no_thread():
    tries: dict[int, int] = {}

    @task(retries=2, retry_delay=5)
    def shaky(i: int) -> int:
        tries[i] = tries.get(i, 0) + 1
        if tries[i] < 3:
            raise OSError
        return i

    @flow(max_workers=1)
    def many() -> list[int]:
        return shaky.map(range(20)).result()

    memory = Memory()
    assert value_of(memory.run(many)) == list(range(20))
    assert sum(memory.clock.slept) < 60


def test_a_long_wait_before_a_retry_gives_the_worker_back():
    tries: list[int] = []

    @task(retries=1, retry_delay=600)
    def shaky() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError
        return "there"

    @flow
    def directly() -> str:
        return shaky()

    @flow
    def in_a_thread() -> str:
        return shaky.submit().result()

    for body in (directly, in_a_thread):
        tries.clear()
        memory = Memory()
        came = memory.run(body)
        assert came == Suspension((), until=memory.clock.time + 600)
        memory.clock.time += 600
        assert value_of(memory.run(body)) == "there"
        assert memory.named("shaky")[0].attempts == 2


def test_what_the_flow_set_in_its_context_is_seen_in_threads():
    from contextvars import ContextVar

    name: ContextVar[str] = ContextVar("name", default="nobody")

    @task
    def who() -> str:
        return name.get()

    @flow
    def named() -> str:
        name.set("ana")
        return who.submit().result()

    assert value_of(Memory().run(named)) == "ana"


def test_maps_run_directly_too():
    @flow
    def mapping() -> Any:
        return double.map([1, 2, 3]).result()

    assert mapping() == [2, 4, 6]


def test_a_task_may_wait_for_one_that_is_to_be_tried_again_much_later():
    tries: list[int] = []

    @task(retries=1, retry_delay=3_000)
    def shaky() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError
        return "there"

    @task
    def outer() -> str:
        inner = shaky.submit()
        while not tries:
            time.sleep(0.001)
        time.sleep(0.02)  # the retry is parked by now
        return inner.result()

    @flow
    def nested() -> str:
        return outer.submit().result()

    memory = Memory()
    assert value_of(memory.run(nested)) == "there"
    assert sum(memory.clock.slept) == pytest.approx(3_000)

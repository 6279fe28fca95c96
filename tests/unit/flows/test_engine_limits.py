"""Bodies that take too long, call each other without end, or leave something behind."""

from __future__ import annotations

import logging
import os
import threading
import time

import pytest
from memory_site import Memory, code_of, value_of

from pauta import flow, task
from pauta.domain.calls import CallState
from pauta.flows.run import run_flow


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(100))


def test_a_task_that_takes_too_long_is_interrupted_wherever_it_waits():
    @task(timeout=0.02)
    def endless() -> None:
        time.sleep(20)

    @flow
    def patient() -> None:
        endless()

    began = time.monotonic()
    memory = Memory()
    came = memory.run(patient)
    assert code_of(came) == "FLW-033"
    assert "0.02 s" in came.problem.message()  # type: ignore[union-attr]
    assert time.monotonic() - began < 10
    assert memory.named("endless")[0].state is CallState.FAILED


def test_a_submitted_task_that_takes_too_long_is_ended():
    @task(timeout=0.02)
    def endless() -> None:
        spin(20)

    @flow
    def patient() -> None:
        endless.submit().result()

    assert code_of(Memory().run(patient)) == "FLW-033"


def test_a_time_limit_is_for_each_try():
    tries: list[int] = []

    @task(timeout=0.05, retries=1)
    def second_is_quick() -> str:
        tries.append(1)
        if len(tries) == 1:
            time.sleep(20)
        return "there"

    @flow
    def patient() -> str:
        return second_is_quick()

    assert value_of(Memory().run(patient)) == "there"


def test_the_limit_of_a_subflow_ends_the_task_in_it():
    @task(timeout=20)
    def endless() -> None:
        time.sleep(20)

    @flow(timeout=0.05)
    def inner() -> None:
        endless()

    @flow
    def outer() -> str:
        return inner(return_state=True).problem.code

    assert value_of(Memory().run(outer)) == "FLW-033"


def test_a_task_that_catches_exceptions_does_not_catch_the_end_of_its_time():
    @task(timeout=0.02)
    def stubborn() -> str:
        try:
            time.sleep(20)
        except Exception:
            return "caught"
        return "done"

    @flow
    def patient() -> str:
        return stubborn()

    assert code_of(Memory().run(patient)) == "FLW-033"


def test_tasks_within_their_time_are_left_alone_in_many_threads():
    @task(timeout=5)
    def quick(i: int) -> int:
        return i

    @flow(max_workers=8)
    def many() -> list[int]:
        return quick.map(range(200)).result()

    assert value_of(Memory().run(many)) == list(range(200))


def test_recursion_without_end_names_the_cycle():
    @task
    def ping(n: int) -> int:
        return pong(n)

    @task
    def pong(n: int) -> int:
        return ping(n)

    @flow
    def endless() -> int:
        return ping(1)

    came = Memory().run(endless)
    assert code_of(came) == "FLW-034"
    assert "ping → pong → ping" in came.problem.message()  # type: ignore[union-attr]


def test_flows_that_call_themselves_without_end_are_stopped_too():
    @flow
    def endless(n: int) -> int:
        return endless(n + 1)

    assert code_of(Memory().run(endless, n=1)) == "FLW-034"


def test_recursion_that_ends_is_fine():
    @task
    def count(n: int) -> int:
        return n if n == 0 else 1 + count(n - 1)

    @flow
    def counting() -> int:
        return count(60)

    assert value_of(Memory().run(counting)) == 60


def test_a_thread_that_outlives_its_task_is_a_warning_with_its_place(caplog: pytest.LogCaptureFixture):
    hold = threading.Event()

    def listen() -> None:
        hold.wait(10)

    @task
    def starts() -> None:
        threading.Thread(target=listen, name="listener", daemon=True).start()

    @task
    def calm() -> None:
        pass

    @flow
    def leaving() -> None:
        starts()
        calm()

    with caplog.at_level(logging.WARNING):
        value_of(Memory().run(leaving))
    hold.set()
    [record] = [r for r in caplog.records if "FLW-035" in r.getMessage()]
    for text in ("listener", '"starts"', __file__, f"line {listen.__code__.co_firstlineno}"):
        assert text in record.getMessage()


def test_threads_of_the_flow_itself_are_no_warning(caplog: pytest.LogCaptureFixture):
    @task(timeout=5)
    def quick(i: int) -> None:
        time.sleep(0.001)

    @flow
    def many() -> None:
        quick.map(range(20)).result()
        quick(1)

    with caplog.at_level(logging.WARNING):
        value_of(Memory().run(many))
    assert caplog.text == ""


@pytest.mark.parametrize("raises", [False, True])
def test_a_forked_process_that_comes_back_from_its_task_ends(raises: bool):
    children: list[int] = []

    @task
    def forks() -> None:
        child = os.fork()
        if child == 0 and raises:
            raise OSError("in the child")
        children.append(child)

    @flow
    def forking() -> str:
        forks()
        return "parent"

    memory = Memory()
    assert value_of(run_flow(forking, {}, memory.site())) == "parent"
    _, status = os.waitpid(children[0], 0)
    assert os.waitstatus_to_exitcode(status) == int(raises)


def test_a_forked_process_cannot_call_tasks():
    @task
    def harmless() -> None:
        pass

    @task
    def forks() -> int:
        child = os.fork()
        if child:
            return child
        try:
            harmless()
        except Exception as error:
            os._exit(7 if "FLW-030" in str(error) else 8)
        os._exit(9)

    @flow
    def forking() -> int:
        return forks()

    _, status = os.waitpid(value_of(Memory().run(forking)), 0)
    assert os.waitstatus_to_exitcode(status) == 7


def test_a_flow_that_is_interrupted_stops_at_once():
    @flow
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_flow(stopped, {}, Memory().site())


def test_a_task_that_leaves_the_process_has_failed():
    @task
    def leaves() -> None:
        raise SystemExit(3)

    @flow
    def going_on() -> str:
        return "after" if not leaves(return_state=True).is_completed() else "never"

    assert value_of(Memory().run(going_on)) == "after"

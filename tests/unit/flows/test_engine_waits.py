"""Waiting for times, people and runs: the flow gives its worker back and goes on where it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from memory_site import START, Memory, arguments_of, value_of
from pydantic import BaseModel

from pauta import flow, task
from pauta.domain.calls import CallKind, CallState
from pauta.domain.ids import RunId
from pauta.domain.problems import PautaError, Problem
from pauta.domain.wire import CallAwaits
from pauta.flows.run import run_flow
from pauta.flows.site import Suspension
from pauta.flows.states import State
from pauta.flows.waiting import as_completed, wait
from pauta.flows.waits import (
    Rejected,
    approval,
    pause_for_input,
    run_deployment,
    run_pipeline,
    sleep_for,
    sleep_until,
)


@task
def double(x: int) -> int:
    return 2 * x


@task(pool="gpu", retries=2, retry_delay=[1, 2], timeout=9)
def train(x: int) -> int:
    raise AssertionError("this runs elsewhere")


def asked(memory: Memory) -> list[CallAwaits]:
    return [report for report in memory.told if isinstance(report, CallAwaits)]


def code_of(came: Any) -> str:
    assert isinstance(came, State)
    assert came.problem is not None, came
    return came.problem.code


def test_a_sleep_gives_the_worker_back_and_what_was_done_before_it_is_not_done_again():
    entered: list[str] = []

    @flow
    def napping() -> int:
        x = double(1)
        entered.append("in")
        try:
            sleep_for(timedelta(hours=1))
        finally:
            entered.append("out")
        return double(x)

    memory = Memory()
    came = memory.run(napping)
    [no] = [call.no for call in memory.of_kind(CallKind.SLEEP)]
    assert came == Suspension((no,), until=START + 3600)
    assert entered == ["in", "out"]
    assert memory.clock.slept == []
    assert memory.run(napping) == came
    memory.clock.time += 3600
    assert value_of(memory.run(napping)) == 4
    assert memory.begun("double") == 2
    assert len(asked(memory)) == 1
    assert memory.calls[no].state is CallState.COMPLETED


def test_a_sleep_until_a_moment_that_is_reckoned_from_now_is_the_same_sleep():
    memory = Memory()

    @flow
    def napping() -> str:
        sleep_until(datetime.fromtimestamp(memory.clock.time, UTC) + timedelta(minutes=10))
        return "awake"

    came = memory.run(napping)
    memory.clock.time += 600
    assert isinstance(came, Suspension)
    assert value_of(memory.run(napping)) == "awake"


def test_a_short_sleep_is_slept_in_place():
    @flow
    def napping() -> str:
        sleep_for(0.5)
        return "awake"

    memory = Memory()
    assert value_of(memory.run(napping)) == "awake"
    assert memory.clock.slept == [0.5]


def test_a_site_that_keeps_its_worker_sleeps():
    @flow
    def napping() -> str:
        sleep_for(5)
        return "awake"

    memory = Memory(suspends=False)
    assert value_of(memory.run(napping)) == "awake"
    assert memory.clock.slept == [5]


def test_the_flow_gives_its_worker_back_only_when_its_tasks_have_ended():
    ended: list[int] = []

    @task
    def slow(i: int) -> None:
        import time

        time.sleep(0.02)
        ended.append(i)

    @flow
    def busy() -> str:
        slow.map(range(3))
        sleep_for(60)
        return "awake"

    memory = Memory()
    assert isinstance(memory.run(busy), Suspension)
    assert sorted(ended) == [0, 1, 2]
    assert all(c.state is CallState.COMPLETED for c in memory.of_kind(CallKind.TASK))


class Choice(BaseModel):
    amount: int
    day: datetime | None = None


def test_a_person_gives_a_value_that_fits_a_model():
    @flow
    def asking() -> int:
        choice = pause_for_input(Choice, prompt="How many?", key="amount")
        return double(choice.amount)

    memory = Memory()
    came = memory.run(asking)
    [report] = asked(memory)
    assert came == Suspension((report.no,))
    assert (report.kind, report.name, report.awaited.prompt) == (CallKind.INPUT, "amount", "How many?")
    assert report.awaited.schema is not None
    assert "amount" in report.awaited.schema["properties"]
    memory.answer(report.no, {"amount": 4})
    assert value_of(memory.run(asking)) == 8


def test_an_answer_that_does_not_fit_fails_the_flow_with_the_field():
    @flow
    def asking() -> int:
        return int(pause_for_input(Choice).amount)

    memory = Memory()
    memory.run(asking)
    memory.answer(asked(memory)[0].no, {"amount": "lots"})
    came = memory.run(asking)
    assert code_of(came) == "FLW-040"
    assert "amount" in came.problem.message()  # type: ignore[union-attr]


def test_nobody_answers_in_time():
    @flow
    def asking() -> str:
        try:
            return str(pause_for_input(prompt="Well?", timeout=60))
        except TimeoutError as error:
            return str(error)

    memory = Memory()
    came = memory.run(asking)
    assert isinstance(came, Suspension)
    assert came.until == START + 60
    memory.clock.time += 61
    assert "FLW-037" in value_of(memory.run(asking))
    [call] = memory.of_kind(CallKind.INPUT)
    assert call.state is CallState.FAILED


def test_somebody_approves_and_is_named():
    @flow
    def careful() -> str:
        decision = approval("Pay 100?", roles=["operator"], timeout=timedelta(days=1))
        return f"{decision.by}: {decision.comment}" if decision else "no"

    memory = Memory()
    memory.run(careful)
    [report] = asked(memory)
    assert report.awaited.roles == ("operator",)
    memory.answer(report.no, {"approved": True, "by": "ana", "comment": "fine"})
    assert value_of(memory.run(careful)) == "ana: fine"
    memory.answer(report.no, {"approved": False, "by": "rui", "comment": ""})
    assert value_of(memory.run(careful)) == "no"


def test_a_rejection_may_fail_the_flow():
    @flow
    def strict() -> None:
        approval("Pay 100?", raise_on_rejection=True)

    memory = Memory()
    memory.run(strict)
    memory.answer(asked(memory)[0].no, {"approved": False, "by": "rui", "comment": "too much"})
    came = memory.run(strict)
    assert isinstance(came, State)
    assert isinstance(came.data, Rejected)
    assert "too much" in came.message


def test_a_task_on_a_pool_is_a_run_of_its_own():
    @flow
    def training() -> int:
        return train(double(2))

    memory = Memory()
    came = memory.run(training)
    [report] = asked(memory)
    assert came == Suspension((report.no,))
    spawn = report.spawn
    assert spawn is not None
    assert (spawn.entry, spawn.pool, spawn.retries, spawn.delays, spawn.timeout_seconds) == (
        "train",
        "gpu",
        2,
        (1, 2),
        9,
    )
    assert spawn.arguments is not None
    assert spawn.arguments.value.value == {"x": 4}
    assert memory.run(training) == came
    assert len(asked(memory)) == 1
    memory.answer(report.no, 7)
    assert value_of(memory.run(training)) == 7


def test_runs_that_were_begun_together_are_awaited_together():
    @flow
    def fan() -> list[int]:
        return train.map([1, 2, 3]).result()

    memory = Memory()
    came = memory.run(fan)
    numbers = sorted(report.no for report in asked(memory))
    assert came == Suspension(tuple(numbers))
    for i, no in enumerate(numbers):
        memory.answer(no, i)
    assert sorted(value_of(memory.run(fan))) == [0, 1, 2]


def test_the_first_of_several_runs_wakes_the_flow():
    @flow
    def racing() -> list[int]:
        return [double(future.result()) for future in as_completed(train.map([1, 2]))]

    memory = Memory()
    came = memory.run(racing)
    first, second = sorted((r for r in asked(memory)), key=lambda r: r.position)
    assert came == Suspension((first.no, second.no), any_of=True)
    memory.answer(second.no, 20)
    assert memory.run(racing) == Suspension((first.no,))
    memory.clock.time += 5
    memory.answer(first.no, 10)
    assert value_of(memory.run(racing)) == [40, 20]


def test_a_task_that_needs_the_result_of_a_run_waits_for_it():
    @flow
    def chained() -> int:
        return double.submit(train.submit(1)).result()

    memory = Memory()
    came = memory.run(chained)
    [report] = asked(memory)
    assert came == Suspension((report.no,))
    memory.answer(report.no, 5)
    assert value_of(memory.run(chained)) == 10


def test_a_flow_waits_for_runs_that_it_began_and_forgot():
    @flow
    def forgetful() -> str:
        train.submit(1)
        return "done"

    memory = Memory()
    came = memory.run(forgetful)
    assert isinstance(came, Suspension)
    memory.answer(asked(memory)[0].no, 5)
    assert value_of(memory.run(forgetful)) == "done"


def test_a_run_that_failed_raises_in_the_flow():
    @flow
    def training() -> int:
        return train(1)

    memory = Memory()
    memory.run(training)
    problem = Problem("SCR-021", {"type": "MemoryError", "message": "too big"})
    memory.answer(asked(memory)[0].no, state=CallState.FAILED, problem=problem)
    came = memory.run(training)
    assert code_of(came) == "SCR-021"


def test_a_pipeline_is_run_and_gives_its_frames():
    @flow
    def mixing() -> Any:
        run = run_pipeline("vehicle_failures", inputs={"cars": [1, 2]}, parameters={"day": 3}, version=2)
        return [run.run, dict(run.frames), run.state]

    memory = Memory()
    memory.run(mixing)
    [report] = asked(memory)
    spawn = report.spawn
    assert spawn is not None
    assert (spawn.pipeline, spawn.version, spawn.parameters) == ("vehicle_failures", 2, {"day": 3})
    assert spawn.inputs["cars"].value == [1, 2]
    outputs = {"predictions": arguments_of([0.5]).value}
    memory.answer(report.no, None, result=None, outputs=outputs, child=RunId("r2"))
    assert value_of(memory.run(mixing)) == ["r2", {"predictions": [0.5]}, "completed"]


def test_a_deployment_is_begun_and_awaited_later():
    @flow
    def deploying() -> str:
        begun = run_deployment("nightly", {"limit": 5}, wait=False)
        double(1)
        return str(begun.result().run)

    memory = Memory()
    memory.run(deploying)
    assert memory.begun("double") == 1
    [report] = asked(memory)
    assert report.spawn is not None
    assert report.spawn.deployment == "nightly"
    memory.answer(report.no, None, child=RunId("r3"))
    assert value_of(memory.run(deploying)) == "r3"


def test_a_wait_in_a_subflow_unwinds_the_whole_flow():
    @flow
    def inner() -> int:
        x = double(1)
        sleep_for(100)
        return double(x)

    @flow
    def outer() -> int:
        return double(inner())

    memory = Memory()
    assert value_of(memory.finish(outer)) == 8
    assert memory.begun("double") == 3
    assert [c.attempts for c in memory.of_kind(CallKind.FLOW)] == [2]


def test_a_task_cannot_wait_for_the_world():
    @task
    def lazy() -> None:
        sleep_for(60)

    @flow
    def wrong() -> None:
        lazy()

    assert code_of(Memory().run(wrong)) == "FLW-038"


def test_a_task_on_a_pool_cannot_be_called_by_a_task():
    @task
    def middle() -> int:
        return train(1)

    @flow
    def wrong() -> int:
        return middle()

    assert code_of(Memory().run(wrong)) == "FLW-038"


def test_waits_outside_of_flows_and_in_memory_say_what_to_do():
    with pytest.raises(PautaError, match="FLW-038"):
        sleep_for(1)

    @flow
    def asking() -> None:
        pause_for_input()

    with pytest.raises(PautaError, match="FLW-038") as raised:
        asking()
    assert "pauta run" in raised.value.problems[0].remedy()


def test_a_flow_that_catches_everything_is_unwound_all_the_same():
    @flow
    def stubborn() -> str:
        try:
            sleep_for(100)
        except BaseException:
            return "caught"
        return "awake"

    memory = Memory()
    assert isinstance(memory.run(stubborn), Suspension)
    memory.clock.time += 100
    assert value_of(memory.run(stubborn)) == "awake"


def test_while_it_unwinds_a_flow_calls_nothing():
    @flow
    def tidy() -> str:
        try:
            sleep_for(100)
        finally:
            double(1)
        return "awake"

    memory = Memory()
    assert isinstance(memory.run(tidy), Suspension)
    assert memory.begun("double") == 0
    memory.clock.time += 100
    assert value_of(memory.run(tidy)) == "awake"
    assert memory.begun("double") == 1


def test_a_wait_in_a_branch_that_is_not_taken_again_is_another_way():
    memory, late = Memory(), [True]

    @flow
    def wavering() -> int:
        if late:
            sleep_for(100)
        return double(1)

    memory.run(wavering)
    late.clear()
    assert code_of(memory.run(wavering)) == "FLW-032"


def test_wait_gives_what_is_done_and_what_is_not():
    @flow
    def both() -> Any:
        here, there = double.submit(1), train.submit(1)
        done, left = wait([here, there], timeout=0)
        here.wait()
        return [len(wait([here]).done), len(done) + len(left)]

    memory = Memory()
    came = memory.run(both)
    assert isinstance(came, Suspension)
    memory.answer(asked(memory)[0].no, 5)
    assert value_of(memory.run(both)) == [1, 2]


def test_a_task_on_a_pool_runs_here_where_nothing_is_recorded():
    @task(pool="gpu")
    def anywhere(x: int) -> int:
        return x + 1

    @flow
    def training() -> int:
        return anywhere(1)

    assert training() == 2
    assert value_of(run_flow(training, {}, Memory(suspends=False).site())) == 2


@pytest.mark.parametrize("wrong", [-1, "soon", None])
def test_what_is_no_duration_is_refused(wrong: Any):
    @flow
    def napping() -> None:
        sleep_for(wrong)

    assert code_of(Memory().run(napping)) == "FLW-042"

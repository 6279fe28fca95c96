"""Runs of their own that a flow begins: tasks on pools, pipelines, deployments."""

from __future__ import annotations

from typing import Any

from memory_site import Memory, arguments_of, asked, code_of, value_of

from pauta import flow, task
from pauta.domain.calls import CallState
from pauta.domain.ids import RunId
from pauta.domain.problems import Problem
from pauta.flows.run import run_flow
from pauta.flows.site import Suspension
from pauta.flows.waiting import as_completed, wait
from pauta.flows.waits import (
    run_deployment,
    run_pipeline,
)


@task
def double(x: int) -> int:
    return 2 * x


@task(pool="gpu", retries=2, retry_delay=[1, 2], timeout=9)
def train(x: int) -> int:
    raise AssertionError("this runs elsewhere")


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
    outputs = {"predictions": arguments_of([0.5])}
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


def test_a_task_on_a_pool_cannot_be_called_by_a_task():
    @task
    def middle() -> int:
        return train(1)

    @flow
    def wrong() -> int:
        return middle()

    assert code_of(Memory().run(wrong)) == "FLW-038"


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

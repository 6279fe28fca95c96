"""`pauta.testing`: what somebody who tests flows relies on."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel

from pauta import Failed, approval, flow, pause_for_input, run_pipeline, sleep_for, task
from pauta.domain.calls import Awaited, CallState
from pauta.domain.problems import InvalidInput
from pauta.testing import Clock, Fault, Harness, Unanswered, crash_everywhere, firings, run_flow


@task
def double(n: int) -> int:
    return 2 * n


@task(retries=2, retry_delay=[60, 3600])
def shaky(n: int) -> int:
    return n


@task(pool="gpu")
def far(frame: pd.DataFrame) -> int:
    return int(frame["a"].sum())


@task(cache=True)
def costly(n: int) -> int:
    return n


@task(cache=True, cache_for=timedelta(hours=1), pool="gpu")
def costly_far(n: int) -> dict[str, Any]:
    return {"n": n, "frame": pd.DataFrame({"a": range(n)})}


CHANCE = itertools.count()
"""Another number each time, as chance would give."""


class Order(BaseModel):
    count: int


@flow
def steady(n: int = 1) -> int:
    return double(double(n))


@flow
def patient() -> list[int]:
    sleep_for(timedelta(days=1))
    order = pause_for_input(Order, "how many?")
    return [double(order.count), shaky(order.count)]


@flow
def decided() -> str:
    return "yes" if approval("post?") else "no"


@flow
def fanned() -> int:
    return sum(far.submit(pd.DataFrame({"a": [n, n]})).result() for n in range(3))


@flow
def chancy() -> float:
    return double(next(CHANCE))


def test_a_flow_runs_and_says_what_it_called() -> None:
    run = run_flow(steady, 3)
    assert (run.value, run.names, run.count("double"), run.attempts) == (12, ["double", "double"], 2, 1)


def test_retries_take_no_time_but_the_clock_knows_of_them() -> None:
    harness = Harness(
        faults=[Fault("shaky", ConnectionError("gone"), attempts=(1, 2))], answers={"input": {"count": 4}}
    )
    run = harness.run(patient)
    assert run.value == [8, 4]
    assert run.seconds == timedelta(days=1).total_seconds() + 60 + 3600
    assert run.times_begun("shaky") == 3


def test_a_fault_that_stays_fails_the_flow_with_its_own_exception() -> None:
    run = Harness(faults=[Fault("double", ValueError("bad"), index=1, attempts=())]).run(steady)
    assert run.state.is_failed()
    with pytest.raises(ValueError, match="bad"):
        _ = run.value
    assert [call.state for call in run.calls] == [CallState.COMPLETED, CallState.FAILED]


def test_an_answer_may_be_a_value_a_list_of_values_or_a_function_of_what_is_asked() -> None:
    def told(awaited: Awaited) -> Any:
        return {"count": len(awaited.prompt)}

    assert Harness(answers={"input": told}).run(patient).value == [18, 9]
    harness = Harness(answers={"approval": [True, False]})
    assert [harness.run(decided).value for _ in range(2)] == ["yes", "no"]
    with pytest.raises(Unanswered, match="approval"):
        harness.run(decided)


def test_tasks_on_pools_run_as_runs_of_their_own() -> None:
    run = run_flow(fanned)
    assert run.value == 6
    assert all(call.child is not None for call in run.calls_of("far"))


def test_published_pipelines_have_stand_ins() -> None:
    @flow
    def mixed(rows: int) -> int:
        made = run_pipeline("prepare", inputs={"raw": pd.DataFrame({"a": range(rows)})}, parameters={"by": 2})
        return len(made.frames["clean"])

    def prepare(inputs: Any, parameters: Any) -> dict[str, Any]:
        return {"clean": inputs["raw"].iloc[:: parameters["by"]]}

    assert Harness(pipelines={"prepare": prepare}).run(mixed, rows=9).value == 5
    failed = Harness().run(mixed, rows=9)
    assert failed.state.is_failed()


def test_the_cache_lasts_from_run_to_run_of_one_harness() -> None:
    @flow
    def saved(n: int) -> int:
        return costly(n)

    harness = Harness()
    assert [harness.run(saved, n).begun for n in (1, 1, 2)] == [["costly"], [], ["costly"]]


def test_the_cache_holds_what_tasks_on_pools_gave_as_long_as_they_said() -> None:
    @flow
    def saved(n: int) -> int:
        return len(costly_far(n)["frame"])

    @flow
    def later(n: int) -> int:
        sleep_for(timedelta(minutes=50))
        return saved(n)

    harness = Harness()
    runs = [harness.run(saved, 3), harness.run(later, 3), harness.run(later, 3)]
    assert [run.value for run in runs] == [3, 3, 3]
    assert [run.times_begun("costly_far") for run in runs] == [1, 0, 1]
    [taken] = runs[1].calls_of("costly_far")
    assert taken.cached_from is not None


def test_a_flow_that_returns_a_state_ends_in_it() -> None:
    @flow
    def gives_up() -> Any:
        return Failed("nothing to post")

    run = run_flow(gives_up)
    assert (run.state.is_failed(), run.state.message) == (True, "nothing to post")


def test_arguments_are_checked_as_in_a_real_run() -> None:
    with pytest.raises(InvalidInput, match="FLW-005"):
        run_flow(steady, m=3)


def test_wherever_a_steady_flow_is_killed_it_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def surroundings() -> Harness:
        return Harness(answers={"input": {"count": 4}})

    runs = crash_everywhere(patient, harness=surroundings)
    assert len(runs) == 8
    assert {tuple(run.value) for run in runs} == {(8, 4)}
    assert {run.attempts for run in runs[1:]} == {2}


def test_a_flow_that_asks_chance_outside_of_tasks_is_found_out() -> None:
    with pytest.raises(AssertionError, match="killed after"):
        crash_everywhere(chancy)


def test_a_schedule_fires_in_no_time_over_a_clock_change() -> None:
    begin = datetime(2026, 3, 28, tzinfo=UTC)
    times = firings("30 2 * * *", after=begin, until=begin + timedelta(days=3), timezone="Europe/Lisbon")
    assert [time.hour for time in times] == [2, 1, 1]
    clock = Clock(begin)
    for time in times:
        clock.move_to(time)
    assert clock.moment == times[-1]

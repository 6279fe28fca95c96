"""Waiting for times, people and runs: the flow gives its worker back and goes on where it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from memory_site import START, Memory, asked, code_of, value_of
from pydantic import BaseModel

from pauta import flow, task
from pauta.domain.calls import CallKind, CallState
from pauta.domain.problems import PautaError
from pauta.flows.site import Suspension
from pauta.flows.states import State
from pauta.flows.waits import (
    Rejected,
    approval,
    pause_for_input,
    sleep_for,
    sleep_until,
)


@task
def double(x: int) -> int:
    return 2 * x


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


@pytest.mark.parametrize("wrong", [-1, "soon", None])
def test_what_is_no_duration_is_refused(wrong: Any):
    @flow
    def napping() -> None:
        sleep_for(wrong)

    assert code_of(Memory().run(napping)) == "FLW-042"

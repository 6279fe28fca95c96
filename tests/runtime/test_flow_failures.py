"""Flows in real processes: what goes wrong has a code, a place and shows the user's own code only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flow_driver import parcels_of
from step_driver import Driver

from pauta.domain.calls import CallState
from pauta.domain.wire import CallEnded

# ---- what goes wrong --------------------------------------------------------------------------


def test_a_failure_has_its_place_and_shows_only_the_users_own_frames(flows: Any, driver: Driver) -> None:
    driver.script("helping.py", "def risky(n):\n    return 1 / n\n")
    flow = flows(
        """
        from helping import risky
        from pauta import flow, task
        @task
        def divide(n):
            return risky(n)
        @flow
        def main():
            divide(1)
            return divide(0)
        """
    )
    failed = flow.run().failed
    problem = failed.problem
    assert (problem.code, str(problem.place)) == ("SCR-021", "helping.py line 2")
    assert [line.strip() for line in problem.traceback.splitlines() if line.strip().startswith("File")] == [
        'File "flows.py", line 10, in main',
        'File "flows.py", line 6, in divide',
        'File "helping.py", line 2, in risky',
    ]
    (call,) = (call for call in flow.record.values() if call.state is CallState.FAILED)
    assert str(call.problem.place) == "helping.py line 2"


REFUSED = {
    "from pauta import flow\n@flow\ndef mian(): pass\n": ("FLW-021", "flows.py", "mian"),
    "main = 3\n": ("FLW-022", "flows.py", "int"),
    "class main: pass\n": ("FLW-022", "flows.py", "type"),
    "from pauta import Cancelled, flow\n@flow\ndef main(): return Cancelled('too late')\n": (
        "FLW-024",
        "flows.py line 3",
        "too late",
    ),
    "from pauta import Failed, flow\n@flow\ndef main(): return Failed('no posts')\n": (
        "FLW-010",
        "flows.py line 3",
        "no posts",
    ),
    "from pauta import flow\n@flow\ndef main(): return {'a': object()}\n": ("FLW-020", "flows.py line 2", 'main["a"]'),
    "from pauta import flow\n1 / 0\n": ("SCR-020", "flows.py line 2", "ZeroDivisionError"),
}


@pytest.mark.parametrize("text", REFUSED, ids=[code for code, *_ in REFUSED.values()])
def test_what_goes_wrong_has_a_code_a_place_and_says_what(flows: Any, text: str) -> None:
    code, place, said = REFUSED[text]
    problem = flows(text).run().failed.problem
    assert (problem.code, str(problem.place)) == (code, place)
    assert said in problem.message()


def test_what_a_task_cannot_give_names_the_task_and_the_place_in_the_value(flows: Any) -> None:
    flow = flows(
        """
        from pauta import flow, task
        @task
        def rows(): return {"a": [1, (n for n in range(3))]}
        @flow
        def main(): return rows()
        """
    )
    problem = flow.run().failed.problem
    assert problem.code == "FLW-020"
    assert 'rows["a"][1] is of type generator' in problem.message()
    assert flow.call("rows").state is CallState.FAILED


def test_only_a_task_can_be_a_run_of_its_own(flows: Any, driver: Driver) -> None:
    arguments = parcels_of(driver).pack({}, name="main").arguments
    flow = flows("from pauta import flow\n@flow\ndef main(): pass\n")
    problem = flow.run(is_task=True, arguments=arguments).failed.problem
    assert (problem.code, problem.variant) == ("FLW-022", "task")


def test_a_plain_function_of_another_name_is_a_step_like_any_other(flows: Any) -> None:
    finished = flows("def main(n): return {'n': n}\n").run(kwargs={"n": 2}).finished[0]
    assert (finished.output.value, finished.output.format) == ({"n": 2}, "json")


def test_a_process_forked_in_a_call_never_goes_on_as_the_flow(flows: Any, tmp_path: Path) -> None:
    flow = flows(
        f"""
        import os
        from pauta import flow, task
        @task
        def fork():
            if os.fork() == 0:
                print("the child")
                return "child"
            os.wait()
            print("the parent")
            return "parent"
        @flow
        def main():
            came = fork()
            with open({str(tmp_path / "log")!r}, "a") as file:
                file.write(came)
            return came
        """
    )
    outcome = flow.run()
    assert outcome.finished[0].output.value == "parent"
    assert (tmp_path / "log").read_text() == "parent"
    assert [line.text for line in outcome.logged if line.stream == "stdout"] == ["the parent"]
    assert len(outcome.reports(CallEnded)) == 1


def test_a_flow_that_replaces_its_outputs_does_not_change_those_of_the_next_step(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        import io, sys
        from pauta import flow, task
        @task
        def mess():
            sys.stdout = io.StringIO()
            print("unseen")
        @flow
        def main(): mess()
        """
    )
    process = driver.start()
    assert flow.run(process).done
    after = driver.run(
        process, driver.step(1, driver.script("next.py", "def execute():\n    print('seen')\n    return 1\n"))
    )
    assert after.lines(1) == ["seen"]

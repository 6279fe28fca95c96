"""Flows in real processes: what they report, what is not done again, whose lines are whose, how they wait and die."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flow_driver import FlowDriver
from step_driver import Driver

from pauta.assembly import objects_in
from pauta.domain import wire
from pauta.domain.calls import CallKind, CallState
from pauta.domain.outputs import Kind
from pauta.domain.wire import CachedCall, CallEnded, CallStarted
from pauta.ports.launcher import Reported
from pauta.runtime.host import wall_clock
from pauta.runtime.parcels import StoredParcels


@pytest.fixture
def flows(driver: Driver) -> Any:
    """Makes a flow of a script's text."""

    def make(text: str, entry: str = "main", name: str = "flows.py") -> FlowDriver:
        return FlowDriver(driver, driver.script(name, text), entry)

    return make


def parcels(driver: Driver) -> StoredParcels:
    store = objects_in(driver.objects)
    return StoredParcels(lambda: store)


SUMS = """
    from pathlib import Path
    from pauta import flow, task

    def note(what):
        with open({log!r}, "a") as file:
            file.write(what + "\\n")

    @task
    def fetch(n):
        note(f"fetch {{n}}")
        return {{"n": n, "square": (n, n * n)}}

    @task
    def total(parts):
        note("total")
        {trap}
        return sum(part["square"][1] for part in parts)

    @flow
    def main(limit: int = 3):
        return total([fetch(n) for n in range(limit)])
    """


def sums(tmp_path: Path, trap: str = "pass") -> tuple[str, Path]:
    log = tmp_path / "log"
    return SUMS.format(log=str(log), trap=trap), log


def test_a_flow_reports_each_call_and_gives_what_it_returns(flows: Any, tmp_path: Path) -> None:
    flow = flows(sums(tmp_path)[0])
    outcome = flow.run(kwargs={"limit": "4"})
    assert outcome.done
    finished = outcome.finished[0]
    assert (finished.output.value, finished.output.inline) == (14, True)
    assert flow.names(CallState.COMPLETED) == ["fetch"] * 4 + ["total"]
    assert [call.position for call in flow.record.values()] == list(range(5))
    kinds = [type(h.report).__name__ for h in outcome.happenings if isinstance(h, Reported)]
    assert kinds == ["StepStarted", *["CallStarted", "CallEnded"] * 5, "StepReturned", "StepFinished", "StageDone"]


def test_what_is_on_record_is_not_done_again(flows: Any, tmp_path: Path) -> None:
    text, log = sums(tmp_path, "raise OSError('the network is down')")
    flow = flows(text)
    failed = flow.run()
    assert "the network is down" in failed.problem
    assert log.read_text().split("\n")[:-1] == ["fetch 0", "fetch 1", "fetch 2", "total"]
    log.unlink()
    flow.driver.script("flows.py", sums(tmp_path)[0])
    again = flow.run()
    assert again.finished[0].output.value == 5
    assert log.read_text().split("\n")[:-1] == ["total"]
    assert [report.name for report in again.reports(CallStarted)] == ["total"]


def test_a_flow_that_goes_another_way_than_on_record_fails_and_says_so(flows: Any, tmp_path: Path) -> None:
    flow = flows(sums(tmp_path, "raise OSError")[0])
    flow.run(kwargs={"limit": 2})
    failed = flow.run(kwargs={"limit": 1})
    assert failed.failed.problem.code == "FLW-032"
    assert failed.failed.problem.place.file == "flows.py"


def test_a_process_that_is_killed_in_the_middle_loses_only_the_call_it_was_in(flows: Any, tmp_path: Path) -> None:
    trap = f"import time; time.sleep(0 if Path({str(tmp_path / 'go')!r}).exists() else 60)"
    text, log = sums(tmp_path, trap)
    flow = flows(text)
    process = flow.driver.start()
    flow.driver.send(process, flow.order())
    while "total" not in flow.names():
        flow.follow(process, CallStarted)
    process.kill("killed")
    assert flow.driver.until_exit(process).exited.cause == "killed"
    (tmp_path / "go").touch()
    log.unlink()
    assert flow.run().finished[0].output.value == 5
    assert log.read_text() == "total\n"


def test_the_beginning_of_a_long_call_is_known_at_once(flows: Any) -> None:
    flow = flows(
        """
        import time
        from pauta import flow, task
        @task
        def quick(): return 1
        @task
        def long():
            time.sleep(0.6)
            return time.time()
        @flow
        def main():
            for _ in range(20): quick()
            return long()
        """
    )
    process = flow.driver.start()
    flow.driver.send(process, flow.order())
    while "long" not in flow.names():
        flow.follow(process, CallStarted)
    heard = wall_clock()
    outcome = flow.follow(process, wire.StageDone)
    assert outcome.finished[0].output.value - heard > 0.3


# ---- waiting ----------------------------------------------------------------------------------

WAITS = """
    from datetime import UTC, datetime
    from pauta import flow, sleep_until, task
    @task
    def before(): return [1, 2]
    @task
    def after(given): return given + [3]
    @flow
    def main(when: float):
        given = before()
        try:
            sleep_until(datetime.fromtimestamp(when, UTC))
        finally:
            print("unwound")
        return after(given)
    """


def test_a_flow_that_waits_gives_its_process_back_and_goes_on_in_another(flows: Any) -> None:
    flow, when = flows(WAITS), wall_clock() + 3600
    process = flow.driver.start()
    outcome = flow.run(process, kwargs={"when": when})
    (suspended,) = outcome.reports(wire.StageSuspended)
    (waiting,) = (no for no, call in flow.record.items() if call.kind is CallKind.SLEEP)
    assert (suspended.awaits, suspended.step) == ((waiting,), 0)
    assert isinstance([h.report for h in outcome.happenings if isinstance(h, Reported)][-1], wire.StageSuspended)
    assert outcome.lines() == ["unwound"]
    assert not outcome.reports(wire.StepReturned)
    flow.driver.send(process, flow.driver.step(0, flow.driver.script("other.py", "def execute(): return 1")))
    left = flow.driver.leave(process)
    assert (left.exited.cause, left.reports(wire.StepStarted)) == ("left", [])
    on = flow.run(kwargs={"when": when}, now=when + 1)
    assert on.finished[0].output.value == [1, 2, 3]
    assert [report.name for report in on.reports(CallStarted)] == ["after"]


# ---- effects and the cache --------------------------------------------------------------------


def test_an_effect_begins_only_when_all_before_it_is_on_record_and_nothing_goes_on_before_it_is(
    flows: Any, tmp_path: Path
) -> None:
    flow = flows(
        f"""
        from pathlib import Path
        from pauta import flow, task
        here = Path({str(tmp_path)!r})
        @task
        def prepare(): return 1
        @task(effects=True)
        def pay(): (here / "paid").touch()
        @flow
        def main():
            prepare(); pay(); (here / "gone on").touch()
        """
    )
    flow.acknowledges = False
    process = flow.driver.start()
    flow.driver.send(process, flow.order())
    while "pay" not in flow.names():
        flow.follow(process, CallStarted)
    pay = flow.call("pay")
    time.sleep(0.1)
    assert not (tmp_path / "paid").exists()
    process.send(wire.Acknowledge(0, flow.driver._fence, 0, pay.no))
    ended = flow.follow(process, CallEnded)
    while pay.no not in [report.no for report in ended.reports(CallEnded)]:
        ended = flow.follow(process, CallEnded)
    time.sleep(0.1)
    assert (tmp_path / "paid").exists()
    assert not (tmp_path / "gone on").exists()
    flow.acknowledges = True
    process.send(wire.Acknowledge(0, flow.driver._fence, 0, pay.no))
    assert flow.follow(process, wire.StageDone).done
    assert (tmp_path / "gone on").exists()


def test_effects_in_threads_each_wait_for_their_own_word(flows: Any) -> None:
    flow = flows(
        """
        from pauta import flow, task
        @task(effects=True)
        def pay(n): return n
        @flow
        def main(): return [f.result() for f in pay.map(list(range(20)))]
        """
    )
    assert flow.run().finished[0].output.value == list(range(20))


def test_a_task_with_a_cache_is_asked_for_and_what_is_found_is_taken_files_included(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        from pathlib import Path
        from pauta import flow, task
        @task(cache=True)
        def slow(n):
            Path(f"{n}.txt").write_text(f"of {n}")
            return n * 2
        @flow
        def main(): return [slow(1), slow(2), Path("1.txt").read_text()]
        """
    )
    first = flow.run()
    assert first.finished[0].output.value == [2, 4, "of 1"]
    ended = first.reports(CallEnded)
    assert [[file.path for file in report.files] for report in ended] == [["1.txt"], ["2.txt"]]
    flow.cache = {r.cache_key: CachedCall("run 1", r.result, r.files) for r in ended if r.cache_key}
    flow.record.clear()
    again = flow.run()
    assert again.finished[0].output.value == [2, 4, "of 1"]
    assert [report.cached_from for report in again.reports(CallEnded)] == ["run 1", "run 1"]
    assert [file.path for file in again.finished[0].files] == ["1.txt", "2.txt"]


# ---- lines, metrics, files --------------------------------------------------------------------


def test_lines_progress_and_metrics_are_those_of_the_call_also_in_threads(flows: Any) -> None:
    flow = flows(
        """
        import logging, os, sys, time, warnings
        import pauta
        from pauta import flow, get_run_logger, task
        @task
        def talk(n):
            print("out", n)
            print("err", n, file=sys.stderr)
            logging.getLogger("own").info("log %d", n)
            get_run_logger().warning("run log %d", n)
            warnings.warn(f"warned {n}")
            pauta.progress(n, 10)
            pauta.log_metric("score", n)
            time.sleep(0.02)
            os.write(1, b"descriptor\\n")
            return n
        @flow
        def main():
            print("the flow's own")
            pauta.log_metric("whole", 1)
            return [future.result() for future in talk.map(list(range(6)))]
        """
    )
    outcome = flow.run()
    assert outcome.finished[0].output.value == list(range(6))
    assert outcome.finished[0].metrics == {"whole": 1.0}
    assert outcome.lines() == ["the flow's own", *["descriptor"] * 6]
    for n, (no, call) in enumerate(sorted(flow.record.items())):
        lines = [(line.stream, line.level, line.text) for line in outcome.logged if line.step == no]
        assert lines == [
            ("stdout", "INFO", f"out {n}"),
            ("stderr", "WARNING", f"err {n}"),
            ("log", "INFO", f"log {n}"),
            ("log", "WARNING", f"run log {n}"),
            ("warning", "WARNING", f"UserWarning: warned {n}"),
        ]
        assert [p.done for p in outcome.reports(wire.Progressed) if p.step == no] == [n]
        assert call.metrics == {"score": float(n)}
    assert not [line for line in outcome.logged if line.step not in flow.record]


def test_the_lines_of_a_call_come_before_the_report_that_ends_it(flows: Any) -> None:
    flow = flows(
        """
        from pauta import flow, task
        @task
        def talk(n):
            for part in range(100): print(n, part)
            print("no end of line", end="")
        @flow
        def main():
            for n in range(5): talk(n)
        """
    )
    outcome = flow.run()
    for no in flow.record:
        places = [
            at
            for at, h in enumerate(outcome.happenings)
            if isinstance(h, Reported) and isinstance(h.report, wire.Logged) and h.report.step == no
        ]
        (end,) = (
            at
            for at, h in enumerate(outcome.happenings)
            if isinstance(h, Reported) and isinstance(h.report, CallEnded) and h.report.no == no
        )
        assert (len(places), max(places) < end) == (101, True)


def test_a_file_of_a_call_is_there_again_when_the_flow_goes_on(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        from pathlib import Path
        from pauta import flow, task
        @task
        def write():
            Path("models").mkdir(exist_ok=True)
            Path("models/a.txt").write_text("kept")
        @task
        def read(fails):
            assert not fails, "not yet"
            return Path("models/a.txt").read_text()
        @flow
        def main(fails: bool):
            write()
            Path("own.txt").write_text("of the flow")
            return read(fails)
        """
    )
    failed = flow.run(kwargs={"fails": True})
    assert [file.path for file in flow.call("write").files] == ["models/a.txt"]
    assert [file.path for file in failed.failed.files] == ["models/a.txt", "own.txt"]
    for no, call in list(flow.record.items()):
        if call.name == "read":
            del flow.record[no]
    again = flow.run(kwargs={"fails": False})
    assert again.finished[0].output.value == "kept"
    assert [file.path for file in again.finished[0].files] == ["models/a.txt", "own.txt"]


# ---- values -----------------------------------------------------------------------------------


def test_frames_come_in_go_from_task_to_task_and_out(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        import numpy as np
        from pauta import flow, task
        @task
        def clean(df):
            df.loc[0, "n"] = 99
            return df
        @task
        def split(df): return df[:2], df["n"].to_numpy(), {"rest": df[2:]}
        @flow
        def main(posts):
            cleaned = clean(posts)
            head, numbers, more = split(cleaned)
            assert list(numbers) == [99, 2, 3]
            cleaned["n"] = 0
            return head.assign(more=len(more["rest"]))
        """
    )
    store = parcels(driver)
    posts = store.pack(pd.DataFrame({"n": [1, 2, 3]}), name="posts").arguments.value
    outcome = flow.run(takes={"posts": posts})
    finished = outcome.finished[0]
    assert (finished.output.kind, finished.output.rows, finished.objects) == (Kind.FRAME, 2, ())
    assert finished.profile["rows"] == 2
    assert finished.inputs == {"posts": posts.address}
    assert flow.call("clean").given["df"] == posts.address[:16]
    assert len(flow.call("split").result.objects) == 3
    (ended,) = (r for r in outcome.reports(CallEnded) if r.no == flow.call("clean").no)
    assert list(ended.profiles) == [flow.call("clean").result.value.address]
    again = flow.run(takes={"posts": posts})
    assert again.finished[0].output == finished.output
    assert not again.reports(CallStarted)


def test_a_result_of_several_parts_is_its_value_and_its_objects(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        import pandas as pd
        from pauta import Completed, flow
        @flow
        def main(): return Completed("all there", data=(pd.DataFrame({"a": [1]}), {"n": (1, 2)}))
        """
    )
    finished = flow.run().finished[0]
    assert finished.message == "all there"
    assert len(finished.objects) == 1
    frame, rest = parcels(driver).unpack(wire.Arguments(finished.output, finished.objects))
    assert (list(frame["a"]), rest) == ([1], {"n": (1, 2)})


def test_a_flow_may_give_nothing_though_its_output_has_a_name(flows: Any) -> None:
    finished = flows("from pauta import flow\n@flow\ndef main(): pass\n").run().finished[0]
    assert (finished.output.value, finished.output.inline) == (None, True)


def test_too_few_rows_of_a_flow_are_refused_as_those_of_a_script(flows: Any) -> None:
    text = "import pandas as pd\nfrom pauta import flow\n@flow\ndef main(): return pd.DataFrame({'a': [1]})\n"
    assert flows(text).run(min_rows=2).failed.problem.code == "DAT-011"


def test_a_task_that_is_a_run_of_its_own_gets_its_arguments(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        from dataclasses import dataclass
        import pandas as pd
        from pauta import task
        @dataclass
        class Post:
            title: str
        @task(retries=2, pool="gpu")
        def fit(df: pd.DataFrame, post: Post, *, depth: int = 2) -> tuple[int, Post]:
            print("fitting", depth)
            return len(df) * depth, post
        """,
        "fit",
    )
    made = driver.try_script("def execute(): return 1", gives=None)
    assert made.done
    store = parcels(driver)
    from dataclasses import dataclass

    @dataclass
    class Post:
        title: str

    Post.__qualname__ = "Post"
    given = {"df": pd.DataFrame({"a": [1, 2]}), "post": Post("t"), "depth": 3}
    arguments = store.pack(given, name="fit", hint=[Post]).arguments
    finished = flow.run(is_task=True, arguments=arguments).finished[0]
    assert store.unpack(wire.Arguments(finished.output, finished.objects), hint=Post) == (6, Post("t"))


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
    arguments = parcels(driver).pack({}, name="main").arguments
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


def test_a_script_that_is_no_flow_does_not_load_what_flows_need(driver: Driver) -> None:
    outcome = driver.try_script(
        "import sys\ndef execute(): return {'loaded': [m for m in sys.modules if m.startswith('pauta.flows')]}\n"
    )
    assert outcome.finished[0].output.value == {"loaded": []}


def test_1000_calls_go_out_in_few_system_calls_and_come_back_without_being_made(flows: Any) -> None:
    flow = flows(
        """
        from pauta import flow, task
        @task
        def one(n): return n
        @flow
        def main(): return sum(one(n) for n in range(1000))
        """
    )
    assert flow.run().finished[0].output.value == 499_500
    assert len(flow.record) == 1000
    began = time.perf_counter()
    again = flow.run()
    assert again.finished[0].output.value == 499_500
    assert not again.reports(CallStarted)
    assert time.perf_counter() - began < 3.0  # 0.1 s on a machine with nothing else to do

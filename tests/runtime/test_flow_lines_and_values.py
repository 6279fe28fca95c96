"""Flows in real processes: whose lines, metrics and files are whose, and the values that go in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from flow_driver import parcels_of
from step_driver import Driver

from pauta.domain import wire
from pauta.domain.outputs import Kind
from pauta.domain.wire import CallEnded, CallStarted
from pauta.ports.launcher import Reported

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
    store = parcels_of(driver)
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
    frame, rest = parcels_of(driver).unpack(wire.Arguments(finished.output, finished.objects))
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
    store = parcels_of(driver)

    @dataclass
    class Post:
        title: str

    Post.__qualname__ = "Post"
    given = {"df": pd.DataFrame({"a": [1, 2]}), "post": Post("t"), "depth": 3}
    arguments = store.pack(given, name="fit", hint=[Post]).arguments
    finished = flow.run(is_task=True, arguments=arguments).finished[0]
    assert store.unpack(wire.Arguments(finished.output, finished.objects), hint=Post) == (6, Post("t"))

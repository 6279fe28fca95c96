"""Flows that run published pipelines and deployments where no server is, and documents of scripts and flows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench

from pauta.assembly.reaching import reach_or_open
from pauta.assembly.remote_project_sending import publication_of
from pauta.domain.problems import Conflict, NotFound
from pauta.domain.runs import LogLine
from pauta.services.views import RunView

SCRIPTS = {
    "double": """\
def execute(numbers):
    print("doubling")
    return numbers.assign(n=numbers["n"] * 2)
""",
    "total": """\
import pandas as pd


def execute(doubled, extra=0):
    return pd.DataFrame({"total": [int(doubled["n"].sum()) + extra]})
""",
    "gen": """\
import pandas as pd


def execute():
    return pd.DataFrame({"n": [1, 2]})
""",
    "flows": """\
import pandas as pd
from pauta import flow, run_deployment, run_pipeline, task


@task
def prepare(limit):
    with open("prepared.txt", "a") as file:
        file.write("x")
    return pd.DataFrame({"n": range(limit)})


@task
def add(frame, by: int):
    return frame.assign(n=frame["n"] + by)


@flow
def inner(frame):
    for by in (1, 2, 3):
        frame = add(frame, by)
    return frame


@flow
def totals(limit: int = 3) -> int:
    numbers = inner(prepare(limit))
    done = run_pipeline("doubling", inputs={"numbers": numbers}, parameters={"extra": 1})
    return int(done.frames["total"]["total"].iloc[0])


@flow
def nightly() -> int:
    return int(run_deployment("nightly").frames["total"]["total"].iloc[0])


@flow
def asks_for(name: str, deployment: bool = False):
    numbers = pd.DataFrame({"n": [1]})
    return run_deployment(name) if deployment else run_pipeline(name, inputs={"numbers": numbers})


@flow
def between(numbers):
    return add(numbers, 10)
""",
}
DOUBLING = """\
{"model_name": "doubling",
 "inputs": {"numbers": {}},
 "parameters": {"extra": {"type": "integer", "default": 0}},
 "prediction_steps": [
  {"name": "double", "file_path": "double.py", "dataframes": ["numbers"], "output_dataframe": "doubled"},
  {"name": "total", "file_path": "total.py", "dataframes": ["doubled"], "output_dataframe": "total",
   "kwargs": {"extra": {"param": "extra"}}}]}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    for name, text in SCRIPTS.items():
        made.script(name, text)
    (tmp_path / "doubling.json").write_text(DOUBLING)
    (tmp_path / ".pauta").mkdir()
    yield made
    made.close()


def publish(bench: Bench) -> None:
    """Publish the document and make a deployment of it, without a server."""
    (bench.folder / "numbers.csv").write_text("n\n5\n6\n")
    bench.close()
    with reach_or_open(bench.folder, language="en", say=print) as own:
        own.client.pipelines.publish(publication_of(bench.folder / "doubling.json", scripts=None))
        own.client.deployments.create(
            {
                "name": "nightly",
                "pipeline": "doubling",
                "parameters": {"extra": 100},
                "inputs": {"numbers": "numbers.csv"},
                "pool": "default",
            }
        )


def run(bench: Bench, what: str, **parameters: str) -> RunView:
    project = bench.open()
    prepared = project.prepare(bench.folder / what, scripts=None, inputs={}, parameters=parameters, only=None)
    return work_on(bench, project.submit(prepared, use_cache=True))


def rerun(bench: Bench, of: RunView, *, from_step: str | None = None) -> RunView:
    return work_on(bench, bench.open().rerun(of.run, from_step=from_step, use_cache=True))


def work_on(bench: Bench, made: str) -> RunView:
    return bench.open().execute(made, slots=2, watcher=None, interrupted=lambda: 0)


def value(bench: Bench, view: RunView) -> object:
    """What the last step gave."""
    with bench.open()._store.transaction() as tx:
        output = tx.steps.of_run(view.run)[-1].output  # type: ignore[arg-type]
    return output.value if output is not None else None


def lines_of(bench: Bench, view: RunView) -> list[LogLine]:
    return [line for _, _, line in bench.open().logs(view.run, step=None, after=-1)]


def calls(bench: Bench, view: RunView) -> dict[str, tuple[str, bool]]:
    """Each call's state, and whether it was taken from another run."""
    return {c.label: (c.state, c.cached_from is not None) for c in bench.open().called(view.run)}


def test_a_flow_gives_a_published_pipeline_a_frame_and_uses_what_it_made(bench: Bench) -> None:
    publish(bench)
    view = run(bench, "flows.py:totals")
    assert (view.state, view.problem) == ("completed", None)
    assert value(bench, view) == 2 * (6 + 7 + 8) + 1
    [child] = bench.open().children(view.run)
    assert (child.pipeline, child.state, child.published is not None) == ("doubling", "completed", True)
    assert [line.text for line in lines_of(bench, bench.open().view(child.run))] == ["doubling"]
    assert {frame.name for frame in view.frames} >= {"doubling.doubled", "doubling.total"}


def test_a_flow_runs_a_deployment_on_its_terms(bench: Bench) -> None:
    publish(bench)
    view = run(bench, "flows.py:nightly")
    assert (view.state, value(bench, view)) == ("completed", 2 * (5 + 6) + 100)


def test_the_newest_run_is_that_which_somebody_began(bench: Bench) -> None:
    publish(bench)
    view = run(bench, "flows.py:totals")
    assert bench.open().find("latest") == view.run


def test_a_run_without_the_cache_has_its_pipelines_run_without_it_too(bench: Bench) -> None:
    publish(bench)
    first = run(bench, "flows.py:totals")
    cached, anew = rerun(bench, first), work_on(bench, bench.open().rerun(first.run, from_step=None, use_cache=False))
    steps = [bench.open().view(bench.open().children(view.run)[0].run).steps for view in (cached, anew)]
    assert [[step.cached for step in each] for each in steps] == [[True, True], [False, False]]


@pytest.mark.parametrize(
    ("name", "deployment", "variant", "said"),
    [
        ("doubling", "false", "document", "publish doubling.json"),
        ("doubling.json", "false", "path", 'run_pipeline("doubling")'),
        ("flows.py:between", "false", "path", 'run_pipeline("between")'),
        ("something", "false", "", "pauta pipeline publish DOCUMENT"),
        ("nightly", "true", "deployment", "pauta deployment create"),
    ],
)
def test_what_is_not_published_says_how_to_publish_it_and_where_it_was_asked_for(
    bench: Bench, name: str, deployment: str, variant: str, said: str
) -> None:
    view = run(bench, "flows.py:asks_for", name=name, deployment=deployment)
    assert view.problem is not None
    assert (view.state, view.problem.code, view.problem.variant) == ("failed", "FLW-090", variant)
    assert said in view.problem.remedy()
    assert view.problem.place is not None
    assert view.problem.place.file == "flows.py"
    assert view.problem.place.line == 1 + SCRIPTS["flows"].splitlines().index(
        '    return run_deployment(name) if deployment else run_pipeline(name, inputs={"numbers": numbers})'
    )


@pytest.mark.parametrize(("name", "deployment"), [("doublin", "false"), ("nigthly", "true")])
def test_a_misspelt_name_names_the_one_that_is_like_it(bench: Bench, name: str, deployment: str) -> None:
    publish(bench)
    view = run(bench, "flows.py:asks_for", name=name, deployment=deployment)
    assert view.problem is not None
    assert "did you mean" in view.problem.message()


def test_frames_go_from_a_script_through_a_flow_to_a_script(bench: Bench) -> None:
    document = bench.document(
        {"name": "gen", "output_dataframe": "numbers"},
        {
            "name": "between",
            "file_path": "flows.py:between",
            "dataframes": ["numbers"],
            "output_dataframe": "numbers",
        },
        {"name": "double", "dataframes": ["numbers"], "output_dataframe": "doubled"},
        {"name": "total", "dataframes": ["doubled"], "output_dataframe": "total"},
    )
    view = bench.run(document)
    assert (view.state, view.problem) == ("completed", None)
    bench.open().export(view.run, "total", bench.folder / "total.csv", raw=False)
    assert (bench.folder / "total.csv").read_text().split() == ['"total"', str(2 * (11 + 12))]
    again = rerun(bench, view, from_step="double")
    assert [step.cached for step in again.steps] == [True, True, False, False]


def test_a_rerun_from_a_call_takes_over_what_was_called_before_it(bench: Bench) -> None:
    publish(bench)
    first = run(bench, "flows.py:totals")
    again = rerun(bench, first, from_step="doubling")
    assert (again.state, again.of, value(bench, again)) == ("completed", first.run, value(bench, first))
    taken = ("completed", True)
    assert calls(bench, again) == {
        **dict.fromkeys(("prepare", "inner", "add", "add#2", "add#3"), taken),
        "doubling": ("completed", False),
    }


def test_a_rerun_from_a_call_within_a_subflow_runs_the_subflow_from_there(bench: Bench) -> None:
    publish(bench)
    first = run(bench, "flows.py:totals")
    again = rerun(bench, first, from_step="add#2")
    assert (again.state, value(bench, again)) == ("completed", value(bench, first))
    taken, anew = ("completed", True), ("completed", False)
    assert calls(bench, again) == {
        **dict.fromkeys(("prepare", "add"), taken),
        **dict.fromkeys(("inner", "add#2", "add#3", "doubling"), anew),
    }


def test_a_rerun_after_publishing_goes_on_from_the_call_that_failed(bench: Bench) -> None:
    first = run(bench, "flows.py:totals")
    assert first.state == "failed"
    publish(bench)
    again = rerun(bench, first, from_step="doubling")
    assert (again.state, value(bench, again)) == ("completed", 43)
    assert calls(bench, again)["prepare"] == ("completed", True)


def test_what_is_neither_a_step_nor_a_call_is_told_with_those_that_there_are(bench: Bench) -> None:
    first = run(bench, "flows.py:totals")
    with pytest.raises(NotFound) as error:
        bench.open().rerun(first.run, from_step="nothing", use_cache=True)
    [problem] = error.value.problems
    assert problem.code == "RUN-003"
    assert "it has: totals, prepare, inner, add, doubling" in problem.remedy()


@pytest.mark.parametrize(
    ("name", "variant", "said"),
    [
        ("totals", "flow", "--from CALL"),
        ("prepare", "call", "--from prepare"),
        ("doubling", "child", "pauta show"),
    ],
)
def test_a_replay_of_a_flow_or_of_a_call_says_what_to_do_instead(
    bench: Bench, name: str, variant: str, said: str
) -> None:
    publish(bench)
    view = run(bench, "flows.py:totals")
    with pytest.raises(Conflict) as error:
        bench.open().replay(view.run, name, pdb=False)
    [problem] = error.value.problems
    assert (problem.code, problem.variant) == ("RUN-008", variant)
    assert said in problem.remedy()


def test_an_answered_flow_is_idle_until_somebody_goes_on_with_it(bench: Bench) -> None:
    bench.script(
        "ask", "from pauta import flow, pause_for_input\n\n\n@flow\ndef ask():\n    return pause_for_input(int)\n"
    )
    view = run(bench, "ask.py:ask")
    project = bench.open()
    assert (view.state, list(project.idle([view.run]))) == ("paused", [])
    project.answer(view.run, "input", 3)
    assert (project.view(view.run).state, list(project.idle([view.run]))) == ("running", [view.run])
    view = work_on(bench, project.resume(view.run))
    assert (view.state, value(bench, view), list(project.idle([view.run]))) == ("completed", 3, [])

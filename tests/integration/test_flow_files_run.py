"""Flows of files, run whole: alone, in a document, again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench

from pauta.services.views import RunView

FLOWS = """\
from pauta import flow, task

LIMIT = max(2, 3)


@task
def double(n: int) -> int:
    return 2 * n


@flow
def full_flow(n: int, times: int = LIMIT, name: str | None = None) -> list:
    return [double(n), times, name]


@task
def add(n: int, m: int = 1):
    return n + m


def plain(numbers, factor=1):
    return sum(n or 0 for n in numbers if not isinstance(n, str)) * factor
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.script("flows", FLOWS)
    yield made
    made.close()


def run(bench: Bench, what: str, **parameters: str) -> RunView:
    project = bench.open()
    document = bench.folder / what
    prepared = project.prepare(document, scripts=None, inputs={}, parameters=parameters, only=None)
    made = project.submit(prepared, use_cache=True)
    return project.execute(made, slots=2, watcher=None, interrupted=lambda: 0)


def value(bench: Bench, view: RunView) -> object:
    """What the last step gave."""
    with bench.open()._store.transaction() as tx:
        output = tx.steps.of_run(view.run)[-1].output  # type: ignore[arg-type]
    return output.value if output is not None else None


def test_a_flow_runs_with_its_own_default_where_no_document_can_say_it(bench: Bench) -> None:
    view = run(bench, "flows.py:full_flow", n="4")
    assert (view.state, view.problem) == ("completed", None)
    assert value(bench, view) == [8, 3, None]
    view = run(bench, "flows.py:full_flow", n="4", times="5", name="x")
    assert value(bench, view) == [8, 5, "x"]


def test_a_flow_runs_anew_each_time_and_its_run_can_be_run_again(bench: Bench) -> None:
    first, second = (run(bench, "flows.py:full_flow", n="1") for _ in range(2))
    assert [view.steps[0].cached for view in (first, second)] == [False, False]
    project = bench.open()
    again = project.rerun(first.run, from_step=None, use_cache=True)
    view = project.execute(again, slots=2, watcher=None, interrupted=lambda: 0)
    assert (view.state, view.of, value(bench, view)) == ("completed", first.run, [2, 3, None])


def test_a_task_and_a_plain_function_run_alone(bench: Bench) -> None:
    assert value(bench, run(bench, "flows.py:add", n="4")) == 5
    assert value(bench, run(bench, "flows.py:plain", numbers="[1, 2]", factor="10")) == 30


def test_a_document_mixes_flows_tasks_functions_and_scripts(bench: Bench) -> None:
    bench.script("a", "def execute(total):\n    return total + 1\n")
    document = bench.document(
        {"name": "f", "file_path": "flows.py:full_flow", "kwargs": {"n": 5}, "output": "numbers"},
        {"name": "p", "file_path": "flows.py:plain", "dataframes": ["numbers"], "output": "total"},
        {"name": "a", "dataframes": ["total"], "output": "n"},
        {"name": "t", "file_path": "flows.py:add", "dataframes": ["n"], "output": "last"},
    )
    view = bench.run(document)
    assert (view.state, value(bench, view)) == ("completed", 15)
    again = bench.run(document)
    assert [(step.name, step.cached) for step in again.steps] == [
        ("f", False),
        ("p", True),
        ("a", True),
        ("t", False),
    ]

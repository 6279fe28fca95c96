"""How long results of cached tasks stand: until the flow's own script, or a module that it imports, is another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench

FLOWS = """\
import helping
from pauta import flow, task


@task(cache=True)
def costly(n):
    with open({log!r}, "a") as file:
        file.write("costly ")
    return helping.twice(n)


@flow
def full(n):
    return costly(n)
"""
HELPING = "def twice(n):\n    return 2 * n\n"
BESIDE = "def execute(got):\n    return {'got': got}\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.script("flows", FLOWS.format(log=str(tmp_path / "log")))
    made.script("helping", HELPING)
    made.script("beside", BESIDE)
    yield made
    made.close()


def times_made(bench: Bench) -> int:
    """How often the task's body has run by now, after one more run."""
    flow = {"name": "full", "file_path": "flows.py:full", "kwargs": {"n": 2}, "output": "got"}
    view = bench.run(bench.document(flow, {"name": "beside", "file_path": "beside.py", "dataframes": ["got"]}))
    assert view.state == "completed", view.message
    return (bench.folder / "log").read_text().count("costly")


def test_a_cached_task_is_done_again_when_its_script_or_a_module_of_it_changed_and_not_otherwise(bench: Bench) -> None:
    assert times_made(bench) == 1
    bench.script("beside", BESIDE + "# changed\n")
    assert times_made(bench) == 1
    bench.script("helping", HELPING + "# changed\n")
    assert times_made(bench) == 2
    bench.script("flows", FLOWS.format(log=str(bench.folder / "log")) + "# changed\n")
    assert times_made(bench) == 3

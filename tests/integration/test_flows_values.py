"""What flows and tasks give reaches whoever takes it as it was: frames in dicts, tuples, moments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import Bench

from pauta.services.views import RunView

FLOWS = """\
from datetime import date

import pandas as pd

from pauta import flow, task


@task(cache=True)
def both(n):
    return {"table": pd.DataFrame({"x": range(n)}), "pair": (1, 2), "day": date(2026, 3, 2)}


@flow
def full(n):
    return both(n)


def plain(got):
    return {"seen": [len(got["table"]), str(got["pair"]), got["day"].isoformat()]}


@task
def taker(got):
    return plain(got)


@flow
def later(got):
    return plain(got)
"""
SCRIPT = """\
def execute(got):
    return {"seen": [len(got["table"]), str(got["pair"]), got["day"].isoformat()]}
"""
SEEN = {"seen": [5, "(1, 2)", "2026-03-02"]}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.script("flows", FLOWS)
    made.script("script", SCRIPT)
    yield made
    made.close()


def values(bench: Bench, view: RunView) -> dict[str, Any]:
    with bench.open()._store.transaction() as tx:
        return {s.name: s.output.value for s in tx.steps.of_run(view.run) if s.output is not None}  # type: ignore[arg-type]


def mixed(bench: Bench, maker: str, *takers: str) -> Path:
    steps = [{"name": name, "file_path": at, "dataframes": ["got"], "output": name} for name, at in TAKERS.items()]
    chosen = [step for step in steps if step["name"] in takers]
    return bench.document({"name": "m", "file_path": f"flows.py:{maker}", "kwargs": {"n": 5}, "output": "got"}, *chosen)


TAKERS = {"function": "flows.py:plain", "task": "flows.py:taker", "flow": "flows.py:later", "script": "script.py"}


@pytest.mark.parametrize("maker", ["full", "both"])
def test_steps_get_frames_and_other_values_within_what_a_flow_or_task_gave(bench: Bench, maker: str) -> None:
    for takers in [tuple(TAKERS), *((name,) for name in TAKERS)]:
        view = bench.run(mixed(bench, maker, *takers))
        assert (view.state, view.message) == ("completed", None), takers
        got = values(bench, view)
        assert {name: got[name] for name in takers} == dict.fromkeys(takers, SEEN)


def test_they_get_the_same_when_it_is_taken_from_the_cache_or_an_earlier_run(bench: Bench) -> None:
    bench.run(mixed(bench, "both", "script"))
    view = bench.run(mixed(bench, "both", "function"))
    assert [step.cached for step in view.steps] == [True, False]
    assert values(bench, view)["function"] == SEEN
    project = bench.open()
    again = project.rerun(view.run, from_step="function", use_cache=False)
    rerun = project.execute(again, slots=2, watcher=None, interrupted=lambda: 0)
    assert rerun.state == "completed", rerun.message
    assert values(bench, rerun)["function"] == SEEN

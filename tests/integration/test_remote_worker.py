"""Workers that share nothing with their server but a port: results, objects, draining, losing the server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pauta.domain.settings import QueueSettings
from work_processes import WorkerProcesses
from work_site import Site, soon

QUICK = QueueSettings(lease_seconds=3.0, heartbeat_seconds=0.5, reaper_seconds=0.3)

MAKE = """
import numpy as np
import pandas as pd


def execute():
    return pd.DataFrame({"x": np.arange(5000.0), "y": np.arange(5000.0) * 3 + 1})
"""
TRAIN = """
from sklearn.linear_model import LinearRegression


def execute(data):
    print("training on", len(data))
    return LinearRegression().fit(data[["x"]], data["y"])
"""
PREDICT = """
def execute(data, model):
    return data.assign(y=model.predict(data[["x"]]).round(6))
"""
SCRIPTS = {"make": MAKE, "train": TRAIN, "predict": PREDICT}
STEPS = (
    {"name": "make", "output": "data"},
    {"name": "train", "dataframes": ["data"], "output": "model"},
    {"name": "predict", "dataframes": ["data", "model"], "output": "done"},
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "server", queue=QUICK)
    made.serve()
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path, site: Site) -> Iterator[WorkerProcesses]:
    with WorkerProcesses(site, tmp_path) as begun:
        yield begun


def test_a_remote_worker_gives_what_a_local_one_gives(site: Site, start: WorkerProcesses, tmp_path: Path) -> None:
    start()
    run = site.ended(site.submit(SCRIPTS, *STEPS))
    assert run.state.value == "completed", [s.problem for s in site.steps(run.id)]
    remote = {s.name: s.output.address for s in site.steps(run.id) if s.output is not None}

    from pauta.assembly import open_project

    (tmp_path / "local").mkdir()
    for file in (f for f in site.folder.iterdir() if f.is_file()):
        (tmp_path / "local" / file.name).write_bytes(file.read_bytes())
    project = open_project(tmp_path / "local")
    try:
        prepared = project.prepare(
            tmp_path / "local" / "pipeline.json", scripts=None, inputs={}, parameters={}, only=None
        )
        here = project.submit(prepared, use_cache=True)
        view = project.execute(here, slots=2, watcher=None, interrupted=lambda: 0)
        local = {frame.made_by: frame.address for frame in view.frames}
    finally:
        project.close()
    assert remote == local
    assert "training on 5000" in site.lines(run.id)
    assert not list((tmp_path / "server" / ".pauta").glob("work/*"))  # nothing of it ran beside the server


def test_stages_of_one_run_on_two_workers_hand_frames_on_through_the_server(site: Site, start: WorkerProcesses) -> None:
    start("one", slots=1)
    start("two", slots=1)
    meet = """
import time
def execute(data):
    time.sleep(1.0)
    return len(data) + {n}
"""
    scripts = {
        "make": MAKE,
        "l": meet.format(n=1),
        "r": meet.format(n=2),
        "end": "def execute(l, r):\n    return l + r\n",
    }
    steps = (
        {"name": "make", "output": "data"},
        {"name": "l", "dataframes": ["data"], "output": "l"},
        {"name": "r", "dataframes": ["data"], "output": "r"},
        {"name": "end", "dataframes": ["l", "r"], "output": "end"},
    )
    run = site.ended(site.submit(scripts, *steps))
    assert run.state.value == "completed", [s.problem for s in site.steps(run.id)]
    assert site.steps(run.id)[-1].output.value == 10003  # type: ignore[union-attr]
    assert len({a.owner for a in site.attempts(run.id)}) == 2


def test_a_worker_asked_to_end_finishes_what_runs_and_takes_nothing_new(site: Site, start: WorkerProcesses) -> None:
    worker = start(slots=1)
    slow = {"slow": "import time\ndef execute():\n    time.sleep(1.0)\n    return 1\n"}
    run = site.submit(slow, {"name": "slow", "output": "slow"})
    soon(lambda: any(s.state.value == "running" for s in site.steps(run)))
    later = site.submit({"quick": "def execute():\n    return 2\n"}, {"name": "quick", "output": "quick"})
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert site.run(run).state.value == "completed"
    assert site.run(later).state.value == "pending"
    with site.control.store.transaction() as tx:
        assert [w.state.value for w in tx.workers.all()] == ["left"]


def test_a_worker_drained_by_the_server_ends(site: Site, start: WorkerProcesses) -> None:
    from msgspec.structs import replace

    from pauta.domain.deploying import WorkerState

    worker = start(slots=1)

    def known() -> object:
        with site.control.store.transaction() as tx:
            return tx.workers.all()

    soon(known)
    with site.control.store.transaction() as tx:
        (record,) = tx.workers.all()
        tx.workers.put(replace(record, state=WorkerState.DRAINING))
    site.control.bell.ring("pool:default")
    assert worker.wait(20) == 0


def test_a_cancelled_run_is_stopped_at_its_worker_at_once(site: Site, start: WorkerProcesses, tmp_path: Path) -> None:
    start(slots=1)
    endless = {"endless": "import time\ndef execute():\n    while True:\n        time.sleep(0.05)\n"}
    run = site.submit(endless, {"name": "endless", "output": "endless"})
    soon(lambda: any(s.state.value == "running" for s in site.steps(run)))
    site.control.desk.cancel(run)
    assert site.ended(run, seconds=15).state.value == "cancelled"


def test_a_killed_workers_stage_is_run_by_another(site: Site, start: WorkerProcesses) -> None:
    worker = start("one", slots=1)
    slow = {"slow": "import time\ndef execute():\n    time.sleep(1.5)\n    return 1\n"}
    run = site.submit(slow, {"name": "slow", "output": "slow"})
    soon(lambda: any(s.state.value == "running" for s in site.steps(run)))
    worker.kill()
    start("two", slots=1)
    assert site.ended(run).state.value == "completed"
    assert [a.outcome.value for a in site.attempts(run) if a.outcome] == ["crashed", "completed"]


def test_what_a_script_fails_with_is_told_as_if_it_ran_here(site: Site, start: WorkerProcesses) -> None:
    start()
    run = site.ended(site.submit({"bad": "def execute():\n    return 1 / 0\n"}, {"name": "bad", "output": "bad"}))
    assert run.state.value == "failed"
    problem = site.steps(run.id)[0].problem
    assert problem is not None
    assert "ZeroDivisionError" in problem.message()
    assert "bad.py" in (problem.traceback or "")


def test_two_workers_with_one_home_do_not_disturb_each_other(site: Site, start: WorkerProcesses) -> None:
    start("w", slots=1)
    start("w", slots=1)
    runs = [
        site.submit({f"q{n}": f"def execute():\n    return {n}\n"}, {"name": f"q{n}", "output": "q"}) for n in range(6)
    ]
    assert {site.ended(run).state.value for run in runs} == {"completed"}


def test_a_step_is_tried_again_when_its_time_comes_though_a_free_slot_waits_for_work(
    site: Site, start: WorkerProcesses
) -> None:
    start(slots=2)
    shaky = """
import os
import time
def execute():
    time.sleep(0.5)
    if os.environ["PAUTA_ATTEMPT"] == "1":
        raise RuntimeError("not yet")
    return 1
"""
    retries = {"times": 1, "delay": "100ms"}
    run = site.ended(site.submit({"shaky": shaky}, {"name": "shaky", "output": "shaky", "retries": retries}))
    assert run.state.value == "completed", [s.problem for s in site.steps(run.id)]
    first, second = site.attempts(run.id)
    assert first.ended_at is not None
    assert second.started_at is not None
    # A worker that waits for work asks again after twenty seconds, whatever happens.
    assert (second.started_at - first.ended_at).total_seconds() < 10

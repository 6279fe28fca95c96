"""T7: between a worker and its server requests and answers are lost, doubled, late and cut (P1, P13)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from broken_wire import FAULTS, BrokenWire
from pauta.domain.settings import QueueSettings
from work_processes import WorkerProcesses
from work_site import Site, soon

NEEDED = 500 if os.environ.get("PAUTA_TEST_SCALE") == "ci" else 30
QUEUE = QueueSettings(lease_seconds=12.0, heartbeat_seconds=1.0, reaper_seconds=0.5)
MAKE = """
import pandas as pd
def execute():
    print("began make {n}")
    return pd.DataFrame({{"x": range({n}, {n} + 50)}})
"""
DOUBLE = """
def execute(data):
    print("began double {n}")
    return data.assign(x=data["x"] * 2)
"""
ADD = """
def execute(data, twice):
    print("began add {n}")
    return int(data["x"].sum() + twice["x"].sum())
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "server", queue=QUEUE)
    made.serve()
    yield made
    made.close()


@pytest.fixture
def wire(site: Site) -> Iterator[BrokenWire]:
    made = BrokenWire(site.port, every=4, applies=lambda line: b"/work/" in line and b"/register" not in line)
    yield made
    made.close()


def submit(site: Site, n: int) -> str:
    scripts = {name: text.format(n=n) for name, text in (("make", MAKE), ("double", DOUBLE), ("add", ADD))}
    return site.submit(
        scripts,
        {"name": "make", "output": "data"},
        {"name": "double", "dataframes": ["data"], "output": "twice"},
        {"name": "add", "dataframes": ["data", "twice"], "output": "sum"},
    )


def test_a_broken_wire_loses_no_run_and_does_nothing_twice(site: Site, wire: BrokenWire, tmp_path: Path) -> None:
    runs: list[str] = []
    with WorkerProcesses(site, tmp_path) as start:
        start("one", url=wire.url, slots=2)
        while sum(wire.done.values()) < NEEDED or len(runs) < 6:
            batch = [submit(site, len(runs) + n) for n in range(4)]
            runs.extend(batch)
            for run in batch:
                site.ended(run, seconds=120)  # type: ignore[arg-type]
        wire.heal()
        for n, run in enumerate(runs):
            check(site, run, n)
        soon(lambda: not any(stage.owner for run in runs for stage in site.stages(run)))  # type: ignore[arg-type]
    assert set(wire.done) == set(FAULTS)


def check(site: Site, run: str, n: int) -> None:
    """It is complete, right, and each body began once for each attempt of its stage; no line is there twice."""
    ended = site.run(run)  # type: ignore[arg-type]
    steps, attempts = site.steps(run), site.attempts(run)  # type: ignore[arg-type]
    assert ended.state.value == "completed", (steps, attempts)
    output = steps[-1].output
    assert output is not None
    assert output.value == 3 * sum(range(n, n + 50))
    for stage in site.stages(run):  # type: ignore[arg-type]
        own = [a for a in attempts if a.stage_no == stage.no]
        assert sum(a.outcome is not None and a.outcome.value == "completed" for a in own) == 1
        begun = [a for a in own if a.outcome is not None and a.outcome.value != "released"]
        assert len(begun) <= 1, own  # no lease was lost, so nothing was begun again
    lines = [line for line in site.lines(run) if line.startswith("began")]  # type: ignore[arg-type]
    assert sorted(lines) == sorted({f"began {name} {n}" for name in ("make", "double", "add")})
    assert [s.attempts for s in steps] == [1, 1, 1]
    # A heartbeat that was held up may name a stage that has ended since; no report is late.
    late = [e for e in site.events(run, "late_result") if e.details.get("event") != "Renewed"]  # type: ignore[arg-type]
    assert late == []

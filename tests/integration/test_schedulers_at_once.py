"""T15: several schedulers on one database, killed at the worst places, while schedules are changed (P16, P20)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
import scheduler_process
from scheduler_process import PLACES, control_of

from pauta.adapters import clock
from pauta.domain.deploying import Deployment
from pauta.domain.runs import Run
from pauta.domain.schedules import Firing, Schedule, Timing, TimingKind
from pauta.services import deployments, schedules
from pauta.services.control import Control
from pauta.services.publish import publish
from pauta.services.publish_checks import Sent
from pauta.services.schedules import Change
from pauta.storage.postgres import open_postgres
from scheduling_world import ALONE, MAKE, NOBODY
from servers import PostgresServer, create_database

pytestmark = pytest.mark.postgres

SCALE = os.environ.get("PAUTA_TEST_SCALE", "")
DUE_AT_COMMIT = 100
DUE = {"ci": 1_000, "night": 20_000}.get(SCALE, DUE_AT_COMMIT)
KILLS = 30 if SCALE else 6
SCHEDULERS = 4
PATIENCE = 600.0 if SCALE else 90.0
DAY = 86_400
LEAD = timedelta(seconds=2)
PROBES = 20
SLACK = 2.5  # on a machine that others use, making schedules may take so many times as long as at first


@contextmanager
def project(folder: Path, address: str) -> Iterator[Control]:
    """A project folder whose records are in this database, with one deployment."""
    (folder / ".pauta" / "objects").mkdir(parents=True)
    store = open_postgres(address)
    control = control_of(folder, store)
    publish(control, Sent("plant.yaml", ALONE, {"make.py": MAKE}), behalf=NOBODY)
    wanted = Deployment("daily", "plant", control.now(), control.now(), "tester")
    deployments.create(control, wanted, behalf=NOBODY)
    try:
        yield control
    finally:
        store.close()


def scheduler(folder: Path, address: str, *death: str) -> subprocess.Popen[str]:
    """A scheduler's process."""
    path = os.pathsep.join(str(p) for p in (Path(scheduler_process.__file__).parent, Path(__file__).parent.parent))
    return subprocess.Popen(
        [sys.executable, scheduler_process.__file__, str(folder), address, *death],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )


def due_soon(control: Control, count: int) -> tuple[list[Schedule], datetime]:
    """Schedules that are all due at one instant, once, which comes when the last one is made."""
    far = Timing(TimingKind.INTERVAL, seconds=DAY, anchor=clock.now() + timedelta(days=9))
    began = time.monotonic()
    for n in range(PROBES):
        schedules.create_schedule(control, "daily", name=f"far {n}", timing=far)
    each = SLACK * (time.monotonic() - began) / PROBES
    at = clock.now() + LEAD + timedelta(seconds=count * max(each, 1 / 40 if count > DUE_AT_COMMIT else 1 / 100))
    timing = Timing(TimingKind.INTERVAL, seconds=DAY, anchor=at - timedelta(seconds=DAY))
    made = [schedules.create_schedule(control, "daily", name=f"s{n}", timing=timing) for n in range(count)]
    assert clock.now() < at, "making schedules took too long"
    return made, at


def record_of(control: Control, made: list[Schedule]) -> tuple[dict[str, list[Firing]], dict[str, list[Run]]]:
    """Firings by schedule, and runs by who asked for them."""
    runs: dict[str, list[Run]] = {}
    with control.store.transaction() as tx:
        firings = {s.id: tx.schedules.firings(s.id) for s in made}
        for run in tx.runs.newest(limit=10 * len(made) + 10):
            runs.setdefault(run.asked_by or "", []).append(run)
    return firings, runs


def test_t15_schedulers_that_are_killed_and_schedules_that_are_changed_double_and_lose_nothing(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    address = create_database(postgres_server, "pauta_t15")
    deaths = cycle((place, str(count)) for count in (2, 5, 3) for place in PLACES)
    with project(tmp_path, address) as control:
        made, at = due_soon(control, DUE)
        processes = [scheduler(tmp_path, address, *next(deaths)) for _ in range(SCHEDULERS)]
        killed = changed = 0
        paused: set[str] = set()
        deadline = time.monotonic() + PATIENCE
        try:
            while _open(control, at):
                assert time.monotonic() < deadline, "some schedules were never fired"
                for i, process in enumerate(processes):
                    if process.poll() is not None:
                        assert process.returncode == -signal.SIGKILL
                        assert process.stdin is not None
                        process.stdin.close()
                        killed += 1
                        death = next(deaths) if killed < KILLS else ()
                        processes[i] = scheduler(tmp_path, address, *death)
                if clock.now() > at - timedelta(milliseconds=100) and changed < DUE // 3:
                    _meddle(control, made[changed * 3], changed, paused)
                    changed += 1
        finally:
            _end(processes)
        firings, runs = record_of(control, made)
    assert killed >= min(KILLS, SCHEDULERS)
    for schedule in made:
        fired = [f for f in firings[schedule.id] if f.outcome == "fired"]
        started = runs.get(f"schedule {schedule.name}", [])
        assert [r.id for r in started] == [f.run_id for f in fired], f"{schedule.name}: doubled, or half done"
        assert len(fired) == 1 or schedule.id in paused, f"{schedule.name}: missing"
        for firing, run in zip(fired, started, strict=True):
            assert run.parameters["machine"] == ("M1" if firing.schedule_version == 1 else "M2")
    assert all(len(f) <= 1 for f in firings.values())
    assert Counter(len(r) for r in runs.values()).keys() == {1}


def _meddle(control: Control, schedule: Schedule, number: int, paused: set[str]) -> None:
    """Somebody changes its parameters, or pauses it, just now."""
    if number % 2:
        paused.add(schedule.id)
        schedules.pause_schedule(control, schedule.id)
    else:
        schedules.change_schedule(control, schedule.id, Change(parameters={"machine": "M2"}))


def _open(control: Control, at: datetime) -> bool:
    """Whether some have still to fire. Looks ten times a second: the machine is busy enough."""
    time.sleep(0.1)
    with control.store.transaction() as tx:
        return any(s.next is not None and s.next.at <= at for s in tx.schedules.all())


def _end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

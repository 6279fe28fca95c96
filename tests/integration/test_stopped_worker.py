"""T6: a worker that sleeps through its lease and wakes: nothing that it says then counts (P4, P7)."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pauta.domain.ids import RunId
from pauta.domain.settings import QueueSettings
from pauta.domain.wire import StepFinished, StepStarted
from pauta.services.work_verbs import WorkVerbs
from pauta.services.work_verbs_objects import WorkObjects
from work_processes import WorkerProcesses
from work_site import Site, soon

QUEUE = QueueSettings(lease_seconds=2.0, heartbeat_seconds=0.4, reaper_seconds=0.2)
CYCLES = 200 if os.environ.get("PAUTA_TEST_SCALE") == "ci" else 12
POINTS = ("claimed", "in the body", "output written", "before finish")
SCRIPT = """
import time
import pandas as pd


def execute():
    print("cycle {cycle}")
    time.sleep(0.3)
    return pd.DataFrame({{"x": [{cycle}, 2.0]}})
"""


class Trap:
    """Stops the worker that first reaches a point of a run, until its lease is lost and some more."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.point = ""
        self.run: RunId | None = None
        self.seconds = 0.0
        self.victim = 0
        self.wakings: list[threading.Thread] = []
        self._lock = threading.Lock()

    def set(self, point: str, run: RunId, *, seconds: float) -> None:
        self.point, self.run, self.seconds, self.victim = point, run, seconds, 0

    def spring(self, point: str, run: str, owner: str) -> None:
        """Stop it now; it wakes by itself later."""
        with self._lock:
            if point != self.point or run != self.run or self.victim:
                return
            with self.site.control.store.transaction() as tx:
                worker = tx.workers.get(owner)
            assert worker is not None
            self.victim = worker.process
        os.kill(self.victim, signal.SIGSTOP)
        waking = threading.Thread(target=self._wake, args=(self.victim, time.monotonic() + self.seconds))
        self.wakings.append(waking)
        waking.start()

    def _wake(self, process: int, at: float) -> None:
        soon(lambda: time.monotonic() >= at and self.is_lost())
        with suppress(ProcessLookupError):  # the test is over
            os.kill(process, signal.SIGCONT)

    def is_lost(self) -> bool:
        assert self.run is not None
        stage = self.site.stages(self.run)[0]
        return stage.fence > 1 or stage.owner is None


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Trap]:
    site = Site(tmp_path / "server", queue=QUEUE)
    trap = Trap(site)
    claim, report, lease_of = WorkVerbs.claim, WorkVerbs.report, WorkObjects.lease_of

    def claiming(self: WorkVerbs, worker: Any, asked: Any) -> Any:
        given = claim(self, worker, asked)
        for recorded in given.recorded if given is not None else ():
            trap.spring("claimed", recorded.run_id, worker.owner)
        return given

    def reporting(self: WorkVerbs, worker: Any, asked: Any) -> Any:
        if any(isinstance(item, StepFinished) for item in asked.heard):
            trap.spring("before finish", asked.run, worker.owner)
            if trap.point == "before finish" and trap.victim == worker.process:
                soon(trap.is_lost)  # the report was on its way, and arrives too late
        answer = report(self, worker, asked)
        if any(isinstance(item, StepStarted) for item in asked.heard):
            trap.spring("in the body", asked.run, worker.owner)
        return answer

    def looking(self: WorkObjects, caller: Any, text: str) -> Any:
        lease = lease_of(self, caller, text)
        if site.steps(lease.run)[0].state.value == "running":
            trap.spring("output written", lease.run, site.stages(lease.run)[0].owner or "")
        return lease

    monkeypatch.setattr(WorkVerbs, "claim", claiming)
    monkeypatch.setattr(WorkVerbs, "report", reporting)
    monkeypatch.setattr(WorkObjects, "lease_of", looking)
    site.serve()
    yield trap
    for waking in trap.wakings:
        waking.join()
    site.close()


def test_what_a_worker_says_after_it_slept_through_its_lease_counts_for_nothing(trap: Trap, tmp_path: Path) -> None:
    site = trap.site
    stolen = watch_renewals(site)
    refused = 0
    with WorkerProcesses(site, tmp_path) as start:
        start("one", slots=1)
        start("two", slots=1)
        for cycle in range(CYCLES):
            point, seconds = POINTS[cycle % 4], 2.0 + 0.5 * (cycle % 3)
            trap.point = ""
            run = submit(trap, cycle, point, seconds)
            ended = site.ended(run)
            assert ended.state.value == "completed", (point, site.attempts(run))
            lost, *_, last = site.attempts(run)
            assert (lost.fence, lost.outcome.value if lost.outcome else "") == (1, "crashed"), point
            assert last.outcome is not None
            assert last.outcome.value == "completed"
            soon(lambda run=run: site.events(run, "late_result"), what=f"for a refusal ({point})")  # type: ignore[misc]
            refused += 1
            output = site.steps(run)[0].output
            assert output is not None
            assert site.control.objects.exists(output.address)
    assert refused == CYCLES
    assert stolen() == []


def submit(trap: Trap, cycle: int, point: str, seconds: float) -> RunId:
    """A run with the trap set before anybody can claim it."""
    with trap._lock:
        run = trap.site.submit(
            {"sleeper": SCRIPT.format(cycle=cycle)}, {"name": "sleeper", "output": "data", "cache": False}
        )
        trap.set(point, run, seconds=seconds)
    return run


def watch_renewals(site: Site) -> Callable[[], list[str]]:
    """Gives the renewals that extended a lease of an attempt that another worker holds."""
    stolen: list[str] = []
    renew = WorkVerbs.renew

    def renewing(self: WorkVerbs, worker: Any, asked: Any) -> Any:
        before = {(lease.run, lease.stage): site.stages(lease.run)[lease.stage] for lease in asked.held}
        answer = renew(self, worker, asked)
        for lease in asked.held:
            stage = before[lease.run, lease.stage]
            kept = lease not in answer.renewal.lost
            if kept and (stage.fence != lease.fence or stage.owner != worker.owner):
                stolen.append(f"{lease} by {worker.owner}, held by {stage.owner} under {stage.fence}")
        return answer

    WorkVerbs.renew = renewing  # type: ignore[method-assign]

    def found() -> list[str]:
        WorkVerbs.renew = renew  # type: ignore[method-assign]
        return stolen

    return found

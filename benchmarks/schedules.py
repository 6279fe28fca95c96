"""Schedules that are due within a minute: how late each fires, and what one firing costs beside a bare insert.

    python benchmarks/schedules.py [schedules] [seconds]

Each schedule fires once, at its own moment of the minute; a firing is late until its run is on record for good. The
records are on SQLite, as on a new server; nobody works on the runs. With one second for all of them it shows how many
are fired in a second.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from measuring import Line, bare_commits, put, report, workplace

from pauta.adapters import clock
from pauta.assembly.control import opened_control
from pauta.domain.deploying import Deployment
from pauta.domain.schedules import Occurrence, Schedule, Timing, TimingKind
from pauta.domain.settings import Settings
from pauta.scheduler import loop
from pauta.services import deployments
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.firing import Fired, fire
from pauta.services.publish import publish
from pauta.services.publish_checks import Sent

EACH = 500
DAY = 86_400
DOCUMENT = b"model_name: bench\nprediction_steps:\n  - {name: make, file_path: make.py, output_dataframe: made}\n"
SCRIPT = b"import pandas as pd\n\n\ndef execute():\n    return pd.DataFrame({'a': [1]})\n"


def prepare(control: Control, count: int) -> None:
    """Deployments, each with up to `EACH` schedules: more runs of one do not wait at a time."""
    nobody = Behalf("bench")
    publish(control, Sent("bench.yaml", DOCUMENT, {"make.py": SCRIPT}), behalf=nobody)
    for no in range(-(-count // EACH)):
        wanted = Deployment(f"d{no}", "bench", control.now(), control.now(), "bench")
        deployments.create(control, wanted, behalf=nobody)


def plan(control: Control, count: int, seconds: float) -> datetime:
    """Put the schedules on record, due from some seconds from now on; when the first is due."""
    begin = control.now() + timedelta(seconds=3 + count / 2500)
    with control.store.transaction() as tx:
        for no in range(count):
            due = begin + timedelta(seconds=seconds * no / count)
            timing = Timing(TimingKind.INTERVAL, seconds=DAY, anchor=due)
            coming = Occurrence(due, due.replace(tzinfo=None).isoformat())
            schedule = Schedule(f"s{no:06}", f"d{no // EACH}", f"s{no}", timing, begin, next=coming, fire_at=due)
            tx.schedules.put(None, schedule)
    return begin


class Watched:
    """Fires, and notes how late each is on record and how long it took."""

    def __init__(self, count: int) -> None:
        self.late: list[float] = []
        self.took: list[float] = []
        self.ended = threading.Event()
        self._count = count

    def fire(self, control: Control, schedule: Schedule) -> Fired:
        begun = time.perf_counter()
        fired = fire(control, schedule)
        self.took.append(time.perf_counter() - begun)
        if len(fired.runs) != 1 or schedule.fire_at is None:
            raise RuntimeError(f"{schedule.id} did not fire: {fired}")
        self.late.append((clock.now() - schedule.fire_at).total_seconds())
        if len(self.late) == self._count:
            self.ended.set()
        return fired


@contextmanager
def watching(count: int) -> Iterator[Watched]:
    """The scheduler's loop fires through this for the length of the block."""
    watched = Watched(count)
    loop.fire = watched.fire
    try:
        yield watched
    finally:
        loop.fire = fire


def measure(folder: Path, count: int, seconds: float) -> tuple[Watched, float]:
    """Fire them all; and how long it took from the first moment on."""
    folder.mkdir()
    with opened_control(folder, Settings(), say=put) as control, watching(count) as watched:
        prepare(control, count)
        begin = plan(control, count, seconds)
        if control.now() > begin:
            put("the schedules were planned too late: the figures below are too high")
        scheduler = loop.Scheduler(control, tell=lambda problem: put(problem.line()))
        scheduler.start()
        try:
            if not watched.ended.wait(10 * seconds + 300):
                raise RuntimeError(f"only {len(watched.late)} of {count} fired")
        finally:
            scheduler.stop()
        return watched, (clock.now() - begin).total_seconds()


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    with workplace() as folder:
        bare = bare_commits(folder, synchronous="FULL") * 1000
        spread, _ = measure(folder / "spread", count, seconds)
        at_once, whole = measure(folder / "at-once", min(count, 1000), 0.0)
    late, took = sorted(spread.late), sorted(spread.took)
    report(
        f"{count} schedules due within {seconds:g} s",
        [
            Line("lateness, median", late[len(late) // 2], "s"),
            Line("lateness, 99 of 100", late[len(late) * 99 // 100], "s", budget=2.0),
            Line("lateness, largest", late[-1], "s"),
            Line("one firing, median, durably on record", took[len(took) // 2] * 1000, "ms", baseline=bare),
            Line("schedules fired in a second, all due at once", len(at_once.late) / whole, "/s"),
        ],
    )


if __name__ == "__main__":
    main()

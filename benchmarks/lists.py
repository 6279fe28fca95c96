"""How long does the newest page of the list of runs take, with 10,000 runs of 50 steps on record?

python benchmarks/lists.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import perf_counter

from measuring import Line, report, workplace

from pauta.domain.ids import RunId
from pauta.domain.pipeline import Part
from pauta.domain.plan import Plan, PlannedStage, PlannedStep
from pauta.domain.runs import Run, Stage, StepRecord
from pauta.domain.scripts import Script, Signature
from pauta.domain.states import RunState, StageState, StepState
from pauta.ports.store import Store, Transaction
from pauta.storage.sqlite import open_sqlite

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUNS, STEPS, PAGE = 10_000, 50, 100
STATES = (RunState.COMPLETED,) * 96 + (RunState.FAILED,) * 3 + (RunState.RUNNING,)


def fill(store: Store) -> None:
    """Put the runs on record, 100 in each transaction."""
    script = Script("s.py", "s.py", "0" * 64, "1" * 64, Signature(()))  # type: ignore[arg-type]
    steps = tuple(PlannedStep(no, f"step{no}", Part.TRAINING, script) for no in range(STEPS))
    plan = Plan("bench", steps, (PlannedStage(0, tuple(range(STEPS))),))
    for first in range(0, RUNS, 100):
        with store.transaction() as tx:
            for no in range(first, first + 100):
                run = Run(
                    RunId(f"1k{no:014d}"), f"p{no % 7}", STATES[no % 100], NOW + timedelta(seconds=no), 0,
                    deployment=f"d{no % 11}", parameters={"alpha": 0.5, "name": "x" * 40},
                )  # fmt: skip
                records = [StepRecord(run.id, s.no, s.name, 0, StepState.COMPLETED) for s in steps]
                tx.runs.add(run, plan, [Stage(run.id, 0, StageState.COMPLETED)], records)


def look_often(store: Store, look: Callable[[Transaction], object], times: int = 200) -> tuple[float, float]:
    """Milliseconds of a look: the median, and within which 95 of 100 are done."""
    seconds = []
    for _ in range(times):
        begun = perf_counter()
        with store.transaction() as tx:
            look(tx)
        seconds.append(perf_counter() - begun)
    cuts = quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[94] * 1000


def main() -> int:
    """Measure and print."""
    middle = RunId(f"1k{RUNS // 2:014d}")
    looks: dict[str, Callable[[Transaction], object]] = {
        "newest page of 100": lambda tx: tx.runs.newest(limit=PAGE),
        "a page from the middle": lambda tx: tx.runs.newest(limit=PAGE, before=middle),
        "completed or failed": lambda tx: tx.runs.newest(limit=PAGE, states=["completed", "failed"]),
        "running (1 in 100)": lambda tx: tx.runs.newest(limit=PAGE, states=["running"]),
        "of one pipeline": lambda tx: tx.runs.newest(limit=PAGE, pipeline="p3"),
        "of one deployment": lambda tx: tx.runs.newest(limit=PAGE, deployment="d3"),
        "failed of one deployment": lambda tx: tx.runs.newest(limit=PAGE, deployment="d3", states=["failed"]),
        "number of runs by state": lambda tx: tx.runs.states(),
        "runs that nothing moves (P2)": lambda tx: tx.stages.stuck(now=NOW),
    }
    with workplace() as folder:
        store = open_sqlite(folder / "records")
        fill(store)
        lines = []
        for what, look in looks.items():
            median, p95 = look_often(store, look)
            lines += [Line(f"{what}, median", median, "ms", 10), Line("… p95", p95, "ms", 100)]
        store.close()
    report(f"Lists of runs on SQLite: {RUNS:,} runs of {STEPS} steps", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())

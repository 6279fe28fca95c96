"""What does a task call cost? Flows in real processes, every call recorded; and flows in memory under pauta.testing.

    python benchmarks/flows.py

A figure "a call" is the time of a whole run with so many calls less that of the same flow with none, by call:
submitting, starting the process and recording everything included. The baseline is two bare SQLite commits a call
on the same disk. Resuming is the time from the second attempt's claim to the end of a flow whose first attempt
was killed after its last call.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from measuring import Line, bare_commits, report, warm_runs, workplace

CALLS = 1_000
REPETITIONS = 5
FLOWS = """
import os
import signal

from pauta import flow, task


@task
def add(n: int) -> int:
    return n + 1


@task
def nothing(n):
    return None


@flow
def chain(calls):
    n = 0
    for _ in range(calls):
        n = add(n)
    return n


@flow
def effects(calls):
    step = add.with_options(effects=True)
    n = 0
    for _ in range(calls):
        n = step(n)
    return n


@flow
def fan(calls):
    nothing.map(range(calls)).wait()


@flow
def killed(calls):
    n = 0
    for _ in range(calls):
        n = add(n)
    if os.environ["PAUTA_ATTEMPT"] == "1":
        os.kill(os.getpid(), signal.SIGKILL)
    return n
"""


def seconds_of(folder: Path, flow: str, calls: int) -> float:
    """Median seconds of a whole warm run."""
    place = folder / f"{flow}{calls}"
    place.mkdir()
    (place / "flows.py").write_text(FLOWS)
    step = {"name": flow, "file_path": f"flows.py:{flow}", "kwargs": {"calls": calls}}
    document = place / "pipeline.json"
    document.write_text(json.dumps({"model_name": flow, "prediction_steps": [step]}))
    return median(run.submit + run.execute for run in warm_runs(document, times=REPETITIONS))


def in_memory() -> float:
    """Median milliseconds of a flow of one task under pauta.testing."""
    from pauta import flow, task
    from pauta.testing import run_flow

    @task
    def one() -> int:
        return 1

    @flow
    def single() -> int:
        return one()

    taken = []
    for _ in range(20):
        begun = perf_counter()
        run_flow(single)
        taken.append(perf_counter() - begun)
    return median(taken) * 1000


def main() -> int:
    """Measure and print."""
    with workplace() as folder:
        normal = bare_commits(folder, synchronous="normal") * 2000
        empty = seconds_of(folder, "chain", 0)
        chain = (seconds_of(folder, "chain", CALLS) - empty) * 1000 / CALLS
        effects = (seconds_of(folder, "effects", CALLS) - empty) * 1000 / CALLS
        fan = CALLS / (seconds_of(folder, "fan", CALLS) - empty)
        resumed = seconds_of(folder, "killed", CALLS) - seconds_of(folder, "chain", CALLS + 1)
        lines = [
            Line(f"a task call of {CALLS:,} in sequence", chain, "ms", 0.2, normal),
            Line("the same with effects: on record before and after", effects, "ms", None, normal),
            Line(f"{CALLS:,} mapped calls on threads: time a call", 1000 / fan, "ms", 1 / 3, normal),
            Line(f"go on after {CALLS:,} recorded calls", resumed, "s", 0.5),
            Line("a flow of one task in memory", in_memory(), "ms", 5.0),
            Line("a run of a flow without calls", empty * 1000, "ms"),
            Line("two bare commits, synchronous=normal", normal, "ms"),
        ]
    report("Flows", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())

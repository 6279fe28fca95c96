"""What the benchmarks share: timing, medians, bare baselines, and the table they print.

A figure means little alone: each benchmark measures a bare baseline in the same run, on the same disk, and prints
the ratio beside the budget. Figures are printed, never asserted; a busy machine is not a failure.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of several repetitions of one thing."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        """The shortest one."""
        return min(self.seconds)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    Attributes:
        what: What was measured.
        value: The figure, in `unit`.
        unit: ``ms``, ``s``, ``MiB`` …
        budget: Largest value allowed, or None.
        baseline: The bare figure that it is compared with, in the same unit, or None.
        most: Largest ratio allowed to the baseline, or None.
    """

    what: str
    value: float
    unit: str
    budget: float | None = None
    baseline: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of its baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """``met``, or by how much not; empty without a budget."""
        if self.budget is None and self.most is None:
            return ""
        over = [self.value / self.budget] if self.budget is not None else []
        over += [self.ratio / self.most] if self.most is not None and self.ratio is not None else []
        return "met" if max(over) <= 1 else f"over by {(max(over) - 1) * 100:.0f} %"


def timed(action: Callable[[], object], *, times: int, warm: int = 1) -> Timing:
    """Time an action, after some repetitions that are not counted."""
    for _ in range(warm):
        action()
    seconds = []
    for _ in range(times):
        begun = perf_counter()
        action()
        seconds.append(perf_counter() - begun)
    return Timing(tuple(seconds))


def timed_command(command: Sequence[str], *, folder: Path, times: int, warm: int = 1) -> Timing:
    """Time a fresh process, from its launch to its end."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def once() -> None:
        subprocess.run(command, cwd=folder, env=env, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    return timed(once, times=times, warm=warm)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one benchmark, removed afterwards. `PAUTA_BENCH_FOLDER` says on which disk."""
    folder = Path(tempfile.mkdtemp(prefix="pauta-bench-", dir=os.environ.get("PAUTA_BENCH_FOLDER")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_project(folder: Path, *, steps: Sequence[Mapping[str, Any]], scripts: Mapping[str, str]) -> Path:
    """Write a project with these steps and scripts; the path of its document."""
    (folder / "scripts").mkdir(parents=True)
    for name, source in scripts.items():
        (folder / "scripts" / name).write_text(source)
    document = folder / "pipeline.json"
    document.write_text(json.dumps({"model_name": "bench", "prediction_steps": list(steps), "training_steps": []}))
    return document


@dataclass(frozen=True, slots=True)
class RunTime:
    """Seconds of one run: submitting it, executing it, and the scripts' own bodies in it."""

    submit: float
    execute: float
    bodies: float

    @property
    def overhead(self) -> float:
        """Everything but the scripts' own bodies."""
        return self.submit + self.execute - self.bodies


def warm_runs(document: Path, *, times: int, warm: int = 1) -> list[RunTime]:
    """Run a document several times in this process, without the cache; the first runs are not counted."""
    from pauta import assembly

    taken = []
    with assembly.open_project(document.parent) as project:
        prepared = project.prepare(document, scripts=None, inputs={}, parameters={}, only=None)
        for _ in range(warm + times):
            begun = perf_counter()
            run = project.submit(prepared, use_cache=False)
            submitted = perf_counter()
            view = project.execute(run, slots=None, watcher=None, interrupted=lambda: 0)
            ended = perf_counter()
            if view.state != "completed":
                raise RuntimeError(f"the run is {view.state}: {view.problem or [s.problem for s in view.steps]}")
            bodies = sum(step.seconds or 0.0 for step in view.steps)
            taken.append(RunTime(submitted - begun, ended - submitted, bodies))
    return taken[warm:]


def bare_commits(folder: Path, *, synchronous: str, commits: int = 1000) -> float:
    """Seconds of one bare SQLite commit of one small row, in write-ahead mode with this `synchronous`."""
    connection = sqlite3.connect(folder / f"bare-{synchronous}.db", isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute(f"pragma synchronous = {synchronous}")
    connection.execute("create table step (no integer primary key, state text, output text)")
    begun = perf_counter()
    for no in range(commits):
        connection.execute("begin immediate")
        connection.execute("insert into step values (?, 'completed', '{\"n\": 1}')", (no,))
        connection.execute("commit")
    seconds = perf_counter() - begun
    connection.close()
    return seconds / commits


def report(title: str, lines: Sequence[Line]) -> None:
    """Print the table, in Markdown, with the machine it was measured on."""
    put(f"## {title}\n")
    load = f"load {os.getloadavg()[0]:.1f}"
    put(f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {load}\n")
    put("| what | figure | budget | baseline | ratio | |")
    put("|---|---|---|---|---|---|")
    for line in lines:
        budget = f"≤ {shown(line.budget)} {line.unit}" if line.budget is not None else ""
        if line.most is not None:
            budget = f"{budget}, ≤ {shown(line.most)} ×".removeprefix(", ")
        baseline = f"{shown(line.baseline)} {line.unit}" if line.baseline is not None else ""
        ratio = f"{line.ratio:.2f} ×" if line.ratio is not None else ""
        put(f"| {line.what} | {shown(line.value)} {line.unit} | {budget} | {baseline} | {ratio} | {line.verdict} |")


def shown(number: float) -> str:
    """A number with three digits that count."""
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def put(text: str) -> None:
    """One line of output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()

"""Kills `pauta run` at one of its system calls, has it go on, and asks whether every promise was kept.

A *place* is a small project of five steps in a folder of its own. Its scripts append a line to a *ledger* outside
the project each time a body starts, so that what really ran can be held against what the records say.
strace counts the calls that change something outside the process and sends KILL at the N-th.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

CALLS = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,"
    "ftruncate,unlink,unlinkat,sendto,sendmsg"
)
FINAL = {"completed", "failed", "cancelled", "crashed"}
LONGEST_SECONDS = 60.0

_LEDGER = """
import os


def note(step, ledger):
    line = f"{step} {os.getpid()} {os.environ.get('PAUTA_RUN', '-')} {os.environ.get('PAUTA_ATTEMPT', '-')}\\n"
    descriptor = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, line.encode())
    os.close(descriptor)
"""

_SCRIPTS = {
    "draw.py": "    return {'rows': 5, 'seed': 7}\n",
    "table.py": (
        "    import pandas as pd\n"
        "    rows = range(numbers['rows'])\n"
        "    return pd.DataFrame({'n': list(rows), 'x': [numbers['seed'] * r / 2 for r in rows]})\n"
    ),
    "count.py": "    return [numbers['rows'], numbers['seed']]\n",
    "square.py": "    return table.assign(y=table['x'] ** 2)\n",
    "total.py": "    return {'y': float(squares['y'].sum()), 'counts': counts}\n",
}

_STEPS: list[tuple[str, list[str], str]] = [
    ("draw", [], "numbers"),
    ("table", ["numbers"], "table"),
    ("count", ["numbers"], "counts"),
    ("square", ["table"], "squares"),
    ("total", ["squares", "counts"], "result"),
]
RETRIES = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A project in a folder of its own."""

    folder: Path

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder / "project"

    @property
    def ledger(self) -> Path:
        """One line for each start of a body: step, process, run, attempt."""
        return self.folder / "ledger.txt"

    @property
    def trace(self) -> Path:
        """What strace saw."""
        return self.folder / "trace.txt"

    def starts(self) -> Counter[str]:
        """How often the body of each step was started."""
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        return Counter(line.split()[0] for line in lines)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the records say at one moment: the newest run and the states of its steps."""

    run: str
    state: str
    steps: dict[str, str]

    @property
    def completed(self) -> set[str]:
        """Names of the steps recorded as completed."""
        return {name for name, state in self.steps.items() if state == "completed"}


def make_place(folder: Path) -> Place:
    """Write the project of five steps."""
    place = Place(folder)
    scripts = place.project / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "ledger.py").write_text(_LEDGER)
    for name, body in _SCRIPTS.items():
        takes = next(takes for step, takes, _ in _STEPS if f"{step}.py" == name)
        parameters = ", ".join([*takes, "step", "path"])
        body = f"from ledger import note\n\n\ndef execute({parameters}):\n    note(step, path)\n{body}"
        (scripts / name).write_text(body)
    document = {
        "model_name": "kill_points",
        "prediction_steps": [
            {
                "name": name,
                "file_path": f"scripts/{name}.py",
                "dataframes": takes,
                "output_dataframe": gives,
                "kwargs": {"step": name, "path": str(place.ledger)},
            }
            for name, takes, gives in _STEPS
        ],
        "training_steps": [],
    }
    (place.project / "pipeline.json").write_text(json.dumps(document, indent=2))
    return place


def pauta(*arguments: str) -> list[str]:
    """A command line for the installed command."""
    return [sys.executable, "-m", "pauta", *arguments]


def run_clean(place: Place) -> dict[str, Any]:
    """Run the project undisturbed; the JSON answer."""
    done = _finish(pauta("run", "pipeline.json", "--json"), place)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def count_calls(place: Place) -> int:
    """How many of the counted calls the busiest thread of the command makes in an undisturbed run."""
    done = _finish(_traced(place, inject=None), place)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = Counter(
        match[1] for line in place.trace.read_text().splitlines() if (match := re.match(r"(\d+) +\w+\(", line))
    )
    return max(calls.values())


def kill_command_at(place: Place, number: int) -> bool:
    """Run the project and kill the command at its `number`-th call; False when it ended before."""
    return _finish(_traced(place, inject=number), place).returncode != 0


def _traced(place: Place, *, inject: int | None) -> list[str]:
    # The command's own threads are followed; a child that executes a program is let go, so that the parent of the
    # scripts' processes and these processes themselves are not counted and not killed.
    strace = ["strace", "-f", "-qq", "--detach-on=execve", "-o", str(place.trace), "-e", f"trace={CALLS}"]
    if inject is not None:
        strace += ["-e", f"inject={CALLS}:signal=KILL:when={inject}"]
    return [*strace, *pauta("run", "pipeline.json", "--json")]


def _finish(command: list[str], place: Place) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=place.project,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )


def _environment() -> dict[str, str]:
    # Writing bytecode would make the number of calls depend on who ran first.
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}


# ---- what the records and the machine say --------------------------------------------------------


def recorded(place: Place) -> Recorded | None:
    """The newest run by the database file, read from a copy: looking must not repair anything."""
    original = database(place)
    if original is None:
        return None
    copy = place.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in original.parent.glob(original.name + "*"):
        if not file.name.endswith("-shm"):  # rebuilt from the log; the old one may belong to the dead
            shutil.copy(file, copy)
    connection = sqlite3.connect(copy / original.name)
    try:
        if not connection.execute("select 1 from sqlite_master where name = 'run'").fetchone():
            return None
        row = connection.execute("select id, state from run order by id desc limit 1").fetchone()
        if row is None:
            return None
        steps = connection.execute("select name, state from step where run_id = ?", (row[0],)).fetchall()
        return Recorded(row[0], row[1], dict(steps))
    finally:
        connection.close()


def database(place: Place) -> Path | None:
    """The database file, once it was begun."""
    for file in sorted((place.project / ".pauta").rglob("*")):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened:
                if opened.read(16) == b"SQLite format 3\0":
                    return file
    return None


def processes_of(place: Place) -> list[int]:
    """Living processes that work in the place or were told of it."""
    mark = str(place.folder).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _mentions(entry, mark):
            found.append(int(entry.name))
    return found


def _mentions(entry: Path, mark: bytes) -> bool:
    try:
        if re.search(r"^State:\s+[ZX]", (entry / "status").read_text(), re.MULTILINE):
            return False
        where = os.fsencode(os.readlink(entry / "cwd"))
        return any(mark in part for part in (where, (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()))
    except OSError:  # it ended while we looked
        return False


def eventually(condition: Callable[[], bool], *, within_seconds: float) -> bool:
    """Whether the condition comes true before the deadline."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ---- going on, and the oracle --------------------------------------------------------------------


def go_on(place: Place, before: Recorded | None) -> dict[str, Any] | None:
    """Continue what was killed: resume a run that was kept, or begin anew. None when the run had ended already."""
    if before is None:
        return run_clean(place)
    if before.state in FINAL:
        return None
    done = _finish(pauta("run", "--resume", before.run, "--json"), place)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def faults(place: Place, *, clean: dict[str, Any], deaths: int, kill: Callable[[], object]) -> Iterator[str]:
    """Kill, go on, and tell every promise that was broken."""
    kill()
    if not eventually(lambda: not processes_of(place), within_seconds=5):
        yield f"P8: processes of the dead command live on: {processes_of(place)}"
        for process in processes_of(place):
            os.kill(process, signal.SIGKILL)
    before = recorded(place)
    starts_before = place.starts()
    answer = go_on(place, before)
    after = recorded(place)
    if after is None or after.state != "completed":
        yield f"P2: the run is not completed: {after}"
        return
    if before is not None:
        if after.run != before.run:
            yield f"P1: the acknowledged run {before.run} is gone"
        again = {step for step in before.completed if place.starts()[step] > starts_before[step]}
        if again:
            yield f"P3: completed steps were started again: {again}"
        if lost := before.completed - after.completed:
            yield f"P5: completed steps are so no more: {lost}"
    for step, times in place.starts().items():
        if times > 1 + RETRIES + deaths:
            yield f"P6: {step} was started {times} times"
    if missing := {step for step, _, _ in _STEPS} - set(place.starts()):
        yield f"steps without a start in the ledger: {missing}"
    yield from _faulty_data(place, clean, answer or show(place, after.run))


def show(place: Place, run: str) -> dict[str, Any]:
    """A run as `pauta show` tells it."""
    done = _finish(pauta("show", run, "--json"), place)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def addresses(answer: dict[str, Any]) -> dict[str, str]:
    """Address of each frame and value of a run."""
    return {name: frame["address"] for name, frame in answer["frames"].items()}


def _faulty_data(place: Place, clean: dict[str, Any], answer: dict[str, Any]) -> Iterator[str]:
    if addresses(answer) != addresses(clean):
        yield f"the data differ from an undisturbed run: {addresses(answer)} {addresses(clean)}"
    objects = {
        file.name: file for file in (place.project / ".pauta").rglob("*") if re.fullmatch("[0-9a-f]{64}", file.name)
    }
    for name, frame in answer["frames"].items():
        if frame["kind"] == "frame" and frame["address"] not in objects:
            yield f"P22: {name} is recorded, but its object is not there"
    for address, file in objects.items():
        if blake3(file.read_bytes()).hexdigest() != address:
            yield f"P21: the object {address} does not hold its bytes"
    original = database(place)
    assert original is not None
    connection = sqlite3.connect(original)
    try:
        verdict = connection.execute("pragma integrity_check").fetchone()[0]
    finally:
        connection.close()
    if verdict != "ok":
        yield f"P15: the database is damaged: {verdict}"

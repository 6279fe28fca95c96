"""What must hold after a crash: the records, the ledger, the objects and the machine, held against the promises."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3
from kill_points import RETRIES, STEPS, Place, resume, run_clean, show

FINAL = {"completed", "failed", "cancelled", "crashed"}


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


def faults(place: Place, *, clean: dict[str, Any], deaths: int, crash: Callable[[], object]) -> Iterator[str]:
    """Crash, go on, and tell every promise that was broken."""
    crash()
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
        again = {step for step in before.completed if place.starts()[step] > starts_before[step]}
        yield from faulty_records(before, after, again)
    yield from faulty_ledger(place, deaths)
    yield from faulty_data(place, clean, answer or show(place, after.run))


def go_on(place: Place, before: Recorded | None) -> dict[str, Any] | None:
    """Continue what was killed: resume a run that was kept, or begin anew. None when the run had ended already."""
    if before is None:
        return run_clean(place)
    return None if before.state in FINAL else resume(place, before.run)


def faulty_records(before: Recorded, after: Recorded, again: set[str]) -> Iterator[str]:
    """What the records say now against what they said before going on."""
    if after.run != before.run:
        yield f"P1: the acknowledged run {before.run} is gone"
    if again:
        yield f"P3: completed steps were started again: {again}"
    if lost := before.completed - after.completed:
        yield f"P5: completed steps are so no more: {lost}"


def faulty_ledger(place: Place, deaths: int) -> Iterator[str]:
    """What really ran, against what may have run."""
    starts = place.starts()
    for step, times in starts.items():
        if times > 1 + RETRIES + deaths:
            yield f"P6: {step} was started {times} times"
    keys = defaultdict(set)
    for step, _, run, _, key in place.lines():
        keys[run, step].add(key)
    if changed := {step for (_, step), several in keys.items() if len(several) > 1}:
        yield f"P6: the idempotency key changed between attempts of {changed}"
    if missing := {step for step, _, _ in STEPS} - set(starts):
        yield f"steps without a start in the ledger: {missing}"


def addresses(answer: dict[str, Any]) -> dict[str, str]:
    """Address of each frame and value of a run."""
    return {name: frame["address"] for name, frame in answer["frames"].items()}


def objects_of(place: Place) -> dict[str, Path]:
    """The files of the object store by address, however its folders are split."""
    found = {}
    for file in (place.project / ".pauta" / "objects").rglob("*"):
        digits = "".join(part for part in file.relative_to(place.project).with_suffix("").parts[2:])
        if (
            file.is_file()
            and not {"staging", "trash"} & set(file.parts)
            and (match := re.search(r"[0-9a-f]{64}$", digits))
        ):
            found[match.group()] = file
    return found


def faulty_data(place: Place, clean: dict[str, Any], answer: dict[str, Any]) -> Iterator[str]:
    """Results, objects and database, against an undisturbed run."""
    if addresses(answer) != addresses(clean):
        yield f"the data differ from an undisturbed run: {addresses(answer)} {addresses(clean)}"
    objects = objects_of(place)
    for name, frame in answer["frames"].items():
        if frame["kind"] == "frame" and frame["address"] not in objects:
            yield f"P22: {name} is recorded, but its object is not there"
    for address, file in objects.items():
        if blake3(file.read_bytes()).hexdigest() != address:
            yield f"P21: the object {address} does not hold its bytes"
    if (verdict := integrity(place)) != "ok":
        yield f"P15: the database is damaged: {verdict}"


def integrity(place: Place) -> str:
    """SQLite's own verdict on the database file."""
    original = database(place)
    assert original is not None
    connection = sqlite3.connect(original)
    try:
        return str(connection.execute("pragma integrity_check").fetchone()[0])
    finally:
        connection.close()

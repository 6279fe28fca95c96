"""What must hold after a storm: the records, the ledger and the objects, held against the promises."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from blake3 import blake3
from storm_client import Client
from storm_pipelines import STEPS, Start


@dataclass(frozen=True, slots=True)
class Told:
    """What the API tells of one run."""

    view: Mapping[str, Any]
    attempts: list[Mapping[str, Any]]
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    children: list[Told] = field(default_factory=list)

    @property
    def addresses(self) -> dict[str, str]:
        """Address of each frame and value."""
        return {frame["name"]: frame["address"] for frame in self.view["frames"]}

    def deaths(self, stage: int) -> int:
        """Attempts of a stage that ended with their process or their lease."""
        return sum(a["outcome"] == "crashed" for a in self.attempts if a["stage"] == stage)


def told_of(client: Client, run: str) -> Told:
    """Ask for a run and its attempts, its calls and the runs that they began."""
    view, attempts = client.ask("GET", f"/runs/{run}"), client.ask("GET", f"/runs/{run}/attempts")["attempts"]
    calls = client.ask("GET", f"/runs/{run}/calls?limit=10000")["calls"]
    children = client.ask("GET", f"/runs/{run}/children")["runs"] if calls else []
    return Told(view, attempts, calls, [told_of(client, child["run"]) for child in children])


def faulty_run(told: Told, starts: Mapping[tuple[str, str], list[Start]], clean: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one run that should have completed."""
    run = told.view["run"]
    if told.view["state"] != "completed":
        yield f"P2: run {run} is {told.view['state']}: {told.view['message']} {told.attempts}"
        return
    if len(told.view["steps"]) != STEPS:
        yield f"run {run} has {len(told.view['steps'])} steps"
    for step in told.view["steps"]:
        yield from _faulty_step(told, step, starts.get((run, step["name"]), []))
    for stage in {a["stage"] for a in told.attempts}:
        outcomes = Counter(a["outcome"] for a in told.attempts if a["stage"] == stage)
        if outcomes["completed"] != 1 or outcomes[None] or outcomes["failed"] or outcomes["cancelled"]:
            yield f"P4: attempts of stage {stage} of run {run} ended as {dict(outcomes)}"
    if told.addresses != clean:
        yield f"P3: the data of run {run} differ from an undisturbed run's: {told.addresses} {clean}"


def _faulty_step(told: Told, step: Mapping[str, Any], starts: list[Start]) -> Iterator[str]:
    name = f"{step['name']} of run {told.view['run']}"
    if not starts:
        yield f"step {name} never began"
        return
    deaths = told.deaths(step["stage"])
    if len(starts) > 1 + deaths:
        yield f"P6: step {name} began {len(starts)} times with {deaths} deaths"
    if len({start.key for start in starts}) != 1:
        yield f"P6: the key of step {name} changed between attempts"
    completed = nanoseconds(step["ended_at"])
    late = [start for start in starts if start.at_ns > completed]
    if late:
        yield f"P3: step {name} began after it was completed: {step} {late} {told.attempts}"


def nanoseconds(text: str) -> int:
    """A time of the API by the wall clock."""
    at = datetime.fromisoformat(text)
    return round(at.timestamp() * 1_000_000) * 1000


def faulty_objects(objects: Path) -> Iterator[str]:
    """Objects that are not what their name says (P21)."""
    for file in objects.glob("??/*"):
        address = file.name if len(file.name) == 64 else file.parent.name + file.name
        if blake3(file.read_bytes()).hexdigest() != address:
            yield f"P21: the object {address} does not hold its bytes"
    if damaged := list((objects / "damaged").glob("*")):
        yield f"P21: damaged objects were found: {damaged}"


def missing_objects(told: Told, objects: Path) -> Iterator[str]:
    """Frames on record whose object is not there (P22)."""
    for frame in told.view["frames"]:
        address = frame["address"]
        if frame["kind"] == "frame" and not (objects / address[:2] / address).exists():
            yield f"P22: {frame['name']} of run {told.view['run']} is on record, but its object is not there"


def faulty_database(records: Path) -> Iterator[str]:
    """SQLite's own verdict on the database file (P15)."""
    (file,) = records.glob("*.db")
    connection = sqlite3.connect(file)
    try:
        verdict = str(connection.execute("pragma integrity_check").fetchone()[0])
        if verdict != "ok":
            yield f"P15: the database is damaged: {verdict}"
        if broken := connection.execute("pragma foreign_key_check").fetchall():
            yield f"P15: rows refer to nothing: {broken[:5]}"
    finally:
        connection.close()


def claims_after(deaths: list[int], ups: list[int], attempts: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """How soon a stage was claimed after each death of a server: seconds since the death, and since its return (P7).

    Left out are deaths at which nothing was being done, and those after which it died again before it was back.

    Args:
        deaths: When a server was killed, in nanoseconds of the wall clock.
        ups: When it answered again.
        attempts: Begin and end of all attempts.
    """
    claims, found = sorted(begun for begun, _ in attempts), []
    for death in sorted(deaths):
        back = next((up for up in sorted(ups) if up > death), None)
        claim = next((at for at in claims if at > death), None)
        again = next((other for other in sorted(deaths) if other > death), None)
        busy = any(begun <= death < ended for begun, ended in attempts)
        if busy and back and claim and (again is None or again > max(back, claim)):
            found.append(((claim - death) / 1e9, max(0.0, (claim - back) / 1e9)))
    return found

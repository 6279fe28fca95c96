"""The judge of the crash tests sees each broken promise: it is shown doctored places and must speak up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import crash_oracle
import pytest
from blake3 import blake3
from kill_points import STEPS, Place

RUN = "0run"
DATA = b"some bytes"
ADDRESS = blake3(DATA).hexdigest()
CLEAN: dict[str, Any] = {"frames": {"table": {"kind": "frame", "address": ADDRESS}}}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place as a sound run leaves it."""
    made = Place(tmp_path)
    objects = made.project / ".pauta" / "objects" / ADDRESS[:2]
    objects.mkdir(parents=True)
    (objects / ADDRESS).write_bytes(DATA)
    made.ledger.write_text("".join(f"{step} 1 {RUN} 1 key-{step}\n" for step, _, _ in STEPS))
    connection = sqlite3.connect(made.project / ".pauta" / "pauta.db")
    connection.executescript("create table run (id, state); create table step (run_id, name, state);")
    connection.execute("insert into run values (?, 'completed')", (RUN,))
    connection.executemany("insert into step values (?, ?, 'completed')", [(RUN, step) for step, _, _ in STEPS])
    connection.commit()
    connection.close()
    return made


def faults(place: Place, *, deaths: int = 1) -> list[str]:
    """What the judge says of a place that needs no going on."""
    found = crash_oracle.recorded(place)
    assert found is not None
    ledger = crash_oracle.faulty_ledger(place, deaths)
    return [*ledger, *crash_oracle.faulty_data(place, CLEAN, CLEAN)]


def test_a_sound_place_has_no_faults(place: Place) -> None:
    assert faults(place) == []


def test_a_step_started_too_often_is_seen(place: Place) -> None:
    with place.ledger.open("a") as ledger:
        ledger.write(f"square 2 {RUN} 2 key-square\n" * 2)
    assert faults(place) == ["P6: square was started 3 times"]


def test_another_key_for_another_attempt_is_seen(place: Place) -> None:
    with place.ledger.open("a") as ledger:
        ledger.write(f"square 2 {RUN} 2 another-key\n")
    assert faults(place) == ["P6: the idempotency key changed between attempts of {'square'}"]


def test_a_step_that_never_ran_is_seen(place: Place) -> None:
    lines = place.ledger.read_text().splitlines(keepends=True)
    place.ledger.write_text("".join(line for line in lines if not line.startswith("total")))
    assert faults(place) == ["steps without a start in the ledger: {'total'}"]


def test_an_object_with_other_bytes_is_seen(place: Place) -> None:
    crash_oracle.objects_of(place)[ADDRESS].write_bytes(DATA + b"!")
    assert faults(place) == [f"P21: the object {ADDRESS} does not hold its bytes"]


def test_a_record_without_its_object_is_seen(place: Place) -> None:
    crash_oracle.objects_of(place)[ADDRESS].unlink()
    assert faults(place) == ["P22: table is recorded, but its object is not there"]


def test_another_result_is_seen(place: Place) -> None:
    other = {"frames": {"table": {"kind": "value", "address": "0" * 64}}}
    assert "the data differ" in next(crash_oracle.faulty_data(place, CLEAN, other))


def test_a_damaged_database_is_seen(place: Place) -> None:
    original = crash_oracle.database(place)
    assert original is not None
    with closing(sqlite3.connect(original)) as connection:
        # What still lies in the log would be read instead of the damaged page.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = bytearray(original.read_bytes())
    pages[4096 + 8 : 4096 + 2000] = b"\xff" * 1992
    original.write_bytes(bytes(pages))
    with pytest.raises(sqlite3.DatabaseError):
        crash_oracle.recorded(place)


@pytest.mark.parametrize(
    ("run", "again", "completed", "promise"),
    [("1other", set(), {"draw"}, "P1"), (RUN, {"draw"}, {"draw"}, "P3"), (RUN, set(), set(), "P5")],
)
def test_records_that_moved_backwards_are_seen(run: str, again: set[str], completed: set[str], promise: str) -> None:
    before = crash_oracle.Recorded(RUN, "running", {"draw": "completed"})
    after = crash_oracle.Recorded(run, "completed", dict.fromkeys(completed, "completed"))
    assert next(crash_oracle.faulty_records(before, after, again)).startswith(promise)


def test_a_process_that_lives_on_is_seen(tmp_path: Path) -> None:

    place = Place(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert crash_oracle.processes_of(place) == [process.pid]
        process.communicate(b"\n")
    assert crash_oracle.processes_of(place) == []

"""The judge of the storms sees each broken promise: it is shown doctored records and must speak up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from storm_oracle import Told, claims_after, faulty_objects, faulty_run, missing_objects, nanoseconds
from storm_pipelines import STEPS, Start

ENDED = "2026-03-02T12:00:10Z"
CLEAN = {"table": "0" * 64}


def told(*, outcomes: tuple[str | None, ...] = ("completed",), state: str = "completed") -> Told:
    """A run of one stage, with attempts that ended so."""
    steps = [{"name": f"s{n}", "stage": 0, "ended_at": ENDED} for n in range(STEPS)]
    frames = [{"name": "table", "kind": "frame", "address": CLEAN["table"]}]
    attempts = [{"stage": 0, "attempt": n + 1, "outcome": outcome} for n, outcome in enumerate(outcomes)]
    return Told({"run": "r", "state": state, "message": None, "steps": steps, "frames": frames}, attempts)


def starts(**more: Start) -> dict[tuple[str, str], list[Start]]:
    """Each step began once, and those named once more."""
    found = {("r", f"s{n}"): [start()] for n in range(STEPS)}
    for step, again in more.items():
        found["r", step].append(again)
    return found


def start(*, key: str = "k", after: int = -1) -> Start:
    """A start so many seconds after the step's end."""
    return Start(1, key, 4711, nanoseconds(ENDED) + after * 1_000_000_000)


def faults(told: Told, starts: Mapping[tuple[str, str], list[Start]], clean: Mapping[str, str] = CLEAN) -> list[str]:
    return [fault.partition(":")[0] for fault in faulty_run(told, starts, clean)]


def test_a_sound_run_has_no_faults() -> None:
    assert faults(told(), starts()) == []
    assert faults(told(outcomes=("crashed", "completed")), starts(s0=start())) == []


@pytest.mark.parametrize(
    ("run", "begun", "promise"),
    [
        (told(state="running"), starts(), "P2"),
        (told(), starts(s1=start()), "P6"),
        (told(outcomes=("crashed", "completed")), starts(s1=start(key="other")), "P6"),
        (told(outcomes=("crashed", "completed")), starts(s1=start(after=1)), "P3"),
        (told(outcomes=("completed", "completed")), starts(), "P4"),
        (told(outcomes=(None, "completed")), starts(), "P4"),
    ],
    ids=["open", "too often", "another key", "after its end", "completed twice", "never ended"],
)
def test_a_broken_promise_is_seen(run: Told, begun: dict[tuple[str, str], list[Start]], promise: str) -> None:
    assert faults(run, begun) == [promise]


def test_another_result_is_seen() -> None:
    assert faults(told(), starts(), {"table": "1" * 64}) == ["P3"]


def test_a_step_that_never_began_is_seen() -> None:
    begun: dict[tuple[str, str], Any] = starts()
    del begun["r", "s2"]
    assert faults(told(), begun) == ["step s2 of run r never began"]


def test_a_missing_and_a_damaged_object_are_seen(tmp_path: Path) -> None:
    assert [fault[:3] for fault in missing_objects(told(), tmp_path)] == ["P22"]
    address = blake3(b"bytes").hexdigest()
    (tmp_path / address[:2]).mkdir()
    (tmp_path / address[:2] / address).write_bytes(b"bytes")
    assert list(faulty_objects(tmp_path)) == []
    (tmp_path / address[:2] / address).write_bytes(b"bites")
    assert [fault[:3] for fault in faulty_objects(tmp_path)] == ["P21"]


def test_claims_are_timed_from_deaths_at_which_something_was_done() -> None:
    second = 1_000_000_000
    attempts = [(0, 10 * second), (13 * second, 14 * second)]
    assert claims_after([5 * second], [12 * second], attempts) == [(8.0, 1.0)]
    assert claims_after([11 * second], [12 * second], attempts) == []
    assert claims_after([5 * second, 6 * second], [12 * second], attempts) == [(7.0, 1.0)]

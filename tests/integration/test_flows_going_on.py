"""How long a flow with many recorded calls takes to go on, and what its server needs for it: figures, printed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from flow_house import FlowHouse, eventually, flow_house
from tests.chaos.chaos_scale import size

COUNTS = size(commit=1_000, ci=5_000, night=20_000)
FLOWS = """\
import time

from pauta import flow, pause_for_input, task


@task
def one(i):
    return {"i": i, "text": "x" * 100}


@flow
def long(n):
    began, total = time.perf_counter(), 0
    for i in range(n):
        total += one(i)["i"]
    print("body", time.perf_counter() - began)
    pause_for_input(int)
    return {"total": total}
"""
_LEAST_MEGABYTES = 120
_KILOBYTES_A_CALL = 16


def memory_of(house: FlowHouse) -> int:
    """Megabytes that the server has in use."""
    assert house.project.server is not None
    status = Path(f"/proc/{house.project.server.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@pytest.mark.slow
def test_a_flow_of_many_recorded_calls_goes_on_without_making_one_of_them_again(tmp_path: Path) -> None:
    with flow_house(tmp_path, "--no-worker") as house:
        house.publish(FLOWS, "long", n="integer")
        house.worker("one", slots=1)
        run = house.submit("long", n=COUNTS)
        call = eventually(lambda: house.waiting(run))[0]["call"]
        eventually(lambda: house.state(run) == "paused")
        house.ask("POST", f"/runs/{run}/calls/{call}/answer", {"value": 1})
        assert house.completes(run) == {"total": COUNTS * (COUNTS - 1) // 2}
        first, second = sorted(house.attempts(run), key=lambda attempt: str(attempt["started_at"]))
        bodies = [float(line["text"].split()[1]) for line in house.lines(run) if line["text"].startswith("body")]
        calls = house.ask("GET", f"/runs/{run}/calls?limit=10000")["calls"]
        whole = datetime.fromisoformat(second["ended_at"]) - datetime.fromisoformat(second["started_at"])
        used = memory_of(house)
        print(
            f"{COUNTS} calls: made in {bodies[0]:.2f} s, come by again in {bodies[1]:.2f} s, "
            f"{whole.total_seconds():.2f} s from the claim to the end; {len(msgspec.json.encode(calls)) >> 10} KiB of "
            f"JSON for {len(calls)} of them; server {used} MB"
        )
        assert first["outcome"] == "paused"
        assert all(each["attempts"] == 1 for each in calls)
        assert used < _LEAST_MEGABYTES + COUNTS * _KILOBYTES_A_CALL // 1024

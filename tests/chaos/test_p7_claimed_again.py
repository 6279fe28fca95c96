"""P7: how soon work is claimed again after a process was killed, with the settings that a server has by itself."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from statistics import median

import pytest
from chaos_scale import SCALE, size
from storm_oracle import claims_after, nanoseconds, told_of
from storm_world import Wish, World

pytestmark = pytest.mark.slow

DEATHS = size(commit=1, ci=5, night=50)
OF_THE_SERVER_SECONDS = 10.0
OF_A_WORKER_SECONDS = 40.0
USUAL = {
    "PAUTA_QUEUE_LEASE_SECONDS": "30",
    "PAUTA_QUEUE_HEARTBEAT_SECONDS": "10",
    "PAUTA_QUEUE_REAPER_SECONDS": "5",
}


def begun_bodies(world: World) -> int:
    """How many bodies noted their start."""
    return len(world.ledger.read_text().splitlines()) if world.ledger.exists() else 0


def wait_until_busy(world: World, bodies: int) -> None:
    """Return when so many more bodies began."""
    wanted, deadline = begun_bodies(world) + bodies, time.monotonic() + 60
    while begun_bodies(world) < wanted:
        assert time.monotonic() < deadline, "nothing runs"
        time.sleep(0.01)


def kill(world: World, number: int) -> int:
    """Kill what the world keeps under this number; when, in nanoseconds of the wall clock."""
    pid = world.kept[number].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return time.time_ns()


def attempts_of(world: World) -> list[tuple[int, int]]:
    """Begin and end of every attempt of accepted runs."""
    with world.client() as client:
        every = [a for run in world.accepted.values() for a in told_of(client, run).attempts]
    return [(nanoseconds(a["started_at"]), nanoseconds(a["ended_at"])) for a in every]


def test_p7_a_server_that_was_killed_claims_its_own_work_again_at_once(tmp_path: Path) -> None:
    world, deaths = World(tmp_path, workers=0, more=USUAL), []
    with world.standing():
        for number in range(DEATHS):
            world.submit([Wish(number, "chain", 0.3)])
            wait_until_busy(world, 1)
            seen = len(world.ups)
            deaths.append(kill(world, 0))
            deadline = time.monotonic() + 60
            while len(world.ups) == seen:
                assert time.monotonic() < deadline, "the server is not back"
                time.sleep(0.01)
            world.bring_to_end(seconds=OF_THE_SERVER_SECONDS + 30)
        waits = claims_after(deaths, world.ups, attempts_of(world))
        world.end()
    dead, back = [wait[0] for wait in waits], [wait[1] for wait in waits]
    print(
        f"claimed again, {len(waits)} deaths: {median(dead):.2f} s (most {max(dead):.2f}) after the death, "
        f"{median(back):.2f} s (most {max(back):.2f}) after the server was back"
    )
    assert len(waits) == DEATHS
    assert max(back) <= OF_THE_SERVER_SECONDS
    assert world.faults == []


@pytest.mark.skipif(SCALE == "commit", reason="waits for a lease of 30 seconds: at PAUTA_TEST_SCALE=ci only")
def test_p7_the_work_of_a_killed_worker_elsewhere_is_claimed_by_another_within_forty_seconds(tmp_path: Path) -> None:
    world = World(tmp_path, workers=2, more={**USUAL, "PAUTA_SERVER_WORKER": "false"})
    with world.standing():
        world.submit([Wish(number, "chain", 1.0) for number in range(4)])
        wait_until_busy(world, 4)
        death = kill(world, 1)
        world.bring_to_end(seconds=OF_A_WORKER_SECONDS + 30)
        with world.client() as client:
            every = [a for run in world.accepted.values() for a in told_of(client, run).attempts]
        world.end()
    again = [(nanoseconds(a["started_at"]) - death) / 1e9 for a in every if a["attempt"] > 1]
    print(f"claimed by another: {', '.join(f'{seconds:.1f}' for seconds in again)} s after the worker's death")
    assert again
    assert max(again) <= OF_A_WORKER_SECONDS
    assert world.faults == []

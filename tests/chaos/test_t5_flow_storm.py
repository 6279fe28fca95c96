"""T5 for flows: whoever is killed, no recorded call is made again, and every flow and all it began come to their ends.

`PAUTA_TEST_SCALE=ci` kills 300 times, `CHAOS_SEED` repeats a storm.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest
from chaos_scale import seeds, size
from kept_processes import KillStorm
from storm_flows import NAME, calls_noted
from storm_oracle import faulty_database
from storm_weather import weather
from storm_world import World

from servers import PostgresServer, create_database

pytestmark = pytest.mark.slow

KILLS, RUNS = size(commit=7, ci=300, night=3_000), size(commit=4, ci=120, night=1_500)
KILLS_TWO, RUNS_TWO = size(commit=4, ci=60, night=600), size(commit=3, ci=40, night=400)
PAUSES = (0.2, 1.0)
BEGIN_SECONDS = 60.0
# Most of what a flow can lose is lost with its own process.
WEIGHTS = {"server": 1, "worker": 2, "warm parent": 2, "script": 9}


class FlowStorm(KillStorm):
    """Breaks out when the first task has begun: before that there is nothing that a death could undo."""

    def __init__(self, world: World, *, kills: int, seed: int) -> None:
        super().__init__(world.kept, deeds=kills, seed=seed, pauses=PAUSES, weights=WEIGHTS)
        self._begun = calls_noted(world.ledger)

    def rage(self) -> None:
        """Do all deeds."""
        deadline = time.monotonic() + BEGIN_SECONDS
        while not self._begun.exists():
            assert time.monotonic() < deadline, "no flow has begun"
            time.sleep(0.02)
        super().rage()


@pytest.mark.parametrize("seed", seeds("t5-flows"))
def test_t5_a_flow_repeats_no_recorded_call_and_leaves_nothing_behind_whoever_is_killed(
    seed: int, tmp_path: Path
) -> None:
    world = World(tmp_path)
    weather(world, partial(FlowStorm, kills=KILLS, seed=seed), runs=RUNS, pipelines=[NAME])
    world.faults.extend(faulty_database(world.project / ".pauta"))
    assert world.faults == [], f"seed {seed}"


@pytest.mark.postgres
@pytest.mark.parametrize("seed", seeds("t5-flows-postgres"))
def test_t5_flows_are_answered_and_woken_by_either_of_two_servers(
    seed: int, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    address = create_database(postgres_server, "pauta_t5_flows")
    world = World(tmp_path, servers=2, more={"PAUTA_DATABASE_URL": address})
    weather(world, partial(FlowStorm, kills=KILLS_TWO, seed=seed), runs=RUNS_TWO, pipelines=[NAME])
    assert world.faults == [], f"seed {seed}"

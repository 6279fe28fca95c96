"""T5 for flows: whoever is killed, no recorded call is made again, and every flow and all it began come to their ends.

`PAUTA_TEST_SCALE=ci` kills 300 times, `CHAOS_SEED` repeats a storm.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from chaos_scale import seeds, size
from kept_processes import KillStorm
from storm_flows import NAME
from storm_oracle import faulty_database
from storm_weather import weather
from storm_world import World

from servers import PostgresServer, create_database

pytestmark = pytest.mark.slow

KILLS, RUNS = size(commit=8, ci=300, night=3_000), size(commit=5, ci=120, night=1_500)
KILLS_TWO, RUNS_TWO = size(commit=4, ci=60, night=600), size(commit=3, ci=40, night=400)
PAUSES = (0.2, 1.0)
WEIGHTS = {"server": 2, "worker": 3, "warm parent": 3, "script": 6}


def kill_storm(world: World, *, kills: int, seed: int) -> KillStorm:
    return KillStorm(world.kept, deeds=kills, seed=seed, pauses=PAUSES, weights=WEIGHTS)


@pytest.mark.parametrize("seed", seeds("t5-flows"))
def test_t5_a_flow_repeats_no_recorded_call_and_leaves_nothing_behind_whoever_is_killed(
    seed: int, tmp_path: Path
) -> None:
    world = World(tmp_path)
    weather(world, partial(kill_storm, kills=KILLS, seed=seed), runs=RUNS, pipelines=[NAME])
    world.faults.extend(faulty_database(world.project / ".pauta"))
    assert world.faults == [], f"seed {seed}"


@pytest.mark.postgres
@pytest.mark.parametrize("seed", seeds("t5-flows-postgres"))
def test_t5_flows_are_answered_and_woken_by_either_of_two_servers(
    seed: int, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    address = create_database(postgres_server, "pauta_t5_flows")
    world = World(tmp_path, servers=2, more={"PAUTA_DATABASE_URL": address})
    weather(world, partial(kill_storm, kills=KILLS_TWO, seed=seed), runs=RUNS_TWO, pipelines=[NAME])
    assert world.faults == [], f"seed {seed}"

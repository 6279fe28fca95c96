"""T5: server, workers, scripts and warm parents are killed at random while runs go on (P1 P2 P3 P5 P6 P7 P8 P9).

`PAUTA_TEST_SCALE=ci` kills 300 times, `CHAOS_SEED` repeats a storm.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from chaos_scale import seeds, size
from kept_processes import KillStorm
from storm_oracle import faulty_database
from storm_weather import weather
from storm_world import World

from servers import PostgresServer, create_database

pytestmark = pytest.mark.slow

KILLS = size(commit=20, ci=300, night=3_000)
RUNS = size(commit=30, ci=200, night=5_000)
KILLS_TWO, RUNS_TWO = size(commit=6, ci=30, night=300), size(commit=12, ci=60, night=500)
PAUSES = (0.2, 1.0)
# Each death of a server holds up everybody until it is back, so it is rarer than the others.
WEIGHTS = {"server": 2, "worker": 3, "warm parent": 3, "script": 6}


def kill_storm(world: World, *, kills: int, seed: int) -> KillStorm:
    return KillStorm(world.kept, deeds=kills, seed=seed, pauses=PAUSES, weights=WEIGHTS)


@pytest.mark.parametrize("seed", seeds("t5"))
def test_t5_nothing_is_lost_and_nothing_done_twice_whoever_is_killed(seed: int, tmp_path: Path) -> None:
    world = World(tmp_path)
    weather(world, partial(kill_storm, kills=KILLS, seed=seed), runs=RUNS)
    world.faults.extend(faulty_database(world.project / ".pauta"))
    assert world.faults == [], f"seed {seed}"


@pytest.mark.postgres
@pytest.mark.parametrize("seed", seeds("t5-postgres"))
def test_t5_two_servers_on_one_database_rescue_each_others_work(
    seed: int, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    address = create_database(postgres_server, "pauta_t5")
    world = World(tmp_path, servers=2, more={"PAUTA_DATABASE_URL": address})
    weather(world, partial(kill_storm, kills=KILLS_TWO, seed=seed), runs=RUNS_TWO)
    assert world.faults == [], f"seed {seed}"

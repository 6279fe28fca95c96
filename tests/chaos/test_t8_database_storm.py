"""T8: PostgreSQL is restarted and its connections are cut under a real server; nothing is lost, nothing doubled.

Clients get answers or are told to come back (503), and no process ends by it (P1 P2 P3 P5 P6 P13).
The store alone is tested so in ``tests/storage``.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from chaos_scale import seeds, size
from storm_weather import weather
from storm_world import World
from storms import Storm

from servers import PostgresServer, create_database, postgres

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

RESTARTS, CUTS = size(commit=1, ci=20, night=200), size(commit=10, ci=200, night=2_000)
RUNS = size(commit=20, ci=300, night=5_000)
PAUSES = (0.05, 0.6)


class DatabaseStorm(Storm):
    """Restarts a PostgreSQL server as after a crash, and cuts connections of Pauta's."""

    def __init__(self, server: PostgresServer, address: str, *, seed: int) -> None:
        super().__init__(deeds=RESTARTS + CUTS, seed=seed, pauses=PAUSES)
        self._server = server
        self._address = address
        self._to_come = ["restart"] * RESTARTS + ["cut"] * CUTS
        self.chance.shuffle(self._to_come)

    def act(self) -> str | None:
        """The next deed."""
        if self._to_come[-1] == "restart":
            self._server.restart_at_once()
        elif not self._cut():
            return None
        return self._to_come.pop()

    def _cut(self) -> bool:
        with psycopg.connect(self._address, autocommit=True) as raw:
            found = raw.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'pauta' ORDER BY pid")
            pids = [row[0] for row in found.fetchall()]
            if pids:
                raw.execute("SELECT pg_terminate_backend(%s)", (self.chance.choice(pids),))
        return bool(pids)


@pytest.mark.parametrize("seed", seeds("t8"))
def test_t8_a_database_that_restarts_and_hangs_up_costs_time_only(seed: int, tmp_path: Path) -> None:
    with postgres() as server:
        address = create_database(server, "pauta_t8")
        world = World(tmp_path, workers=1, more={"PAUTA_DATABASE_URL": address})
        weather(world, lambda _: DatabaseStorm(server, address, seed=seed), runs=RUNS)
    assert world.faults == [], f"seed {seed}"
    strange = {answer for answer in world.counts if answer not in ("200", "201", "202", "503")}
    assert not strange, f"seed {seed}: clients met {world.counts}"

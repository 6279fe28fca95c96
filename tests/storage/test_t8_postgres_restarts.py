"""T8: PostgreSQL is restarted and connections are cut while runs are recorded; nothing is lost, nothing doubled.

Covers P1, P3, P13 as far as they lie in the store. `PAUTA_TEST_SCALE=ci` runs more of it.
"""

from __future__ import annotations

import os
import random  # noqa: TID251 - seeded, and printed when it fails
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event
from pauta.domain.states import RunState, StageState
from pauta.ports.store import Store, Transaction
from pauta.storage.postgres import open_postgres
from servers import PostgresServer, create_database, postgres
from store_samples import NOON, SECOND, attempt, run_id, submit

pytestmark = pytest.mark.postgres

RUNS, RESTARTS, CUTS = (300, 20, 200) if os.environ.get("PAUTA_TEST_SCALE") == "ci" else (60, 3, 20)
THREADS = 3
SEED = 20261121
AGAIN = {"DB-006", "DB-008", "DB-013"}  # in doubt, undone, busy: each is settled by reading before it is done again


class Ledger:
    """What was acknowledged, and how often which fault was met, noted outside the database."""

    def __init__(self) -> None:
        self.done: list[tuple[int, str]] = []
        self.faults: Counter[str] = Counter()
        self.broken: list[BaseException] = []
        self.deeds: Counter[str] = Counter()
        self.moved = threading.Condition()

    def did(self, deed: str) -> None:
        """The storm did something."""
        with self.moved:
            self.deeds[deed] += 1
            self.moved.notify_all()

    def wait_for_storm(self, number: int) -> None:
        """So that every deed of the storm meets some runs: run `number` begins with its share of the deeds."""
        with self.moved:
            self.moved.wait_for(lambda: self.deeds.total() >= number * (RESTARTS + CUTS) // RUNS, 60)


def record(store: Store, ledger: Ledger, number: int, kind: str, do: Callable[[Transaction], None]) -> None:
    """Do it once, whatever becomes of the connection, and note it when it was acknowledged."""
    while True:
        try:
            with store.transaction(durable=True) as tx:
                if kind not in [event.kind for event in tx.events.of_run(run_id(number))]:
                    do(tx)
                    tx.events.append([Event(run_id(number), NOON, kind)])
        except StoreFault as fault:
            code = fault.problems[0].code
            ledger.faults[code] += 1
            if code not in AGAIN:
                raise
        else:
            ledger.done.append((number, kind))
            return


def claim(tx: Transaction, number: int) -> None:
    stage = tx.stages.locked(run_id(number), 0)
    assert stage is not None
    after = replace(stage, state=StageState.RUNNING, fence=stage.fence + 1, owner="w", lease_until=NOON + SECOND)
    assert tx.stages.save(stage, after)
    tx.attempts.add(attempt(stage.run_id, 0, after.fence))


def finish(tx: Transaction, number: int) -> None:
    stage, run = tx.stages.locked(run_id(number), 0), tx.runs.get(run_id(number))
    assert stage is not None
    assert run is not None
    assert tx.stages.save(stage, replace(stage, state=StageState.COMPLETED, lease_until=None))
    assert tx.runs.save(run, replace(run, state=RunState.COMPLETED, open_stages=0))


def live(store: Store, ledger: Ledger, numbers: list[int]) -> None:
    """The lives of some runs, one after the other."""
    try:
        for number in numbers:
            ledger.wait_for_storm(number)
            accept(store, ledger, number)
            record(store, ledger, number, "claimed", lambda tx, n=number: claim(tx, n))
            record(store, ledger, number, "completed", lambda tx, n=number: finish(tx, n))
    except BaseException as error:
        ledger.broken.append(error)
        raise


def accept(store: Store, ledger: Ledger, number: int) -> None:
    while True:
        try:
            with store.transaction() as tx:
                known = tx.runs.by_key(f"key {number}")
            if known is None:
                submit(store, number, idempotency_key=f"key {number}")
        except StoreFault as fault:
            ledger.faults[fault.problems[0].code] += 1
        else:
            ledger.done.append((number, "accepted"))
            return


def storm(server: PostgresServer, address: str, ledger: Ledger) -> None:
    """Restart the server and cut connections, in an order that the seed gives."""
    import psycopg

    chance = random.Random(SEED)
    deeds = ["restart"] * RESTARTS + ["cut"] * CUTS
    chance.shuffle(deeds)
    pause = threading.Event()
    for deed in deeds:
        if deed == "restart":
            server.restart_at_once()
        else:
            with psycopg.connect(address, autocommit=True) as raw:
                found = raw.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'pauta' ORDER BY pid")
                pids = [row[0] for row in found.fetchall()]
                if pids:
                    raw.execute("SELECT pg_terminate_backend(%s)", (chance.choice(pids),))
        ledger.did(deed)
        pause.wait(chance.uniform(0, 0.02))


def test_t8_nothing_is_lost_and_nothing_doubled_when_the_server_restarts_and_connections_break() -> None:
    with postgres() as server:
        address = create_database(server, "pauta_storm")
        store = open_postgres(address, connections=THREADS, patience_seconds=30.0)
        ledger = Ledger()
        shares = [list(range(start, RUNS, THREADS)) for start in range(THREADS)]
        threads = [threading.Thread(target=live, args=(store, ledger, share)) for share in shares]
        for thread in threads:
            thread.start()
        storm(server, address, ledger)
        for thread in threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in threads)
        assert ledger.broken == []
        assert ledger.faults, f"seed {SEED}: the storm met nothing"
        check(store, ledger)
        store.close()


def check(store: Store, ledger: Ledger) -> None:
    expected = {(n, kind) for n in range(RUNS) for kind in ("accepted", "claimed", "completed")}
    assert set(ledger.done) == expected
    assert len(ledger.done) == len(expected)
    with store.transaction() as tx:
        assert tx.runs.states() == {"completed": RUNS}
        assert tx.stages.stuck(now=NOON) == []
        for number in range(RUNS):
            kinds = [event.kind for event in tx.events.of_run(run_id(number))]
            assert kinds == ["claimed", "completed"], number
            assert [a.fence for a in tx.attempts.of_run(run_id(number))] == [1], number

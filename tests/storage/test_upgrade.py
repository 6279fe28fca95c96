"""Upgrades from every version that was released, with its data; killed anywhere and started again (T23, P30)."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from old_records import dump, full_postgres, full_sqlite, old_postgres, old_sqlite

from pauta.domain.problems import StoreFault
from pauta.domain.states import RunState, StageState
from pauta.ports.store import Store
from pauta.storage import versions
from pauta.storage.sqlite import DATABASE, open_sqlite
from pauta.storage.upkeep import pending_upgrade
from servers import PostgresServer, create_database
from store_samples import NOON, call, run_id

IS_CI = os.environ.get("PAUTA_TEST_SCALE") == "ci"
POINTS = 50 if IS_CI else 3
RUNS = 2_000 if IS_CI else 300
FILLED = {"plan", "run", "stage", "step", "need", "attempt", "event", "log", "reference", "cache", "cache_object"}
CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename,sendto"
OPEN = {
    "sqlite": "import sys, pathlib; from pauta.storage.sqlite import open_sqlite as o; o(pathlib.Path(sys.argv[1]))",
    "postgres": "import sys; from pauta.storage.postgres import open_postgres as o; o(sys.argv[1])",
}


def check(store: Store, runs: int) -> None:
    """Everything is there, and the old runs queue in the new queue."""
    with store.transaction() as tx:
        assert tx.runs.states() == {"running": (runs + 1) // 2, "completed": runs // 2}
        run = tx.runs.get(run_id(0))
        assert run is not None
        assert (run.pool, run.priority, run.deployment, run.limits, run.document) == ("default", 0, None, (), None)
        heads = tx.stages.heads(pools=["default"], now=NOON, lanes=9, each=runs * 2)
        assert len(heads) == runs // 2 * 2
        assert [q.lane for q in heads[:1]] == ["p0"]
        assert {q.lane for q in heads} == {"p0", "p1", "p2"}
        assert tx.pipelines.heads() == []


def test_records_of_the_first_version_are_upgraded_when_they_are_opened(tmp_path: Path) -> None:
    old_sqlite(tmp_path, 10)
    store = open_sqlite(tmp_path)
    check(store, 10)
    with store.transaction() as tx:
        run = tx.runs.get(run_id(1))
        assert run is not None
        assert run.state is RunState.COMPLETED
    store.close()


@pytest.mark.postgres
def test_a_postgres_database_of_the_first_version_is_upgraded_when_it_is_opened(
    postgres_server: PostgresServer,
) -> None:
    from pauta.storage.postgres import open_postgres

    address = create_database(postgres_server, "pauta_old")
    old_postgres(address, 10)
    store = open_postgres(address)
    check(store, 10)
    store.close()
    assert pending_upgrade(address) is None


def look_at_upgraded(store: Store) -> None:
    """What the last version added is empty, and takes what it is for."""
    with store.transaction() as tx:
        run = tx.runs.get(run_id(list(RunState).index(RunState.RUNNING)))
        assert run is not None
        assert (run.paused_stages, run.parent) == (0, None)
        assert {(step.objects, step.message) for step in tx.steps.of_run(run.id)} == {((), "")}
        assert tx.calls.of_run(run.id) == tx.runs.children(run.id) == []
        waiting = tx.stages.get(run.id, 1)
        assert waiting is not None
        assert tx.stages.save(waiting, replace(waiting, state=StageState.PAUSED))
        tx.calls.put([call(run.id)])
        assert tx.stages.count_down(run.id, [2]) == []
        done = tx.stages.get(run.id, list(StageState).index(StageState.COMPLETED) - 1)
        assert done is not None
        assert done.state is StageState.COMPLETED
    with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
        tx.stages.save(done, replace(done, state=StageState.READY))


@pytest.mark.parametrize("version", versions.KNOWN[:-1])
def test_an_upgrade_loses_no_row_and_changes_no_value(tmp_path: Path, version: str) -> None:
    before = full_sqlite(tmp_path, version)
    assert all(rows for table, (_, rows) in before.items() if table in FILLED)
    open_sqlite(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as raw:
        after = dump(lambda text: raw.execute(text), {table: names for table, (names, _) in before.items()})
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    assert after == before
    store = open_sqlite(tmp_path)
    look_at_upgraded(store)
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("version", versions.KNOWN[:-1])
def test_an_upgrade_of_postgres_loses_no_row_and_changes_no_value(
    tmp_path: Path, postgres_server: PostgresServer, version: str
) -> None:
    import psycopg

    from pauta.storage.postgres import open_postgres

    address = create_database(postgres_server, f"pauta_full_{version}")
    before = full_postgres(address, tmp_path, version)
    store = open_postgres(address)
    with psycopg.connect(address) as raw:
        after = dump(lambda text: raw.execute(text), {table: names for table, (names, _) in before.items()})
    assert after == before
    look_at_upgraded(store)
    store.close()


def test_what_an_upgrade_would_do_is_told_and_not_done(tmp_path: Path) -> None:
    path = old_sqlite(tmp_path, 1)
    for _ in range(2):
        told = pending_upgrade(tmp_path)
        assert told is not None
        assert (told.found, told.version) == ("0001", versions.HEAD)
        assert ("column run.pool", "ALTER TABLE run ADD COLUMN pool TEXT DEFAULT 'default' NOT NULL") in told.statements
    assert version_of(path) == "0001"
    store = open_sqlite(tmp_path)
    with pytest.raises(StoreFault, match="DB-003"):
        pending_upgrade(tmp_path)
    store.close()
    assert pending_upgrade(tmp_path) is None
    assert pending_upgrade(tmp_path / "empty") is None


@pytest.mark.postgres
def test_what_an_upgrade_of_postgres_would_do_is_told_and_not_done(postgres_server: PostgresServer) -> None:
    address = create_database(postgres_server, "pauta_dry")
    assert pending_upgrade(address) is None
    old_postgres(address, 1)
    told = pending_upgrade(address)
    assert told is not None
    assert (told.found, told.version) == ("0001", versions.HEAD)
    assert told == pending_upgrade(address)
    with pytest.raises(StoreFault, match="DB-008"):
        pending_upgrade("host=/nonexistent dbname=x")


# ---- T23 -----------------------------------------------------------------------------------------


def version_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return str(raw.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def schema_of(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return [(name, re.sub(r"\s+", " ", sql)) for name, sql in rows]


def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs strace")
        pytest.skip("strace is not installed")
    return found


def calls_of(command: list[str], log: Path) -> int:
    """How many calls that change something a command makes."""
    subprocess.run([strace(), "-f", "-qq", "-e", f"trace={CALLS}", "-o", log, *command], check=True)
    return len(log.read_text(errors="replace").splitlines())


def killed_at(command: list[str], point: int, log: Path) -> bool:
    """Run a command that is killed at its N-th call; whether it was."""
    inject = f"inject={CALLS}:signal=KILL:when={point}"
    done = subprocess.run(
        [strace(), "-f", "-qq", "-e", f"trace={CALLS}", "-e", inject, "-o", log, *command], check=False
    )
    return done.returncode != 0


def points(total: int) -> list[int]:
    """Which calls: spread over all, the last ones among them, where the commit is."""
    spread = {1 + total * n // POINTS for n in range(POINTS)}
    return sorted(spread | {max(1, total - 1), max(1, total - 2)})


def test_t23_p30_an_upgrade_killed_anywhere_leaves_one_of_the_two_schemas_and_is_finished_by_the_next(
    tmp_path: Path,
) -> None:
    old_sqlite(tmp_path / "seed", RUNS)
    before = schema_of(tmp_path / "seed" / DATABASE)

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(tmp_path / "seed", tmp_path / name))

    command = [sys.executable, "-c", OPEN["sqlite"]]
    total = calls_of([*command, str(fresh("count"))], tmp_path / "log")
    after = schema_of(tmp_path / "count" / DATABASE)
    assert before != after
    found: list[str] = []
    for point in points(total):
        folder = fresh(f"at{point}")
        if not killed_at([*command, str(folder)], point, tmp_path / "log"):
            continue
        shutil.copytree(folder, tmp_path / "look", dirs_exist_ok=True)  # looking would repair it
        version = version_of(tmp_path / "look" / DATABASE)
        assert schema_of(tmp_path / "look" / DATABASE) == {"0001": before, versions.HEAD: after}[version], point
        shutil.rmtree(tmp_path / "look")
        found.append(version)
        store = open_sqlite(folder)
        check(store, RUNS)
        store.close()
        assert schema_of(folder / DATABASE) == after
        shutil.rmtree(folder)
    assert len(found) > POINTS // 2, found
    assert "0001" in found


@pytest.mark.postgres
def test_t23_p30_an_upgrade_of_postgres_killed_anywhere_is_finished_by_the_next(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    import psycopg

    from pauta.storage.postgres import open_postgres

    def fresh() -> str:
        address = create_database(postgres_server, "pauta_killed")
        old_postgres(address, 20)
        return address

    command = [sys.executable, "-c", OPEN["postgres"]]
    total = calls_of([*command, fresh()], tmp_path / "log")
    killed = 0
    for point in points(total)[:: 1 if IS_CI else 2]:
        address = fresh()
        if not killed_at([*command, address], point, tmp_path / "log"):
            continue
        killed += 1
        with psycopg.connect(address) as raw:
            row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
            has_pool = raw.execute("SELECT to_regclass('pool') IS NOT NULL").fetchone()
        assert (row, has_pool) in [(("0001",), (False,)), ((versions.HEAD,), (True,))]
        store = open_postgres(address)
        check(store, 20)
        store.close()
    assert killed > 0

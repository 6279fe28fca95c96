"""What PostgreSQL alone has to promise: commits in doubt, lost connections, settings of the server."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pauta.domain.deploying import Limit
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event
from pauta.domain.schedules import Schedule, Timing, TimingKind
from pauta.domain.states import RunState, StageState
from pauta.storage.postgres import PostgresConnection, open_postgres
from pauta.storage.turns import TurnStore
from servers import PostgresServer, create_database, postgres
from store_samples import NOON, run_id, submit

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_address: str) -> Iterator[TurnStore]:
    opened = open_postgres(postgres_address, patience_seconds=5.0)
    yield opened
    opened.close()


def keeper(store: TurnStore) -> PostgresConnection:
    assert isinstance(store.keeper, PostgresConnection)
    return store.keeper


def cut(store: TurnStore, address: str) -> None:
    """End the store's connection from outside."""
    import psycopg

    pid = keeper(store).pid
    with psycopg.connect(address, autocommit=True) as raw:
        raw.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_connection_lost_between_transactions_is_opened_anew(store: TurnStore, postgres_address: str) -> None:
    run = submit(store)[0]
    cut(store, postgres_address)
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == run


def test_a_connection_lost_inside_a_transaction_undoes_it_and_says_so(store: TurnStore, postgres_address: str) -> None:
    run = submit(store)[0]

    def lose() -> None:
        with store.transaction() as tx:
            tx.events.append([Event(run.id, NOON, "claimed")])
            cut(store, postgres_address)
            tx.events.append([Event(run.id, NOON, "claimed")])

    with pytest.raises(StoreFault, match="DB-008"):
        lose()
    with store.transaction() as tx:
        assert tx.events.of_run(run.id) == []


def test_p13_a_commit_without_an_answer_is_in_doubt_and_not_repeated(store: TurnStore, postgres_address: str) -> None:
    run = submit(store)[0]

    def lose_at_the_end() -> None:
        with store.transaction() as tx:
            assert tx.runs.save(run, replace(run, state=RunState.RUNNING))
            cut(store, postgres_address)

    with pytest.raises(StoreFault, match="DB-006"):
        lose_at_the_end()
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == run  # here it was not; settled by reading


def test_claimers_pass_over_rows_that_others_have_locked(store: TurnStore, postgres_address: str) -> None:
    submit(store, 1, *[()] * 4)
    rival = open_postgres(postgres_address)
    with store.transaction() as mine, rival.transaction() as theirs:
        first = mine.stages.claimable(now=NOON, limit=2)
        second = theirs.stages.claimable(now=NOON, limit=4)
        for tx, stages in ((mine, first), (theirs, second)):
            for stage in stages:
                assert tx.stages.save(stage, replace(stage, state=StageState.RUNNING, fence=1))
    assert [[s.no for s in found] for found in (first, second)] == [[0, 1], [2, 3]]
    rival.close()


def test_as_many_threads_are_in_a_transaction_at_once_as_there_are_connections(postgres_address: str) -> None:
    store = open_postgres(postgres_address, connections=3)
    submit(store, 1, *[()] * 6)
    together = threading.Barrier(3)
    claimed: list[int] = []

    def claim() -> None:
        with store.transaction() as tx:
            together.wait(20)
            for stage in tx.stages.claimable(now=NOON, limit=2):
                assert tx.stages.save(stage, replace(stage, state=StageState.RUNNING, fence=1))
                claimed.append(stage.no)
            together.wait(20)

    threads = [threading.Thread(target=claim) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(claimed) == list(range(6))
    with store.transaction(), pytest.raises(RuntimeError, match="inside"):
        store.transaction().__enter__()
    store.close()
    with pytest.raises(RuntimeError, match="closed"), store.transaction():
        pass


def test_p10_two_claims_under_one_limit_go_one_after_the_other(postgres_address: str) -> None:
    store = open_postgres(postgres_address, connections=2)
    with store.transaction() as tx:
        tx.pools.set_limit("gpu", 1)
    order: list[str] = []
    locked = threading.Event()

    def second() -> None:
        locked.wait(20)
        with store.transaction() as tx:
            assert tx.pools.lock_limits(["other", "gpu"]) == {"gpu": Limit("gpu", 1)}
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with store.transaction() as tx:
        tx.pools.lock_limits(["gpu"])
        locked.set()
        thread.join(0.3)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]
    store.close()


def test_the_front_of_the_queue_is_not_given_to_two_at_once(store: TurnStore, postgres_address: str) -> None:
    for number in range(4):
        submit(store, number, (), pipeline=f"p{number % 2}")
    late = submit(store, 9)[1][0]
    with store.transaction() as tx:
        assert tx.stages.save(late, replace(late, state=StageState.SCHEDULED, not_before=NOON))
    rival = open_postgres(postgres_address)
    with store.transaction() as mine, rival.transaction() as theirs:
        first = mine.stages.heads(pools=["default"], now=NOON, lanes=9, each=1)
        second = theirs.stages.heads(pools=["default"], now=NOON, lanes=9, each=1)
        assert mine.stages.locked(first[0].stage.run_id, 0) == first[0].stage
    assert [q.stage.run_id for q in first] == [run_id(0), run_id(1), run_id(9)]
    assert [q.stage.run_id for q in second] == [run_id(2), run_id(3)]
    rival.close()


def test_p16_schedulers_pass_over_schedules_that_another_fires(store: TurnStore, postgres_address: str) -> None:
    timing = Timing(TimingKind.INTERVAL, seconds=60)
    with store.transaction() as tx:
        for name in "ab":
            assert tx.schedules.put(None, Schedule(name, "d", name, timing, NOON, fire_at=NOON))
    rival = open_postgres(postgres_address)
    with store.transaction() as mine, rival.transaction() as theirs:
        assert [s.id for s in mine.schedules.due(now=NOON, limit=1)] == ["a"]
        assert [s.id for s in theirs.schedules.due(now=NOON, limit=9)] == ["b"]
    rival.close()


def test_a_deadlock_undoes_one_of_the_two_and_is_named(store: TurnStore) -> None:
    fault = keeper(store).explain(_sql_error("40P01"))
    assert fault.problems[0].code == "DB-013"


@pytest.mark.parametrize(
    ("state", "expected"), [("53100", "E-DISK"), ("23505", "DB-011"), ("PA010", "DB-010"), ("42601", "DB-009")]
)
def test_every_error_of_the_driver_becomes_one_of_ours(store: TurnStore, state: str, expected: str) -> None:
    with store.transaction():
        pass
    assert keeper(store).explain(_sql_error(state)).problems[0].code == expected


def _sql_error(state: str) -> Exception:
    import psycopg

    return psycopg.errors.lookup(state)("x") if state != "PA010" else type("E", (psycopg.Error,), {"sqlstate": state})()


def test_text_that_the_database_cannot_hold_is_named(store: TurnStore) -> None:
    with pytest.raises(StoreFault, match="DB-012"):
        submit(store, pipeline="a\0b")
    with store.transaction() as tx:
        assert tx.runs.find("") == []


def test_a_server_that_does_not_flush_is_refused(postgres_server: PostgresServer) -> None:
    import psycopg

    address = create_database(postgres_server, "pauta_unsafe")
    with psycopg.connect(address, autocommit=True) as raw:
        raw.execute("ALTER DATABASE pauta_unsafe SET synchronous_commit = off")
    with pytest.raises(StoreFault, match="DB-005"):
        open_postgres(address)


@pytest.mark.parametrize(
    ("relaxed", "durable", "expected"),
    [(False, False, "on"), (False, True, "on"), (True, False, "off"), (True, True, "on")],
)
def test_only_a_relaxed_store_lets_a_plain_commit_return_unflushed(
    postgres_address: str, relaxed: bool, durable: bool, expected: str
) -> None:
    store = open_postgres(postgres_address, relaxed=relaxed)
    with store.transaction(durable=durable):
        assert keeper(store).setting("synchronous_commit") == expected
    with store.transaction(durable=True):
        assert keeper(store).setting("synchronous_commit") == "on"
    store.close()


def test_a_server_that_is_away_is_named_without_the_password() -> None:
    address = "host=/nonexistent dbname=x user=me password=secret"
    with pytest.raises(StoreFault, match="DB-008") as refused:
        open_postgres(address)
    assert "secret" not in str(refused.value)
    assert "/nonexistent/x" in str(refused.value)


def test_a_database_newer_than_the_program_is_refused(postgres_server: PostgresServer) -> None:
    import psycopg

    address = create_database(postgres_server, "pauta_newer")
    open_postgres(address).close()
    with psycopg.connect(address, autocommit=True) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(StoreFault, match=r"DB-002 .*0999"):
        open_postgres(address)


def test_two_programs_that_start_at_once_make_one_schema(postgres_server: PostgresServer) -> None:
    address = create_database(postgres_server, "pauta_twice")
    text = "import sys; from pauta.storage.postgres import open_postgres; open_postgres(sys.argv[1]).close()"
    both = [subprocess.Popen([sys.executable, "-c", text, address], stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in both] == [b""] * 3
    assert [process.returncode for process in both] == [0] * 3


def test_a_server_that_restarts_is_waited_for_and_keeps_what_was_recorded() -> None:
    with postgres() as server:
        address = create_database(server, "pauta_restarted")
        store = open_postgres(address, patience_seconds=20.0)
        submit(store, 1)
        subprocess.run(
            ["kill", "-QUIT", *_backends(address)], check=True
        )  # a backend that dies this way has the server restart itself
        submit(store, 2)
        with store.transaction() as tx:
            assert tx.runs.find("") == [run_id(2), run_id(1)]
        store.close()


def _backends(address: str) -> list[str]:
    import psycopg

    with psycopg.connect(address) as raw:
        rows = raw.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'pauta'").fetchall()
    return [str(row[0]) for row in rows]


def test_a_missing_driver_is_named_with_its_cure() -> None:
    text = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pauta.domain.problems import StoreFault\n"
        "try: import pauta.storage.postgres\n"
        "except StoreFault as fault: print(fault.problems[0].code, fault.problems[0].remedy())"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "DB-015 pip install 'pauta[postgres]'\n"

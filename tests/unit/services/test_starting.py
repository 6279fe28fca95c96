"""What is checked before a server starts (P15, B75, S2, S25)."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pauta.adapters.folder_objects import FolderObjects
from pauta.adapters.memory_objects import MemoryObjects
from pauta.domain.problems import Problem
from pauta.domain.settings import CelerySettings, DatabaseSettings, QueueSettings, ServerSettings, Settings
from pauta.services.starting import Facts, Findings, check_facts, check_settings, is_damaging, is_loopback, probe
from pauta.storage.memory import MemoryStore
from store_samples import NOON, submit

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def said(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.line() for problem in problems]


def test_what_is_well_says_nothing() -> None:
    nothing = Findings()
    assert check_settings(Settings()) == nothing
    assert check_facts(Facts(NOW, newest_event=NOW, sqlite=(3, 40, 0))) == nothing


def test_b75_a_lease_shorter_than_three_heartbeats_stops_the_start() -> None:
    settings = Settings(queue=QueueSettings(lease_seconds=20, heartbeat_seconds=10))
    assert said(check_settings(settings).errors) == [
        "CFG-010 queue.lease_seconds is 20, less than three heartbeats of 10 seconds: a worker that misses one would "
        "lose its work"
    ]
    assert check_settings(Settings(queue=QueueSettings(lease_seconds=30, heartbeat_seconds=10))).errors == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST."])
def test_s2_loopback_needs_no_tls(host: str) -> None:
    assert is_loopback(host)
    assert check_settings(Settings(server=ServerSettings(host=host))).errors == ()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "8.8.8.8", "machine.example"])
@pytest.mark.parametrize("how", ["open", "tls", "half", "proxy"])
def test_s2_beyond_loopback_the_start_is_refused_without_tls_or_a_proxy(host: str, how: str) -> None:
    server = {
        "open": ServerSettings(host=host),
        "tls": ServerSettings(host=host, tls_certificate="c", tls_key="k"),
        "half": ServerSettings(host=host, tls_certificate="c"),
        "proxy": ServerSettings(host=host, behind_proxy=True),
    }[how]
    codes = [problem.code for problem in check_settings(Settings(server=server)).errors]
    assert codes == (["CFG-015"] if how in ("open", "half") else [])


@pytest.mark.parametrize(
    ("version", "damaging"),
    [
        ((3, 6, 23), False), ((3, 7, 0), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 45, 0), True),
        ((3, 50, 6), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 0), False),
    ],
)  # fmt: skip
def test_p15_an_affected_sqlite_with_several_writers_stops_the_start(
    version: tuple[int, int, int], damaging: bool
) -> None:
    assert is_damaging(version) == damaging
    assert check_facts(Facts(NOW, sqlite=version, writers=1)).errors == ()
    codes = [problem.code for problem in check_facts(Facts(NOW, sqlite=version, writers=2)).errors]
    assert codes == (["CFG-012"] if damaging else [])


def test_b75_a_clock_before_the_newest_event_is_warned_of() -> None:
    late = Facts(NOW, newest_event=NOW + timedelta(minutes=6))
    assert check_facts(late).errors == ()
    assert said(check_facts(late).warnings) == [
        "CFG-014 the clock says 2026-05-01 12:00:00+00:00, but the newest event was recorded at "
        "2026-05-01 12:06:00+00:00"
    ]
    assert check_facts(Facts(NOW, newest_event=NOW + timedelta(minutes=4))).warnings == ()


def test_b75_a_store_that_cannot_be_written_to_stops_the_start(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "objects")
    shutil.rmtree(tmp_path / "objects", ignore_errors=True)
    (tmp_path / "objects").write_text("no folder")
    found = probe(MemoryStore(), objects, now=NOW, store_where="objects", sqlite=None)
    assert [problem.code for problem in check_facts(found).errors] == ["CFG-013"]


def test_probes_find_the_newest_event_and_a_store_that_can_be_written_to() -> None:
    store = MemoryStore()
    assert probe(store, MemoryObjects(lambda: NOW), now=NOW, store_where="", sqlite=None) == Facts(NOW)
    submit(store, 1)
    submit(store, 5)
    assert probe(
        store, MemoryObjects(lambda: NOW), now=NOW, store_where="", sqlite=None
    ).newest_event == NOON + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        (None, []),
        ("postgresql:///pauta", []),
        ("postgresql://localhost/pauta", []),
        ("postgresql://u:p@127.0.0.1/pauta", []),
        ("postgresql:///pauta?host=/run/postgresql", []),
        ("postgresql://u:p@db.example/pauta", ["CFG-016"]),
        ("postgresql://u:p@db.example/pauta?sslmode=prefer", ["CFG-016"]),
        ("postgresql://u:p@db.example/pauta?sslmode=disable", ["CFG-016"]),
        ("postgresql://u:p@db.example/pauta?sslmode=require", []),
        ("postgresql://u@db.example/pauta?sslmode=verify-full", ["CFG-016.password"]),
        ("postgresql://u@db.example/pauta", ["CFG-016", "CFG-016.password"]),
        ("postgresql://u@db.example/pauta?sslmode=verify-full&sslcert=c.pem", []),
        ("postgresql:///pauta?host=db.example&password=p&sslmode=require", []),
        ("postgresql://[broken", []),
    ],
)
def test_s25_postgres_off_the_machine_without_tls_or_password_is_warned_of(url: str | None, codes: list[str]) -> None:
    found = check_settings(Settings(database=DatabaseSettings(url=url)))  # type: ignore[arg-type]
    assert found.errors == ()
    assert [p.code + (f".{p.variant}" if p.variant else "") for p in found.warnings] == codes
    assert ":p@" not in str(said(found.warnings))


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        (None, []),
        ("redis://localhost:6379/0", []),
        ("redis+socket:///run/redis.sock", []),
        ("redis://:p@cache.example/0", ["CFG-017.tls"]),
        ("redis://cache.example/0", ["CFG-017", "CFG-017.tls"]),
        ("rediss://:p@cache.example/0", []),
        ("rediss://cache.example/0", ["CFG-017"]),
        ("redis://[broken", []),
    ],
)
def test_s25_a_broker_without_password_or_tls_is_warned_of(url: str | None, codes: list[str]) -> None:
    found = check_settings(Settings(celery=CelerySettings(broker_url=url)))  # type: ignore[arg-type]
    assert [p.code + (f".{p.variant}" if p.variant else "") for p in found.warnings] == codes


@pytest.mark.parametrize(("policy", "codes"), [("", []), ("noeviction", []), ("allkeys-lru", ["CFG-018"])])
def test_s25_a_broker_that_drops_messages_is_warned_of(policy: str, codes: list[str]) -> None:
    found = check_facts(Facts(NOW, broker_policy=policy), broker_url="redis://h/0")
    assert [p.code for p in found.warnings] == codes

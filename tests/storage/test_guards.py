"""What the databases themselves refuse, whoever asks: rows that are kept for ever are neither changed nor removed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pauta.domain.access import AuditRow
from pauta.domain.deploying import Deployment
from pauta.domain.pipelines import Activation, PipelineVersion
from pauta.domain.schedules import Firing
from pauta.ports.store import Store
from pauta.storage.sqlite import DATABASE, open_sqlite
from store_samples import NOON, address

REFUSED = [
    "UPDATE audit SET actor = 'other'",
    "UPDATE audit SET mac = mac",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE seq = 2",
    "DELETE FROM audit_tip",
    "UPDATE audit_tip SET count = 1",
    "UPDATE audit_tip SET last = 'x'",
    "UPDATE activation SET version = 2",
    "DELETE FROM activation",
    "UPDATE pipeline_version SET scripts = '{}'",
    "DELETE FROM pipeline_version",
    "UPDATE deployment_form SET body = '{}'",
    "DELETE FROM deployment_form",
    "UPDATE firing SET outcome = 'fired'",
    "DELETE FROM firing",
]

Ask = Callable[[str], int]


def fill(store: Store) -> None:
    with store.transaction() as tx:
        for seq in (1, 2):
            tx.audit.append(AuditRow(seq, NOON, "ana", "a", "t"))
        assert tx.pipelines.add(PipelineVersion("p", 1, "d", address(1), "p.json", {}, NOON, "ana"))
        tx.pipelines.activate(Activation("p", 1, NOON, "ana"))
        assert tx.deployments.put(None, Deployment("d", "p", NOON, NOON, "ana"))
        assert tx.schedules.fire(Firing("s", "2026-01-01T00:00:00", 0, NOON, NOON, "skipped"))


@pytest.fixture(scope="module")
def in_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    folder: Path = tmp_path_factory.mktemp("guards")
    store = open_sqlite(folder)
    fill(store)
    store.close()
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as raw:
        yield lambda text: raw.execute(text).rowcount


@pytest.fixture
def in_postgres(postgres_address: str) -> Iterator[Ask]:
    import psycopg

    from pauta.storage.postgres import open_postgres

    store = open_postgres(postgres_address)
    fill(store)
    store.close()
    with psycopg.connect(postgres_address, autocommit=True) as raw:
        yield lambda text: raw.execute(text).rowcount


@pytest.mark.parametrize("text", REFUSED)
def test_sqlite_refuses_to_change_what_is_kept_for_ever(in_sqlite: Ask, text: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="pauta: refused"):
        in_sqlite(text)


@pytest.mark.postgres
def test_postgres_refuses_to_change_what_is_kept_for_ever(in_postgres: Ask) -> None:
    import psycopg

    for text in REFUSED:
        with pytest.raises(psycopg.Error, match="pauta: refused"):
            in_postgres(text)

"""A server whose records are in PostgreSQL writes a backup under load, and it comes back in an empty database (T22)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from looking import Client, serving, token_of

from pauta.assembly.control import opened_control
from pauta.assembly.upkeep import restore_records
from pauta.domain.outputs import Kind, Output
from pauta.domain.runs import Run
from pauta.domain.settings import DatabaseSettings, Settings
from pauta.ports.store import Store
from pauta.services.control import Control
from pauta.storage.postgres import open_postgres
from servers import PostgresServer, create_database
from store_samples import submit

pytestmark = pytest.mark.postgres


@pytest.fixture
def control(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Control]:
    address = create_database(postgres_server, "pauta_served_backup")
    settings = Settings(database=DatabaseSettings(url=address))
    with opened_control(tmp_path / "served", settings, say=lambda line: None) as made:
        yield made


def submit_with_frame(control: Control, number: int) -> Run:
    """A run that takes in an object of its own."""
    stored = control.objects.put(f"rows of {number}".encode())
    frame = Output(Kind.FRAME, stored.address, stored.size, "arrow", "pandas", rows=1)
    return submit(control.store, number, inputs={"df": frame})[0]


def rows_of(store: Store, run: Run) -> list[object]:
    with store.transaction() as tx:
        rows = (tx.runs.plan(run.id), tx.stages.of_run(run.id), tx.steps.of_run(run.id), tx.events.of_run(run.id))
        return [tx.runs.get(run.id), *rows]


def test_t22_a_backup_through_the_server_under_load_comes_back_whole(
    control: Control, tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [submit_with_frame(control, number) for number in range(40)]
    stop, during = threading.Event(), []

    def load() -> None:
        number = 1_000
        while not stop.is_set():
            during.append(submit_with_frame(control, number))
            number += 1

    writer = threading.Thread(target=load)
    writer.start()
    try:
        with serving(control) as port:
            answer = Client(port, token_of(control))("POST", "/backup")
    finally:
        stop.set()
        writer.join(60)
    assert answer.status == 201, answer.body
    assert len(during) > 1
    before = [rows_of(control.store, run) for run in known]

    address = create_database(postgres_server, "pauta_restored_backup")
    project = tmp_path / "another machine"
    project.mkdir()
    monkeypatch.setenv("PAUTA_DATABASE_URL", address)
    restore_records(project, Path(answer.json["path"]), move_aside=False)
    with closing(open_postgres(address)) as store:
        assert [rows_of(store, run) for run in known] == before
        with store.transaction() as tx:
            wanted: set[Any] = set(tx.objects.referenced())
    with opened_control(project, Settings(database=DatabaseSettings(url=address)), say=lambda line: None) as again:
        assert again.secret == control.secret
        # Scripts of these samples were never stored; every frame was, also those of runs begun meanwhile.
        kept = {info.address for info in again.objects.contents()}
        frames = {run.inputs["df"].address for run in (*known, *during)} & wanted
        assert frames >= {run.inputs["df"].address for run in known}
        assert frames <= kept

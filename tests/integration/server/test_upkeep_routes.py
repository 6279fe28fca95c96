"""Retention and backups over HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from looking import Client, opened, serving, token_of
from msgspec.structs import replace
from publishing import audited, refused

from pauta.domain.access import Role
from pauta.domain.states import RunState
from pauta.services.control import Control
from pauta.services.upkeep import read_backup
from pauta.storage.upkeep import back_up
from store_samples import submit


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    """A server with two runs that ended long ago."""
    with opened(tmp_path) as made:
        for number in (1, 2):
            run, _, _ = submit(made.store, number, created_at=made.now() - timedelta(days=100))
            with made.store.transaction() as tx:
                tx.runs.save(run, replace(run, state=RunState.FAILED, ended_at=made.now(), open_stages=0))
        yield dataclasses.replace(made, copy_records=lambda place: back_up(made.store, place, now=made.now()))


@pytest.fixture
def client(control: Control) -> Iterator[Client]:
    with serving(control) as port:
        yield Client(port, token_of(control))


def test_retention_tells_by_default_and_removes_when_asked(client: Client, control: Control) -> None:
    told = client("POST", "/retention", body={"keep_runs": 1})
    assert (told.status, told.json["dry_run"], len(told.json["runs"])) == (200, True, 1)
    assert len(client("GET", "/runs").json["runs"]) == 2
    done = client("POST", "/retention", body={"keep_runs": 1, "dry_run": False})
    assert done.json["runs"] == told.json["runs"]
    assert len(client("GET", "/runs").json["runs"]) == 1
    assert [action for action, _ in audited(control)] == ["retention.run", "retention.run"]


def test_retention_by_the_budgets_tells_why_what_stays_stays(client: Client) -> None:
    assert client("POST", "/retention", body={"budgets": True}).json["reasons"] == {"kept_newest": 2}


@pytest.mark.parametrize(
    "body", [{"keep_runs": -1}, {"older_than_days": -1}, {"older_than_days": 1e300}, {"older": 1}, {"dry_run": 1}]
)
def test_retention_refuses_what_it_does_not_understand(client: Client, body: dict[str, object]) -> None:
    assert client("POST", "/retention", body=body).status == 422


def test_a_backup_is_written_among_the_records(client: Client, control: Control) -> None:
    answer = client("POST", "/backup")
    assert answer.status == 201
    folder = Path(answer.json["path"])
    assert folder.parent == control.records / "backups"
    assert read_backup(folder).objects == answer.json["objects"]
    assert (folder / "pauta.db").exists()
    assert [action for action, _ in audited(control)] == ["backup.make"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.EDITOR, Role.APPROVER])
@pytest.mark.parametrize("path", ["/retention", "/backup"])
def test_only_administrators_clean_up_and_back_up(control: Control, role: Role, path: str) -> None:
    with serving(control) as port:
        answer = Client(port, token_of(control, role))("POST", path, body={})
    assert answer.status == 403


def test_records_that_cannot_be_copied_are_told(control: Control) -> None:
    with serving(dataclasses.replace(control, copy_records=None)) as port:
        refused(Client(port, token_of(control))("POST", "/backup"), 409, "CFG-034")

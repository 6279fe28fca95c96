"""``pauta db``: check, backup, restore, upgrade, on a real folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer

from pauta.adapters.folder_objects import FolderObjects
from pauta.storage.sqlite import open_sqlite
from store_samples import submit

Call = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run and an object on record."""
    folder = tmp_path / "project"
    records = folder / ".pauta"
    records.mkdir(parents=True)
    store = open_sqlite(records)
    submit(store, 1)
    store.close()
    FolderObjects(records / "objects").put(b"frame")
    (records / "secret").write_text("00")
    monkeypatch.chdir(folder)
    return folder


def runs(folder: Path) -> int:
    """How many runs are on record."""
    store = open_sqlite(folder / ".pauta")
    try:
        with store.transaction() as tx:
            return len(tx.runs.newest(limit=100))
    finally:
        store.close()


def test_a_backup_is_put_back_after_everything_was_lost(call: Call, folder: Path, tmp_path: Path) -> None:
    made = call("db", "backup", str(tmp_path / "backup"), "--json")
    assert made.code == 0
    assert made.json["objects"] == 1
    (folder / ".pauta").rename(tmp_path / "lost")
    assert call("db", "restore", str(tmp_path / "backup")).code == 0
    assert runs(folder) == 1
    assert (folder / ".pauta" / "secret").read_text() == "00"
    assert len(list(FolderObjects(folder / ".pauta" / "objects").contents())) == 1


def test_present_records_are_moved_aside_only_by_force(call: Call, folder: Path, tmp_path: Path) -> None:
    call("db", "backup", str(tmp_path / "backup"))
    store = open_sqlite(folder / ".pauta")
    submit(store, 2)
    store.close()
    refused = call("db", "restore", str(tmp_path / "backup"))
    assert refused.code == 2
    assert "CFG-032" in refused.err
    assert runs(folder) == 2
    forced = call("db", "restore", str(tmp_path / "backup"), "--force", "--json")
    assert runs(folder) == 1
    aside = Path(forced.json["aside"])
    assert aside.parent == folder
    assert (aside / "pauta.db").exists()


def test_a_backup_goes_over_nothing(call: Call, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert "CFG-030" in call("db", "backup", str(tmp_path / "there")).err
    assert "CFG-031" in call("db", "restore", str(tmp_path / "there")).err


def test_a_damaged_backup_changes_nothing(call: Call, folder: Path, tmp_path: Path) -> None:
    call("db", "backup", str(tmp_path / "backup"))
    (tmp_path / "backup" / "pauta.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    answer = call("db", "restore", str(tmp_path / "backup"), "--force")
    assert answer.code == 1
    assert "DB-018" in answer.err
    assert runs(folder) == 1


def test_whole_records_are_told_to_be_whole_and_what_they_lack_is_counted(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "new" / ".pauta").mkdir(parents=True)
    open_sqlite(tmp_path / "new" / ".pauta").close()
    answer = call("db", "check", "--project", str(tmp_path / "new"))
    assert (answer.code, answer.out) == (0, "The records are whole; they refer to 0 objects, all there.\n")
    lacking = call("db", "check", "--lang", "pt")
    assert lacking.code == 1
    assert "faltam 1 dos 1 objetos" in lacking.out
    assert call("db", "check", "--json").json == {"whole": False, "objects": 1, "missing": 1}


def test_b76_damaged_records_are_told_with_the_backups_to_restore(call: Call, folder: Path) -> None:
    path = folder / ".pauta" / "pauta.db"
    call("db", "backup", str(folder / ".pauta" / "backups" / "20260101T000000Z"))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(8192) + whole[12288:])
    answer = call("db", "check", COLUMNS="400")
    assert answer.code == 1
    assert "DB-001" in answer.err
    assert "pauta db restore" in answer.out
    assert "20260101T000000Z --force" in answer.out


def test_an_upgrade_of_what_is_up_to_date_does_nothing(call: Call, folder: Path) -> None:
    assert call("db", "upgrade", "--dry-run").out == "The records are up to date.\n"
    assert call("db", "upgrade", "--json").json is None


def test_an_older_database_is_told_and_brought_up_to_date(call: Call, tmp_path: Path, older: Path) -> None:
    told = call("db", "upgrade", "--dry-run", "--project", str(older), "--json").json
    assert (told["found"], told["dry_run"]) == ("0001", True)
    assert told["statements"]
    assert "0001" in call("db", "upgrade", "--project", str(older)).out
    assert call("db", "upgrade", "--project", str(older)).out == "The records are up to date.\n"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A project whose records have the first version of the schema."""
    import sqlite3
    from contextlib import closing

    from pauta.storage.migrating import upgrade_sqlite

    folder = tmp_path / "older"
    (folder / ".pauta").mkdir(parents=True)
    with closing(sqlite3.connect(folder / ".pauta" / "pauta.db", isolation_level=None)) as raw:
        upgrade_sqlite(raw, "0001")
    return folder


def test_without_records_it_is_told(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("check",), ("backup", "to"), ("upgrade",)):
        answer = call("db", *words)
        assert answer.code == 2
        assert "CFG-035" in answer.err
    assert not (tmp_path / "to").exists()


def test_while_a_server_runs_nothing_is_restored(
    call: Call, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("db", "backup", str(tmp_path / "backup"))
    monkeypatch.setenv("PAUTA_API_URL", "http://127.0.0.1:9")
    answer = call("db", "restore", str(tmp_path / "backup"), "--force")
    assert answer.code == 2
    assert "CFG-033" in answer.err
    assert json.loads((tmp_path / "backup" / "backup.json").read_text())["objects"] == 1

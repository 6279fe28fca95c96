"""A backup is whole or none, and what it is put back from is there again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.problems import Conflict, InvalidInput, Problem, StoreFault
from pauta.services.upkeep import MANIFEST, BackupView, backups_in, put_back, read_backup, write_backup

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def copy_records(folder: Path) -> None:
    """Stands for the database's own copy."""
    (folder / "pauta.db").write_text("rows")


def restore(backup: Path, into: Path) -> None:
    """Stands for the database's own return."""
    (into / "pauta.db").write_text((backup / "pauta.db").read_text())


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Records with two objects and a secret."""
    records = tmp_path / ".pauta"
    records.mkdir()
    (records / "pauta.db").write_text("rows")
    (records / "secret").write_text("s3cret")
    (records / "secret").chmod(0o600)
    objects = FolderObjects(records / "objects")
    objects.put(b"one")
    objects.put(b"two two")
    return records


def back_up(records: Path, to: Path) -> BackupView:
    objects = FolderObjects(records / "objects")
    return write_backup(to, records=records, objects=objects, copy_records=copy_records, now=NOW, version="1")


def contents(root: Path) -> dict[str, bytes]:
    """Objects by address."""
    objects = FolderObjects(root)
    return {info.address: objects.read(info.address) for info in objects.contents()}


def test_a_backup_has_records_objects_and_secret(records: Path, tmp_path: Path) -> None:
    view = back_up(records, tmp_path / "to" / "backup")
    folder = tmp_path / "to" / "backup"
    assert (view.objects, view.damaged, view.bytes) == (2, 0, len("rowss3cretonetwo two"))
    assert read_backup(folder) == view
    assert contents(folder / "objects") == contents(records / "objects")
    assert (folder / "secret").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_backup_never_goes_over_something_else(records: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    with pytest.raises(InvalidInput, match="CFG-030"):
        back_up(records, tmp_path / "to")


def test_a_damaged_object_is_counted_and_not_copied(records: Path, tmp_path: Path) -> None:
    address = next(iter(contents(records / "objects")))
    path = records / "objects" / address[:2] / address
    path.chmod(0o600)
    path.write_bytes(b"xxx" if path.stat().st_size == 3 else b"yyyyyyy")
    view = back_up(records, tmp_path / "to")
    assert (view.objects, view.damaged) == (1, 1)


def test_a_backup_that_was_interrupted_is_none(records: Path, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        copy_records(folder)
        raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        write_backup(
            tmp_path / "to",
            records=records,
            objects=FolderObjects(records / "objects"),
            copy_records=fail,
            now=NOW,
            version="1",
        )
    with pytest.raises(InvalidInput, match="CFG-031"):
        read_backup(tmp_path / "to")
    with pytest.raises(InvalidInput, match="CFG-031"):
        put_back(tmp_path / "to", records=records, restore_database=restore, move_aside=True, now=NOW)
    assert (records / "pauta.db").read_text() == "rows"


def test_a_backup_is_put_back_where_nothing_was(records: Path, tmp_path: Path) -> None:
    back_up(records, tmp_path / "to")
    elsewhere = tmp_path / "other" / ".pauta"
    elsewhere.parent.mkdir()
    assert put_back(tmp_path / "to", records=elsewhere, restore_database=restore, move_aside=False, now=NOW) is None
    assert (elsewhere / "pauta.db").read_text() == "rows"
    assert contents(elsewhere / "objects") == contents(records / "objects")
    assert not (elsewhere / MANIFEST).exists()


def test_present_records_are_only_moved_aside_when_asked(records: Path, tmp_path: Path) -> None:
    back_up(records, tmp_path / "to")
    (records / "pauta.db").write_text("newer rows")
    with pytest.raises(Conflict, match="CFG-032"):
        put_back(tmp_path / "to", records=records, restore_database=restore, move_aside=False, now=NOW)
    aside = put_back(tmp_path / "to", records=records, restore_database=restore, move_aside=True, now=NOW)
    assert aside == tmp_path / ".pauta.before-20260501T120000Z"
    assert (aside / "pauta.db").read_text() == "newer rows"
    assert (records / "pauta.db").read_text() == "rows"


def test_what_a_killed_restore_left_is_no_hindrance(records: Path, tmp_path: Path) -> None:
    back_up(records, tmp_path / "to")
    (tmp_path / ".pauta.new").mkdir()
    (tmp_path / ".pauta.new" / "half").write_text("")
    put_back(tmp_path / "to", records=records, restore_database=restore, move_aside=True, now=NOW)
    assert not (records / "half").exists()
    assert not (tmp_path / ".pauta.new").exists()


def test_a_database_that_cannot_be_restored_changes_nothing(records: Path, tmp_path: Path) -> None:
    def fail(backup: Path, into: Path) -> None:
        raise StoreFault(Problem("DB-018"))

    back_up(records, tmp_path / "to")
    with pytest.raises(StoreFault, match="DB-018"):
        put_back(tmp_path / "to", records=records, restore_database=fail, move_aside=True, now=NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".pauta", "to"]


def test_the_backups_of_a_server_are_listed_newest_first(records: Path) -> None:
    assert backups_in(records) == []
    for name in ("20260501T1", "20260502T1"):
        back_up(records, records / "backups" / name)
    (records / "backups" / "20260503T1").mkdir()
    assert [Path(view.path).name for view in backups_in(records)] == ["20260502T1", "20260501T1"]


def test_the_manifest_is_readable_json(records: Path, tmp_path: Path) -> None:
    back_up(records, tmp_path / "to")
    found = json.loads((tmp_path / "to" / MANIFEST).read_text())
    assert found["objects"] == 2
    assert found["at"].startswith("2026-05-01T12:00:00")

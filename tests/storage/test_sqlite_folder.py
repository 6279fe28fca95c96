"""SQLite in a project folder: who may open it, and what is found when it was left badly."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pauta.domain.problems import StoreFault
from pauta.storage import folder as folders
from pauta.storage.sqlite import DATABASE, explain, open_sqlite
from store_samples import submit

HOLD = """
import sys
from pathlib import Path
from pauta.storage.sqlite import open_sqlite
store = open_sqlite(Path(sys.argv[1]), command="pauta run recipe.json")
print("held", flush=True)
sys.stdin.read()
store.close()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that has the folder open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(StoreFault, match="DB-003") as refused:
            open_sqlite(tmp_path)
        told = refused.value.problems[0]
        assert told.values["pid"] == str(process.pid)
        assert told.values["command"] == "pauta run recipe.json"
        assert f"process {process.pid} (pauta run recipe.json)" in told.message()
        assert told.remedy("pt")
    finally:
        process.communicate("")
    open_sqlite(tmp_path).close()


def test_a_second_store_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path)
    with pytest.raises(StoreFault, match=f"DB-003.*process {os.getpid()}"):
        open_sqlite(tmp_path)
    store.close()


def test_waiting_for_the_folder_ends_when_it_is_free(tmp_path: Path) -> None:
    process = holder(tmp_path)
    asked = 0

    def wait() -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            process.communicate("")
        return True

    open_sqlite(tmp_path, wait=wait).close()
    assert asked == 3


def test_waiting_ends_when_the_caller_has_enough(tmp_path: Path) -> None:
    process = holder(tmp_path)
    answers = iter([True, True, False])
    with pytest.raises(StoreFault, match="DB-003"):
        open_sqlite(tmp_path, wait=lambda: next(answers))
    assert next(answers, None) is None
    process.communicate("")


def test_the_lock_goes_with_a_killed_process_and_the_next_one_checks_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = holder(tmp_path)
    process.kill()
    process.communicate()
    seen = traced(tmp_path, monkeypatch)
    assert any("quick_check" in text for text in seen)
    assert not any("quick_check" in text for text in traced(tmp_path, monkeypatch))


def traced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that opening the folder runs."""
    seen: list[str] = []
    real = sqlite3.connect

    def connect(*args: object, **kwargs: object) -> sqlite3.Connection:
        raw: sqlite3.Connection = real(*args, **kwargs)  # type: ignore[call-overload]
        raw.set_trace_callback(seen.append)
        return raw

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        open_sqlite(folder).close()
    return seen


def test_a_left_over_write_ahead_log_has_the_database_checked_though_the_lock_file_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = holder(tmp_path)
    process.kill()
    process.communicate()
    (tmp_path / folders.LOCK).write_text("")
    Path(f"{tmp_path / DATABASE}-wal").write_bytes(b"x")
    assert any("quick_check" in text for text in traced(tmp_path, monkeypatch))


def test_a_clean_close_leaves_one_whole_file(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path)
    submit(store)
    store.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == [folders.LOCK, DATABASE]
    assert (tmp_path / folders.LOCK).read_text() == ""


def test_what_the_command_line_says_after_an_option_is_not_told_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pauta", "run", "recipe.json", "--param", "token=secret"])
    assert folders._own_command() == "pauta run recipe.json"


def test_a_database_newer_than_the_program_is_refused(tmp_path: Path) -> None:
    open_sqlite(tmp_path).close()
    raw = sqlite3.connect(tmp_path / DATABASE)
    raw.execute("UPDATE alembic_version SET version_num = '0999'")
    raw.commit()
    raw.close()
    with pytest.raises(StoreFault, match=r"DB-002 .*0999") as refused:
        open_sqlite(tmp_path)
    assert "pip install --upgrade pauta" in refused.value.problems[0].remedy()
    with pytest.raises(StoreFault, match="DB-002"):  # the lock was let go
        open_sqlite(tmp_path)


def test_a_database_of_somebody_else_is_refused(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / DATABASE)
    raw.execute("CREATE TABLE theirs (x)")
    raw.close()
    with pytest.raises(StoreFault, match="DB-002"):
        open_sqlite(tmp_path)


def test_an_empty_file_is_filled(tmp_path: Path) -> None:
    """A process may be killed between making the file and making the tables."""
    (tmp_path / DATABASE).write_bytes(b"")
    store = open_sqlite(tmp_path)
    submit(store)
    store.close()


def test_the_folder_is_made(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "a" / ".pauta").close()
    assert (tmp_path / "a" / ".pauta" / DATABASE).exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFault, match="DB-014"):
        open_sqlite(tmp_path / "file" / ".pauta")


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / /home rw shared:1 - nfs4 server:/home rw
31 30 0:31 / /home/me/local rw - xfs /dev/sdb rw
32 22 0:32 / /mnt/with\\040space rw - fuse.sshfs me@host: rw
33 22 0:33 / /twice rw - ext4 /dev/x rw
34 33 0:34 / /twice rw - cifs //h/s rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/work", "ext4"),
        ("/home/me/project", "nfs4"),
        ("/homeless", "ext4"),
        ("/home/me/local/x", "xfs"),
        ("/mnt/with space/x", "fuse.sshfs"),
        ("/twice/a", "cifs"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(folder: str, kind: str) -> None:
    assert folders.file_system(Path(folder), MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = f"30 1 0:30 / {tmp_path} rw - nfs4 server:/x rw\n"
    with pytest.raises(StoreFault, match=r"DB-004 .*nfs4"):
        folders.check_file_system(tmp_path / "x", mounts)
    folders.check_file_system(tmp_path / "x", mounts.replace("nfs4", "ext4"))
    folders.check_file_system(tmp_path)


def test_another_program_that_writes_meanwhile_is_waited_for_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pauta.storage.sqlite._BUSY_SECONDS", 0.05)
    store = open_sqlite(tmp_path)
    other = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFault, match="DB-013") as refused, store.transaction():
        pass
    assert "locked" not in refused.value.problems[0].message()
    other.execute("ROLLBACK")
    other.close()
    submit(store)
    store.close()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (sqlite3.SQLITE_FULL, "E-DISK"),
        (sqlite3.SQLITE_IOERR_FSYNC, "DB-007"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "DB-013"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "DB-001"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "DB-014"),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, "DB-011"),
        (sqlite3.SQLITE_ERROR, "DB-009"),
    ],
)
def test_every_error_of_the_driver_becomes_one_of_ours(number: int, expected: str) -> None:
    error = sqlite3.OperationalError("something")
    error.sqlite_errorcode = number
    assert explain(error, Path("x.db")).problems[0].code == expected
    assert explain(sqlite3.InterfaceError("?"), Path("x.db")).problems[0].code == "DB-009"


def test_the_lock_file_is_for_its_owner_only(tmp_path: Path) -> None:
    open_sqlite(tmp_path).close()
    assert stat.S_IMODE((tmp_path / folders.LOCK).stat().st_mode) == 0o600


def test_opening_at_head_loads_neither_the_migration_tool_nor_sqlalchemy(tmp_path: Path) -> None:
    text = (
        "import sys; from pathlib import Path; from pauta.storage.sqlite import open_sqlite\n"
        "for _ in range(2): open_sqlite(Path(sys.argv[1])).close()\n"
        "print(sorted({'alembic', 'sqlalchemy', 'psycopg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", text, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

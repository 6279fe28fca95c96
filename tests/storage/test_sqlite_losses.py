"""SQLite when things are lost: killed processes, damaged files, full and read-only disks."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pauta.domain.problems import StoreFault
from pauta.storage import folder as folders
from pauta.storage.sqlite import DATABASE, open_sqlite
from pauta.storage.turns import TurnStore
from store_samples import run_id, submit


def integrity(folder: Path) -> str:
    raw = sqlite3.connect(folder / DATABASE)
    try:
        return str(raw.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        raw.close()


def damage(path: Path) -> None:
    """Spoil the last pages of a file: it opens, and only a check finds it."""
    with path.open("r+b") as file:
        for page in range(1, 6):
            file.seek(-4096 * page, os.SEEK_END)
            file.write(b"\xff" * 2048)


def test_b76_a_damaged_database_is_found_after_an_unclean_stop_and_nothing_is_written(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path)
    for number in range(50):
        submit(store, number)
    store.close()
    (tmp_path / folders.LOCK).write_text("1\npauta run\n")
    damage(tmp_path / DATABASE)
    before = (tmp_path / DATABASE).read_bytes()
    for _ in range(3):  # it stays marked
        with pytest.raises(StoreFault, match="DB-001") as refused:
            open_sqlite(tmp_path)
        assert str(tmp_path / DATABASE) in refused.value.problems[0].message()
    assert (tmp_path / DATABASE).read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database, whatever its name says" * 200)
    with pytest.raises(StoreFault, match="DB-001"):
        open_sqlite(tmp_path)
    assert (tmp_path / DATABASE).read_bytes().startswith(b"not a database")


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A disk of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    return folder


def test_p25_a_full_disk_is_named_and_nothing_recorded_before_is_lost(
    small_disk: Path, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: subprocess.run(["umount", "-l", small_disk], check=True))
    store = open_sqlite(small_disk)
    kept = 0

    def fill() -> None:
        nonlocal kept
        for number in range(100_000):
            submit(store, number, *[()] * 20)
            kept = number

    with pytest.raises(StoreFault, match="E-DISK"):
        fill()
    assert kept > 5
    with store.transaction() as tx:
        assert len(tx.runs.newest(limit=100_000)) == kept + 1
    store.close()
    # Room again: the folder opens and goes on.
    subprocess.run(["mount", "-o", "remount,size=32m", small_disk], check=True)
    store = open_sqlite(small_disk)
    submit(store, 100_001)
    with store.transaction() as tx:
        assert len(tx.runs.newest(limit=100_000)) == kept + 2
    store.close()
    assert integrity(small_disk) == "ok"


def test_a_folder_that_is_read_only_is_named(small_disk: Path, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: subprocess.run(["umount", "-l", small_disk], check=True))
    open_sqlite(small_disk).close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StoreFault, match="DB-014"):
        open_sqlite(small_disk)


def test_rows_that_a_killed_process_committed_are_there(tmp_path: Path) -> None:
    """A child that ends without any closing, in the middle of a transaction."""
    child = os.fork()
    if child == 0:
        try:
            store: TurnStore = open_sqlite(tmp_path)
            submit(store, 1)
            submit(store, 2, (), (0,))
            with store.transaction() as tx:
                tx.stages.count_down(run_id(2), [0])
                os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    store = open_sqlite(tmp_path)
    with store.transaction() as tx:
        assert tx.runs.find("") == [run_id(2), run_id(1)]
        assert [stage.waiting_for for stage in tx.stages.of_run(run_id(2))] == [0, 1]
    store.close()


def test_a_process_killed_at_any_moment_leaves_what_it_said_was_recorded(tmp_path: Path) -> None:
    text = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "from store_samples import submit; from pauta.storage.sqlite import open_sqlite\n"
        "store = open_sqlite(Path(sys.argv[1]))\n"
        "with store.transaction() as tx: first = len(tx.runs.newest(limit=100000))\n"
        "for n in range(first, 100000):\n"
        "    submit(store, n); print(n, flush=True)\n"
    )
    said = -1
    for pause in (0.0, 0.002, 0.01):
        process = subprocess.Popen(
            [sys.executable, "-c", text, tmp_path, Path(__file__).parents[1]], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(20):
            said = int(process.stdout.readline())
        end = time.monotonic() + pause
        while time.monotonic() < end:
            pass
        process.kill()
        rest = process.communicate()[0].splitlines()
        said = int(rest[-1]) if rest and rest[-1].isdigit() else said
        store = open_sqlite(tmp_path)
        with store.transaction() as tx:
            found = len(tx.runs.newest(limit=100_000))
        store.close()
        assert found in (said + 1, said + 2)  # at most one was recorded and not yet said
        assert integrity(tmp_path) == "ok"


def test_a_database_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-journal"):
        (tmp_path / f"{DATABASE}.new{suffix}").write_bytes(b"half")
    store = open_sqlite(tmp_path)
    submit(store)
    store.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == [folders.LOCK, DATABASE]


def test_a_database_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(StoreFault, match="E-DISK"):
            open_sqlite(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [folders.LOCK]
    open_sqlite(tmp_path).close()

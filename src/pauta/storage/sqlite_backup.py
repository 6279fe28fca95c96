"""Copies of a SQLite database that others go on writing to, and their return into a folder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from pauta.storage.faults import fault
from pauta.storage.folder import lock_folder, sync_folder
from pauta.storage.sqlite import DATABASE, SqliteConnection, explain, standing_of
from pauta.storage.turns import TurnStore
from pauta.storage.versions import Standing

_PAGES = 512  # some 2 MiB: a few milliseconds in which nobody else has a transaction
_PAUSE_SECONDS = 0.001
_LEFT_OVERS = ("", "-journal", "-wal", "-shm")


def copy_sqlite(store: TurnStore, to: Path) -> None:
    """Copy the database into a new file, as it is at one moment; other threads' transactions go on in between.

    Args:
        store: The open store, of this process.
        to: The file; it must not exist.

    Raises:
        StoreFault: DB-016 the file exists, DB-001 the copy is not whole, E-DISK no space.
    """
    keeper = store.keeper
    if not isinstance(keeper, SqliteConnection):
        raise TypeError("not a SQLite store")
    with _new_file(to) as new, closing(sqlite3.connect(new, isolation_level=None)) as target:
        with store.alone() as pause:

            def between(status: int, remaining: int, total: int) -> None:
                del remaining, total
                if status != sqlite3.SQLITE_DONE:
                    pause(_PAUSE_SECONDS)

            keeper.raw.backup(target, pages=_PAGES, progress=between)
        _check(target, to)


def restore_sqlite(backup: Path, folder: Path) -> None:
    """Put a copy in a folder's place for records, where there must be none.

    Raises:
        StoreFault: DB-003 the folder is in use, DB-017 it has records, DB-018 the copy is damaged or no copy,
            DB-002 it is from a newer program.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = lock_folder(folder)
    try:
        path = folder / DATABASE
        if path.exists():
            raise fault("DB-017", where=str(folder))
        if not backup.is_file():
            raise fault("DB-018", path=str(backup), detail="no such file")
        # Nobody writes to a backup: SQLite need not lay files beside it.
        place = f"file:{quote(str(backup.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(place, uri=True, isolation_level=None)) as source:
            _check_backup(source, backup)
            with _new_file(path) as new, closing(sqlite3.connect(new, isolation_level=None)) as target:
                source.backup(target)
                _check(target, path)
    finally:
        lock.release()


def _check_backup(source: sqlite3.Connection, backup: Path) -> None:
    try:
        found = source.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found == "ok":
            if standing_of(source, backup) is Standing.EMPTY:
                raise fault("DB-018", path=str(backup), detail="it has no tables")
            return
    except sqlite3.Error as error:
        found = str(error)
    raise fault("DB-018", path=str(backup), detail=found)


def _check(raw: sqlite3.Connection, path: Path) -> None:
    found = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found == "ok" and raw.execute("PRAGMA foreign_key_check").fetchone() is None:
        return
    raise fault("DB-001", detail=f"integrity_check: {found}", path=str(path))


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """A file that appears under its name whole or not at all, safe against a loss of power."""
    if path.exists():
        raise fault("DB-016", path=str(path))
    new = path.with_name(f"{path.name}.new")
    _remove(new)  # a process was killed here once
    try:
        yield new
        descriptor = os.open(new, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.rename(path)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    finally:
        _remove(new)
    sync_folder(path.parent)


def _remove(new: Path) -> None:
    for suffix in _LEFT_OVERS:
        new.with_name(new.name + suffix).unlink(missing_ok=True)

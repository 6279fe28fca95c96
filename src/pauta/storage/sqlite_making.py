"""Makes a new SQLite file with the schema of this program."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from pauta.storage import texts
from pauta.storage.folder import sync_folder
from pauta.storage.versions import HEAD

_LEFT_OVERS = ("", "-journal", "-wal", "-shm")


def make_file(path: Path) -> None:
    """Put an empty database at `path`, whole or not at all, safe against a loss of power.

    It is made beside its place, flushed once and moved: one flush of the file and one of each folder instead
    of the ten that SQLite would wait for.

    Raises:
        sqlite3.Error, OSError: It cannot be made; nothing is left behind.
    """
    new = path.with_name(f"{path.name}.new")
    _remove(new)  # a process was killed here once
    try:
        raw = sqlite3.connect(new, isolation_level=None)
        try:
            raw.execute("PRAGMA synchronous=OFF")
            raw.execute("PRAGMA journal_mode=WAL")
            make_tables(raw)
        finally:
            raw.close()
        descriptor = os.open(new, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.replace(path)
    except BaseException:
        _remove(new)
        raise
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


def make_tables(raw: sqlite3.Connection) -> None:
    """Make all tables in one transaction."""
    raw.execute("BEGIN IMMEDIATE")
    for text in texts.load("sqlite_schema").values():
        raw.execute(text)
    raw.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))
    raw.execute("COMMIT")


def _remove(path: Path) -> None:
    for suffix in _LEFT_OVERS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)

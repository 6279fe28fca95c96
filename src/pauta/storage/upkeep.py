"""Backup of the records and their return, and what an upgrade would do, whatever the database.

Only the records: objects are files that never change, any copy of their folder serves.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from pauta.storage.folder import lock_folder
from pauta.storage.sqlite import DATABASE, SqliteConnection, standing_of
from pauta.storage.sqlite_backup import copy_sqlite, restore_sqlite
from pauta.storage.turns import TurnStore
from pauta.storage.versions import HEAD, Standing, statements_between

ARCHIVE = "pauta.tar"
"""Name of the archive of a PostgreSQL database in a backup's folder."""


class Upgrade(Struct, frozen=True):
    """What bringing a database up to date would do: its version, the one after it, and the statements by name."""

    found: str
    version: str
    statements: tuple[tuple[str, str], ...]


def back_up(store: TurnStore, folder: Path, *, now: datetime) -> Path:
    """Write a consistent copy of an open store into an existing folder; other threads go on meanwhile.

    Args:
        store: The store.
        folder: Where the copy goes.
        now: The time, for the copy's manifest.

    Returns:
        The copy: a SQLite file, or an archive of PostgreSQL's tables.

    Raises:
        StoreFault: DB-016 there is a copy already, DB-001 the database is damaged, E-DISK no space.
    """
    if isinstance(store.keeper, SqliteConnection):
        copy_sqlite(store, folder / DATABASE)
        return folder / DATABASE
    from pauta.storage.postgres import PostgresConnection  # its driver is optional
    from pauta.storage.postgres_backup import copy_postgres

    if not isinstance(store.keeper, PostgresConnection):
        raise TypeError("a store in memory has nothing to be backed up")
    copy_postgres(store.keeper.address, folder / ARCHIVE, now=now)
    return folder / ARCHIVE


def restore(backup: Path, into: Path | str) -> None:
    """Put a copy in place, where there must be nothing.

    Args:
        backup: What `back_up` gave.
        into: Folder for the records, or connection string of an empty PostgreSQL database, as text.

    Raises:
        StoreFault: DB-017 the place is not empty, DB-018 the copy is damaged or none, DB-002 it is from a newer
            program, DB-003 the folder is in use.
    """
    if isinstance(into, Path):
        restore_sqlite(backup, into)
        return
    from pauta.storage.postgres_backup import restore_postgres

    restore_postgres(backup, into)


def pending_upgrade(where: Path | str) -> Upgrade | None:
    """What opening a database would change first. Nothing is changed here.

    Args:
        where: Folder of the records, or connection string of a PostgreSQL database, as text.

    Returns:
        None when there is nothing to upgrade: the database is up to date, or there is none yet.

    Raises:
        StoreFault: DB-002 newer than the program or foreign, DB-003 the folder is in use.
    """
    flavour = "sqlite" if isinstance(where, Path) else "postgres"
    found = _in_folder(where) if isinstance(where, Path) else _in_postgres(where)
    if found is None or found == HEAD:
        return None
    return Upgrade(found, HEAD, tuple(statements_between(flavour, found, HEAD)))


def _in_folder(folder: Path) -> str | None:
    path = folder / DATABASE
    if not path.exists():
        return None
    lock = lock_folder(folder)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            if standing_of(raw, path) is Standing.EMPTY:
                return None
            return str(raw.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    finally:
        if lock.was_unclean:
            lock.abandon()  # the next start still checks what the last one left
        else:
            lock.release()


def _in_postgres(address: str) -> str | None:
    from pauta.storage.postgres import PostgresConnection
    from pauta.storage.postgres import standing_of as stands

    connection = PostgresConnection(address, relaxed=False, patience_seconds=0.0, sleep=time.sleep)
    raw = connection.open()
    try:
        if stands(raw, connection.where) is Standing.EMPTY:
            return None
        row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
    finally:
        connection.close()

"""Looks after a project's records: checks them, backs them up, puts them back, brings them up to date."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pauta.assembly import RECORDS
from pauta.assembly.settings import load_settings
from pauta.assembly.stores import opened_objects
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem, StoreFault, shorten
from pauta.services.upkeep import BackupView, put_back, write_backup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pauta.services.views import CollectView
    from pauta.storage.turns import TurnStore
    from pauta.storage.upkeep import Upgrade


class Checked(msgspec.Struct, frozen=True):
    """What a check of whole records found.

    Attributes:
        objects: How many stored objects the records refer to.
        missing: How many of those are not there.
    """

    objects: int
    missing: int


def check_records(folder: Path) -> Checked:
    """Check a project's records.

    Raises:
        StoreFault: DB-001 when the database is damaged, DB-003 when a server or a command has it open; other DB-….
        NotFound: CFG-035 when there are none.
    """
    with _opened(folder) as store:
        raw = getattr(store.keeper, "raw", None)  # SQLite's own connection
        found = raw.execute("PRAGMA integrity_check(1)").fetchone()[0] if raw is not None else "ok"
        if found != "ok":
            raise StoreFault(Problem("DB-001", {"path": str(folder / RECORDS), "detail": shorten(found)}))
        with store.transaction() as tx:
            wanted = set(tx.objects.referenced())
    with opened_objects(folder) as objects:
        return Checked(len(wanted), sum(not objects.exists(address) for address in wanted))


def make_backup(folder: Path, to: Path, *, language: str) -> BackupView:
    """Write a backup of a project; where its server runs, the server writes it.

    Args:
        folder: The project's folder.
        to: Folder of the backup; it must not exist. A server elsewhere writes among its own records instead.
        language: Of what the server tells.

    Raises:
        InvalidInput: CFG-030 when `to` exists.
        StoreFault: DB-….
        NotFound: CFG-035 when there are no records.
    """
    from pauta import __version__
    from pauta.adapters import clock
    from pauta.assembly.reaching import remote_project
    from pauta.storage.upkeep import back_up

    if to.exists():
        raise InvalidInput(Problem("CFG-030", {"path": shorten(to)}))
    remote = remote_project(folder, language=language)
    if remote is not None:
        view = msgspec.convert(remote.client.house.backup(), BackupView)
        if not Path(view.path).is_relative_to((folder / RECORDS).resolve()):
            return view
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(view.path, to)
        return msgspec.structs.replace(view, path=str(to))
    now = clock.now()
    with _opened(folder) as store, opened_objects(folder) as objects:
        return write_backup(
            to,
            records=folder / RECORDS,
            objects=objects,
            copy_records=lambda place: back_up(store, place, now=now),
            now=now,
            version=__version__,
        )


def restore_records(folder: Path, backup: Path, *, move_aside: bool) -> Path | None:
    """Put a backup in the place of a project's records.

    Args:
        folder: The project's folder.
        backup: Folder of the backup.
        move_aside: Present records are moved aside first. A PostgreSQL database must be empty in any case.

    Returns:
        Where the former records are now.

    Raises:
        InvalidInput: CFG-031 when there is no whole backup.
        Conflict: CFG-032 when there are records, CFG-033 when a server runs.
        StoreFault: DB-003 when a command works on them; DB-017, DB-018 when the database cannot be restored.
    """
    from pauta.adapters import clock
    from pauta.assembly.reaching import server_of
    from pauta.storage.folder import lock_folder

    server = server_of(folder)
    if server is not None:
        raise Conflict(Problem("CFG-033", {"url": server.url}))
    records = folder / RECORDS
    lock = lock_folder(records) if records.exists() else None
    try:
        return put_back(
            backup,
            records=records,
            restore_database=_restorer(folder),
            move_aside=move_aside,
            now=clock.now(),
        )
    finally:
        if lock is not None:
            lock.release()


def upgrade_records(folder: Path, *, dry_run: bool) -> Upgrade | None:
    """Bring a project's records up to the program's version.

    Args:
        folder: The project's folder.
        dry_run: Only tell what would be done.

    Returns:
        What was or would be done; None when they are up to date.

    Raises:
        StoreFault: DB-002 when they are newer than the program, DB-003 when somebody has them open.
        NotFound: CFG-035 when there are none.
    """
    from pauta.storage.upkeep import pending_upgrade

    url = _database_url(folder)
    if url is None:
        _require(folder)
    pending = pending_upgrade(url or folder / RECORDS)
    if pending is not None and not dry_run:
        with _opened(folder):  # whoever opens older records brings them up to date first
            pass
    return pending


def keep_to_budgets(folder: Path, *, dry_run: bool, language: str) -> CollectView:
    """Remove what the budgets of the settings allow no more, as a server does by itself.

    Args:
        folder: The project's folder.
        dry_run: Only tell what would be removed.
        language: Of what the server tells.

    Raises:
        StoreFault: DB-….
        NotFound: CFG-035 when there are no records.
    """
    from pauta.adapters import clock
    from pauta.assembly.reaching import remote_project
    from pauta.services.retain import retain

    remote = remote_project(folder, language=language)
    if remote is not None:
        return remote.client.house.collect(dry_run=dry_run, budgets=True)
    budget = load_settings(folder, environ=os.environ).settings.retention
    with _opened(folder) as store, opened_objects(folder) as objects:
        return retain(store=store, objects=objects, now=clock.now(), dry_run=dry_run, budget=budget)


def _restorer(folder: Path) -> Callable[[Path, Path], None]:
    from pauta.storage.sqlite import DATABASE
    from pauta.storage.upkeep import ARCHIVE, restore

    url = _database_url(folder)
    if url is not None:
        return lambda backup, _: restore(backup / ARCHIVE, url)
    return lambda backup, new: restore(backup / DATABASE, new)


@contextmanager
def _opened(folder: Path) -> Iterator[TurnStore]:
    url = _database_url(folder)
    if url is not None:
        from pauta.storage.postgres import open_postgres

        store: TurnStore = open_postgres(url)
    else:
        from pauta.storage.sqlite import open_sqlite

        _require(folder)
        store = open_sqlite(folder / RECORDS)
    try:
        yield store
    finally:
        store.close()


def _database_url(folder: Path) -> str | None:
    return load_settings(folder, environ=os.environ).settings.database.url


def _require(folder: Path) -> None:
    from pauta.storage.sqlite import DATABASE

    if not (folder / RECORDS / DATABASE).exists():
        raise NotFound(Problem("CFG-035", {"path": shorten(folder / RECORDS)}))

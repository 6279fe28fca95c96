"""Backups: a copy of the records and of every object, whole or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pauta.domain.problems import Conflict, InvalidInput, Problem, StoreFault, shorten
from pauta.ports.objects import Objects
from pauta.services.control import Control

MANIFEST = "backup.json"
BACKUPS = "backups"
OBJECTS = "objects"
SECRET = "secret"  # noqa: S105 - the name of the file that holds it

CopyRecords = Callable[[Path], object]
"""Writes a consistent copy of the database into a folder."""


class BackupView(Struct, frozen=True):
    """A backup.

    Attributes:
        path: Its folder, on the machine that wrote it.
        at: When it was begun: what was acknowledged before is in it.
        version: Of the program that wrote it.
        objects: How many objects are in it.
        bytes: Of everything in it.
        damaged: How many objects could not be copied, as they were damaged or gone.
    """

    path: str
    at: datetime
    version: str
    objects: int
    bytes: int
    damaged: int = 0

    def as_json(self) -> dict[str, Any]:
        """What ``pauta db backup --json`` prints."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made


def back_up(control: Control) -> BackupView:
    """Back a server's records up, into a folder of its own among them.

    Raises:
        Conflict: CFG-034 when the records are in memory.
    """
    if control.copy_records is None:
        raise Conflict(Problem("CFG-034"))
    now = control.now()
    folder = control.records / BACKUPS / now.strftime("%Y%m%dT%H%M%S%fZ")
    return write_backup(
        folder,
        records=control.records,
        objects=control.objects,
        copy_records=control.copy_records,
        now=now,
        version=control.version,
    )


def write_backup(
    folder: Path, *, records: Path, objects: Objects, copy_records: CopyRecords, now: datetime, version: str
) -> BackupView:
    """Write a backup.

    The records come first, so that every object they name is there when the objects are copied; each is checked
    against its address on the way. The manifest comes last: without it a folder is no backup.

    Args:
        folder: Where to; it must not exist.
        records: Folder of the records.
        objects: The object store.
        copy_records: Writes the copy of the database.
        now: The time.
        version: Of the program.

    Raises:
        InvalidInput: CFG-030 when the folder exists.
        StoreFault: When the records cannot be read or the disk is full.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise InvalidInput(Problem("CFG-030", {"path": shorten(folder)})) from error
    copy_records(folder)
    if (records / SECRET).exists():
        shutil.copy(records / SECRET, folder / SECRET)
    copied, damaged = 0, 0
    for info in objects.contents():
        try:
            source = objects.path(info.address)
        except StoreFault:
            damaged += 1
            continue
        target = folder / OBJECTS / info.address[:2] / info.address
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        copied += 1
    view = BackupView(str(folder), now, version, copied, sum(p.stat().st_size for p in _files(folder)), damaged)
    _sync(folder)
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(view)))
    _sync(folder, files=[folder / MANIFEST])
    return view


def read_backup(folder: Path) -> BackupView:
    """What a backup's manifest says.

    Raises:
        InvalidInput: CFG-031 when there is no whole backup.
    """
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=BackupView)
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidInput(Problem("CFG-031", {"path": shorten(folder)})) from error
    return msgspec.structs.replace(found, path=str(folder))


def backups_in(records: Path) -> list[BackupView]:
    """The whole backups that the server wrote among its records, newest first."""
    found = []
    for folder in sorted((records / BACKUPS).glob("*/"), reverse=True):
        with suppress(InvalidInput):
            found.append(read_backup(folder))
    return found


def put_back(
    backup: Path, *, records: Path, restore_database: Callable[[Path, Path], None], move_aside: bool, now: datetime
) -> Path | None:
    """Put a backup in the place of a project's records. The caller keeps everybody else out.

    Everything is laid beside its place first, so that what cannot be restored changes nothing.

    Args:
        backup: Folder of the backup.
        records: Folder of the records.
        restore_database: Puts the database of a backup (first argument) into new records (second).
        move_aside: What is there now is moved aside; else nothing may be there.
        now: The time, for the name of what is moved aside.

    Returns:
        Where the former records are now, None when there were none.

    Raises:
        InvalidInput: CFG-031 when there is no whole backup.
        Conflict: CFG-032 when there are records.
        StoreFault: DB-017, DB-018 when the database cannot be restored.
    """
    read_backup(backup)
    if not move_aside and _has_records(records):
        raise Conflict(Problem("CFG-032", {"path": shorten(records)}))
    new = records.with_name(f"{records.name}.new")
    if new.exists():
        shutil.rmtree(new)  # of a restore that was killed
    new.mkdir(mode=0o700, parents=True)
    try:
        if (backup / OBJECTS).exists():
            shutil.copytree(backup / OBJECTS, new / OBJECTS)
        if (backup / SECRET).exists():
            shutil.copy(backup / SECRET, new / SECRET)
        restore_database(backup, new)
        _sync(new)
    except BaseException:
        shutil.rmtree(new)
        raise
    aside = None
    if records.exists():
        aside = records.with_name(f"{records.name}.before-{now:%Y%m%dT%H%M%SZ}")
        records.rename(aside)
    new.rename(records)
    _sync(records.parent, files=[])
    return aside


def _has_records(records: Path) -> bool:
    """Whether there is more than the lock of whoever asks."""
    return records.exists() and any(entry.name != "lock" for entry in records.iterdir())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _sync(folder: Path, *, files: list[Path] | None = None) -> None:
    """Make the files and names in a folder survive a loss of power."""
    found = list(folder.rglob("*")) if files is None else files
    for path in [*found, folder]:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

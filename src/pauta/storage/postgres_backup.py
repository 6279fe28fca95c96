"""A consistent copy of all tables of a PostgreSQL database in one archive, and its return into an empty one."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import psycopg
from blake3 import blake3
from psycopg import sql

from pauta.domain.problems import StoreFault
from pauta.storage import texts
from pauta.storage.faults import fault
from pauta.storage.folder import sync_folder
from pauta.storage.postgres import SCHEMA_LOCK, standing_of
from pauta.storage.versions import HEAD, KNOWN, Standing, statements_between

MANIFEST = "manifest.json"
_FORMAT = 1
_BLOCK = 1 << 20


class TableCopy(msgspec.Struct, frozen=True):
    """One table of an archive."""

    name: str
    columns: tuple[str, ...]
    rows: int
    blake3: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds. `schema` is the version of the schema, `tables` are in the order of loading."""

    format: int
    schema: str
    made_at: datetime
    tables: tuple[TableCopy, ...]


def copy_postgres(address: str, to: Path, *, now: datetime) -> Manifest:
    """Write all rows, as they are at one moment, into a new archive. Nobody waits for it.

    Args:
        address: Connection string or URL.
        to: The archive, a tar file; it must not exist.
        now: The time, for the manifest.

    Raises:
        StoreFault: DB-016 the file exists, DB-002 the database is newer than the program or not Pauta's.
    """
    if to.exists():
        raise fault("DB-016", path=str(to))
    new = to.with_name(f"{to.name}.new")
    try:
        with psycopg.connect(address, application_name="pauta backup") as raw, tarfile.open(new, "w") as archive:
            raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            raw.read_only = True
            if standing_of(raw, str(to)) is Standing.EMPTY:
                raise fault("DB-018", path=str(to), detail="the database is empty")
            manifest = _write(raw, archive, new.parent, now)
        with new.open("rb") as written:
            os.fsync(written.fileno())
        new.rename(to)
    except psycopg.Error as error:
        raise _unreachable(address, error) from error
    finally:
        new.unlink(missing_ok=True)
    sync_folder(to.parent)
    return manifest


def _unreachable(address: str, error: psycopg.Error) -> StoreFault:
    host = psycopg.conninfo.conninfo_to_dict(address).get("host") or "localhost"
    return fault("DB-008", "unreachable", where=str(host), detail=str(error))


def _write(raw: psycopg.Connection[Any], archive: tarfile.TarFile, folder: Path, now: datetime) -> Manifest:
    found = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    copies = []
    with TemporaryDirectory(dir=folder, prefix=".backup-") as beside:
        for name in _tables(HEAD):
            columns = _columns(raw, name)
            if columns:  # a table of a later version of the schema has none yet
                copies.append(_copy_out(raw, name, columns, Path(beside) / name))
                archive.add(Path(beside) / name, arcname=f"{name}.copy")
                (Path(beside) / name).unlink()
        manifest = Manifest(_FORMAT, found[0] if found else HEAD, now, tuple(copies))
        told = Path(beside) / MANIFEST
        told.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        archive.add(told, arcname=MANIFEST)
    return manifest


def _copy_out(raw: psycopg.Connection[Any], name: str, columns: tuple[str, ...], to: Path) -> TableCopy:
    digest = blake3()
    with raw.cursor() as cursor, to.open("wb") as file:
        with cursor.copy(_copy(name, columns, "TO STDOUT")) as copy:
            for block in copy:
                digest.update(block)
                file.write(block)
        return TableCopy(name, columns, cursor.rowcount, digest.hexdigest())


def restore_postgres(backup: Path, address: str) -> Manifest:
    """Put an archive's rows into an empty database, all or none, in the schema's version that they had.

    Raises:
        StoreFault: DB-017 the database has tables, DB-018 the archive is damaged or none, DB-002 it is from a
            newer program.
    """
    try:
        with tarfile.open(backup) as archive:
            manifest = _read_manifest(archive, backup)
            if manifest.schema not in KNOWN:
                raise fault("DB-002", where=str(backup), found=manifest.schema, known=HEAD)
            with psycopg.connect(address, application_name="pauta restore") as raw:
                _load(raw, archive, manifest, backup)
    except (tarfile.TarError, OSError) as error:
        raise fault("DB-018", path=str(backup), detail=str(error)) from error
    except psycopg.OperationalError as error:
        raise _unreachable(address, error) from error
    except psycopg.Error as error:
        raise fault("DB-018", path=str(backup), detail=str(error)) from error
    return manifest


def _read_manifest(archive: tarfile.TarFile, backup: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(b"".join(_blocks(archive, MANIFEST)), type=Manifest)
    except (KeyError, msgspec.MsgspecError) as error:
        raise fault("DB-018", path=str(backup), detail=str(error)) from error
    if manifest.format != _FORMAT:
        raise fault("DB-018", path=str(backup), detail=f"format {manifest.format}")
    return manifest


def _load(raw: psycopg.Connection[Any], archive: tarfile.TarFile, manifest: Manifest, backup: Path) -> None:
    raw.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
    rows = raw.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()")
    if rows.fetchone() != (0,):
        raise fault("DB-017", where=raw.info.dbname)
    for _, text in statements_between("postgres", None, manifest.schema):
        raw.execute(text)
    raw.execute("INSERT INTO alembic_version (version_num) VALUES (%s)", (manifest.schema,))
    kept = {copy.name: copy for copy in manifest.tables}
    for name in _tables(manifest.schema):
        if name not in kept:
            raise fault("DB-018", path=str(backup), detail=f"{name} is missing")
        _copy_in(raw, archive, kept[name], backup)
    _move_sequences(raw)


def _copy_in(raw: psycopg.Connection[Any], archive: tarfile.TarFile, table: TableCopy, backup: Path) -> None:
    digest = blake3()
    with raw.cursor() as cursor:
        with cursor.copy(_copy(table.name, table.columns, "FROM STDIN")) as copy:
            for block in _blocks(archive, f"{table.name}.copy"):
                digest.update(block)
                copy.write(block)
        if (cursor.rowcount, digest.hexdigest()) != (table.rows, table.blake3):
            raise fault("DB-018", path=str(backup), detail=f"{table.name} is not as it was written")


def _blocks(archive: tarfile.TarFile, name: str) -> Iterator[bytes]:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    while block := file.read(_BLOCK):
        yield block


def _copy(name: str, columns: tuple[str, ...], way: str) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(name), listed, sql.SQL(way))


def _tables(version: str) -> list[str]:
    """Tables of this version of the schema, each after those that it refers to."""
    own = {label for label, _ in statements_between("postgres", None, version)}
    ordered = [label for label in texts.load("postgres_schema") if label.startswith("table ") and label in own]
    return [name for name in (label.split()[1] for label in ordered) if name != "alembic_version"]


def _columns(raw: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    rows = raw.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s "
        "ORDER BY ordinal_position",
        (table,),
    )
    return tuple(row[0] for row in rows.fetchall())


def _move_sequences(raw: psycopg.Connection[Any]) -> None:
    """Numbers that are given anew begin after those that were restored."""
    rows = raw.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND column_default LIKE 'nextval(%'"
    ).fetchall()
    for table, column in rows:
        raw.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {} HAVING max({}) IS NOT NULL").format(
                sql.Literal(table), sql.Literal(column), sql.Identifier(column), sql.Identifier(table),
                sql.Identifier(column),
            )
        )  # fmt: skip

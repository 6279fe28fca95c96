"""SQLite: a file in the project folder, opened by exactly one process over one connection."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from errno import ENOSPC
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from pauta.domain.problems import StoreFault
from pauta.ports.store import Transaction
from pauta.storage import sql, texts
from pauta.storage.codec import to_json
from pauta.storage.faults import fault
from pauta.storage.folder import FolderLock, check_file_system, lock_folder
from pauta.storage.session import Cursor, Params
from pauta.storage.sqlite_making import make_file, make_tables
from pauta.storage.triggers import MARK
from pauta.storage.turns import Hold, TurnStore
from pauta.storage.versions import Standing, standing
from pauta.storage.wal_flush import WalFlush

DATABASE = "pauta.db"
_BUSY_SECONDS = 10.0  # for other programs that look into the file; no other Pauta is let in
_PARAMETER = re.compile(r":(\w+)")
_WAL_LIMIT = 64 * 1024 * 1024

_SIMPLE = {
    sqlite3.SQLITE_FULL: ("E-DISK", ""),
    sqlite3.SQLITE_BUSY: ("DB-013", ""),
    sqlite3.SQLITE_LOCKED: ("DB-013", ""),
    sqlite3.SQLITE_CORRUPT: ("DB-001", ""),
    sqlite3.SQLITE_NOTADB: ("DB-001", ""),
    sqlite3.SQLITE_IOERR: ("DB-007", ""),
    sqlite3.SQLITE_READONLY: ("DB-014", ""),
    sqlite3.SQLITE_CANTOPEN: ("DB-014", ""),
    sqlite3.SQLITE_PERM: ("DB-014", ""),
    sqlite3.SQLITE_TOOBIG: ("DB-012", ""),
}


def explain(error: Exception, path: Path) -> StoreFault:
    """What an error of SQLite means to the program."""
    text = str(error)
    if MARK in text:
        return fault("DB-010", what=text.partition(MARK)[2])
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return fault("DB-009", detail=text, path=str(path))
    if code & 0xFF == sqlite3.SQLITE_CONSTRAINT:
        return fault("DB-011", detail=text)
    known, variant = _SIMPLE.get(code & 0xFF, ("DB-009", ""))
    return fault(known, variant, detail=text, path=str(path))


class _Statements(dict[str, tuple[str, Callable[[Params], tuple[Any, ...]]]]):
    """Statements by name with parameters by position, which the driver binds faster than by name."""

    def __init__(self, named: Mapping[str, str]) -> None:
        super().__init__()
        self._named = named

    def __missing__(self, name: str) -> tuple[str, Callable[[Params], tuple[Any, ...]]]:
        text = self._named[name]
        names = _PARAMETER.findall(text)
        made = (_PARAMETER.sub("?", text), _values(names))
        self[name] = made
        return made


def _values(names: list[str]) -> Callable[[Params], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda params: tuple(params[name] for name in names)


class SqliteConnection:
    """`Keeper` over SQLite's own driver."""

    error = sqlite3.Error

    def __init__(self, path: Path, lock: FolderLock) -> None:
        self._path = path
        self._lock = lock
        self._broken: StoreFault | None = None
        self._flushes_itself = True  # SQLite's own default
        self._is_durable = False
        self._flush = WalFlush(path)
        self._raw = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._statements = _Statements(texts.load("sqlite"))

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection, for opening and migrating."""
        return self._raw

    def execute(self, name: str, params: Params) -> Cursor:
        """See `Driver`."""
        text, values = self._statements[name]
        return self._raw.execute(text, values(params))

    def execute_many(self, name: str, params: Sequence[Params]) -> int:
        """See `Driver`."""
        text, values = self._statements[name]
        return self._raw.executemany(text, map(values, params)).rowcount

    def many(self, values: Iterable[Any]) -> str:
        """See `Driver`."""
        return to_json(list(values))

    def explain(self, error: Exception) -> StoreFault:
        """See `Driver`."""
        return explain(error, self._path)

    def hold(self) -> tuple[Hold, Transaction]:
        """See `Keeper`."""
        return sql.hold(self)

    def begin(self, *, durable: bool) -> None:
        """See `Keeper`."""
        if self._broken is not None:
            raise self._broken
        try:
            if self._flushes_itself:
                # From now on SQLite only writes at a commit; durable ones are flushed by `WalFlush`.
                self._raw.execute("PRAGMA synchronous=NORMAL")
                self._flushes_itself = False
            self._raw.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise self.explain(error) from error
        self._is_durable = durable

    def commit(self) -> Callable[[], None] | None:
        """See `Keeper`. After a failed flush nothing more is written: only a new start knows what is on disk."""
        try:
            self._raw.execute("COMMIT")
        except sqlite3.Error as error:
            explained = self.explain(error)
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR:
                self._broken = explained
            self.rollback()
            raise explained from error
        number = self._flush.note()
        return partial(self._reach, number) if self._is_durable else None

    def _reach(self, number: int) -> None:
        try:
            self._flush.reach(number)
        except OSError as error:
            self._broken = fault("DB-007", path=str(self._path), detail=str(error))
            raise self._broken from error

    def rollback(self) -> None:
        """See `Keeper`. Some faults have SQLite undo the transaction by itself."""
        try:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._broken = self.explain(error)

    def close(self) -> None:
        """See `Keeper`."""
        self._flush.close()
        try:
            self._raw.close()
        except sqlite3.Error:
            self._lock.abandon()
            return
        if self._broken is None:
            self._lock.release()
        else:
            self._lock.abandon()


def open_sqlite(folder: Path, *, command: str | None = None, wait: Callable[[], bool] | None = None) -> TurnStore:
    """Open the records of a project folder; make them when there are none.

    Args:
        folder: Where the records live; it is made when it is missing.
        command: How another process is told who holds the folder.
        wait: Called when another process holds the folder; True: try again. None: give up at once.

    Raises:
        StoreFault: DB-001 damaged, DB-002 newer than the program or foreign, DB-003 held by another process,
            DB-004 on a network file system, DB-014 not writable, E-DISK no space.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fault("DB-014", path=str(folder), detail=error.strerror or str(error)) from error
    check_file_system(folder)
    lock = lock_folder(folder, command=command, wait=wait)
    connection: SqliteConnection | None = None
    path = folder / DATABASE
    must_check = lock.was_unclean or _has_bytes(path.with_name(f"{DATABASE}-wal"))
    try:
        if not _has_bytes(path):
            make_file(path)
        connection = SqliteConnection(path, lock)
        _prepare(connection, path, must_check=must_check)
        return TurnStore(connection)
    except BaseException as error:
        if connection is not None:
            connection.raw.close()
        if must_check or isinstance(error, sqlite3.DatabaseError):
            lock.abandon()  # what was not found whole stays marked, so that the next start checks again
        else:
            lock.release()
        if isinstance(error, sqlite3.Error):
            explained = explain(error, path)
            raise (_damaged(path, str(error)) if explained.problems[0].code == "DB-001" else explained) from error
        if isinstance(error, OSError):
            raise fault("E-DISK" if error.errno == ENOSPC else "DB-007", path=str(path), detail=str(error)) from error
        raise


def _damaged(path: Path, detail: str) -> StoreFault:
    """The fault of a damaged file, with the backups that lie beside it, newest first."""
    found = sorted((file.parent for file in path.parent.glob(f"backups/*/{DATABASE}")), reverse=True)[:3]
    if not found:
        return fault("DB-001", detail=detail, path=str(path))
    backups = ", ".join(map(str, found))
    return fault("DB-001", "backups", detail=detail, path=str(path), backups=backups, newest=str(found[0]))


def _has_bytes(path: Path) -> bool:
    """Whether there is more than an empty file.

    A write-ahead log with bytes tells that the last writer never closed: a clean close folds it in and removes it.
    """
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _prepare(connection: SqliteConnection, path: Path, *, must_check: bool) -> None:
    raw = connection.raw
    raw.execute("PRAGMA foreign_keys=ON")
    raw.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT}")
    if must_check:
        found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _damaged(path, f"quick_check: {found}")
    found_standing = standing_of(raw, path)
    if found_standing is Standing.EMPTY:
        make_tables(raw)
    elif found_standing is Standing.OLDER:
        from pauta.storage.migrating import upgrade_sqlite  # heavy, and hardly ever needed

        upgrade_sqlite(raw)
    raw.execute("PRAGMA journal_mode=WAL")


def standing_of(raw: sqlite3.Connection, path: Path) -> Standing:
    """How the file stands to the program.

    Raises:
        StoreFault: DB-002.
    """
    tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    versions = None
    if "alembic_version" in tables:
        versions = [row[0] for row in raw.execute("SELECT version_num FROM alembic_version")]
    return standing(versions, has_tables=lambda: bool(tables), where=str(path))

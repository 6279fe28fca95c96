"""The store over SQL: one connection, one transaction at a time, whatever the database."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from pauta.ports.store import Transaction
from pauta.storage.rows.results import SqlCache, SqlObjects
from pauta.storage.rows.runs import SqlRuns
from pauta.storage.rows.stages import SqlAttempts, SqlStages
from pauta.storage.rows.steps import SqlEvents, SqlLogs, SqlSteps
from pauta.storage.session import Driver, Session


class Connection(Driver, Protocol):
    """A driver that can begin and end transactions. Its faults are `StoreFault`s already."""

    def begin(self, *, durable: bool) -> None:
        """Begin. Nothing was done yet, so a lost connection may be opened anew here."""
        ...

    def commit(self) -> None:
        """Make everything since `begin` last.

        Raises:
            StoreFault: DB-006 when it is not known whether it does.
        """
        ...

    def rollback(self) -> None:
        """Undo everything since `begin`. Never raises."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class SqlTransaction:
    """`Transaction` in SQL."""

    __slots__ = ("attempts", "cache", "events", "logs", "objects", "runs", "stages", "steps")

    def __init__(self, session: Session) -> None:
        self.runs = SqlRuns(session)
        self.stages = SqlStages(session)
        self.steps = SqlSteps(session)
        self.attempts = SqlAttempts(session)
        self.cache = SqlCache(session)
        self.logs = SqlLogs(session)
        self.events = SqlEvents(session)
        self.objects = SqlObjects(session)


class SqlStore:
    """`Store` in SQL.

    Args:
        connection: The one connection; nobody else uses it.
        texts: Statements by name, in the connection's language.
    """

    def __init__(self, connection: Connection, texts: Mapping[str, str]) -> None:
        self.connection = connection
        self.texts = texts
        self.turn = threading.Lock()
        self.holder: int | None = None
        self.is_closed = False

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """See `Store`.

        Raises:
            RuntimeError: The thread already is in a transaction, or the store is closed.
        """
        return _Block(self, durable)

    def close(self) -> None:
        """See `Store`. Waits for a transaction that goes on."""
        with self.turn:
            if not self.is_closed:
                self.is_closed = True
                self.connection.close()


class _Block:
    """The ``with`` block of a transaction."""

    __slots__ = ("_durable", "_session", "_store")

    def __init__(self, store: SqlStore, durable: bool) -> None:
        self._store = store
        self._durable = durable
        self._session: Session | None = None

    def __enter__(self) -> Transaction:
        store = self._store
        me = threading.get_ident()
        if store.holder == me:
            raise RuntimeError("a transaction inside a transaction")
        store.turn.acquire()
        try:
            if store.is_closed:
                raise RuntimeError("the store is closed")
            store.connection.begin(durable=self._durable)
        except BaseException:
            store.turn.release()
            raise
        store.holder = me
        self._session = Session(store.connection, store.texts)
        return SqlTransaction(self._session)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        store, session = self._store, self._session
        if session is None:
            raise RuntimeError("the transaction did not begin")
        session.is_open = False
        try:
            if kind is None and session.fault is None:
                store.connection.commit()
            else:
                store.connection.rollback()
        finally:
            store.holder = None
            store.turn.release()
        if kind is None and session.fault is not None:
            # Somebody swallowed the fault: the caller must not believe that the rest was recorded.
            raise session.fault

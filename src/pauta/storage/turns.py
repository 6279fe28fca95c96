"""Transactions one at a time, all or nothing: what every store has in common, whatever keeps its rows."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from pauta.domain.problems import StoreFault
from pauta.ports.store import Transaction


class Ends(Protocol):
    """How transactions begin and end. Faults are `StoreFault`s already."""

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


class Hold:
    """One transaction's hold of the store. After a fault nothing more is done, as PostgreSQL has it."""

    __slots__ = ("fault", "is_open")

    def __init__(self) -> None:
        self.fault: StoreFault | None = None
        self.is_open = True

    def fail(self, fault: StoreFault) -> StoreFault:
        """Doom the transaction: it will be undone."""
        self.fault = fault
        return fault

    def check(self) -> None:
        """Raise if nothing more may be done.

        Raises:
            StoreFault: The fault that was met before.
            RuntimeError: The transaction is over.
        """
        if self.fault is not None:
            raise self.fault
        if not self.is_open:
            raise RuntimeError("the transaction is over")


class Keeper(Ends, Protocol):
    """Whatever keeps the rows: it also says how a transaction reaches them."""

    def hold(self) -> tuple[Hold, Transaction]:
        """The rows, for one transaction."""
        ...


class TurnStore:
    """`Store`: its transactions come one at a time."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
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
        """See `Store`. Waits for a transaction that goes on; closing twice is closing once."""
        with self.turn:
            if not self.is_closed:
                self.is_closed = True
                self.keeper.close()


class _Block:
    """The ``with`` block of a transaction."""

    __slots__ = ("_durable", "_hold", "_store")

    def __init__(self, store: TurnStore, durable: bool) -> None:
        self._store = store
        self._durable = durable
        self._hold: Hold | None = None

    def __enter__(self) -> Transaction:
        store = self._store
        me = threading.get_ident()
        if store.holder == me:
            raise RuntimeError("a transaction inside a transaction")
        store.turn.acquire()
        try:
            if store.is_closed:
                raise RuntimeError("the store is closed")
            store.keeper.begin(durable=self._durable)
        except BaseException:
            store.turn.release()
            raise
        store.holder = me
        self._hold, transaction = store.keeper.hold()
        return transaction

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        store, hold = self._store, self._hold
        if hold is None:
            raise RuntimeError("the transaction did not begin")
        hold.is_open = False
        try:
            if kind is None and hold.fault is None:
                store.keeper.commit()
            else:
                store.keeper.rollback()
        finally:
            store.holder = None
            store.turn.release()
        if kind is None and hold.fault is not None:
            # Somebody swallowed the fault: the caller must not believe that the rest was recorded.
            raise hold.fault

"""Transactions, all or nothing: what every store has in common, whatever keeps its rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Protocol

from pauta.domain.problems import StoreFault
from pauta.ports.store import Transaction
from pauta.storage.turnstile import Turnstile


class Ends(Protocol):
    """How transactions begin and end. Faults are `StoreFault`s already."""

    def begin(self, *, durable: bool) -> None:
        """Begin. Nothing was done yet, so a lost connection may be opened anew here."""
        ...

    def commit(self) -> Callable[[], None] | None:
        """Make everything since `begin` last.

        Returns:
            What is still to be done, when the transaction has made way for others, for a durable one to survive a
            loss of power; None: nothing.

        Raises:
            StoreFault: DB-006 when it is not known whether it lasts.
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
    """`Store`: with one keeper its transactions come one at a time, with several as many go on at once.

    Args:
        keeper: Keeps the rows.
        others: More ways to the same rows, for more threads.
    """

    def __init__(self, keeper: Keeper, *others: Keeper) -> None:
        self.keeper = keeper
        self._count = 1 + len(others)
        self._keepers: Turnstile[Keeper] = Turnstile((keeper, *others))
        self._inside: set[int] = set()
        self._closing = threading.Lock()
        self.is_closed = False

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """See `Store`.

        Raises:
            RuntimeError: The thread already is in a transaction, or the store is closed.
        """
        return _Block(self, durable)

    def take(self) -> Keeper:
        """A keeper for this thread alone; `give_back` must follow. Waits while all are taken.

        Raises:
            RuntimeError: The thread already has one, or the store is closed.
        """
        me = threading.get_ident()
        if me in self._inside:
            raise RuntimeError("a transaction inside a transaction")
        keeper = self._keepers.take()
        if self.is_closed:
            self._keepers.give_back(keeper)
            raise RuntimeError("the store is closed")
        self._inside.add(me)
        return keeper

    def give_back(self, keeper: Keeper) -> None:
        """Let others have the keeper."""
        self._inside.discard(threading.get_ident())
        self._keepers.give_back(keeper)

    @contextmanager
    def alone(self) -> Iterator[Callable[[float], None]]:
        """Nobody is in a transaction inside the block, but while it pauses: it is given how to, in seconds.

        For a store with one keeper. Raises as `take` does; a pause raises when the store was closed meanwhile.
        """
        held: list[Keeper] = [self.take()]

        def pause(seconds: float) -> None:
            self.give_back(held.pop())
            time.sleep(seconds)
            held.append(self.take())

        try:
            yield pause
        finally:
            if held:
                self.give_back(held.pop())

    def close(self) -> None:
        """See `Store`. Waits for transactions that go on; closing twice is closing once."""
        with self._closing:
            if self.is_closed:
                return
            keepers = [self._keepers.take() for _ in range(self._count)]
            self.is_closed = True
            for keeper in keepers:
                keeper.close()
                self._keepers.give_back(keeper)  # whoever waits for one finds the store closed


class _Block:
    """The ``with`` block of a transaction."""

    __slots__ = ("_durable", "_hold", "_keeper", "_store")

    def __init__(self, store: TurnStore, durable: bool) -> None:
        self._store = store
        self._durable = durable
        self._hold: Hold | None = None

    def __enter__(self) -> Transaction:
        keeper = self._keeper = self._store.take()
        try:
            keeper.begin(durable=self._durable)
        except BaseException:
            self._store.give_back(keeper)
            raise
        self._hold, transaction = keeper.hold()
        return transaction

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        keeper, hold = self._keeper, self._hold
        if hold is None:
            raise RuntimeError("the transaction did not begin")
        hold.is_open = False
        make_durable: Callable[[], None] | None = None
        try:
            if kind is None and hold.fault is None:
                make_durable = keeper.commit()
            else:
                keeper.rollback()
        finally:
            self._store.give_back(keeper)
        if make_durable is not None:
            make_durable()
        if kind is None and hold.fault is not None:
            # Somebody swallowed the fault: the caller must not believe that the rest was recorded.
            raise hold.fault

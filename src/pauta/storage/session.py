"""One transaction's hold of the database: runs statements by name and ends driver errors here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from pauta.domain.problems import StoreFault

Params = Mapping[str, Any]


class Cursor(Protocol):
    """What we need of a driver's cursor."""

    @property
    def rowcount(self) -> int:
        """Rows concerned by the last statement."""
        ...

    def fetchall(self) -> Sequence[Any]:
        """All rows it gave."""
        ...


class Driver(Protocol):
    """What we need of a driver, the same for both databases."""

    @property
    def error(self) -> type[Exception]:
        """Root of the driver's errors."""
        ...

    def execute(self, text: str, params: Params) -> Cursor:
        """Run one statement."""
        ...

    def execute_many(self, text: str, params: Sequence[Params]) -> int:
        """Run one statement with each of these; the number of rows concerned."""
        ...

    def many(self, values: Iterable[Any]) -> Any:
        """A parameter that stands for a list."""
        ...

    def explain(self, error: Exception) -> StoreFault:
        """What a driver's error means to the program."""
        ...


class Session:
    """Statements inside one transaction. After a fault nothing more is done, as PostgreSQL has it."""

    __slots__ = ("_driver", "_texts", "fault", "is_open", "many")

    def __init__(self, driver: Driver, texts: Mapping[str, str]) -> None:
        self._driver = driver
        self._texts = texts
        self.fault: StoreFault | None = None
        self.is_open = True
        self.many: Callable[[Iterable[Any]], Any] = driver.many

    def run(self, name: str, params: Params) -> Cursor:
        """Run a statement.

        Raises:
            StoreFault: The database refused it, or the transaction already met a fault.
        """
        self._check()
        try:
            return self._driver.execute(self._texts[name], params)
        except self._driver.error as error:
            raise self.fail(self._driver.explain(error)) from error

    def run_many(self, name: str, params: Sequence[Params]) -> int:
        """Run a statement with each of these parameters; the number of rows concerned."""
        if not params:
            return 0
        self._check()
        try:
            if len(params) == 1:
                return self._driver.execute(self._texts[name], params[0]).rowcount
            return self._driver.execute_many(self._texts[name], params)
        except self._driver.error as error:
            raise self.fail(self._driver.explain(error)) from error

    def rows(self, name: str, params: Params) -> Sequence[Any]:
        """All rows that a statement gives."""
        self._check()
        try:
            return self._driver.execute(self._texts[name], params).fetchall()
        except self._driver.error as error:
            raise self.fail(self._driver.explain(error)) from error

    def row(self, name: str, params: Params) -> Any | None:
        """The first row that a statement gives, or None."""
        found = self.rows(name, params)
        return found[0] if found else None

    def fail(self, fault: StoreFault) -> StoreFault:
        """Doom the transaction: it will be undone."""
        self.fault = fault
        return fault

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault
        if not self.is_open:
            raise RuntimeError("the transaction is over")

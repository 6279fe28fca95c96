"""One transaction's hold of an SQL database: runs statements by name and ends driver errors here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from pauta.domain.problems import StoreFault
from pauta.storage.turns import Hold

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

    def execute(self, name: str, params: Params) -> Cursor:
        """Run the statement of this name. Parameters that it does not use are passed over."""
        ...

    def execute_many(self, name: str, params: Sequence[Params]) -> int:
        """Run the statement with each of these; the number of rows concerned."""
        ...

    def many(self, values: Iterable[Any]) -> Any:
        """A parameter that stands for a list."""
        ...

    def explain(self, error: Exception) -> StoreFault:
        """What a driver's error means to the program."""
        ...


class Session(Hold):
    """Statements inside one transaction."""

    __slots__ = ("_driver", "many")

    def __init__(self, driver: Driver) -> None:
        super().__init__()
        self._driver = driver
        self.many: Callable[[Iterable[Any]], Any] = driver.many

    def run(self, name: str, params: Params) -> int:
        """Run a statement; the number of rows concerned.

        Raises:
            StoreFault: The database refused it, or the transaction already met a fault.
        """
        self.check()
        try:
            return self._driver.execute(name, params).rowcount
        except self._driver.error as error:
            raise self.fail(self._driver.explain(error)) from error

    def run_many(self, name: str, params: Sequence[Params]) -> int:
        """Run a statement with each of these parameters; the number of rows concerned."""
        if not params:
            return 0
        if len(params) == 1:
            return self.run(name, params[0])
        self.check()
        try:
            return self._driver.execute_many(name, params)
        except self._driver.error as error:
            raise self.fail(self._driver.explain(error)) from error

    def rows(self, name: str, params: Params) -> Sequence[Any]:
        """All rows that a statement gives."""
        self.check()
        try:
            return self._driver.execute(name, params).fetchall()
        except self._driver.error as error:
            raise self.fail(self._driver.explain(error)) from error

    def row(self, name: str, params: Params) -> Any | None:
        """The first row that a statement gives, or None."""
        found = self.rows(name, params)
        return found[0] if found else None

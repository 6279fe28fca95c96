"""A transaction over SQL, whatever the database."""

from __future__ import annotations

from pauta.ports.store import Transaction
from pauta.storage.rows.results import SqlCache, SqlObjects
from pauta.storage.rows.runs import SqlRuns
from pauta.storage.rows.stages import SqlAttempts, SqlStages
from pauta.storage.rows.steps import SqlEvents, SqlLogs, SqlSteps
from pauta.storage.session import Driver, Session
from pauta.storage.turns import Hold


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


def hold(driver: Driver) -> tuple[Hold, Transaction]:
    """The rows behind a driver, for one transaction."""
    session = Session(driver)
    return session, SqlTransaction(session)

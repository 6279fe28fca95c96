"""A transaction over SQL, whatever the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pauta.ports.store import Transaction
from pauta.storage.rows.results import SqlCache, SqlObjects
from pauta.storage.rows.runs import SqlRuns
from pauta.storage.rows.stages import SqlAttempts, SqlStages
from pauta.storage.rows.steps import SqlEvents, SqlLogs, SqlSteps
from pauta.storage.session import Driver, Session
from pauta.storage.turns import Hold

if TYPE_CHECKING:
    from pauta.storage.rows.access import SqlAudit, SqlTokens
    from pauta.storage.rows.calls import SqlCalls
    from pauta.storage.rows.deployments import SqlDeployments, SqlSchedules, SqlTriggers
    from pauta.storage.rows.pipelines import SqlPipelines
    from pauta.storage.rows.pools import SqlMeta, SqlNotices, SqlPools, SqlWorkers


class SqlTransaction:
    """`Transaction` in SQL."""

    __slots__ = ("_session", "attempts", "cache", "events", "logs", "objects", "runs", "stages", "steps")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.runs = SqlRuns(session)
        self.stages = SqlStages(session)
        self.steps = SqlSteps(session)
        self.attempts = SqlAttempts(session)
        self.cache = SqlCache(session)
        self.logs = SqlLogs(session)
        self.events = SqlEvents(session)
        self.objects = SqlObjects(session)

    # Of flows and of the control plane: loaded when they are asked for, as most commands ask for none.

    @property
    def calls(self) -> SqlCalls:
        """See `Transaction`."""
        from pauta.storage.rows.calls import SqlCalls

        return SqlCalls(self._session)

    @property
    def pipelines(self) -> SqlPipelines:
        """See `Transaction`."""
        from pauta.storage.rows.pipelines import SqlPipelines

        return SqlPipelines(self._session)

    @property
    def deployments(self) -> SqlDeployments:
        """See `Transaction`."""
        from pauta.storage.rows.deployments import SqlDeployments

        return SqlDeployments(self._session)

    @property
    def schedules(self) -> SqlSchedules:
        """See `Transaction`."""
        from pauta.storage.rows.deployments import SqlSchedules

        return SqlSchedules(self._session)

    @property
    def triggers(self) -> SqlTriggers:
        """See `Transaction`."""
        from pauta.storage.rows.deployments import SqlTriggers

        return SqlTriggers(self._session)

    @property
    def pools(self) -> SqlPools:
        """See `Transaction`."""
        from pauta.storage.rows.pools import SqlPools

        return SqlPools(self._session)

    @property
    def workers(self) -> SqlWorkers:
        """See `Transaction`."""
        from pauta.storage.rows.pools import SqlWorkers

        return SqlWorkers(self._session)

    @property
    def tokens(self) -> SqlTokens:
        """See `Transaction`."""
        from pauta.storage.rows.access import SqlTokens

        return SqlTokens(self._session)

    @property
    def audit(self) -> SqlAudit:
        """See `Transaction`."""
        from pauta.storage.rows.access import SqlAudit

        return SqlAudit(self._session)

    @property
    def notices(self) -> SqlNotices:
        """See `Transaction`."""
        from pauta.storage.rows.pools import SqlNotices

        return SqlNotices(self._session)

    @property
    def meta(self) -> SqlMeta:
        """See `Transaction`."""
        from pauta.storage.rows.pools import SqlMeta

        return SqlMeta(self._session)


def hold(driver: Driver) -> tuple[Hold, Transaction]:
    """The rows behind a driver, for one transaction."""
    session = Session(driver)
    return session, SqlTransaction(session)

"""The store in memory: for tests, and for looking at an idea without a folder. Gone with its process."""

from __future__ import annotations

from pauta.ports.store import Transaction
from pauta.storage.memory_access import MemoryAudit, MemoryTokens
from pauta.storage.memory_data import Journal, Tables
from pauta.storage.memory_deployments import MemoryDeployments, MemorySchedules, MemoryTriggers
from pauta.storage.memory_pipelines import MemoryPipelines
from pauta.storage.memory_pools import MemoryMeta, MemoryNotices, MemoryPools, MemoryWorkers
from pauta.storage.memory_results import MemoryCache, MemoryEvents, MemoryLogs, MemoryObjects
from pauta.storage.memory_runs import MemoryRuns, MemoryStages
from pauta.storage.memory_steps import MemoryAttempts, MemoryCalls, MemorySteps
from pauta.storage.turns import Hold, TurnStore


class MemoryTransaction:
    """`Transaction` in memory."""

    def __init__(self, journal: Journal) -> None:
        self.runs = MemoryRuns(journal)
        self.stages = MemoryStages(journal)
        self.steps = MemorySteps(journal)
        self.calls = MemoryCalls(journal)
        self.attempts = MemoryAttempts(journal)
        self.cache = MemoryCache(journal)
        self.logs = MemoryLogs(journal)
        self.events = MemoryEvents(journal)
        self.objects = MemoryObjects(journal)
        self.pipelines = MemoryPipelines(journal)
        self.deployments = MemoryDeployments(journal)
        self.schedules = MemorySchedules(journal)
        self.triggers = MemoryTriggers(journal)
        self.pools = MemoryPools(journal)
        self.workers = MemoryWorkers(journal)
        self.tokens = MemoryTokens(journal)
        self.audit = MemoryAudit(journal)
        self.notices = MemoryNotices(journal)
        self.meta = MemoryMeta(journal)


class _MemoryKeeper:
    def __init__(self) -> None:
        self._tables = Tables()
        self._journal = Journal(self._tables)

    def hold(self) -> tuple[Hold, Transaction]:
        self._journal = Journal(self._tables)
        return self._journal, MemoryTransaction(self._journal)

    def begin(self, *, durable: bool) -> None:
        del durable  # nothing here survives anything

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        self._journal.undo()

    def close(self) -> None:
        pass


class MemoryStore(TurnStore):
    """`Store` in memory."""

    def __init__(self) -> None:
        super().__init__(_MemoryKeeper())

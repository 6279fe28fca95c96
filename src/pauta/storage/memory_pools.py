"""Pools, limits, workers, notices and facts by name, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from pauta.domain.deploying import Limit, Notice, Pool, WorkerRecord, WorkerState
from pauta.domain.runs import Stage
from pauta.storage.faults import fault
from pauta.storage.fields import whole_in_utc
from pauta.storage.memory_data import Journal


class MemoryPools:
    """`PoolRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, before: Pool | None, after: Pool) -> bool:
        """See `PoolRows`."""
        if self.get(after.name if before is None else before.name) != before:
            return False
        self._journal.put(self._journal.tables.pools, after.name, whole_in_utc(after))
        return True

    def get(self, name: str) -> Pool | None:
        """See `PoolRows`."""
        self._journal.check()
        return self._journal.tables.pools.get(name)

    def all(self) -> list[Pool]:
        """See `PoolRows`. By name."""
        self._journal.check()
        return [pool for _, pool in sorted(self._journal.tables.pools.items())]

    def remove(self, name: str) -> bool:
        """See `PoolRows`."""
        if self.get(name) is None:
            return False
        self._journal.drop(self._journal.tables.pools, name)
        return True

    def set_limit(self, key: str, most: int | None, *, period_seconds: float | None = None) -> None:
        """See `PoolRows`."""
        self._journal.check()
        limits = self._journal.tables.limits
        if most is None:
            self._journal.drop(limits, key)
            self._journal.drop(self._journal.tables.claims, key)
        else:
            self._journal.put(limits, key, Limit(key, most, period_seconds))

    def limits(self) -> list[Limit]:
        """See `PoolRows`. By key."""
        self._journal.check()
        return [limit for _, limit in sorted(self._journal.tables.limits.items())]

    def lock_limits(self, keys: Sequence[str]) -> Mapping[str, Limit]:
        """See `PoolRows`. Nobody else is here before the transaction ends."""
        self._journal.check()
        limits = self._journal.tables.limits
        return {key: limits[key] for key in keys if key in limits}

    def claims(self, key: str, *, since: datetime) -> list[datetime]:
        """See `PoolRows`."""
        self._journal.check()
        return sorted(at for at, *_ in self._journal.tables.claims.get(key, ()) if at > since)

    def count_claims(self, key: str, stages: Sequence[Stage], *, at: datetime, since: datetime) -> None:
        """See `PoolRows`."""
        self._journal.check()
        if stages and key not in self._journal.tables.limits:
            raise self._journal.fail(fault("DB-011", detail=f"limit {key}"))
        here = at.astimezone(UTC)
        kept = {claim for claim in self._journal.tables.claims.get(key, ()) if claim[0] > since}
        kept.update((here, stage.run_id, stage.no, stage.fence) for stage in stages)
        self._journal.put(self._journal.tables.claims, key, frozenset(kept))


class MemoryWorkers:
    """`WorkerRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, worker: WorkerRecord) -> None:
        """See `WorkerRows`."""
        self._journal.check()
        self._journal.put(self._journal.tables.workers, worker.owner, whole_in_utc(worker))

    def get(self, owner: str) -> WorkerRecord | None:
        """See `WorkerRows`."""
        self._journal.check()
        return self._journal.tables.workers.get(owner)

    def all(self) -> list[WorkerRecord]:
        """See `WorkerRows`."""
        self._journal.check()
        by_owner = sorted(self._journal.tables.workers.values(), key=lambda worker: worker.owner)
        return sorted(by_owner, key=lambda worker: worker.seen_at, reverse=True)

    def forget(self, *, seen_before: datetime) -> int:
        """See `WorkerRows`."""
        over = (WorkerState.LEFT, WorkerState.LOST)
        gone = [worker.owner for worker in self.all() if worker.state in over and worker.seen_at < seen_before]
        for owner in gone:
            self._journal.drop(self._journal.tables.workers, owner)
        return len(gone)


class MemoryNotices:
    """`NoticeRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, notices: Sequence[Notice]) -> None:
        """See `NoticeRows`."""
        self._journal.check()
        for notice in notices:
            if notice.id not in self._journal.tables.notices:
                self._journal.put(self._journal.tables.notices, notice.id, whole_in_utc(notice))

    def due(self, *, now: datetime, limit: int) -> list[Notice]:
        """See `NoticeRows`."""
        self._journal.check()
        found = [n for n in self._journal.tables.notices.values() if n.sent_at is None and n.next_at <= now]
        return sorted(found, key=lambda notice: (notice.next_at, notice.id))[:limit]

    def put(self, notice: Notice) -> None:
        """See `NoticeRows`. One that went with its run stays away."""
        self._journal.check()
        notices = self._journal.tables.notices
        now = notices.get(notice.id)
        if now is not None:
            noted = replace(now, next_at=notice.next_at, tries=notice.tries, sent_at=notice.sent_at, error=notice.error)
            self._journal.put(notices, notice.id, whole_in_utc(noted))


class MemoryMeta:
    """`MetaRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def get(self, name: str) -> str | None:
        """See `MetaRows`."""
        self._journal.check()
        return self._journal.tables.meta.get(name)

    def put(self, name: str, value: str) -> None:
        """See `MetaRows`."""
        self._journal.check()
        self._journal.put(self._journal.tables.meta, name, value)

    def add(self, name: str, value: str) -> bool:
        """See `MetaRows`."""
        if self.get(name) is not None:
            return False
        self.put(name, value)
        return True

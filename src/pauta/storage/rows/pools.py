"""Pools, limits, workers, notices and facts by name in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pauta.domain.deploying import Limit, Notice, Pool, WorkerRecord
from pauta.domain.runs import Stage
from pauta.storage import codec
from pauta.storage.records_control import NOTICE, POOL, WORKER
from pauta.storage.session import Session

_MICROS = 1_000_000


class SqlPools:
    """`PoolRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, before: Pool | None, after: Pool) -> bool:
        """See `PoolRows`."""
        row = POOL.row(after)
        if before is None:
            return self._session.run("pool.add", row) == 1
        row["k_name"] = before.name
        for name, value in POOL.row(before).items():
            row[f"was_{name}"] = value
        return self._session.run("pool.save", row) == 1

    def get(self, name: str) -> Pool | None:
        """See `PoolRows`."""
        row = self._session.row("pool.get", {"k_name": name})
        return POOL.record(row) if row else None

    def all(self) -> list[Pool]:
        """See `PoolRows`. By name."""
        return [POOL.record(row) for row in self._session.rows("pool.all", {})]

    def remove(self, name: str) -> bool:
        """See `PoolRows`."""
        return self._session.run("pool.remove", {"k_name": name}) == 1

    def set_limit(self, key: str, most: int | None, *, period_seconds: float | None = None) -> None:
        """See `PoolRows`."""
        if most is None:
            self._session.run("limit.remove", {"k_key": key})
        else:
            period = None if period_seconds is None else round(period_seconds * _MICROS)
            self._session.run("limit.put", {"key": key, "most": most, "period": period})

    def limits(self) -> list[Limit]:
        """See `PoolRows`. By key."""
        return [_limit(row) for row in self._session.rows("limit.all", {})]

    def lock_limits(self, keys: Sequence[str]) -> Mapping[str, Limit]:
        """See `PoolRows`."""
        if not keys:
            return {}
        return {row[0]: _limit(row) for row in self._session.rows("limit.lock", {"keys": self._session.many(keys)})}

    def claims(self, key: str, *, since: datetime) -> list[datetime]:
        """See `PoolRows`."""
        rows = self._session.rows("claim.since", {"k_key": key, "since": codec.micros(since)})
        return [codec.moment(row[0]) for row in rows]

    def count_claims(self, key: str, stages: Sequence[Stage], *, at: datetime, since: datetime) -> None:
        """See `PoolRows`."""
        self._session.run("claim.forget", {"k_key": key, "since": codec.micros(since)})
        rows = [
            {"key": key, "at": codec.micros(at), "run_id": stage.run_id, "stage_no": stage.no, "fence": stage.fence}
            for stage in stages
        ]
        self._session.run_many("claim.add", rows)


def _limit(row: Sequence[Any]) -> Limit:
    key, most, period = row
    return Limit(key, most, None if period is None else period / _MICROS)


class SqlWorkers:
    """`WorkerRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, worker: WorkerRecord) -> None:
        """See `WorkerRows`."""
        self._session.run("worker.put", WORKER.row(worker))

    def get(self, owner: str) -> WorkerRecord | None:
        """See `WorkerRows`."""
        row = self._session.row("worker.get", {"k_owner": owner})
        return WORKER.record(row) if row else None

    def all(self) -> list[WorkerRecord]:
        """See `WorkerRows`."""
        return [WORKER.record(row) for row in self._session.rows("worker.all", {})]

    def forget(self, *, seen_before: datetime) -> int:
        """See `WorkerRows`."""
        return self._session.run("worker.forget", {"before": codec.micros(seen_before)})


class SqlNotices:
    """`NoticeRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, notices: Sequence[Notice]) -> None:
        """See `NoticeRows`."""
        self._session.run_many("notice.add", [NOTICE.row(notice) for notice in notices])

    def due(self, *, now: datetime, limit: int) -> list[Notice]:
        """See `NoticeRows`."""
        rows = self._session.rows("notice.due", {"now": codec.micros(now), "limit": limit})
        return [NOTICE.record(row) for row in rows]

    def put(self, notice: Notice) -> None:
        """See `NoticeRows`. One that went with its run stays away."""
        self._session.run("notice.save", {**NOTICE.row(notice), "k_id": notice.id})


class SqlMeta:
    """`MetaRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, name: str) -> str | None:
        """See `MetaRows`."""
        row = self._session.row("meta.get", {"k_name": name})
        return str(row[0]) if row else None

    def put(self, name: str, value: str) -> None:
        """See `MetaRows`."""
        self._session.run("meta.put", {"name": name, "value": value})

    def add(self, name: str, value: str) -> bool:
        """See `MetaRows`."""
        return self._session.run("meta.add", {"name": name, "value": value}) == 1

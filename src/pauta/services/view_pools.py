"""What the API shows of work pools, limits and workers."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class PoolView(Struct, frozen=True):
    """A work pool. `queued` stages wait in it, `running` ones are held by workers, `workers` could take more.

    `created_at` is None for the default pool as long as nobody changed it: it always exists.
    """

    name: str
    kind: str
    limit: int | None
    queue: str | None
    description: str
    state: str
    created_at: datetime | None
    queued: int
    running: int
    workers: int


class PoolList(Struct, frozen=True):
    """All work pools, by name."""

    pools: tuple[PoolView, ...]


class LimitView(Struct, frozen=True):
    """At most `most` stages are held under `key` at any time; `held` are now.

    With a period at most `most` are claimed within any `period_seconds`; `held` were within the last.
    """

    key: str
    most: int
    held: int
    period_seconds: float | None = None


class LimitList(Struct, frozen=True):
    """All limits, by key."""

    limits: tuple[LimitView, ...]


class LeaseView(Struct, frozen=True):
    """A stage that a worker holds."""

    run: str
    stage: int
    fence: int


class WorkerView(Struct, frozen=True):
    """A worker as it was last heard of, and the stages it holds."""

    owner: str
    name: str
    pools: tuple[str, ...]
    tags: tuple[str, ...]
    capacity: int
    host: str
    process: int
    version: str
    state: str
    started_at: datetime
    seen_at: datetime
    held: tuple[LeaseView, ...]


class WorkerList(Struct, frozen=True):
    """All workers, most recently seen first."""

    workers: tuple[WorkerView, ...]

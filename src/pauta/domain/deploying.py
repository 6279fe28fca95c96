"""Deployments and what surrounds them: triggers, notifications, work pools, workers, limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from pauta.domain.problems import Problem
from pauta.domain.runs import DEFAULT_POOL


class Switch(StrEnum):
    """Whether something goes on."""

    ACTIVE = "active"
    PAUSED = "paused"


class Notification(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to tell when a run reaches one of these states.

    Attributes:
        on: States of runs: ``failed``, ``held``, ``completed`` …
        kind: ``webhook`` (a signed POST) or ``apprise`` (mail, chat).
        address: Where to; ``env:NAME`` names a secret of the server's environment.
    """

    on: tuple[str, ...]
    kind: str
    address: str


class Deployment(Struct, frozen=True):
    """A pipeline with parameters, a work pool and a time plan.

    Attributes:
        name: Unique.
        pipeline: Name of a published pipeline.
        pipeline_version: Always this version; None runs the active one.
        version: From 1, grows with each change; older forms are kept.
        parameters: Values by parameter name, checked before they are kept.
        inputs: Frame name → where its data is: ``path`` relative to the project's folder, or an ``address``.
        only: ``training``, ``prediction`` or None.
        use_cache: Whether runs may take results from the cache.
        pool: Which workers may take its stages.
        priority: Higher numbers come first.
        limit: At most so many stages of it at a time; None: no limit of its own.
        limits: Further limit keys under which its leases are counted.
        notifications: Whom to tell.
        tags: Words to find it by.
        source: Where its scripts came from when it was deployed: ``kind``, ``address``, ``ref``, ``revision`` and
            ``entrypoint``; empty for one that was made of a published pipeline.
        state: A paused deployment accepts no runs but those that people ask for.
    """

    name: str
    pipeline: str
    created_at: datetime
    changed_at: datetime
    changed_by: str
    version: int = 1
    pipeline_version: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None
    use_cache: bool = True
    pool: str = DEFAULT_POOL
    priority: int = 0
    limit: int | None = None
    limits: tuple[str, ...] = ()
    notifications: tuple[Notification, ...] = ()
    description: str = ""
    tags: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    state: Switch = Switch.ACTIVE


class TriggerKind(StrEnum):
    """What sets a trigger off."""

    FILE = "file"  # a file that arrives in a folder and has stopped growing
    COMPLETION = "completion"  # a run of another deployment reaches a state
    WEBHOOK = "webhook"  # a POST with a signed body


class Trigger(Struct, frozen=True):
    """Something that makes a deployment run.

    Attributes:
        settings: ``file``: `folder`, `pattern`, `input` (frame that the file becomes, or None); ``completion``:
            `deployment`, `states`; ``webhook``: `allow` (parameters that a body may give); its secret follows from
            the server's.
        problem: Why it started nothing when it last was set off, or could not watch.
    """

    id: str
    deployment: str
    name: str
    kind: TriggerKind
    created_at: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    state: Switch = Switch.ACTIVE
    version: int = 1
    problem: Problem | None = None


class PoolKind(StrEnum):
    """How processes of a pool are started."""

    PROCESS = "process"  # workers claim and fork
    CELERY = "celery"  # a message in a queue of Celery's tells a worker to claim


class Pool(Struct, frozen=True):
    """A work pool.

    Attributes:
        limit: At most so many stages at a time over all its workers; None: as many as the workers hold.
        queue: Name of the queue, for ``celery``.
    """

    name: str
    kind: PoolKind
    created_at: datetime
    limit: int | None = None
    queue: str | None = None
    description: str = ""
    state: Switch = Switch.ACTIVE


class Limit(Struct, frozen=True):
    """At most `most` leases may be counted under `key` at any time (P10).

    With a period it is a rate: at most `most` stages are claimed under `key` within any `period_seconds`.
    """

    key: str
    most: int
    period_seconds: float | None = None


class WorkerState(StrEnum):
    """Where a worker stands."""

    ACTIVE = "active"
    DRAINING = "draining"  # takes nothing new
    LEFT = "left"  # said good-bye
    LOST = "lost"  # was not heard of for three heartbeats


class WorkerRecord(Struct, frozen=True):
    """A worker as the server knows it. `owner` stands in the leases it holds."""

    owner: str
    name: str
    pools: tuple[str, ...]
    tags: tuple[str, ...]
    capacity: int
    host: str
    process: int
    version: str
    started_at: datetime
    seen_at: datetime
    state: WorkerState = WorkerState.ACTIVE


class Notice(Struct, frozen=True):
    """A notification to be sent: recorded with the state it tells of, sent afterwards, tried again."""

    id: str
    run_id: str
    state: str
    kind: str
    address: str
    created_at: datetime
    next_at: datetime
    tries: int = 0
    sent_at: datetime | None = None
    error: str | None = None

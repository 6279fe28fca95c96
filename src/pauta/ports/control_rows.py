"""Rows of the control plane: pipelines, deployments, schedules, pools, workers, access. Rules as in `store`.

A `put` with `before` is a compare-and-set on the version or state named in its text; None means: must not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pauta.domain.access import AuditRow, Token
from pauta.domain.deploying import Deployment, Limit, Notice, Pool, Trigger, WorkerRecord
from pauta.domain.ids import RunId
from pauta.domain.pipelines import Activation, PipelineHead, PipelineVersion
from pauta.domain.runs import Stage
from pauta.domain.schedules import Firing, Schedule


class PipelineRows(Protocol):
    """Published pipelines. Versions and activations are only ever added."""

    def add(self, version: PipelineVersion) -> bool:
        """Record a version. False when its number is taken or its digest exists under that name."""
        ...

    def get(self, name: str, version: int) -> PipelineVersion | None: ...
    def by_digest(self, name: str, digest: str) -> PipelineVersion | None: ...
    def versions(self, name: str) -> list[PipelineVersion]:
        """All versions, newest first."""
        ...

    def head(self, name: str) -> PipelineHead | None: ...
    def heads(self) -> list[PipelineHead]:
        """All pipelines by name. `active` is the version of the newest activation, 0 without one."""
        ...

    def activate(self, activation: Activation) -> None:
        """Add a line to the history of activations."""
        ...

    def activations(self, name: str) -> list[Activation]:
        """Newest first."""
        ...


class DeploymentRows(Protocol):
    """Deployments, with every form they ever had."""

    def put(self, before: Deployment | None, after: Deployment) -> bool:
        """Keep a new or changed deployment if its version still is that of `before`."""
        ...

    def get(self, name: str) -> Deployment | None: ...
    def all(self) -> list[Deployment]:
        """By name."""
        ...

    def history(self, name: str) -> list[Deployment]:
        """All forms, newest first, the present one included; also of a removed deployment."""
        ...

    def remove(self, deployment: Deployment) -> bool:
        """Remove it with its schedules and triggers if its version is unchanged. Forms and firings stay."""
        ...


class ScheduleRows(Protocol):
    """Schedules and their firings."""

    def put(self, before: Schedule | None, after: Schedule) -> bool:
        """Keep a new or changed schedule if version, state and `next` still are as in `before`."""
        ...

    def get(self, schedule_id: str) -> Schedule | None: ...
    def all(self, deployment: str | None = None) -> list[Schedule]:
        """By deployment and name."""
        ...

    def remove(self, schedule: Schedule) -> bool:
        """Remove it if its version is unchanged; its firings stay."""
        ...

    def due(self, *, now: datetime, limit: int) -> list[Schedule]:
        """Active schedules with `fire_at` up to `now`, earliest first.

        On PostgreSQL the rows are locked and those locked by other schedulers passed over.
        """
        ...

    def next_fire(self) -> datetime | None:
        """Earliest `fire_at` of all active schedules."""
        ...

    def fire(self, firing: Firing) -> bool:
        """Record a firing. False when there is one for this (schedule, local, fold): it happened already."""
        ...

    def firings(self, schedule_id: str, *, limit: int = 50) -> list[Firing]:
        """Newest first."""
        ...


class TriggerRows(Protocol):
    """Triggers, and what set them off."""

    def put(self, before: Trigger | None, after: Trigger) -> bool:
        """Keep a new or changed trigger if its version still is that of `before`."""
        ...

    def get(self, trigger_id: str) -> Trigger | None: ...
    def all(self, deployment: str | None = None) -> list[Trigger]: ...
    def remove(self, trigger: Trigger) -> bool: ...
    def once(self, trigger_id: str, event: str, *, at: datetime, run_id: RunId | None) -> bool:
        """Note that `event` (a file with its identity, a run and its state, a delivery's id) set the trigger off.

        False when it did before: nothing may follow from it twice.
        """
        ...


class PoolRows(Protocol):
    """Work pools and limits."""

    def put(self, before: Pool | None, after: Pool) -> bool:
        """Keep a new or changed pool if it still is as `before`."""
        ...

    def get(self, name: str) -> Pool | None: ...
    def all(self) -> list[Pool]: ...
    def remove(self, name: str) -> bool:
        """False when there is none."""
        ...

    def set_limit(self, key: str, most: int | None, *, period_seconds: float | None = None) -> None:
        """Set a limit, or lift it with None; then the claims that were counted under it are forgotten."""
        ...

    def limits(self) -> list[Limit]: ...
    def lock_limits(self, keys: Sequence[str]) -> Mapping[str, Limit]:
        """The limits that exist for these keys; no other claim that counts under one of them goes on meanwhile."""
        ...

    def claims(self, key: str, *, since: datetime) -> list[datetime]:
        """When stages were claimed after `since` that are counted under this limit, oldest first."""
        ...

    def count_claims(self, key: str, stages: Sequence[Stage], *, at: datetime, since: datetime) -> None:
        """Count claims of these stages, as they are before it, under a limit; forget those up to `since`."""
        ...


class WorkerRows(Protocol):
    """Workers as they were last heard of."""

    def put(self, worker: WorkerRecord) -> None:
        """Keep it, over its former row."""
        ...

    def get(self, owner: str) -> WorkerRecord | None: ...
    def all(self) -> list[WorkerRecord]:
        """Most recently seen first."""
        ...

    def forget(self, *, seen_before: datetime) -> int:
        """Drop workers that left or were lost and not seen since."""
        ...


class TokenRows(Protocol):
    """Tokens, sessions and one-time links."""

    def add(self, token: Token) -> bool:
        """False when its id or digest exists."""
        ...

    def by_digest(self, digest: str) -> Token | None: ...
    def get(self, token_id: str) -> Token | None: ...
    def all(self) -> list[Token]:
        """Newest first."""
        ...

    def revoke(self, token_id: str, *, at: datetime) -> bool:
        """False when there is none or it was revoked before: of two that use a link, one has it."""
        ...

    def used(self, token_id: str, *, at: datetime) -> None:
        """Note its use."""
        ...

    def forget(self, *, expired_before: datetime) -> int:
        """Drop sessions and links that are over since then."""
        ...


class AuditRows(Protocol):
    """The audit log: the store itself refuses to change or delete a row (DB-010)."""

    def tip(self) -> AuditRow | None:
        """The newest row; no other transaction adds one before this one ends."""
        ...

    def append(self, row: AuditRow) -> None:
        """Add a row after the tip, and note count and last hash in the tip row."""
        ...

    def noted_tip(self) -> tuple[int, str] | None:
        """Count and last hash as noted, to be compared with the rows."""
        ...

    def read(self, *, after: int = 0, limit: int = 500) -> list[AuditRow]:
        """Rows with a number above `after`, oldest first."""
        ...


class NoticeRows(Protocol):
    """Notifications to be sent."""

    def add(self, notices: Sequence[Notice]) -> None:
        """Record them; one whose id exists is left as it is."""
        ...

    def due(self, *, now: datetime, limit: int) -> list[Notice]:
        """Not sent yet and due, earliest first; locked on PostgreSQL, those locked by others passed over."""
        ...

    def put(self, notice: Notice) -> None:
        """Note a try."""
        ...


class MetaRows(Protocol):
    """A few facts by name."""

    def get(self, name: str) -> str | None: ...
    def put(self, name: str, value: str) -> None: ...
    def add(self, name: str, value: str) -> bool:
        """False, and nothing changed, when the name exists."""
        ...

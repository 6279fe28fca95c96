"""Rescues what lost workers held, and flows that nobody woke. No lease depends on a wall clock (P14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from pauta.domain.deploying import WorkerRecord, WorkerState
from pauta.domain.ids import RunId
from pauta.domain.runs import Stage
from pauta.ports.store import Leased, Store
from pauta.services.desk import Desk

_FORGET_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A lease as it was first seen with this fence and end: `since` in monotonic seconds."""

    fence: int
    stamp: datetime | None
    since: float


@dataclass(frozen=True, slots=True)
class Rescued:
    """What one look freed: stages by run, and workers given up; and the stages of flows that it woke."""

    stages: tuple[tuple[RunId, int], ...]
    workers: tuple[str, ...]
    woken: tuple[tuple[RunId, int], ...] = ()


class Reaper:
    """Frees a stage when its lease was seen unchanged for as long as a lease lasts, by this process's own clock.

    A holder that lives changes the lease at every heartbeat. So neither a jump of any wall clock nor one between
    two servers can end or extend a lease, and after a restart every holder has one full lease of grace.

    Args:
        store: The records.
        desk: Frees stages.
        lease_seconds: How long a lease lasts.
        lost_seconds: After so long without a word a worker counts as lost.
        monotonic: The clock, in seconds.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        *,
        lease_seconds: float,
        lost_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._desk = desk
        self._lease_seconds = lease_seconds
        self._lost_seconds = lost_seconds
        self._monotonic = monotonic
        self._leases: dict[tuple[RunId, int], _Seen] = {}
        self._workers: dict[str, tuple[datetime, float]] = {}

    def look(self, *, now: datetime) -> Rescued:
        """Look at all leases and workers once."""
        clock = self._monotonic()
        with self._store.transaction() as tx:
            leased = tx.stages.leased()
            workers = tx.workers.all()
            tx.workers.forget(seen_before=now - _FORGET_AFTER)
            answered = tx.stages.answered()
        freed = [lease for lease in self._overdue(leased, clock) if self._free(lease)]
        return Rescued(
            stages=tuple((lease.run_id, lease.no) for lease in freed),
            workers=tuple(self._give_up(workers, clock)),
            woken=tuple(wake_answered(self._desk, answered)),
        )

    def _overdue(self, leased: list[Leased], clock: float) -> list[Leased]:
        seen: dict[tuple[RunId, int], _Seen] = {}
        overdue = []
        for lease in leased:
            key = lease.run_id, lease.no
            before = self._leases.get(key)
            if before is None or (before.fence, before.stamp) != (lease.fence, lease.stamp):
                before = _Seen(lease.fence, lease.stamp, clock)
            seen[key] = before
            if clock - before.since >= self._lease_seconds:
                overdue.append(lease)
        self._leases = seen
        return overdue

    def _free(self, lease: Leased) -> bool:
        return self._desk.expire(lease.run_id, lease.no, fence=lease.fence, stamp=lease.stamp)

    def _give_up(self, workers: list[WorkerRecord], clock: float) -> list[str]:
        lost = []
        seen: dict[str, tuple[datetime, float]] = {}
        for worker in workers:
            if worker.state not in (WorkerState.ACTIVE, WorkerState.DRAINING):
                continue
            at, since = self._workers.get(worker.owner, (worker.seen_at, clock))
            if at != worker.seen_at:
                at, since = worker.seen_at, clock
            seen[worker.owner] = at, since
            if clock - since >= self._lost_seconds:
                lost.append(worker)
        self._workers = seen
        if lost:
            with self._store.transaction() as tx:
                for worker in lost:
                    present = tx.workers.get(worker.owner)
                    if present is not None and present.seen_at == worker.seen_at:
                        tx.workers.put(replace(present, state=WorkerState.LOST))
        return [worker.owner for worker in lost]


def wake_answered(desk: Desk, stages: Sequence[Stage]) -> list[tuple[RunId, int]]:
    """Wake flows whose answers are all there, though nobody told them (P2): those that `StageRows.answered` names.

    Whoever puts an answer on record wakes the flow in the same transaction, so that there are hardly ever any.
    """
    for stage in stages:
        desk.wake(stage.run_id, stage.no)
    return [(stage.run_id, stage.no) for stage in stages]


def free_the_dead(store: Store, desk: Desk, *, is_gone: Callable[[str], bool]) -> list[tuple[RunId, int]]:
    """At a start: free at once what processes of this machine held that are known to be gone (P7).

    Args:
        store: The records.
        desk: Frees stages.
        is_gone: Whether the owner of a lease was a process of this machine that does not live any more.
    """
    with store.transaction() as tx:
        leased = [lease for lease in tx.stages.leased() if is_gone(lease.owner)]
    return [
        (lease.run_id, lease.no)
        for lease in leased
        if desk.expire(lease.run_id, lease.no, fence=lease.fence, stamp=lease.stamp)
    ]

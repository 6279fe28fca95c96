"""How things stand in a project: the queue, the runs, the workers, in a few figures."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from pauta.services.control import Control

_MOST_STUCK = 100


class Standing(Struct, frozen=True):
    """Figures of one moment.

    Attributes:
        queued: Stages that wait, by pool.
        leased: Stages that run, by pool.
        runs: Number by state.
        workers: Number by state.
        stuck: Runs that are open and in which nothing can move (P2); 100 stands for 100 and more.
        lateness_seconds: How late the most overdue schedule is.
    """

    version: str
    queued: dict[str, int]
    leased: dict[str, int]
    runs: dict[str, int]
    workers: dict[str, int]
    stuck: int
    lateness_seconds: float


def standing(control: Control) -> Standing:
    """How things stand now."""
    now = control.now()
    with control.store.transaction() as tx:
        queued, runs = dict(tx.stages.depth(now=now)), {str(k): v for k, v in tx.runs.states().items()}
        leased = Counter(leased.pool for leased in tx.stages.leased())
        workers = Counter(worker.state.value for worker in tx.workers.all())
        stuck = len(tx.stages.stuck(now=now, limit=_MOST_STUCK))
        due = tx.schedules.next_fire()
    late = max(0.0, (now - due).total_seconds()) if due else 0.0
    return Standing(
        version=control.version,
        queued=queued,
        leased=dict(leased),
        runs=runs,
        workers=dict(workers),
        stuck=stuck,
        lateness_seconds=late,
    )

"""The counter of a worker in the desk's own process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pauta.domain.ids import RunId
from pauta.domain.problems import NotFound
from pauta.domain.wire import CachedCall
from pauta.domain.work import Heard, Lease, Recorded, Renewal
from pauta.services.desk import Desk


class DeskCounter:
    """`ports.counter.Counter` over a desk. It never waits: who serves a bell need not.

    Args:
        desk: The desk.
        owner: Names the worker in leases.
        pools: What it may claim from, unless it asks for one run.
        durable: See `Desk.claim_any`.
    """

    def __init__(self, desk: Desk, *, owner: str, pools: Sequence[str], durable: bool = False) -> None:
        self._desk = desk
        self._owner = owner
        self._pools = tuple(pools)
        self._durable = durable

    def claim(self, *, room: int, run_id: RunId | None = None, wait_seconds: float = 0.0) -> Sequence[Recorded]:
        """See `Counter`."""
        if run_id is not None:
            # A command, which serves no pool, works on whatever its run begins, wherever that would queue.
            if not self._pools:
                return self._desk.claim_family(owner=self._owner, limit=room, run_id=run_id)
            return [self._desk.claim(owner=self._owner, limit=room, run_id=run_id)]
        return self._desk.claim_any(owner=self._owner, pools=self._pools, limit=room, durable=self._durable)

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        """See `Counter`."""
        return self._desk.report(run_id, heard)

    def recall(self, lease: Lease, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        """See `Counter`."""
        return self._desk.recall(keys)

    def renew(self, held: Sequence[Lease]) -> Renewal:
        """See `Counter`."""
        by_run: dict[RunId, list[Lease]] = {}
        for lease in held:
            by_run.setdefault(lease.run, []).append(lease)
        lost: list[Lease] = []
        stop: list[Lease] = []
        for run_id, leases in by_run.items():
            try:
                gone = set(self._desk.renew(run_id, [(lease.stage, lease.fence) for lease in leases]))
            except NotFound:
                gone = {lease.stage for lease in leases}
            lost.extend(lease for lease in leases if lease.stage in gone)
            kept = [lease for lease in leases if lease.stage not in gone]
            if kept and self._desk.is_cancelled(run_id):
                stop.extend(kept)
        return Renewal(tuple(lost), tuple(stop))

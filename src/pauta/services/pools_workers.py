"""Workers: who there is, what they hold, and asking one to take nothing new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from pauta.domain.deploying import WorkerRecord, WorkerState
from pauta.domain.problems import Conflict, NotFound, Problem, shorten
from pauta.ports.store import Transaction
from pauta.services.accept_terms import recordable
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.view_pools import LeaseView, WorkerList, WorkerView

_GONE = (WorkerState.LEFT, WorkerState.LOST)


def list_workers(control: Control) -> WorkerList:
    """All workers, most recently seen first, with the stages they hold."""
    with control.store.transaction() as tx:
        held = _held(tx)
        return WorkerList(tuple(_shown(worker, held) for worker in tx.workers.all()))


def drain(control: Control, owner: str, *, behalf: Behalf) -> WorkerView:
    """Ask a worker to take nothing new; what it holds it finishes. Asking twice changes nothing.

    Raises:
        NotFound: POL-009.
        Conflict: POL-010 when it is gone.
    """
    with control.store.transaction(durable=True) as tx:
        worker = tx.workers.get(owner) if recordable(owner) else None
        if worker is None:
            raise NotFound(Problem("POL-009", {"worker": shorten(owner)}))
        if worker.state in _GONE:
            raise Conflict(Problem("POL-010", {"worker": shorten(owner), "state": worker.state.value}))
        worker = replace(worker, state=WorkerState.DRAINING)
        tx.workers.put(worker)
        behalf.note(tx, "worker.drain", owner, name=worker.name)
        held = _held(tx)
    for pool in worker.pools:
        control.bell.ring(f"pool:{pool}")
    return _shown(worker, held)


def _held(tx: Transaction) -> Mapping[str, Sequence[LeaseView]]:
    held: defaultdict[str, list[LeaseView]] = defaultdict(list)
    for lease in tx.stages.leased():
        held[lease.owner].append(LeaseView(lease.run_id, lease.no, lease.fence))
    return held


def _shown(worker: WorkerRecord, held: Mapping[str, Sequence[LeaseView]]) -> WorkerView:
    return WorkerView(
        owner=worker.owner,
        name=worker.name,
        pools=worker.pools,
        tags=worker.tags,
        capacity=worker.capacity,
        host=worker.host,
        process=worker.process,
        version=worker.version,
        state=worker.state.value,
        started_at=worker.started_at,
        seen_at=worker.seen_at,
        held=tuple(held.get(worker.owner, ())),
    )

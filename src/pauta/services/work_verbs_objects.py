"""Which objects an attempt takes: a worker elsewhere fetches them before its process begins, and no others (S21)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from pauta.domain.calls import objects_of_call, stored_in
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Output
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import Stage
from pauta.domain.states import StageState
from pauta.domain.wire import StepOrder
from pauta.domain.work import Assignment, Lease
from pauta.ports.store import Transaction
from pauta.services.access import Caller, Forbidden
from pauta.services.control import Control
from pauta.services.grants import check
from pauta.services.orders import order_stage
from pauta.services.sheet import Sheet
from pauta.services.taking import Taker

_MOST_ATTEMPTS = 1_000


def addresses_of(assignment: Assignment) -> list[Address]:
    """Everything that has to be at hand before this assignment can be run: scripts, frames, files, candidates."""
    found: dict[Address, None] = dict.fromkeys(assignment.scripts.values())
    for step in assignment.order.steps:
        found.update(dict.fromkeys(_taken_by(step)))
    return list(found)


def _taken_by(step: StepOrder) -> Iterable[Address]:
    for take in step.takes:
        yield from _stored(take.output, *take.objects)
    for file in step.files:
        yield file.address
    for candidate in step.candidates:
        yield from _stored(candidate.output, *candidate.objects)
        for file in candidate.files:
            yield file.address
    if step.flow is not None:
        yield from stored_in(step.flow.arguments)
        for call in step.flow.calls:
            yield from (output.address for output in objects_of_call(call))


def _stored(*outputs: Output | None) -> Iterable[Address]:
    return (output.address for output in outputs if output is not None and not output.inline and output.size)


class WorkObjects:
    """What the holder of a grant may fetch and store. Safe to use from several threads."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._taken: OrderedDict[Lease, frozenset[Address]] = OrderedDict()
        self._lock = threading.Lock()

    def lease_of(self, caller: Caller, text: str) -> Lease:
        """The attempt that a grant was given for, which still holds its stage.

        Raises:
            Forbidden: AUT-005 when it is not ours, is over, or is another worker's.
            Conflict: ATT-001 when the attempt was replaced or has ended.
        """
        granted = check(self._control.secret, text, now=self._control.now())
        if not granted.owner.startswith(f"{caller.id}."):
            raise Forbidden(Problem("AUT-005", variant="grant"))
        lease = Lease(RunId(granted.run), granted.stage, granted.fence)
        with self._control.store.transaction() as tx:
            stage = tx.stages.get(lease.run, lease.stage)
            if stage is None or stage.state is not StageState.RUNNING or stage.fence != lease.fence:
                raise Conflict(_replaced(tx, lease, stage))
        return lease

    def allow(self, lease: Lease, addresses: Iterable[Address]) -> None:
        """This attempt takes these as well: the cache gave it results that need them."""
        known = self._taken_of(lease)
        with self._lock:
            self._taken[lease] = known.union(addresses)

    def require_taken(self, lease: Lease, address: Address) -> None:
        """Check that this attempt takes this object.

        Raises:
            NotFound: ATT-004. Whether there is such an object is not told.
        """
        if address not in self._taken_of(lease):
            raise NotFound(Problem("ATT-004", {"address": address}))

    def _taken_of(self, lease: Lease) -> frozenset[Address]:
        with self._lock:
            known = self._taken.get(lease)
        if known is None:
            with self._control.store.transaction() as tx:
                known = _read_taken(tx, self._control, lease)
            with self._lock:
                self._taken[lease] = known
                while len(self._taken) > _MOST_ATTEMPTS:
                    self._taken.popitem(last=False)
        return known


def _read_taken(tx: Transaction, control: Control, lease: Lease) -> frozenset[Address]:
    """The same as the order of this stage names, from the records: so it holds after a restart as well."""
    run = tx.runs.get(lease.run)
    if run is None:
        return frozenset()
    sheet = Sheet.load(tx, run)
    taker = Taker(control.objects, runtime=control.runtime)
    shelf = taker.shelf(tx, sheet, [lease.stage], earlier={}, forced=frozenset())
    found: set[Address] = set(sheet.bundle.values())
    steps = sheet.steps_of(lease.stage)
    for part in (steps, *((no,) for no in steps)):  # an attempt may begin at any step: those before it were done
        order = order_stage(sheet, lease.stage, part, taker=taker, shelf=shelf, forced=frozenset(), now=control.now())
        found.update(addresses_of(Assignment(order, {})))
    return frozenset(found)


def _replaced(tx: Transaction, lease: Lease, stage: Stage | None) -> Problem:
    """B66."""
    if stage is not None and stage.fence > lease.fence:
        newer = [a for a in tx.attempts.of_run(lease.run) if a.stage_no == lease.stage and a.fence > lease.fence]
        at = newer[0].started_at.isoformat(timespec="seconds") if newer else ""
        return Problem("ATT-001", {"attempt": lease.fence, "newer": lease.fence + 1, "at": at})
    return Problem("ATT-001", {"attempt": lease.fence}, variant="over")

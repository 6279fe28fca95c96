"""The verbs of workers elsewhere: who they are, what they may claim, and that what is sent twice counts once."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from pauta.domain.deploying import WorkerRecord, WorkerState
from pauta.domain.ids import RunId
from pauta.domain.problems import NotFound, Problem, shorten
from pauta.domain.runs import Stage
from pauta.domain.settings import QueueSettings
from pauta.domain.wire import CachedCall
from pauta.domain.work import Assignment, AttemptDied, Heard, Lease, Recorded, Renewal
from pauta.domain.work_requests import (
    ClaimAsked,
    Given,
    HeldGrant,
    Left,
    RecallAsked,
    Registered,
    Registration,
    RenewAsked,
    Renewed,
    ReportAsked,
)
from pauta.ports.store import Transaction
from pauta.services.access import Caller
from pauta.services.claiming import next_claim_under_limits
from pauta.services.control import Control
from pauta.services.desk_counter import DeskCounter
from pauta.services.grants import grant
from pauta.services.work_verbs_once import Answers
from pauta.services.work_verbs_sifting import own_attempts, require_stored, sift

_GRANT_LIVES = timedelta(minutes=15)
"""Each heartbeat gives new grants."""


class WorkVerbs:
    """Register, claim, report, renew, leave. Safe to use from several threads.

    Args:
        control: The server's hold of its project.
        queue: How long leases and heartbeats are.
        monotonic: The clock by which leases that their holder does not name are given up, in seconds.
    """

    def __init__(self, control: Control, *, queue: QueueSettings, monotonic: Callable[[], float]) -> None:
        self._control = control
        self._queue = queue
        self._monotonic = monotonic
        self._claims = Answers[Given]()
        self._reports = Answers[Recorded]()
        self._unnamed: dict[str, dict[Lease, float]] = {}
        self._lock = threading.Lock()

    # ---- who asks -----------------------------------------------------------------------------

    def register(self, caller: Caller, asked: Registration) -> Registered:
        """A worker introduces itself; again after a lost answer, or after it was taken for lost.

        Raises:
            Forbidden: AUT-005 when its token is not for one of the pools.
        """
        for pool in asked.pools:
            caller.need_pool(pool)
        owner, now = f"{caller.id}.{asked.nonce}", self._control.now()
        with self._control.store.transaction() as tx:
            before = tx.workers.get(owner)
            draining = before is not None and before.state is WorkerState.DRAINING
            tx.workers.put(
                WorkerRecord(
                    owner=owner,
                    name=asked.name,
                    pools=asked.pools,
                    tags=asked.tags,
                    capacity=asked.capacity,
                    host=asked.host,
                    process=asked.process,
                    version=asked.version,
                    started_at=before.started_at if before is not None else now,
                    seen_at=now,
                    state=WorkerState.DRAINING if draining else WorkerState.ACTIVE,
                )
            )
        return Registered(owner, self._queue.lease_seconds, self._queue.heartbeat_seconds)

    def worker(self, caller: Caller, owner: str) -> WorkerRecord:
        """The worker that this caller's token registered under this owner id.

        Raises:
            NotFound: ATT-011 when there is none, or it is another token's, or it has left.
            Forbidden: AUT-005 when the token was narrowed down since.
        """
        found = None
        if owner.startswith(f"{caller.id}."):
            with self._control.store.transaction() as tx:
                found = tx.workers.get(owner)
        if found is None or found.state is WorkerState.LEFT:
            raise NotFound(Problem("ATT-011", {"owner": shorten(owner)}))
        for pool in found.pools:
            caller.need_pool(pool)
        return found

    # ---- claiming -----------------------------------------------------------------------------

    def arrive(self, caller: Caller, asked: ClaimAsked) -> WorkerRecord:
        """A claim has come in: the worker lives, and its older claims that still wait get nothing more.

        Returns:
            The worker as it is now. Whoever changes it from here on rings for its pools.

        Raises:
            NotFound: ATT-011, as `worker`.
        """
        worker = self.worker(caller, asked.owner)
        if self._control.now() - worker.seen_at > timedelta(seconds=self._queue.heartbeat_seconds / 2):
            with self._control.store.transaction() as tx:
                worker = self._see(tx, worker)
        self._claims.arrive(worker.owner, asked.number)
        return worker

    def claim(self, worker: WorkerRecord, asked: ClaimAsked) -> Given | None:
        """Claim at once. None when there is nothing now and waiting may help.

        Raises:
            NotFound: RUN-001 when one run is asked for that is not in the worker's pools.
        """
        given = self._claims.once(
            worker.owner, asked.number, lambda: self._claim(worker, asked), keep=lambda answer: bool(answer.recorded)
        )
        if given is None:  # a newer claim came: nobody waits for this one
            return Given()
        return given if given.recorded or given.draining else None

    def seconds_to_next(self) -> float:
        """How long until the earliest stage that waits for its time, or for a limit on how often, may be claimed.

        One that is due already waits for others.
        """
        now = self._control.now()
        with self._control.store.transaction() as tx:
            times = (tx.stages.next_due(), next_claim_under_limits(tx, now=now))
        return min((_after(at - now) for at in times if at is not None), default=math.inf)

    def _claim(self, worker: WorkerRecord, asked: ClaimAsked) -> Given:
        if worker.state is WorkerState.DRAINING:
            return Given(draining=True)
        if asked.run is not None:
            with self._control.store.transaction() as tx:
                _require_run(tx, worker, asked.run)
        answers = self._counter(worker).claim(room=asked.room, run_id=asked.run)
        return Given(tuple(self._with_grants(worker, a) for a in answers if a.assignments or a.steps))

    def _with_grants(self, worker: WorkerRecord, answer: Recorded) -> Recorded:
        return replace(answer, assignments=tuple(self._granted(worker, answer.run_id, a) for a in answer.assignments))

    def _granted(self, worker: WorkerRecord, run_id: RunId, assignment: Assignment) -> Assignment:
        order = assignment.order
        return replace(assignment, grant=self._grant(worker, Lease(run_id, order.stage, order.fence)))

    def _grant(self, worker: WorkerRecord, lease: Lease) -> str:
        ends = self._control.now() + _GRANT_LIVES
        secret = self._control.secret
        return grant(secret, lease.run, stage=lease.stage, fence=lease.fence, expires=ends, owner=worker.owner)

    def _counter(self, worker: WorkerRecord) -> DeskCounter:
        return DeskCounter(self._control.desk, owner=worker.owner, pools=worker.pools, durable=True)

    # ---- reporting ----------------------------------------------------------------------------

    def report(self, worker: WorkerRecord, asked: ReportAsked) -> Recorded:
        """Put on record what happened; a report that was recorded before gets its answer again.

        Raises:
            NotFound: RUN-001 when there is no such run in the worker's pools.
            Conflict: ATT-002 when an attempt is another worker's, ATT-003 when an object was not sent first.
            InvalidInput: ATT-005 when a stage or step is none of the run's; OBJ-004.
        """
        place = f"{worker.owner} {asked.run}"
        answer = self._reports.once(place, asked.number, lambda: self._record(worker, asked.run, asked.heard))
        return answer if answer is not None else Recorded(asked.run)

    def _record(self, worker: WorkerRecord, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        with self._control.store.transaction() as tx:
            _require_run(tx, worker, run_id)
            sifted = sift(tx, heard, run_id=run_id, owner=worker.owner)
        require_stored(sifted.counting, self._control.objects)
        return self._counter(worker).report(run_id, sifted.news)

    def recall(self, worker: WorkerRecord, asked: RecallAsked) -> dict[str, CachedCall]:
        """What the cache holds of task results; nothing for an attempt that is not, or no longer, the worker's."""
        lease = asked.lease
        with self._control.store.transaction() as tx:
            stage = tx.stages.get(lease.run, lease.stage)
        if stage is None or stage.owner != worker.owner or stage.fence != lease.fence:
            return {}
        return self._control.desk.recall(asked.keys)

    # ---- renewing -----------------------------------------------------------------------------

    def renew(self, worker: WorkerRecord, asked: RenewAsked) -> Renewed:
        """A heartbeat: extend what the worker names, free what it holds without knowing it."""
        with self._control.store.transaction() as tx:
            state = self._see(tx, worker).state
            own = {Lease(s.run_id, s.no, s.fence) for s in tx.stages.running(owner=worker.owner)}
            foreign = _foreign(tx, (lease for lease in asked.held if lease not in own), owner=worker.owner)
        renewal = self._counter(worker).renew([lease for lease in asked.held if lease not in foreign])
        self._free_unnamed(worker, own.difference(asked.held))
        lost = {*foreign, *renewal.lost}
        return Renewed(
            Renewal(tuple(lease for lease in asked.held if lease in lost), renewal.stop),
            draining=state is WorkerState.DRAINING,
            grants=tuple(HeldGrant(lease, self._grant(worker, lease)) for lease in asked.held if lease not in lost),
        )

    def _see(self, tx: Transaction, worker: WorkerRecord) -> WorkerRecord:
        """Note that the worker lives. What somebody decided on it since it was read stays."""
        present = tx.workers.get(worker.owner) or worker
        state = WorkerState.ACTIVE if present.state is WorkerState.LOST else present.state
        present = replace(present, seen_at=self._control.now(), state=state)
        tx.workers.put(present)
        return present

    def _free_unnamed(self, worker: WorkerRecord, unnamed: Iterable[Lease]) -> None:
        """Free what the worker holds without knowing it: the answer to its claim was lost with a server.

        Only what it did not name for a whole heartbeat: the answer may be on its way.
        """
        clock = self._monotonic()
        with self._lock:
            before = self._unnamed.get(worker.owner, {})
            now = {lease: before.get(lease, clock) for lease in unnamed}
            due = [lease for lease, since in now.items() if clock - since >= self._queue.heartbeat_seconds / 2]
            self._unnamed[worker.owner] = {lease: since for lease, since in now.items() if lease not in due}
            if not self._unnamed[worker.owner]:
                del self._unnamed[worker.owner]
        self._free(worker, due)

    def _free(self, worker: WorkerRecord, leases: Iterable[Lease]) -> None:
        gone = Problem("RUN-014", {"owner": worker.owner})
        for lease in leases:
            died = AttemptDied(lease.stage, lease.fence, step=None, cause="released", problem=gone)
            self._control.desk.report(lease.run, [died])

    # ---- leaving ------------------------------------------------------------------------------

    def leave(self, worker: WorkerRecord) -> Left:
        """A worker says good-bye; what it still holds is free again, untouched."""
        with self._control.store.transaction() as tx:
            held: list[Stage] = tx.stages.running(owner=worker.owner)
            tx.workers.put(replace(worker, seen_at=self._control.now(), state=WorkerState.LEFT))
        self._free(worker, (Lease(s.run_id, s.no, s.fence) for s in held))
        self._claims.forget(worker.owner)
        with self._lock:
            self._unnamed.pop(worker.owner, None)
        return Left(len(held))


def _require_run(tx: Transaction, worker: WorkerRecord, run_id: RunId) -> None:
    run = tx.runs.get(run_id)
    if run is None or run.pool not in worker.pools:
        raise NotFound(Problem("RUN-001", {"run": shorten(run_id)}))


def _foreign(tx: Transaction, leases: Iterable[Lease], *, owner: str) -> set[Lease]:
    """Those of these leases that never were this worker's."""
    by_run: dict[RunId, list[Lease]] = {}
    for lease in leases:
        by_run.setdefault(lease.run, []).append(lease)
    foreign: set[Lease] = set()
    for run_id, asked in by_run.items():
        own = own_attempts(tx, run_id, owner=owner)
        foreign.update(lease for lease in asked if (lease.stage, lease.fence) not in own)
    return foreign


def _after(rest: timedelta) -> float:
    return rest.total_seconds() + 0.005 if rest > timedelta(0) else 1.0

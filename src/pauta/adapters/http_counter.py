"""The counter of a worker on another machine: the verbs over HTTP, and the objects that belong to them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from pauta.adapters.http_link import Link, may_pass
from pauta.adapters.http_objects import HttpObjects
from pauta.adapters.http_parcels import Batch, ended_leases, lighten, merge, parcels, stages_in
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Conflict, NotFound, PautaError, Problem
from pauta.domain.wire import CachedCall
from pauta.domain.work import Assignment, AttemptDied, Heard, Lease, Recorded, Renewal, Told
from pauta.domain.work_requests import (
    ClaimAsked,
    Given,
    LeaveAsked,
    Left,
    Recall,
    RecallAsked,
    Registered,
    Registration,
    RenewAsked,
    Renewed,
    ReportAsked,
)
from pauta.services.recording_calls import objects_of_cached
from pauta.services.work_verbs_objects import addresses_of
from pauta.services.work_verbs_sifting import objects_in

T = TypeVar("T")

_log = logging.getLogger("pauta.worker")

_ANSWER_SECONDS = 10.0
_LEAVE_SECONDS = 5.0
_FETCHERS = 4


class HttpCounter:
    """`ports.counter.Counter` over a server's ``/work`` routes. Safe to use from several threads.

    A stage is handed out with everything that it takes in the worker's own folder; what a report refers to is at
    the server before the report is.

    Args:
        link: Reaches the server.
        objects: Brings objects.
        me: How the worker introduces itself.

    Attributes:
        draining: The server wants it to take nothing new.
        on_drain: Called when that becomes so.
    """

    def __init__(self, link: Link, objects: HttpObjects, *, me: Registration) -> None:
        self._link = link
        self._objects = objects
        self._me = me
        self._known = Registered("", 30.0, 10.0)
        self._claims = threading.Lock()
        self._reports = threading.Lock()
        self._lock = threading.Lock()
        self._pending: ClaimAsked | None = None
        self._claim_number = 0
        self._report_number = 0
        self._open: dict[RunId, Batch] = {}
        self._grants: dict[Lease, str] = {}
        self._fetching: set[Lease] = set()
        self._fetch_again_at = 0.0
        self._has_left = False
        self.draining = False
        self.on_drain: Callable[[], None] = lambda: None

    # ---- coming and going ---------------------------------------------------------------------

    def register(self, *, patience: float) -> Registered:
        """Introduce the worker; asks again for so many seconds while the server cannot be reached.

        Raises:
            PautaError: It is refused, or not reached.
        """
        end = time.monotonic() + patience
        self._known = self._link.ask("register", self._me, Registered, until=lambda: end, patience=_ANSWER_SECONDS)
        return self._known

    def leave(self) -> None:
        """Say good-bye; what is still held is free at once. Without an answer the leases run out by themselves."""
        self._has_left = True
        end = time.monotonic() + _LEAVE_SECONDS
        asked = LeaveAsked(self._known.owner)
        try:
            self._link.ask("leave", asked, Left, until=lambda: end, patience=_LEAVE_SECONDS)
        except PautaError as error:
            _log.warning("%s", error)

    def _ask(self, verb: str, body: msgspec.Struct, kind: type[T], *, until: Callable[[], float], patience: float) -> T:
        """Ask; when the server does not know the worker any more, introduce it again first."""
        try:
            return self._link.ask(verb, body, kind, until=until, patience=patience)
        except NotFound as error:
            if error.problems[0].code != "ATT-011" or self._has_left:
                raise
        self.register(patience=_ANSWER_SECONDS)
        return self._link.ask(verb, body, kind, until=until, patience=patience)

    # ---- claiming -----------------------------------------------------------------------------

    def claim(self, *, room: int, run_id: RunId | None = None, wait_seconds: float = 0.0) -> Sequence[Recorded]:
        """See `Counter`. A claim whose answer was lost is asked again under its number until it is answered."""
        with self._claims:
            wait = max(0.0, self._fetch_again_at - time.monotonic())
            if self.draining or wait:
                self._link.pause(wait_seconds if self.draining else min(wait, wait_seconds))
                return ()
            if self._pending is None:
                self._claim_number += 1
                owner, number = self._known.owner, self._claim_number
                self._pending = ClaimAsked(owner, number, room, run=run_id, wait_seconds=wait_seconds)
            patience = self._pending.wait_seconds + _ANSWER_SECONDS
            try:
                given = self._ask("claim", self._pending, Given, until=time.monotonic, patience=patience)
            except PautaError as error:
                if not may_pass(error):
                    self._pending = None
                raise
            self._pending = None
            self._note_draining(given.draining)
            return self._bring_in(given.recorded)

    def _bring_in(self, answers: Sequence[Recorded]) -> Sequence[Recorded]:
        """Fetch what the stages take; those that cannot be had here are given back."""
        if not any(answer.assignments for answer in answers):
            return answers
        answers = [replace(a, assignments=tuple(lighten(x) for x in a.assignments)) for a in answers]
        every = [assignment for answer in answers for assignment in answer.assignments]
        with self._lock:
            self._fetching.update(a.lease for a in every)
            self._grants.update({a.lease: a.grant for a in every})
        try:
            failed = self._fetch(every)
        finally:
            with self._lock:
                left = {a.lease for a in every} - self._fetching
                self._fetching.difference_update(a.lease for a in every)
        return [self._without(answer, failed, lost=left) for answer in answers]

    def _fetch(self, assignments: Sequence[Assignment]) -> dict[Lease, PautaError]:
        """Fetch for all of them at once, renewing their leases meanwhile; what failed, by lease."""
        wanted: dict[Address, Lease] = {}
        for assignment in assignments:
            for address in addresses_of(assignment):
                if self._objects.is_here(address):
                    self._objects.note(address)
                else:
                    wanted.setdefault(address, assignment.lease)
        if not wanted:
            return {}
        faults: dict[Address, PautaError] = {}
        with ThreadPoolExecutor(max_workers=_FETCHERS, thread_name_prefix="fetch") as pool:
            tasks = {pool.submit(self._fetch_one, address, lease): address for address, lease in wanted.items()}
            pending = set(tasks)
            while pending:
                _, pending = wait(pending, timeout=self._known.heartbeat_seconds)
                if pending:
                    self._renew_quietly()
            for task, address in tasks.items():
                error = task.exception()
                if isinstance(error, PautaError):
                    faults[address] = error
                elif error is not None:
                    raise error
        found = {a.lease: [faults[x] for x in addresses_of(a) if x in faults] for a in assignments}
        return {lease: errors[0] for lease, errors in found.items() if errors}

    def _fetch_one(self, address: Address, lease: Lease) -> None:
        end = time.monotonic() + self._known.lease_seconds
        try:
            self._link.insist(
                lambda: self._objects.fetch(address, grant=self._grants.get(lease, "")), until=lambda: end
            )
        except NotFound as error:
            # The process will say so itself, as it does where it reads the store directly.
            _log.warning("%s", error)

    def _renew_quietly(self) -> None:
        try:
            self.renew(())
        except PautaError as error:
            _log.warning("%s", error)

    def _without(self, answer: Recorded, failed: dict[Lease, PautaError], *, lost: set[Lease]) -> Recorded:
        kept = []
        for assignment in answer.assignments:
            lease = assignment.lease
            if lease in failed:
                self._fetch_again_at = time.monotonic() + self._known.heartbeat_seconds
                _log.warning("stage %s of run %s is given back: %s", lease.stage, lease.run, failed[lease])
                self._give_back(lease, failed[lease].problems[0])
            elif lease not in lost:
                kept.append(assignment)
        return replace(answer, assignments=tuple(kept))

    def _give_back(self, lease: Lease, why: Problem) -> None:
        died = AttemptDied(lease.stage, lease.fence, step=None, cause="released", problem=why)
        try:
            self.report(lease.run, [died])
        except PautaError as error:  # then it is found at a heartbeat that this worker does not name it
            _log.warning("%s", error)

    # ---- reporting ----------------------------------------------------------------------------

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        """See `Counter`. To be asked again with at least the same items when there was no answer.

        Raises:
            StoreFault: The server cannot be reached or is out of order; what of it was recorded is not known.
        """
        with self._reports:
            batch = self._batch(run_id, heard)
            self._open[run_id] = batch
            while batch.unanswered:
                try:
                    answer = self._deliver(batch.unanswered[0])
                except PautaError as error:
                    if may_pass(error):
                        raise
                    _log.error("a report of run %s was refused: %s", run_id, error)
                    answer = Recorded(run_id, refused=stages_in(batch.unanswered[0].heard))
                batch.answers.append(answer)
                batch.unanswered.pop(0)
            del self._open[run_id]
        with self._lock:
            for lease in ended_leases(run_id, heard):
                self._grants.pop(lease, None)
        return merge(run_id, batch.answers)

    def _batch(self, run_id: RunId, heard: Sequence[Heard]) -> Batch:
        """The report in numbered parcels. What was sent before without an answer keeps its numbers."""
        batch = self._open.get(run_id)
        if batch is None or not batch.is_part_of(heard):
            batch = Batch()
        for parcel in parcels(batch.add(heard)):
            self._report_number += 1
            batch.unanswered.append(ReportAsked(self._known.owner, self._report_number, run_id, tuple(parcel)))
        return batch

    def _deliver(self, asked: ReportAsked) -> Recorded:
        end = time.monotonic() + self._known.lease_seconds / 10
        self._send_objects(asked, end=end)
        try:
            return self._ask("report", asked, Recorded, until=lambda: end, patience=self._answer_seconds)
        except Conflict as error:
            if error.problems[0].code != "ATT-003":
                raise
        # It had them once, or a former life of this worker sent them to another server: send them again.
        for item in asked.heard:
            for address in objects_in(item):
                self._objects.forget(address)
        self._send_objects(asked, end=end)
        return self._ask("report", asked, Recorded, until=lambda: end, patience=self._answer_seconds)

    def _send_objects(self, asked: ReportAsked, *, end: float) -> None:
        """The pointer comes last (P22). What a replaced attempt made is not wanted: its report will be refused."""
        for item in asked.heard:
            if isinstance(item, Told):
                grant = self._grants.get(Lease(asked.run, item.stage, item.fence), "")
                for address in objects_in(item):
                    self._send(address, grant, end=end)

    def _send(self, address: Address, grant: str, *, end: float) -> None:
        try:
            self._link.insist(lambda: self._objects.send(address, grant=grant), until=lambda: end)
        except PautaError as error:
            if may_pass(error):
                raise
            _log.warning("%s", error)

    @property
    def _answer_seconds(self) -> float:
        """So long an answer may take before it is asked for again: short beside a lease."""
        return max(0.4, min(_ANSWER_SECONDS, self._known.lease_seconds / 6))

    def recall(self, lease: Lease, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        """See `Counter`. Results whose objects cannot be fetched count as not found."""
        asked = RecallAsked(self._known.owner, lease, tuple(keys))
        try:
            answer = self._ask("recall", asked, Recall, until=time.monotonic, patience=self._answer_seconds)
            return {key: call for key, call in answer.found.items() if self._has_all(call, lease)}
        except PautaError as error:
            _log.warning("%s", error)
            return {}

    def _has_all(self, call: CachedCall, lease: Lease) -> bool:
        addresses = objects_of_cached(call)
        for address in addresses:
            self._fetch_one(address, lease)
        return all(map(self._objects.is_here, addresses))

    # ---- renewing -----------------------------------------------------------------------------

    def renew(self, held: Sequence[Lease]) -> Renewal:
        """See `Counter`. Names what is being fetched as well, and takes the new grants."""
        with self._lock:
            every = (*held, *(lease for lease in self._fetching if lease not in held))
        asked = RenewAsked(self._known.owner, every)
        end = time.monotonic() + self._known.heartbeat_seconds / 2
        renewed = self._ask("renew", asked, Renewed, until=lambda: end, patience=self._answer_seconds)
        with self._lock:
            self._grants.update({each.lease: each.grant for each in renewed.grants})
            self._fetching.difference_update(renewed.renewal.lost)
        self._note_draining(renewed.draining)
        own = set(held)
        return Renewal(_of(renewed.renewal.lost, own), _of(renewed.renewal.stop, own))

    def _note_draining(self, asked: bool) -> None:
        if asked and not self.draining:
            self.draining = True
            self.on_drain()


def _of(leases: Iterable[Lease], own: set[Lease]) -> tuple[Lease, ...]:
    return tuple(lease for lease in leases if lease in own)

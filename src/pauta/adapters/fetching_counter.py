"""The counter of a worker whose objects are elsewhere: they come before a stage begins and go before a report does."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from msgspec.structs import replace

from pauta.adapters.cached_objects import CachedObjects
from pauta.adapters.http_parcels import ended_leases, lighten, stages_in
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import PautaError, Problem, StoreFault
from pauta.domain.wire import CachedCall
from pauta.domain.work import Assignment, AttemptDied, Heard, Lease, Recorded, Renewal
from pauta.ports.counter import Counter
from pauta.services.recording_calls import objects_of_cached
from pauta.services.work_verbs_objects import addresses_of
from pauta.services.work_verbs_sifting import objects_in

_log = logging.getLogger("pauta.worker")

_FETCHERS = 8
_LOST = ("OBJ-001", "OBJ-002", "OBJ-004", "OBJ-007")
"""What asking again does not mend."""


class FetchingCounter:
    """`ports.counter.Counter` before another one. Safe to use from several threads.

    Args:
        counter: Where it is claimed and reported.
        objects: The folder from which processes read and into which they write, before the store elsewhere.
        beat_seconds: Leases are renewed so often while their objects are fetched.
    """

    def __init__(self, counter: Counter, objects: CachedObjects, *, beat_seconds: float) -> None:
        self._counter = counter
        self._objects = objects
        self._beat_seconds = beat_seconds

    def claim(self, *, room: int, run_id: RunId | None = None, wait_seconds: float = 0.0) -> Sequence[Recorded]:
        """See `Counter`. Stages whose objects cannot be had now are given back.

        Raises:
            StoreFault: OBJ-006 when the store does not answer; nothing stays claimed.
        """
        answers = self._counter.claim(room=room, run_id=run_id, wait_seconds=wait_seconds)
        answers = [replace(a, assignments=tuple(lighten(x) for x in a.assignments)) for a in answers]
        every = [assignment for answer in answers for assignment in answer.assignments]
        try:
            for assignment in every:
                self._objects.pin(assignment.lease, addresses_of(assignment))
            self._fetch(every)
        except PautaError as error:
            self._give_back(every, error.problems[0])
            raise
        return answers

    def _fetch(self, assignments: Sequence[Assignment]) -> None:
        wanted = {a for x in assignments for a in addresses_of(x) if not self._objects.folder.exists(a)}
        if not wanted:
            return
        leases = [assignment.lease for assignment in assignments]
        with ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch") as threads:
            pending = {threads.submit(self._fetch_one, address) for address in wanted}
            while pending:
                done, pending = wait(pending, timeout=self._beat_seconds)
                if pending:
                    self._counter.renew(leases)
                for each in done:
                    each.result()

    def _fetch_one(self, address: Address) -> None:
        try:
            self._objects.path(address)
        except StoreFault as fault:
            if fault.problems[0].code not in _LOST:
                raise
            _log.warning("%s", fault)  # the process will say so itself, as it does where the store is a folder

    def _give_back(self, assignments: Sequence[Assignment], problem: Problem) -> None:
        for assignment in assignments:
            lease = assignment.lease
            self._objects.unpin(lease)
            died = AttemptDied(lease.stage, lease.fence, step=None, cause="released", problem=problem)
            try:
                self._counter.report(lease.run, [died])
            except PautaError as again:  # then its lease runs out
                _log.warning("%s", again)

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        """See `Counter`. The pointer comes last (P22): what cannot be sent is not reported.

        Raises:
            StoreFault: OBJ-006 when the store does not answer. To be asked again with the same items.
        """
        try:
            self._objects.sync([address for item in heard for address in objects_in(item)])
        except StoreFault as fault:
            if fault.problems[0].code not in _LOST:
                raise
            _log.error("a report of run %s was refused: %s", run_id, fault)
            return Recorded(run_id, refused=stages_in(heard))
        recorded = self._counter.report(run_id, heard)
        for lease in ended_leases(run_id, heard):
            self._objects.unpin(lease)
        return recorded

    def recall(self, lease: Lease, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        """See `Counter`. Results whose objects cannot be had count as not found."""
        return {key: call for key, call in self._counter.recall(lease, keys).items() if self._has_all(call, lease)}

    def _has_all(self, call: CachedCall, lease: Lease) -> bool:
        addresses = objects_of_cached(call)
        self._objects.pin(lease, addresses)
        try:
            for address in addresses:
                self._fetch_one(address)
        except StoreFault as fault:
            _log.warning("%s", fault)
        return all(map(self._objects.folder.exists, addresses))

    def renew(self, held: Sequence[Lease]) -> Renewal:
        """See `Counter`."""
        return self._counter.renew(held)

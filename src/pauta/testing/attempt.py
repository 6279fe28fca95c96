"""One attempt of a flow or task in a test: its surroundings, and what the desk hears of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pauta.domain.calls import CallState
from pauta.domain.ids import RunId
from pauta.domain.wire import CachedCall, CallReport, CallStarted, RunStage
from pauta.domain.work import Heard
from pauta.flows.site import Site
from pauta.runtime.parcels import StoredParcels
from pauta.services.desk import Desk
from pauta.testing.faults import Crash, Fault
from pauta.testing.timing import Clock


class Attempt:
    """The surroundings of one body.

    Attributes:
        is_dead: Whether it crashed: nothing of it goes on record any more.
        left: After how many more reports it, or a later attempt, crashes; None: not at all, or it did.
        begun: Names of the bodies that began.
        repeated: Names of those of them that were on record as completed, or failed for good.
    """

    def __init__(
        self,
        order: RunStage,
        *,
        desk: Desk,
        parcels: StoredParcels,
        clock: Clock,
        faults: Sequence[Fault],
        crash_after: int | None,
    ) -> None:
        """An order of the desk.

        Args:
            order: The stage.
            desk: Hears of it.
            parcels: Keep its values.
            clock: The time.
            faults: What goes wrong.
            crash_after: It crashes when so many reports are on record; None: not at all.
        """
        self._order = order
        self._desk = desk
        self._parcels = parcels
        self._clock = clock
        self._faults = faults
        self.left = crash_after
        self._heard: list[Heard] = []
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._tries: dict[int | None, tuple[int, int]] = {None: (0, order.steps[0].attempt)}
        self.is_dead = False
        self.begun: list[str] = []
        self.repeated: list[str] = []
        calls = order.steps[0].flow.calls if order.steps[0].flow is not None else ()
        self._ended = {call.no for call in calls if call.state in (CallState.COMPLETED, CallState.FAILED)}

    def site(self, pool: str) -> Site:
        """Its surroundings."""
        step = self._order.steps[0]
        return Site(
            stage=self._order.stage,
            fence=self._order.fence,
            step=step.no,
            recorded=step.flow.calls if step.flow is not None else (),
            tell=self.tell,
            confirm=self._confirm,
            recall=self._recall,
            parcels=self._parcels,
            clock=self._clock,
            chance=_middle,
            within=_within,
            pool=pool,
            disturb=self._disturb,
        )

    def tell(self, report: CallReport) -> None:
        """Take a report of a call."""
        with self._lock:
            if self.left == 0:
                self.is_dead, self.left = True, None
            elif self.left is not None:
                self.left -= 1
            if not self.is_dead:
                self._heard.append(report)
                if isinstance(report, CallStarted):
                    self._tries[report.no] = (report.index, report.attempt)
        if self.is_dead and threading.get_ident() == self._thread:
            raise Crash

    def say(self, *heard: Heard) -> None:
        """What the process itself tells."""
        with self._lock:
            self._heard.extend(heard)

    def flush(self) -> None:
        """Have everything put on record."""
        with self._lock:
            heard, self._heard = self._heard, []
        if heard:
            self._desk.report(RunId(self._order.run), heard)

    def _confirm(self, call: int) -> None:
        del call
        self.flush()

    def _recall(self, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        self.flush()
        return self._desk.recall(keys)

    def _disturb(self, name: str, no: int | None) -> None:
        index, attempt = self._tries.get(no, (0, 1))
        with self._lock:
            if no is not None and not self.is_dead:
                self.begun.append(name)
                if no in self._ended:
                    self.repeated.append(name)
        for fault in self._faults:
            if fault.hits(name, index, attempt):
                raise fault.error


def _within(call: int) -> AbstractContextManager[None]:
    """What is printed is the test's own."""
    del call
    return nullcontext()


def _middle() -> float:
    """No jitter."""
    return 0.5


Pipeline = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""Stands in for a published pipeline or a deployment: inputs and parameters → what it gives, by name."""

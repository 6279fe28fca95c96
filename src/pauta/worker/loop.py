"""Runs one run to its end on this machine: claim, send, listen, report."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec.structs

from pauta.domain import wire
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Conflict, Problem
from pauta.domain.work import Assignment, AttemptDied, Heard, Recorded
from pauta.ports.launcher import Exited, Happening, Launcher, Printed, Process, ProcessSpec, Reported
from pauta.ports.objects import Identity, Objects
from pauta.ports.watcher import Watcher
from pauta.services.desk import LEASE, Desk
from pauta.services.secrets import LookUp, reveal
from pauta.worker.bundle import lay_out
from pauta.worker.deaths import problem_of_exit, problem_of_timeout
from pauta.worker.departing import Departing
from pauta.worker.hand import Depth, Given, Hand
from pauta.worker.logbook import Logbook

HEARTBEAT_SECONDS = LEASE.total_seconds() / 3
GRACE_SECONDS = 10.0
GATHER_SECONDS = 0.005
"""So long may the completion of a step wait for the next one's, to go on record together."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker works.

    Attributes:
        owner: Names this worker in leases.
        work: Folder in which each process gets one of its own.
        bundles: Folder of laid-out scripts.
        objects: Root of the object store, for the processes.
        slots: Most processes at a time.
        departing: Where processes go when their run has ended.
        secret: Gives the value of a secret that a step declares.
    """

    owner: str
    work: Path
    bundles: Path
    objects: Path
    slots: int
    departing: Departing
    secret: LookUp


class RunLoop:
    """One run, from its first claim until nothing of it can go on by itself."""

    def __init__(
        self,
        run_id: RunId,
        *,
        desk: Desk,
        launcher: Callable[[], Launcher],
        objects: Objects,
        place: Place,
        watcher: Watcher,
        now: Callable[[], datetime],
        next_due: Callable[[RunId], datetime | None],
    ) -> None:
        self._run_id = run_id
        self._desk = desk
        self._make_launcher = launcher
        self._launcher: Launcher | None = None
        self._objects = objects
        self._place = place
        self._watcher = watcher
        self._now = now
        self._next_due = next_due
        self._departing = place.departing
        self._hands: dict[Process, Hand] = {}
        self._depth = Depth()
        self._numbers = itertools.count()
        self._trusted: dict[Address, Identity] = {}
        self._book = Logbook(watcher)
        self._renewed_at = time.monotonic()
        self._interrupts = 0
        self._bundle: tuple[Mapping[str, Address], str] | None = None
        self._heard: list[Heard] = []
        self._gathers_since: float | None = None
        self._hurry = False
        # Asking for stages costs a transaction: only when one may have become ready since the last answer.
        self._worth_asking = True
        self._retry_at: datetime | None = None

    def run(self, interrupted: Callable[[], int]) -> None:
        """Work until the run is final or held and no process is left.

        Args:
            interrupted: How often a person asked to stop: once cancels the run cleanly, twice kills its processes.
        """
        try:
            while True:
                self._obey(interrupted())
                claimed = self._fill()
                if not self._hands_busy() and not claimed:
                    due = self._next_due(self._run_id)
                    if due is None:
                        break
                    self._rest(until=due)
                    self._worth_asking = True
                    continue
                self._listen()
                self._stop_late()
                self._renew()
            self._report([])  # what was printed after the last step had ended
        finally:
            self._leave()

    # ---- claiming -----------------------------------------------------------------------------

    def _hands_busy(self) -> bool:
        return any(hand.queue for hand in self._hands.values())

    def _fill(self) -> bool:
        """Claim what there is room for and send it. Whether anything was claimed or completed."""
        did_any = False
        if self._retry_at is not None and self._now() >= self._retry_at:
            self._worth_asking, self._retry_at = True, None
        while self._worth_asking and (room := self._room()) > 0 and not self._interrupts:
            recorded = self._desk.claim(owner=self._place.owner, limit=room, run_id=self._run_id)
            self._show(recorded)
            for assignment in recorded.assignments:
                self._send(assignment)
            self._worth_asking = bool(recorded.assignments or recorded.steps)
            did_any = did_any or self._worth_asking
        return did_any

    def _room(self) -> int:
        usable = [h for h in self._hands.values() if not h.leaving]
        held = sum(len(h.queue) for h in usable)
        return self._place.slots * self._depth.value - held

    def _send(self, assignment: Assignment) -> None:
        if self._bundle is None or self._bundle[0] is not assignment.scripts:
            path = lay_out(assignment.scripts, root=self._place.bundles, objects=self._objects)
            self._bundle = assignment.scripts, str(path)
        order = msgspec.structs.replace(
            assignment.order,
            objects=str(self._place.objects),
            bundle=self._bundle[1],
            steps=tuple(self._completed(step) for step in assignment.order.steps),
        )
        self._choose_hand().give(Given(order, time.monotonic()))

    def _completed(self, step: wire.StepOrder) -> wire.StepOrder:
        """The order with what only this worker knows: secrets, and which files need not be hashed again."""
        if step.kwargs:
            step = msgspec.structs.replace(step, kwargs=reveal(step.kwargs, self._place.secret))
        if not any(take.output is not None and take.output.address in self._trusted for take in step.takes):
            return step
        takes = tuple(
            msgspec.structs.replace(take, trusted=self._trusted.get(take.output.address))
            if take.output is not None
            else take
            for take in step.takes
        )
        return msgspec.structs.replace(step, takes=takes)

    def _choose_hand(self) -> Hand:
        """The process with least to do; a new one while there is a free slot and none is idle."""
        usable = [h for h in self._hands.values() if not h.leaving]
        best = min(usable, key=lambda h: len(h.queue), default=None)
        if best is not None and (not best.queue or len(usable) >= self._place.slots):
            return best
        if self._launcher is None:
            self._launcher = self._make_launcher()
        label = f"{self._run_id}.{next(self._numbers)}"
        folder = self._place.work / label
        process = self._launcher.start(ProcessSpec(label=label, folder=folder))
        hand = Hand(process, folder)
        self._hands[process] = hand
        return hand

    # ---- listening ----------------------------------------------------------------------------

    def _listen(self) -> None:
        """Wait for what happens next, then record all of it at once."""
        if self._launcher is None:
            return
        for process, happening in self._launcher.wait(self._patience()):
            hand = self._hands.get(process)
            if hand is None:
                self._departing.hear(process, happening)
            else:
                for heard in self._digest(hand, happening):
                    self._heard.append(heard)
                    self._hurry = self._hurry or isinstance(heard, wire.StageDone | wire.StepFailed | AttemptDied)
        if self._heard and self._gathers_since is None:
            self._gathers_since = time.monotonic()
        if self._is_urgent() or self._book.is_due:
            news, self._heard, self._gathers_since, self._hurry = self._heard, [], None, False
            self._report(news)

    def _is_urgent(self) -> bool:
        """Whether somebody waits for what was heard: for the next stage, or for the word that it is on record."""
        if self._gathers_since is None:
            return False
        if self._hurry or time.monotonic() - self._gathers_since >= GATHER_SECONDS:
            return True
        return any(hand.queue and hand.queue[0].has_effects for hand in self._hands.values())

    def _patience(self) -> float:
        """Seconds until something has to be done although nothing happens."""
        clock = time.monotonic()
        due = [self._renewed_at + HEARTBEAT_SECONDS, clock + 1.0]
        due.extend(h.deadline for h in self._hands.values() if h.deadline is not None)
        if self._book.has_lines:
            due.append(clock + 0.1)
        if self._gathers_since is not None:
            due.append(self._gathers_since + GATHER_SECONDS)
        if self._retry_at is not None:
            due.append(clock + (self._retry_at - self._now()).total_seconds())
        return max(0.0, min(due) - clock)

    def _digest(self, hand: Hand, happening: Happening) -> Iterable[Heard]:
        match happening:
            case Printed():
                step = happening.step if happening.step is not None else hand.last_step
                if step is not None:
                    self._book.print(happening, step=step, fence=hand.fences.get(step, 0))
                return ()
            case Reported(report=report):
                return self._digest_report(hand, report)
            case Exited():
                return self._digest_exit(hand, happening)

    def _digest_report(self, hand: Hand, report: wire.Report) -> Iterable[Heard]:
        """Keep track of what the process does; what belongs on record is returned."""
        match report:
            case wire.StepStarted():
                hand.begin(report.step, at=time.monotonic())
                order = hand.queue[0].steps[report.step]
                began = datetime.fromtimestamp(report.at, UTC)
                self._watcher.step_started(report.step, order.name, order.attempt, began)
            case wire.StepFinished():
                self._book.close(report.step)
                if report.step in hand.storing:
                    hand.storing.remove(report.step)
                if report.output is not None and report.stored is not None:
                    self._trusted[report.output.address] = report.stored
            case wire.StepFailed():
                self._book.close(report.step)
                self._retire(hand)
            case wire.StageDone():
                self._finish_stage(hand)
            case _:
                self._digest_aside(hand, report)
                return ()
        return (report,)

    def _digest_aside(self, hand: Hand, report: wire.Report) -> None:
        """What is shown or logged, but changes no state."""
        match report:
            case wire.StepReturned():
                hand.end_body()
            case wire.Progressed():
                self._watcher.step_progressed(report.step, report.done, report.total, report.text)
            case wire.Logged() | wire.Measured():
                self._book.note(report, at=self._now(), fence=hand.fences.get(report.step, 0))
            case _:
                pass

    def _finish_stage(self, hand: Hand) -> None:
        given = hand.queue.popleft()
        clock = time.monotonic()
        self._depth.learn(clock - given.sent_at)
        if hand.queue:
            hand.queue[0].sent_at = clock
        hand.storing.clear()

    def _retire(self, hand: Hand) -> None:
        """After a failure the process ends: the next attempt begins in a clean one."""
        hand.end_body()
        if hand.queue:
            hand.queue.popleft()
        hand.storing.clear()
        hand.leaving = True
        hand.process.send(wire.Leave())

    def _digest_exit(self, hand: Hand, exited: Exited) -> Iterable[Heard]:
        """The process is gone: the stage it ran has died, those behind it were never begun."""
        del self._hands[hand.process]
        shutil.rmtree(hand.folder, ignore_errors=True)
        step = hand.body if hand.body is not None else (hand.storing[0] if hand.storing else None)
        heard: list[Heard] = []
        for position, given in enumerate(hand.queue):
            first = position == 0 and not hand.leaving
            if first and step is not None:
                self._book.close(step)
            heard.append(
                AttemptDied(
                    given.order.stage,
                    given.order.fence,
                    step=step if first else None,
                    cause=exited.cause if first or exited.cause == "cancelled" else "released",
                    problem=self._problem(hand, exited),
                    seconds=time.monotonic() - hand.body_since if first and hand.body is not None else None,
                    process=hand.process.pid,
                )
            )
        return heard

    def _problem(self, hand: Hand, exited: Exited) -> Problem:
        if exited.cause == "timeout" and hand.queue and hand.body is not None:
            limit = hand.queue[0].steps[hand.body].timeout_seconds or 0.0
            return problem_of_timeout(limit, grace_seconds=GRACE_SECONDS, signal=exited.signal)
        return problem_of_exit(exited, memory_limit=hand.memory_bytes)

    def _report(self, heard: Sequence[Heard]) -> None:
        """Put it on record, then tell everybody concerned."""
        everything = [*self._book.take(), *heard]
        if not everything:
            return
        recorded = self._desk.report(self._run_id, everything)
        if any(isinstance(h, wire.StageDone | wire.StepFailed | AttemptDied) for h in heard):
            self._worth_asking = True
        self._acknowledge(heard)
        self._show(recorded)
        for hand in list(self._hands.values()):
            stages = {g.order.stage for g in hand.queue}
            if stages.intersection(recorded.stop):
                hand.process.stop("cancelled", grace_seconds=GRACE_SECONDS)
            elif stages.intersection(recorded.refused):
                hand.process.kill("killed")

    def _acknowledge(self, heard: Sequence[Heard]) -> None:
        for item in heard:
            if isinstance(item, wire.StepFinished):
                for hand in self._hands.values():
                    if hand.queue and hand.queue[0].has_effects and item.step in hand.queue[0].steps:
                        hand.process.send(wire.Acknowledge(item.stage, item.fence, item.step))

    def _show(self, recorded: Recorded) -> None:
        for retry in recorded.retries:
            if retry.next_at is not None:
                self._retry_at = min(self._retry_at or retry.next_at, retry.next_at)
            self._watcher.step_retries(retry.step, retry.problem, retry.next_at, retry.attempt)
        for step in recorded.steps:
            self._watcher.step_ended(step)

    # ---- time and people ----------------------------------------------------------------------

    def _stop_late(self) -> None:
        clock = time.monotonic()
        for hand in self._hands.values():
            if hand.deadline is not None and clock >= hand.deadline:
                hand.deadline = None
                hand.process.stop("timeout", grace_seconds=GRACE_SECONDS)

    def _renew(self) -> None:
        clock = time.monotonic()
        if clock - self._renewed_at < HEARTBEAT_SECONDS:
            return
        self._renewed_at = clock
        held = [(g.order.stage, g.order.fence) for h in self._hands.values() for g in h.queue]
        lost = set(self._desk.renew(self._run_id, held)) if held else set()
        for hand in self._hands.values():
            if lost.intersection(g.order.stage for g in hand.queue):
                hand.process.kill("killed")

    def _obey(self, interrupts: int) -> None:
        """Once: cancel the run, ask its processes to end. Again: end them now."""
        if interrupts > self._interrupts:
            first = self._interrupts == 0
            self._interrupts = interrupts
            if first:
                with suppress(Conflict):  # it ended before it could be cancelled
                    self._show(self._desk.cancel(self._run_id))
            for hand in self._hands.values():
                if interrupts > 1:
                    hand.process.kill("cancelled")
                else:
                    hand.process.stop("cancelled", grace_seconds=GRACE_SECONDS)

    def _rest(self, *, until: datetime) -> None:
        """Nothing runs and a retry waits for its time."""
        seconds = (until - self._now()).total_seconds()
        time.sleep(min(max(seconds, 0.0), 0.25))

    def _leave(self) -> None:
        for hand in self._hands.values():
            self._departing.see_off(hand.process, hand.folder)
        self._hands.clear()

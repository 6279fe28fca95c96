"""What a worker keeps of one run while it works on it: what was heard and is not on record yet."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pauta.domain import wire
from pauta.domain.calls import Call, CallState
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Problem
from pauta.domain.work import AttemptDied, EndOfAttempt, Heard, Lease, Lines
from pauta.ports.launcher import Exited, Happening, Printed, Reported
from pauta.ports.objects import Identity
from pauta.ports.watcher import Watcher
from pauta.worker.deaths import problem_of_exit, problem_of_timeout
from pauta.worker.discretion import Discretion
from pauta.worker.hand import Depth, Hand, Pace
from pauta.worker.logbook import Logbook

GRACE_SECONDS = 10.0
GATHER_SECONDS = 0.005
"""So long may the completion of a step wait for the next one's, to go on record together."""
BEGINNING_SECONDS = 0.03
"""So long may the beginning of a step wait: most steps of that length have ended by then, and both are recorded."""


class Bench:
    """One run at this worker.

    Attributes:
        run_id: The run.
        watcher: Who looks on.
        book: Its log lines that wait to be put on record.
        discretion: Keeps its secrets out of all that is recorded or shown.
        trusted: Files that were just written here and need not be hashed again.
        depth: How many of its stages a process is given ahead.
        over: Nothing of it is to be done any more.
    """

    def __init__(self, run_id: RunId, *, watcher: Watcher, pace: Pace) -> None:
        self.run_id = run_id
        self.watcher = watcher
        self.book = Logbook(watcher)
        self.discretion = Discretion()
        self.trusted: dict[Address, Identity] = {}
        self.depth = Depth()
        self.over = False
        self._pace = pace
        self._heard: list[Heard] = []
        self._due: float | None = None
        self._hurry = False

    # ---- hearing ------------------------------------------------------------------------------

    def hear(self, hand: Hand, happening: Happening, *, now: datetime) -> None:
        """Take in what happened in one of its processes."""
        for heard in self._digest(hand, happening, now=now):
            self._heard.append(heard)
            self._hurry = self._hurry or is_waited_for(heard, hand)
            patience = BEGINNING_SECONDS if isinstance(heard, _BEGINNINGS) else GATHER_SECONDS
            due = time.monotonic() + patience
            self._due = due if self._due is None else min(self._due, due)

    def give_back(self, order: wire.RunStage, *, cause: str) -> None:
        """A stage that was claimed and never begun: ``released`` to others, or ``cancelled``."""
        problem = Problem("RUN-019")
        self._heard.append(AttemptDied(order.stage, order.fence, step=None, cause=cause, problem=problem))
        self._hurry, self._due = True, time.monotonic()

    def refuse(self, order: wire.RunStage, step: int, problem: Problem, *, now: datetime) -> None:
        """A step cannot be run here: it fails without having begun."""
        self._heard.append(wire.StepFailed(order.stage, order.fence, step, 0.0, now.timestamp(), problem))
        self._hurry, self._due = True, time.monotonic()

    @property
    def has_news(self) -> bool:
        """Whether anything waits to be put on record."""
        return bool(self._heard) or self.book.has_lines

    def is_urgent(self) -> bool:
        """Whether somebody waits for what was heard: for the next stage, or for the word that it is on record."""
        if self.book.is_due:
            return True
        if self._due is None:
            return False
        return self._hurry or time.monotonic() >= self._due

    def due(self, clock: float) -> float | None:
        """When it is to be put on record although nothing more happens, monotonic seconds."""
        due = [self._due] if self._due is not None else []
        if self.book.has_lines:
            due.append(clock + 0.1)
        return min(due, default=None)

    def take(self) -> Sequence[Heard]:
        """What was heard; it is the caller's now."""
        heard, self._heard, self._due, self._hurry = self._heard, [], None, False
        return heard

    def put_back(self, heard: Sequence[Heard]) -> None:
        """It could not be put on record now: it comes first the next time."""
        self._heard[:0] = heard
        self._due = time.monotonic()
        self._hurry = True

    # ---- digesting ----------------------------------------------------------------------------

    def _digest(self, hand: Hand, happening: Happening, *, now: datetime) -> Iterable[Heard]:
        match happening:
            case Printed():
                step = happening.step if happening.step is not None else hand.last_step
                if step is not None:
                    masked = self.discretion.printed(happening, step=step)
                    self.book.print(masked, step=step, fence=hand.fences.get(step, 0))
                return ()
            case Reported(report=report):
                return self._digest_report(hand, self.discretion.report(report), now=now)
            case Exited():
                return self._digest_exit(hand, happening)

    def _digest_report(self, hand: Hand, report: wire.Report, *, now: datetime) -> Iterable[Heard]:
        """Keep track of what the process does; what belongs on record is returned."""
        match report:
            case wire.StepStarted():
                hand.begin(report.step, at=time.monotonic())
                order = hand.queue[0].steps[report.step]
                began = datetime.fromtimestamp(report.at, UTC)
                self.watcher.step_started(report.step, order.name, order.attempt, began)
            case wire.StepFinished():
                self.book.close(report.step)
                if report.step in hand.storing:
                    hand.storing.remove(report.step)
                if report.output is not None and report.stored is not None:
                    self.trusted[report.output.address] = report.stored
            case wire.StepFailed() | wire.StageSuspended():
                self.book.close(report.step)
                hand.retire()
            case wire.CallStarted() | wire.CallEnded() | wire.CallAwaits():
                self._digest_call(hand, report)
            case wire.StageDone():
                seconds = hand.finish_stage()
                self.depth.learn(seconds)
                self._pace.learn(seconds)
            case _:
                self._digest_aside(hand, report, now=now)
                return ()
        return (report,)

    def _digest_call(self, hand: Hand, report: wire.CallReport) -> None:
        if isinstance(report, wire.CallStarted):
            hand.fences[report.no] = hand.fences.get(report.step, 0)
            self.watcher.call_began(_call(self.run_id, report))
        else:
            self.book.close(report.no)

    def _digest_aside(self, hand: Hand, report: wire.Report, *, now: datetime) -> None:
        """What is shown or logged, but changes no state."""
        match report:
            case wire.StepReturned():
                hand.end_body()
            case wire.Progressed():
                self.watcher.step_progressed(report.step, report.done, report.total, report.text)
            case wire.Logged() | wire.Measured():
                self.book.note(report, at=now, fence=hand.fences.get(report.step, 0))
            case _:
                pass

    def _digest_exit(self, hand: Hand, exited: Exited) -> Iterable[Heard]:
        """The process is gone: the stage it ran has died, those behind it were never begun."""
        step = hand.body if hand.body is not None else (hand.storing[0] if hand.storing else None)
        heard: list[Heard] = []
        for position, given in enumerate(hand.queue):
            first = position == 0 and not hand.leaving
            if first and step is not None:
                self.book.close(step)
            heard.append(
                AttemptDied(
                    given.order.stage,
                    given.order.fence,
                    step=step if first else None,
                    cause=exited.cause if first or exited.cause == "cancelled" else "released",
                    problem=self.discretion.problem(_problem(hand, exited)),
                    seconds=time.monotonic() - hand.body_since if first and hand.body is not None else None,
                    process=hand.process.pid,
                )
            )
        return heard


_BEGINNINGS = wire.StepStarted | wire.CallStarted


def is_waited_for(heard: Heard, hand: Hand) -> bool:
    """Whether somebody can go on only when this is on record."""
    if isinstance(heard, wire.StepFinished):
        return any(given.has_effects for given in hand.queue if given.order.stage == heard.stage)
    if isinstance(heard, wire.CallStarted | wire.CallEnded):
        return heard.wait
    return isinstance(heard, EndOfAttempt | wire.CallAwaits)


def acknowledgement(heard: Heard) -> wire.Acknowledge | None:
    """The word that this is on record, for a process that may wait for it."""
    if isinstance(heard, wire.StepFinished):
        return wire.Acknowledge(heard.stage, heard.fence, heard.step)
    if isinstance(heard, wire.CallStarted | wire.CallEnded) and heard.wait:
        return wire.Acknowledge(heard.stage, heard.fence, heard.step, heard.no)
    return None


def _call(run_id: RunId, report: wire.CallStarted) -> Call:
    """A call that begins, for whoever looks on."""
    return Call(
        run_id,
        report.no,
        report.step,
        report.parent,
        report.kind,
        report.name,
        report.index,
        report.position,
        CallState.RUNNING,
        attempts=report.attempt,
        started_at=datetime.fromtimestamp(report.at, UTC),
        tags=report.tags,
    )


def _problem(hand: Hand, exited: Exited) -> Problem:
    if exited.cause == "timeout" and hand.queue and hand.body is not None:
        limit = hand.queue[0].steps[hand.body].timeout_seconds or 0.0
        return problem_of_timeout(limit, grace_seconds=GRACE_SECONDS, signal=exited.signal)
    return problem_of_exit(exited, memory_limit=hand.memory_bytes)


def late_attempts(run_id: RunId, heard: Sequence[Heard], refused: Sequence[int]) -> set[Lease]:
    """The attempts whose reports came too late.

    A worker that slept through its lease may hold the same stage again, under a new fence, when its old report is
    refused: of several attempts in one report the newest is left to the next heartbeat.
    """
    fences: dict[int, set[int]] = {stage: set() for stage in refused}
    for item in heard:
        if not isinstance(item, Lines) and item.stage in fences:
            fences[item.stage].add(item.fence)
    return {
        Lease(run_id, stage, fence)
        for stage, told in fences.items()
        for fence in told
        if len(told) == 1 or fence < max(told)
    }

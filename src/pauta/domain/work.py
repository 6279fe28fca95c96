"""What workers and the desk say to each other, on one machine or over the wire: claims, reports, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from pauta.domain.calls import Call
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, StepRecord
from pauta.domain.wire import (
    CallAwaits,
    CallEnded,
    CallStarted,
    Message,
    RunStage,
    StageDone,
    StageSuspended,
    StepFailed,
    StepFinished,
    StepStarted,
)


class AttemptDied(Message, frozen=True, tag="died"):
    """The process that held a stage is gone before the stage was done.

    Attributes:
        step: The step whose body ran, or whose output was being stored; None when none had begun.
        cause: ``died``, ``memory``, ``killed``, ``timeout``, ``cancelled`` or ``released`` (never begun).
        process: Process id.
    """

    stage: int
    fence: int
    step: int | None
    cause: str
    problem: Problem
    seconds: float | None = None
    process: int | None = None


class Lines(Message, frozen=True, tag="lines"):
    """Log lines of one step of one attempt."""

    step: int
    fence: int
    lines: tuple[LogLine, ...]


Heard = (
    StepStarted | StepFinished | StepFailed | StageDone | StageSuspended | CallStarted | CallEnded | CallAwaits
    | AttemptDied | Lines
)  # fmt: skip


EndOfAttempt = StageDone | StageSuspended | StepFailed | AttemptDied
"""With these an attempt is over."""
Told = StepFinished | StepFailed | CallEnded | CallAwaits
"""These may speak of objects that their attempt made."""


class Lease(Struct, frozen=True):
    """One attempt that a worker holds."""

    run: RunId
    stage: int
    fence: int


class Assignment(Struct, frozen=True):
    """A claimed stage: the order, and the scripts it needs (path → address) to be laid out beside it.

    Attributes:
        grant: Lets a worker on another machine fetch what this attempt takes, and nothing else; empty when the
            worker reads the object store itself.
    """

    order: RunStage
    scripts: Mapping[str, Address]
    grant: str = ""

    @property
    def lease(self) -> Lease:
        """The attempt that it is about."""
        return Lease(RunId(self.order.run), self.order.stage, self.order.fence)


class Retry(Struct, frozen=True):
    """A step failed or died and will be tried again, at `next_at` or at once."""

    step: int
    problem: Problem
    next_at: datetime | None
    attempt: int


class Recorded(Struct, frozen=True):
    """What is on record of one run now, after a claim or a report.

    Attributes:
        steps: Steps that became final, in order.
        calls: Calls of flows that ended, or began to wait, in order.
        retries: Steps that will be tried again.
        assignments: Stages claimed, to be run.
        stop: Stages whose process is to be ended: the run is being cancelled.
        refused: Stages of which a report came too late: what their process still does is of no use.
        over: Whether the run is final or held.
    """

    run_id: RunId
    steps: tuple[StepRecord, ...] = ()
    calls: tuple[Call, ...] = ()
    retries: tuple[Retry, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    stop: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    over: bool = False


class Renewal(Struct, frozen=True):
    """The answer to a heartbeat.

    Attributes:
        lost: Leases that no longer count: end their processes.
        stop: Leases of runs that are being cancelled: ask their processes to end.
    """

    lost: tuple[Lease, ...] = ()
    stop: tuple[Lease, ...] = ()

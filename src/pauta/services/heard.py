"""What a worker tells the desk, and what the desk answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, StepRecord
from pauta.domain.wire import RunStage, StageDone, StepFailed, StepFinished, StepStarted


@dataclass(frozen=True, slots=True)
class AttemptDied:
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


@dataclass(frozen=True, slots=True)
class Lines:
    """Log lines of one step of one attempt."""

    step: int
    fence: int
    lines: tuple[LogLine, ...]


Heard = StepStarted | StepFinished | StepFailed | StageDone | AttemptDied | Lines


@dataclass(frozen=True, slots=True)
class Assignment:
    """A claimed stage: the order, and the scripts it needs (path → address) to be laid out beside it."""

    order: RunStage
    scripts: Mapping[str, Address]


@dataclass(frozen=True, slots=True)
class Retry:
    """A step failed or died and will be tried again, at `next_at` or at once."""

    step: int
    problem: Problem
    next_at: datetime | None
    attempt: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is on record now, after a claim or a report.

    Attributes:
        steps: Steps that became final, in order.
        retries: Steps that will be tried again.
        assignments: Stages claimed, to be run.
        stop: Stages whose process is to be ended: the run is being cancelled.
        refused: Stages of which a report came too late: what their process still does is of no use.
        over: Whether the run is final or held.
    """

    run_id: RunId
    steps: tuple[StepRecord, ...] = ()
    retries: tuple[Retry, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    stop: tuple[int, ...] = ()
    refused: tuple[int, ...] = field(default=())
    over: bool = False

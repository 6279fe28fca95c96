"""One script process and the stages it was given."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from pauta.domain.ids import RunId
from pauta.domain.wire import Leave, RunStage, StepOrder
from pauta.domain.work import Lease
from pauta.ports.launcher import Process

DEEPEST = 32
_SHORT_SECONDS = 0.005
_QUICK_SECONDS = 0.1


@dataclass(slots=True)
class Given:
    """A stage that was sent to a process."""

    order: RunStage
    sent_at: float
    steps: dict[int, StepOrder] = field(init=False)
    has_effects: bool = field(init=False)

    def __post_init__(self) -> None:
        self.steps = {s.no: s for s in self.order.steps}
        self.has_effects = any(s.effects for s in self.order.steps)


@dataclass(slots=True)
class Hand:
    """A process, and what it holds. It serves one run and no other.

    Attributes:
        process: The process.
        folder: Its folder, removed when it is gone.
        run_id: The run it serves.
        queue: Stages given to it; the first is being run.
        body: The step whose body runs now.
        body_since: When that body began, monotonic seconds.
        deadline: When that body is to be stopped, monotonic seconds.
        storing: Steps whose body has returned and whose output is being stored.
        memory_bytes: The limit in force.
        leaving: It gets no further stages.
        doomed: It is being ended, which takes a moment: it gets no further stages, but those it has are its own.
        last_step: The step that began last.
        idle_since: When it last ended a stage, monotonic seconds.
        fences: Step → fence of the attempt under which it is run here.
    """

    process: Process
    folder: Path
    run_id: RunId
    queue: deque[Given] = field(default_factory=deque)
    body: int | None = None
    body_since: float = 0.0
    deadline: float | None = None
    storing: list[int] = field(default_factory=list)
    memory_bytes: int | None = None
    leaving: bool = False
    doomed: bool = False
    last_step: int | None = None
    fences: dict[int, int] = field(default_factory=dict)
    idle_since: float = field(default_factory=time.monotonic)

    def give(self, given: Given) -> None:
        """Send it a stage."""
        self.queue.append(given)
        self.fences.update(dict.fromkeys(given.steps, given.order.fence))
        self.process.send(given.order)

    def begin(self, step: int, *, at: float) -> None:
        """The body of a step begins."""
        order = self.queue[0].steps[step]
        self.body, self.body_since, self.last_step = step, at, step
        self.deadline = at + order.timeout_seconds if order.timeout_seconds is not None else None
        if order.memory_bytes != self.memory_bytes:
            self.memory_bytes = order.memory_bytes
            self.process.limit(memory_bytes=order.memory_bytes)

    def finish_stage(self) -> float:
        """The stage it ran is done; seconds since it was sent, or since the one before it ended."""
        given = self.queue.popleft()
        clock = time.monotonic()
        if self.queue:
            self.queue[0].sent_at = clock
        self.storing.clear()
        self.idle_since = clock
        return clock - given.sent_at

    def retire(self) -> None:
        """After a failure the process ends: the next attempt begins in a clean one."""
        self.end_body()
        if self.queue:
            self.queue.popleft()
        self.storing.clear()
        self.leaving = True
        self.process.send(Leave())

    def kill(self, cause: str) -> None:
        """End the process now."""
        self.doomed = True
        self.process.kill(cause)

    def stop(self, cause: str, *, grace_seconds: float) -> None:
        """Ask the process to end, and end it after the grace."""
        self.doomed = True
        self.process.stop(cause, grace_seconds=grace_seconds)

    @property
    def leases(self) -> list[Lease]:
        """What it holds."""
        return [Lease(self.run_id, given.order.stage, given.order.fence) for given in self.queue]

    def end_body(self) -> None:
        """The body of the step has returned or failed."""
        if self.body is not None:
            self.storing.append(self.body)
        self.body = self.deadline = None


@dataclass(slots=True)
class Depth:
    """How many stages a process is given ahead: one, unless stages prove to be so short that the way costs more."""

    value: int = 1

    def learn(self, seconds: float) -> None:
        """A stage took so long from being sent, or from the end of the one before it."""
        self.value = min(self.value * 4, DEEPEST) if seconds < _SHORT_SECONDS else 1


@dataclass(slots=True)
class Pace:
    """Whether stages, of whatever runs, are over so soon that the next ones are claimed before there is a place."""

    is_quick: bool = False

    def learn(self, seconds: float) -> None:
        """A stage took so long."""
        self.is_quick = seconds < _QUICK_SECONDS

"""Whoever looks on while a run goes: the command line's progress bars, later the live events."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pauta.domain.calls import Call
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, StepRecord


class Watcher(Protocol):
    """Is told what happens, in order, from the worker's own thread. Must return quickly and never raise."""

    def step_started(self, step: int, name: str, attempt: int, at: datetime) -> None:
        """The body of a step begins."""
        ...

    def step_progressed(self, step: int, done: float, total: float | None, text: str) -> None:
        """A step tells how far it is."""
        ...

    def step_ended(self, record: StepRecord) -> None:
        """A step is final and recorded: completed (perhaps from the cache), failed, skipped, cancelled."""
        ...

    def call_began(self, call: Call) -> None:
        """A flow called something."""
        ...

    def call_ended(self, call: Call) -> None:
        """A call of a flow ended, or began to wait, and that is recorded."""
        ...

    def step_retries(self, step: int, problem: Problem, next_at: datetime | None, attempt: int) -> None:
        """A step failed or died and is tried again at `next_at` (None: at once)."""
        ...

    def logged(self, step: int | None, line: LogLine) -> None:
        """A log line was recorded."""
        ...


class Nobody:
    """A watcher that does not look."""

    def step_started(self, step: int, name: str, attempt: int, at: datetime) -> None:
        """Pass over it."""

    def step_progressed(self, step: int, done: float, total: float | None, text: str) -> None:
        """Pass over it."""

    def step_ended(self, record: StepRecord) -> None:
        """Pass over it."""

    def call_began(self, call: Call) -> None:
        """Pass over it."""

    def call_ended(self, call: Call) -> None:
        """Pass over it."""

    def step_retries(self, step: int, problem: Problem, next_at: datetime | None, attempt: int) -> None:
        """Pass over it."""

    def logged(self, step: int | None, line: LogLine) -> None:
        """Pass over it."""

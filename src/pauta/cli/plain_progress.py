"""Progress where there is no terminal: one line for each step that ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from time import monotonic

from rich.text import Text

from pauta.cli.amounts import count, duration
from pauta.cli.call_board import CallBoard
from pauta.cli.call_rows import counts_of, ended_sentence, waiting_sentence
from pauta.cli.plain_text import one_line
from pauta.cli.retry_words import retry_sentence
from pauta.cli.session import Session
from pauta.cli.tables import STATE_SYMBOLS
from pauta.domain.calls import Call, CallState
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, StepRecord

_MOST_OF_A_NAME = 10


class PlainProgress:
    """A watcher that writes lines."""

    def __init__(
        self, names: Sequence[str], *, session: Session, verbose: bool, interrupted: Callable[[], int]
    ) -> None:
        self._names = names
        self._session = session
        self._verbose = verbose
        self._interrupted = interrupted
        self._told = 0
        self._ended: set[int] = set()
        self._calls = CallBoard(monotonic)
        self._lock = threading.Lock()

    def step_started(self, step: int, name: str, attempt: int, at: datetime) -> None:
        """Nothing: a line is written when it ends."""
        self._tell_interrupts()

    def step_progressed(self, step: int, done: float, total: float | None, text: str) -> None:
        """Nothing: a file of progress lines helps nobody."""
        self._tell_interrupts()

    def step_ended(self, record: StepRecord) -> None:
        """One line: number, state, name, time, rows; before it what became of many calls of one name."""
        words = self._session.words
        with self._lock:
            many = [g for g in self._calls.groups(record.no) if g.count > _MOST_OF_A_NAME]
        for group in many:
            self._write(f"  {one_line(group.name)} ×{group.count}: {counts_of(group.states, words)}")
        with self._lock:
            self._ended.add(record.no)
            done = len(self._ended)
        parts = [duration(record.seconds, words)] if record.seconds is not None and not record.cached else []
        if record.output is not None and record.output.rows is not None:
            parts.append(f"{count(record.output.rows, words)} {words('head.rows').lower()}")
        if record.cached:
            parts.append(words("run.cached"))
        if record.attempts > 1:
            parts.append(words("run.attempts", count=record.attempts))
        if record.problem is not None:
            parts.append(one_line(record.problem.line(words.language)))
        total = str(len(self._names))
        head = f"[{done:>{len(total)}}/{total}] {STATE_SYMBOLS.get(record.state, '·')} {words(f'state.{record.state}')}"
        tail = f" ({', '.join(parts)})" if parts else ""
        self._write(f"{head}: {one_line(record.name)}{tail}")
        self._tell_interrupts()

    def call_began(self, call: Call) -> None:
        """Nothing: a line is written when it ends."""
        with self._lock:
            self._calls.began(call)
        self._tell_interrupts()

    def call_ended(self, call: Call) -> None:
        """One line: what ended, or what is waited for. Of very many of one name the first, and those that failed."""
        words = self._session.words
        with self._lock:
            group = self._calls.ended(call)
            is_worth_it = group.ended <= _MOST_OF_A_NAME or call.state is not CallState.COMPLETED
        if call.state is CallState.PAUSED:
            self._write(waiting_sentence(call, words))
        elif is_worth_it:
            self._write(ended_sentence(call, words))
        self._tell_interrupts()

    def step_retries(self, step: int, problem: Problem, next_at: datetime | None, attempt: int) -> None:
        """One line."""
        name = self._names[step] if 0 <= step < len(self._names) else str(step)
        self._write(retry_sentence(name, problem, next_at, attempt, self._session.words))

    def logged(self, step: int | None, line: LogLine) -> None:
        """The line itself, when asked for."""
        if self._verbose:
            name = self._names[step] if step is not None and 0 <= step < len(self._names) else "pauta"
            self._write(f"{one_line(name)} | {one_line(line.text)}")

    def _tell_interrupts(self) -> None:
        presses = self._interrupted()
        if presses > self._told:
            self._told = presses
            self._write(self._session.words("run.cancelling" if presses == 1 else "run.killing"))

    def _write(self, text: str) -> None:
        # Whoever reads the progress may be gone; the run goes on.
        with suppress(OSError, ValueError):
            self._session.live.print(Text(text), soft_wrap=True)

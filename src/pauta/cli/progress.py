"""Live progress on a terminal: one bar for each step, branches side by side as they run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from time import monotonic
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pauta.cli.amounts import count, duration
from pauta.cli.board import Board, StepLine
from pauta.cli.call_rows import twig_name, twig_row, twigs_that_fit, waiting_sentence
from pauta.cli.plain_text import one_line
from pauta.cli.retry_words import retry_sentence
from pauta.cli.session import Session
from pauta.cli.tables import STATE_STYLES, STATE_SYMBOLS
from pauta.cli.words import Words
from pauta.domain.calls import Call, CallState
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, StepRecord

_BAR_STYLES = {"completed": "green", "failed": "red", "held": "magenta", "cancelled": "yellow"}
_FINAL = frozenset({"completed", "failed", "cancelled", "skipped", "held"})


def picture(board: Board, *, words: Words, width: int, height: int, presses: int = 0) -> Group:
    """The steps with their bars, and one line about the whole.

    Args:
        width: Columns of the terminal.
        height: Lines of the terminal.
        presses: How often Ctrl-C was pressed.
    """
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    room = max(3, height - 4)
    shown = board.shown(room)
    begun = [line for line in shown if line.state != "pending"]
    twigs = {line.no: twigs_that_fit(board.calls, line.no, room - len(shown)) for line in begun}
    names = [line.name for line in board.lines[:2000]] + [twig_name(twig) for each in twigs.values() for twig in each]
    longest = max((len(name) for name in names), default=8)
    grid.add_column(width=max(8, min(longest, width - 48)), no_wrap=True, overflow="ellipsis")
    grid.add_column(width=18)
    grid.add_column(width=9, justify="right", no_wrap=True)
    grid.add_column(width=max(8, width - 48 + 16 - max(8, min(longest, width - 48))), no_wrap=True, overflow="ellipsis")
    for line in shown:
        grid.add_row(*_row(line, board, words))
        for twig in twigs.get(line.no, ()):
            grid.add_row(*twig_row(twig, board, words))
    parts: list[Table | Text] = [grid]
    visible = {line.no for line in shown}
    hidden = sum(1 for line in board.running if line.no not in visible)
    if hidden:
        parts.append(Text(f"  {words('run.and_running', count=hidden)}", style="dim"))
    whole = words("run.progress", done=words.number(board.ended), total=words.number(len(board.lines)))
    parts.append(Text(f"  {whole} · {duration(board.elapsed(), words)}", style="bold", no_wrap=True))
    if presses:
        parts.append(Text(words("run.cancelling" if presses == 1 else "run.killing"), style="yellow"))
    return Group(*parts)


def _row(line: StepLine, board: Board, words: Words) -> tuple[Text, Text, ProgressBar, Text, Text]:
    style = "cyan" if line.cached else STATE_STYLES.get(line.state, "")
    symbol = Text("=" if line.cached else STATE_SYMBOLS.get(line.state, "·"), style=style)
    seconds = None if line.cached else board.running_for(line)
    return (
        symbol,
        Text(one_line(line.name), style="dim" if line.state in ("pending", "skipped") else ""),
        _bar(line, board),
        Text(duration(seconds, words), style="dim" if line.state != "running" else ""),
        Text(_note(line, words), style="dim" if line.state != "failed" else "red"),
    )


def _bar(line: StepLine, board: Board) -> ProgressBar:
    if line.state == "running":
        share = None if line.total is None else min(max(line.done / line.total, 0.0), 1.0) * 100
        return ProgressBar(
            total=100, completed=share or 0.0, width=18, pulse=share is None, animation_time=board.elapsed()
        )
    style = "cyan" if line.cached else _BAR_STYLES.get(line.state, "bar.back")
    full = 100.0 if line.state in _FINAL - {"skipped"} else 0.0
    return ProgressBar(total=100, completed=full, width=18, complete_style=style, finished_style=style)


def _note(line: StepLine, words: Words) -> str:
    parts = []
    if line.cached:
        parts.append(words("run.cached"))
    if line.attempt > 1:
        parts.append(f"↻ {line.attempt}")
    if line.state == "running":
        if line.total is not None:
            parts.append(f"{100 * min(max(line.done / line.total, 0.0), 1.0):.0f} %")
        parts.append(one_line(line.text))
    elif line.state not in ("completed", "pending"):
        parts.append(line.code or words(f"state.{line.state}"))
    elif line.rows is not None:
        parts.append(f"{count(line.rows, words)} {words('head.rows').lower()}")
    return "  ".join(part for part in parts if part)


class LiveProgress:
    """A watcher that draws. Its methods come from the worker's thread, the picture from Rich's."""

    def __init__(
        self, names: Sequence[str], *, session: Session, verbose: bool, interrupted: Callable[[], int]
    ) -> None:
        self._words = session.words
        self._verbose = verbose
        self._interrupted = interrupted
        self._console: Console = session.live
        self._lock = threading.RLock()
        self._board = Board(names, clock=monotonic)
        self._live = Live(console=self._console, get_renderable=self._picture, refresh_per_second=10, transient=True)

    def __enter__(self) -> LiveProgress:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(OSError, ValueError):
            self._live.stop()

    def step_started(self, step: int, name: str, attempt: int, at: datetime) -> None:
        """The body of a step begins."""
        with self._lock:
            self._board.started(step, name, attempt)

    def step_progressed(self, step: int, done: float, total: float | None, text: str) -> None:
        """A step tells how far it is."""
        with self._lock:
            self._board.progressed(step, done, total, text)

    def step_ended(self, record: StepRecord) -> None:
        """A step is final."""
        with self._lock:
            self._board.finished(record)

    def call_began(self, call: Call) -> None:
        """A flow called something."""
        with self._lock:
            self._board.calls.began(call)

    def call_ended(self, call: Call) -> None:
        """A call ended, or waits: for whom or until when stands above the bars."""
        with self._lock:
            self._board.calls.ended(call)
        if call.state is CallState.PAUSED:
            self._above(Text(waiting_sentence(call, self._words), style="yellow"))

    def step_retries(self, step: int, problem: Problem, next_at: datetime | None, attempt: int) -> None:
        """A step is tried again: its bar begins anew, the reason stands above the bars."""
        with self._lock:
            self._board.retries(step, attempt)
        self._above(Text(retry_sentence(self._name(step), problem, next_at, attempt, self._words), style="yellow"))

    def logged(self, step: int | None, line: LogLine) -> None:
        """A log line above the bars, when asked for."""
        if self._verbose:
            name = "pauta" if step is None else self._name(step)
            text = Text(f"{one_line(name)} ", style="dim").append(one_line(line.text), style="default")
            self._above(text)

    def _name(self, step: int) -> str:
        with self._lock:
            lines = self._board.lines
            return lines[step].name if 0 <= step < len(lines) else str(step)

    def _above(self, text: Text) -> None:
        # The terminal may be gone; the run goes on.
        with suppress(OSError, ValueError):
            self._console.print(text)

    def _picture(self) -> Group:
        with self._lock:
            return picture(
                self._board,
                words=self._words,
                width=self._console.width,
                height=self._console.height,
                presses=self._interrupted(),
            )

"""What is known of a run's steps while it goes: kept by the watcher, read by the picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pauta.cli.call_board import CallBoard
from pauta.domain.runs import StepRecord

LAST_ENDED = 5


@dataclass(slots=True)
class StepLine:
    """One step as the picture shows it. Times are those of a monotonic clock, in seconds."""

    no: int
    name: str
    state: str = "pending"
    since: float | None = None
    seconds: float | None = None
    done: float = 0.0
    total: float | None = None
    text: str = ""
    attempt: int = 1
    rows: int | None = None
    cached: bool = False
    code: str = ""


class Board:
    """All steps of a run, and which of them are worth showing."""

    def __init__(self, names: Sequence[str], *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.begun = clock()
        self.lines = [StepLine(no, name) for no, name in enumerate(names)]
        self.ended = 0
        self._running: dict[int, StepLine] = {}
        self._last: deque[StepLine] = deque(maxlen=LAST_ENDED)
        self._counted: set[int] = set()
        self.calls = CallBoard(clock)

    def started(self, step: int, name: str, attempt: int) -> None:
        """The body of a step begins."""
        line = self._line(step, name)
        line.state, line.since, line.attempt = "running", self._clock(), attempt
        line.done, line.total, line.text = 0.0, None, ""
        self._running[step] = line

    def progressed(self, step: int, done: float, total: float | None, text: str) -> None:
        """A step tells how far it is."""
        line = self._running.get(step)
        if line is not None:
            line.done, line.total, line.text = done, total if total and total > 0 else None, text

    def retries(self, step: int, attempt: int) -> None:
        """A step failed and will be tried again."""
        line = self._running.pop(step, None)
        if line is not None:
            line.state, line.since, line.attempt = "pending", None, attempt + 1

    def finished(self, record: StepRecord) -> None:
        """A step is final."""
        line = self._line(record.no, record.name)
        self._running.pop(record.no, None)
        line.state, line.cached, line.seconds = str(record.state), record.cached, record.seconds
        line.rows = record.output.rows if record.output is not None else None
        line.attempt = max(1, record.attempts)
        line.code = record.problem.code if record.problem is not None else ""
        if record.no not in self._counted:
            self._counted.add(record.no)
            self.ended += 1
            self._last.append(line)

    def elapsed(self) -> float:
        """Seconds since the picture began."""
        return self._clock() - self.begun

    def running_for(self, line: StepLine) -> float | None:
        """Seconds a running step takes so far; those it took, when it has ended."""
        return self._clock() - line.since if line.state == "running" and line.since is not None else line.seconds

    @property
    def running(self) -> list[StepLine]:
        """Steps whose body is running, by number."""
        return sorted(self._running.values(), key=lambda line: line.no)

    def since(self, began: float) -> float:
        """Seconds since then."""
        return self._clock() - began

    def shown(self, room: int) -> list[StepLine]:
        """The lines that fit: all of them, or those that ended last and those that run."""
        if len(self.lines) <= room:
            return list(self.lines)
        running = self.running[: max(1, room - 1)]
        spare = max(0, min(LAST_ENDED, room - len(running)))
        return [*list(self._last)[len(self._last) - min(spare, len(self._last)) :], *running]

    def _line(self, step: int, name: str) -> StepLine:
        while len(self.lines) <= step:
            self.lines.append(StepLine(len(self.lines), name))
        return self.lines[step]

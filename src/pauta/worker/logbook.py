"""Gathers log lines until they are put on record, and shows them to whoever looks on."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from pauta.domain import wire
from pauta.domain.runs import LogLine
from pauta.domain.work import Lines
from pauta.ports.launcher import Printed
from pauta.ports.watcher import Watcher

_SECONDS = 0.1
_MOST_LINES = 2_000


class Logbook:
    """Lines by step, in the order they came; a bar that is redrawn in place is kept once, as it was last."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._lines: dict[tuple[int, int], list[LogLine]] = {}
        self._bars: dict[tuple[int, int, str], LogLine] = {}
        self._count = 0
        self._since: float | None = None

    def print(self, printed: Printed, *, step: int, fence: int) -> None:
        """Keep a line of plain output."""
        level = "INFO" if printed.stream == "stdout" else "WARNING"
        line = LogLine(
            at=datetime.fromtimestamp(printed.at, UTC), level=level, text=printed.text, stream=printed.stream
        )
        bar = step, fence, printed.stream
        if printed.progress:
            self._bars[bar] = line
            self._watcher.step_progressed(step, 0.0, None, printed.text)
            return
        self._bars.pop(bar, None)
        self._keep(step, fence, line)

    def note(self, report: wire.Logged | wire.Measured, *, at: datetime, fence: int) -> None:
        """Keep a structured line, or the value of a metric."""
        if isinstance(report, wire.Logged):
            began = datetime.fromtimestamp(report.at, UTC)
            line = LogLine(began, report.level, report.text, stream=report.stream, logger=report.logger)
        else:
            value = {"name": report.name, "value": report.value, "number": report.number}
            line = LogLine(at, "INFO", json.dumps(value), stream="metric")
        self._keep(report.step, fence, line)

    def _keep(self, step: int, fence: int, line: LogLine) -> None:
        self._lines.setdefault((step, fence), []).append(line)
        self._count += 1
        if self._since is None:
            self._since = time.monotonic()
        self._watcher.logged(step, line)

    def close(self, step: int) -> None:
        """A step has ended: its bars stay as they are now."""
        for key in [k for k in self._bars if k[0] == step]:
            self._keep(step, key[1], self._bars.pop(key))

    @property
    def has_lines(self) -> bool:
        """Whether lines wait to be put on record."""
        return self._count > 0

    @property
    def is_due(self) -> bool:
        """Whether they have waited long enough, or are many."""
        if self._since is None:
            return False
        return self._count >= _MOST_LINES or time.monotonic() - self._since >= _SECONDS

    def take(self) -> list[Lines]:
        """All lines so far; they are the caller's now."""
        taken = [Lines(step, fence, tuple(lines)) for (step, fence), lines in self._lines.items()]
        self._lines, self._count, self._since = {}, 0, None
        return taken

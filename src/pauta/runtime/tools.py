"""What stays from stage to stage of a process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from pauta.domain.wire import Measured, Progressed
from pauta.runtime import reporting
from pauta.runtime.channel import Channel
from pauta.runtime.complaints import clean
from pauta.runtime.folder import Folder
from pauta.runtime.loglines import LogLines
from pauta.runtime.modules import Scripts
from pauta.runtime.streams import Streams

_PROGRESS_SECONDS = 0.05


class StepListener:
    """Hears `pauta.progress` and `pauta.log_metric` of the step that runs.

    Attributes:
        metrics: Last value of each metric of this step.
    """

    def __init__(self, channel: Channel, log: LogLines) -> None:
        self._channel = channel
        self._log = log
        self._step = -1
        self._told_at = 0.0
        self.metrics: dict[str, float] = {}

    def begin(self, step: int) -> None:
        """What is said from now on is this step's."""
        self._step = step
        self._told_at = 0.0
        self.metrics = {}

    def progressed(self, done: float, total: float | None, text: str) -> None:
        """Pass it on, but not more often than anybody can see."""
        now = time.monotonic()
        if now - self._told_at < _PROGRESS_SECONDS and (total is None or done < total):
            return
        self._told_at = now
        self._send(Progressed(self._step, done, total, clean(text[:200])))

    def measured(self, name: str, value: float, number: int | None) -> None:
        """Pass it on and keep the last one."""
        name = clean(name)
        if not math.isfinite(value):
            self._log.say(f"metric {name} is {value}; not recorded", level="WARNING", stream="pauta")
            return
        self.metrics[name] = value
        self._send(Measured(self._step, name, value, number))

    def _send(self, message: Progressed | Measured) -> None:
        if self._channel.mine:
            self._channel.send(message)


class Tools:
    """The process's connection, outputs, clock, working folder, and the scripts it has compiled."""

    def __init__(self, channel: Channel, streams: Streams, clock: Callable[[], float], work: str) -> None:
        self.channel = channel
        self.streams = streams
        self.clock = clock
        self.work = work
        self.folder = Folder(work)
        self.log = LogLines(channel, clock)
        self.log.install()
        self.listener = StepListener(channel, self.log)
        reporting.listen(self.listener)
        self._scripts: dict[str, Scripts] = {}

    def scripts(self, bundle: str) -> Scripts:
        """The scripts of a bundle, those already compiled included."""
        if bundle not in self._scripts:
            self._scripts[bundle] = Scripts(bundle)
        return self._scripts[bundle]

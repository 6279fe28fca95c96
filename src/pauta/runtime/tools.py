"""What stays from stage to stage of a process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from pauta.domain.wire import Measured, Message, Progressed
from pauta.runtime import reporting
from pauta.runtime.calling import current_call
from pauta.runtime.channel import Channel
from pauta.runtime.complaints import clean
from pauta.runtime.folder import Folder
from pauta.runtime.loglines import LogLines
from pauta.runtime.modules import Scripts
from pauta.runtime.post import Post
from pauta.runtime.streams import Streams

_PROGRESS_SECONDS = 0.05


class StepListener:
    """Hears `pauta.progress` and `pauta.log_metric` of the step that runs, and of its calls.

    Attributes:
        metrics: Last value of each metric of this step.
        send: Takes the reports; flows have them sent many at a time.
    """

    def __init__(self, channel: Channel, log: LogLines) -> None:
        self._channel = channel
        self._log = log
        self._step = -1
        self._told_at: dict[int, float] = {}
        self._of_calls: dict[int, dict[str, float]] = {}
        self.metrics: dict[str, float] = {}
        self.send: Callable[[Message], None] = channel.send

    def begin(self, step: int) -> None:
        """What is said from now on is this step's."""
        self._step = step
        self._told_at = {}
        self._of_calls = {}
        self.metrics = {}

    def taken_of(self, call: int) -> dict[str, float]:
        """The metrics of a call; they are the caller's now."""
        self._told_at.pop(call, None)
        return self._of_calls.pop(call, {})

    def progressed(self, done: float, total: float | None, text: str) -> None:
        """Pass it on, but not more often than anybody can see."""
        now = time.monotonic()
        step = self._present()
        if now - self._told_at.get(step, 0.0) < _PROGRESS_SECONDS and (total is None or done < total):
            return
        self._told_at[step] = now
        self._send(Progressed(step, done, total, clean(text[:200])))

    def measured(self, name: str, value: float, number: int | None) -> None:
        """Pass it on and keep the last one."""
        name = clean(name)
        if not math.isfinite(value):
            self._log.say(f"metric {name} is {value}; not recorded", level="WARNING", stream="pauta")
            return
        step = self._present()
        metrics = self.metrics if step == self._step else self._of_calls.setdefault(step, {})
        metrics[name] = value
        self._send(Measured(step, name, value, number))

    def _present(self) -> int:
        call = current_call()
        return self._step if call is None else call

    def _send(self, message: Progressed | Measured) -> None:
        if self._channel.mine:
            self.send(message)


class Tools:
    """The process's connection, outputs, clock, working folder, and the scripts it has compiled.

    `post` sends what may wait an instant.
    """

    def __init__(self, channel: Channel, streams: Streams, clock: Callable[[], float], work: str) -> None:
        self.channel = channel
        self.streams = streams
        self.clock = clock
        self.work = work
        self.folder = Folder(work)
        self.log = LogLines(channel, clock)
        self.log.install()
        self.listener = StepListener(channel, self.log)
        self.post = Post(channel)
        reporting.listen(self.listener)
        self._scripts: dict[str, Scripts] = {}

    def scripts(self, bundle: str) -> Scripts:
        """The scripts of a bundle, those already compiled included."""
        if bundle not in self._scripts:
            self._scripts[bundle] = Scripts(bundle)
        return self._scripts[bundle]

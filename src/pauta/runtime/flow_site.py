"""A flow's surroundings in a script's process: the worker hears of its calls, the object store holds its values."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pauta.domain.calls import CallState
from pauta.domain.outputs import FileRef
from pauta.domain.wire import CacheAsked, CachedCall, CallAwaits, CallReport, StepOrder
from pauta.ports.objects import Objects
from pauta.runtime.call_lines import CallLines, CallStream
from pauta.runtime.calling import Bodies
from pauta.runtime.channel import ChannelLost
from pauta.runtime.orders import Orders
from pauta.runtime.tools import Tools


class FlowClock:
    """The time, never behind that of the records: what was due for them when the flow was claimed is due here."""

    def __init__(self, now: float, *, wall: Callable[[], float], steady: Callable[[], float] = time.monotonic) -> None:
        """Two clocks.

        Args:
            now: The records' time at which the flow was claimed.
            wall: This machine's time, seconds since 1970.
            steady: Seconds that only grow.
        """
        self._wall = wall
        self._steady = steady
        self._ahead = now - steady()

    def now(self) -> float:
        """Seconds since 1970."""
        return max(self._wall(), self._ahead + self._steady())

    def sleep(self, seconds: float) -> None:
        """Let the calling thread wait."""
        time.sleep(seconds)


def chance() -> float:
    """A random number in [0, 1), which no script can foresee or disturb by seeding."""
    return (int.from_bytes(os.urandom(8)) >> 11) / (1 << 53)


class Reports:
    """What a flow tells and asks the worker; `flows.site.Site` says what each of these promises."""

    def __init__(self, lease: tuple[int, int], step: int, *, tools: Tools, orders: Orders) -> None:
        """Of one flow.

        Args:
            lease: Stage and fence.
            step: The flow's step.
            tools: The process's.
            orders: What the worker answers.
        """
        self._lease = lease
        self._step = step
        self._channel = tools.channel
        self._post = tools.post
        self._orders = orders
        orders.begin(stage=lease[0], fence=lease[1])

    def tell(self, report: CallReport) -> None:
        """Send a report, soon."""
        if not self._channel.mine:
            return
        if not isinstance(report, CallAwaits) and report.wait:
            self._orders.expect(report.no)
        self._post.put(report)

    def confirm(self, call: int) -> None:
        """Wait until all that was told of this call, and before it, is on record."""
        self._post.flush()
        self._orders.wait_for_call(call)

    def recall(self, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        """Ask what the cache holds."""
        question = CacheAsked(*self._lease, self._step, tuple(keys))

        def send() -> None:
            self._channel.put(question)
            self._post.flush()

        return self._orders.ask(send)


class Calls:
    """What belongs to the calls of one flow: their lines, metrics, files."""

    def __init__(self, tools: Tools, objects_of: Callable[[], Objects]) -> None:
        """Of one flow.

        Args:
            tools: The process's.
            objects_of: Where files are kept.
        """
        self._tools = tools
        self._objects_of = objects_of
        self._lines = CallLines(self._say, is_ours=lambda: tools.channel.mine)
        self._files: dict[int, tuple[FileRef, ...]] = {}
        self._folder = threading.Lock()
        self.bodies = Bodies(self._left)
        self.metrics = tools.listener.taken_of

    def files(self, call: int) -> tuple[FileRef, ...]:
        """The files that a call left; they are the caller's now."""
        return self._files.pop(call, ())

    def lay(self, found: Mapping[str, CachedCall]) -> Mapping[str, CachedCall]:
        """Lay the files of results from the cache in the working folder; gives the results."""
        self.lay_files(file for call in found.values() for file in call.files)
        return found

    def lay_files(self, files: Iterable[FileRef]) -> None:
        """Lay files in the working folder as if they had been written now.

        Raises:
            StoreFault: One is missing or damaged.
        """
        with self._folder:
            self._tools.folder.add(files, self._objects_of)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """What calls print, log and measure comes as theirs, and goes out many at a time."""
        tools, plain = self._tools, (sys.stdout, sys.stderr)
        tools.log.send = tools.listener.send = tools.post.put
        sys.stdout, sys.stderr = (
            CallStream(plain[0], "stdout", self._lines),
            CallStream(plain[1], "stderr", self._lines),
        )
        try:
            yield
        finally:
            sys.stdout, sys.stderr = plain
            tools.log.send = tools.listener.send = tools.channel.send

    def _say(self, call: int, stream: str, line: str) -> None:
        level = "WARNING" if stream == "stderr" else "INFO"
        try:
            self._tools.log.say_for(call, line, level=level, stream=stream)
        except ChannelLost:
            # The flow's own thread meets the same end and acts on it.
            return

    def _left(self, call: int, *, alone: bool) -> None:
        self._lines.end(call)
        if not alone:
            return
        with self._folder:
            gathered = self._tools.folder.gather_new(self._objects_of)
        for text in gathered.left_out:
            self._tools.log.say_for(call, text, level="WARNING", stream="pauta")
        if gathered.files:
            self._files[call] = gathered.files


def files_on_record(step: StepOrder) -> list[FileRef]:
    """The files that completed calls of a flow left, the newest of each path; the others are made again."""
    calls = step.flow.calls if step.flow is not None else ()
    files = {file.path: file for call in calls if call.state is CallState.COMPLETED for file in call.files}
    return list(files.values())

"""`logging` and `warnings` of a script, sent as structured lines."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import TextIO

from pauta.domain.wire import Logged, Message
from pauta.runtime.calling import current_call
from pauta.runtime.channel import Channel, ChannelLost
from pauta.runtime.complaints import clean

_TEXT_LIMIT = 64 * 1024


class LogLines(logging.Handler):
    """The root logger's handler, and what takes warnings.

    Attributes:
        step: The step that runs now.
        shown: File path → path to show as the place of a warning.
        send: Takes the lines; flows have them sent many at a time.
    """

    def __init__(self, channel: Channel, clock: Callable[[], float]) -> None:
        super().__init__()
        self._channel = channel
        self._clock = clock
        self.step = -1
        self.shown: Mapping[str, str] = {}
        self.send: Callable[[Message], None] = channel.send

    def install(self) -> None:
        """Take over: whatever a script logs from level INFO up, and its warnings."""
        root = logging.getLogger()
        root.addHandler(self)
        root.setLevel(logging.INFO)
        warnings.showwarning = self._show_warning

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record; one that cannot be put into words is shown as logging itself does."""
        try:
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self.say(text, level=record.levelname, logger=record.name)

    def say(self, text: str, *, level: str = "INFO", logger: str = "", stream: str = "log") -> None:
        """Send a line: of the call in which this is said, or else of the step."""
        call = current_call()
        self.say_for(self.step if call is None else call, text, level=level, logger=logger, stream=stream)

    def say_for(self, step: int, text: str, *, level: str = "INFO", logger: str = "", stream: str = "log") -> None:
        """Send a line of this step or call."""
        if self._channel.mine:
            line = Logged(step, self._clock(), clean(level), _cut(clean(text)), clean(logger), stream)
            try:
                self.send(line)
            except ChannelLost:
                # The main thread meets the same end and acts on it.
                return
        else:
            sys.stderr.write(f"{level} {logger} {text}\n")

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None:
            file.write(warnings.formatwarning(message, category, filename, lineno, line))
            return
        place = f"{self.shown.get(filename, filename)}:{lineno}"
        self.say(f"{category.__name__}: {message}", level="WARNING", logger=place, stream="warning")


def _cut(text: str) -> str:
    left_out = len(text) - _TEXT_LIMIT
    return text if left_out <= 0 else f"{text[:_TEXT_LIMIT]} [… {left_out} characters left out]"

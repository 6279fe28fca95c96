"""What the bodies of calls print, as log lines of those calls."""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pauta.runtime.calling import current_call

HEAD_LIMIT = 1024 * 1024
TAIL_LINES = 200
_LINE_LIMIT = 64 * 1024
_MANY_PARTS = 1_000

Say = Callable[[int, str, str], None]
"""Takes call, stream and line."""


@dataclass(slots=True)
class _Printed:
    """What one call has printed: the beginning of a line by stream, and how much there was."""

    rest: dict[str, list[str]] = field(default_factory=dict)
    size: int = 0
    left_out: int = 0
    tail: deque[tuple[str, str]] = field(default_factory=deque)


class CallLines:
    """Cuts output into lines. Of a call the first `HEAD_LIMIT` characters are kept, and its last lines."""

    def __init__(self, say: Say, *, is_ours: Callable[[], bool] = lambda: True) -> None:
        """Where lines go.

        Args:
            say: Takes them.
            is_ours: Whether this is the flow's process, and not one that a call forked: that prints as it would.
        """
        self._say = say
        self.is_ours = is_ours
        self._printed: dict[int, _Printed] = {}
        self._lock = threading.Lock()

    def take(self, call: int, stream: str, text: str) -> None:
        """A call prints this."""
        with self._lock:
            printed = self._printed.get(call)
            if printed is None:
                printed = self._printed[call] = _Printed()
            parts = printed.rest.setdefault(stream, [])
            parts.append(text)
            if "\n" not in text:
                if len(parts) > _MANY_PARTS:
                    parts[:] = [_as_redrawn("".join(parts))[: 2 * _LINE_LIMIT]]
                return
            *lines, rest = "".join(parts).split("\n")
            parts[:] = [rest] if rest else []
            for line in lines:
                self._pass(call, printed, stream, line)

    def end(self, call: int) -> None:
        """The call has ended: what it held back is its last."""
        if call not in self._printed:
            return
        with self._lock:
            printed = self._printed.pop(call)
            for stream, parts in printed.rest.items():
                if parts:
                    self._pass(call, printed, stream, "".join(parts))
            if printed.left_out:
                self._say(call, "pauta", f"[… {printed.left_out:,} lines left out]")
            for stream, line in printed.tail:
                self._say(call, stream, line)

    def _pass(self, call: int, printed: _Printed, stream: str, line: str) -> None:
        if "\r" in line:
            line = _as_redrawn(line).rstrip("\r")
        if printed.size < HEAD_LIMIT:
            printed.size += len(line) + 1
            self._say(call, stream, line)
            return
        printed.tail.append((stream, line[:_LINE_LIMIT]))
        if len(printed.tail) > TAIL_LINES:
            printed.tail.popleft()
            printed.left_out += 1


class CallStream(io.TextIOBase):
    """Stands for standard output or error in a flow's process. What no call prints goes where it always went."""

    def __init__(self, own: Any, name: str, lines: CallLines) -> None:
        self._own = own
        self._stream = name
        self._lines = lines

    def write(self, text: str) -> int:
        """Print."""
        call = current_call()
        if call is None or not self._lines.is_ours():
            return int(self._own.write(text))
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._lines.take(call, self._stream, text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        """Print several."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write out what is held of the flow's own output."""
        self._own.flush()

    def close(self) -> None:
        """Closes nothing: others may still print."""

    def writable(self) -> bool:
        """Yes."""
        return True

    def isatty(self) -> bool:
        """No."""
        return False

    def fileno(self) -> int:
        """The descriptor beneath; what is written there is the flow's and no call's."""
        return int(self._own.fileno())

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream beneath."""
        return str(self._own.encoding)

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """Of the stream beneath."""
        return str(self._own.errors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def _as_redrawn(line: str) -> str:
    """What can be seen of a line that was drawn over itself, as bars are."""
    body = line.rstrip("\r")
    return body[body.rfind("\r") + 1 :] + line[len(body) :]

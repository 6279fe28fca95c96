"""Raw output of a script's process cut into lines, each with its step. Holds little, whatever comes.

A step keeps `STEP_LIMIT` bytes: what comes first at once, then the last part when the step ends, with a line in
between that says how much was left out. A line keeps `LINE_LIMIT` bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pauta.ports.launcher import Printed

LINE_LIMIT = 64 * 1024
STEP_LIMIT = 10 * 1024 * 1024
TAIL_LIMIT = 2 * 1024 * 1024
NOBODY = -1
_NUMBER_LIMIT = 24
_CHUNK = 16 * 1024


@dataclass
class _Tail:
    chunks: deque[tuple[bytes, float]] = field(default_factory=deque)
    size: int = 0
    dropped: int = 0


@dataclass
class StepBudget:
    """What both outputs of one process may still keep of the present step: `head` bytes as they come."""

    step_limit: int = STEP_LIMIT
    tail_limit: int = TAIL_LIMIT
    head: int = field(init=False)
    _tails: dict[str, _Tail] = field(default_factory=dict)
    _kept: int = 0
    _step: int = NOBODY

    def __post_init__(self) -> None:
        self.head = self.step_limit - self.tail_limit

    def renew(self, step: int) -> None:
        """A step begins; the second output to say so changes nothing."""
        if step != self._step:
            self._step = step
            self.head = self.step_limit - self.tail_limit

    def holds(self, stream: str) -> bool:
        """Whether a tail of this output has begun."""
        return stream in self._tails

    def hold(self, stream: str, data: bytes, at: float) -> None:
        """Keep data for the tail; drop the oldest data of the output that holds most."""
        tail = self._tails.setdefault(stream, _Tail())
        if tail.chunks and len(tail.chunks[-1][0]) + len(data) <= _CHUNK:
            before, _ = tail.chunks.pop()
            tail.size -= len(before)
            self._kept -= len(before)
            data = before + data
        tail.chunks.append((data, at))
        tail.size += len(data)
        self._kept += len(data)
        while self._kept > self.tail_limit:
            self._drop(max(self._tails.values(), key=lambda t: t.size))

    def release(self, stream: str) -> tuple[int, list[tuple[bytes, float]]]:
        """How many bytes are missing before the tail of an output, and the tail; it is forgotten here."""
        tail = self._tails.pop(stream, _Tail())
        self._kept -= tail.size
        return tail.dropped, list(tail.chunks)

    def _drop(self, tail: _Tail) -> None:
        chunk, at = tail.chunks.popleft()
        excess = min(len(chunk), self._kept - self.tail_limit)
        if excess < len(chunk):
            tail.chunks.appendleft((chunk[excess:], at))
        tail.size -= excess
        tail.dropped += excess
        self._kept -= excess


class Cutter:
    """One output of one process.

    Attributes:
        ended: Step → how many times the mark of its end has come.
    """

    def __init__(self, stream: str, *, mark: bytes, budget: StepBudget) -> None:
        self._stream = stream
        self._mark = mark
        self._budget = budget
        self._step: int | None = None
        self._rest = b""
        self._lines = _Lines()
        self.ended: dict[int, int] = {}

    def feed(self, data: bytes, at: float) -> Iterator[Printed]:
        """Lines that are complete with this data."""
        data = self._rest + data
        self._rest = b""
        while True:
            start = data.find(self._mark)
            if start < 0:
                break
            end = data.find(b"\n", start)
            if end < 0:
                break
            yield from self._take(data[:start], at)
            yield from self._switch(data[start + len(self._mark) : end], at)
            data = data[end + 1 :]
        cut = _possible_mark(data, self._mark)
        self._rest = data[cut:]
        yield from self._take(data[:cut], at)
        yield from self._with(self._lines.redrawn(at))

    def finish(self, at: float) -> Iterator[Printed]:
        """The process is gone: what is left."""
        yield from self._take(self._rest, at)
        self._rest = b""
        yield from self._close(at)

    def _switch(self, number: bytes, at: float) -> Iterator[Printed]:
        yield from self._close(at)
        if self._step is not None:
            self.ended[self._step] = self.ended.get(self._step, 0) + 1
        try:
            step = int(number)
        except ValueError:
            step = NOBODY
        if step != NOBODY:
            self._budget.renew(step)
        self._step = None if step == NOBODY else step

    def _take(self, data: bytes, at: float) -> Iterator[Printed]:
        if not data:
            return
        if self._budget.head > 0 and not self._budget.holds(self._stream):
            head, data = data[: self._budget.head], data[self._budget.head :]
            for line in self._lines.feed(head, at):
                self._budget.head -= len(line[0]) + 1
                yield self._printed(*line)
        if data:
            self._budget.hold(self._stream, data, at)

    def _close(self, at: float) -> Iterator[Printed]:
        dropped, parts = self._budget.release(self._stream)
        if dropped:
            yield from self._with(self._lines.finish(at))
            yield self._printed(f"[… {dropped:,} bytes left out …]".encode(), at, False)
            parts = _from_next_line(parts)
        for part, when in parts:
            yield from self._with(self._lines.feed(part, when))
        yield from self._with(self._lines.finish(at))

    def _with(self, lines: Iterator[tuple[bytes, float, bool]]) -> Iterator[Printed]:
        return (self._printed(*line) for line in lines)

    def _printed(self, text: bytes, at: float, progress: bool) -> Printed:
        # NUL is text to Python, but to no database.
        shown = text.decode("utf-8", "replace").replace("\0", "␀")
        return Printed(self._step, self._stream, shown, at, progress)


class _Lines:
    """Cuts bytes at line ends. What is drawn over with a carriage return is progress, not lines."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._left_out = 0
        self._redrawing = False
        self._last_drawn = b""
        self._carriage = False

    def feed(self, data: bytes, at: float) -> Iterator[tuple[bytes, float, bool]]:
        if self._carriage and data[:1] != b"\n":
            self._draw()
        self._carriage = False
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
            if data.endswith(b"\r"):
                data, self._carriage = data[:-1], True
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._append(line)
            yield self._line(at)
        self._append(rest)

    def redrawn(self, at: float) -> Iterator[tuple[bytes, float, bool]]:
        """The present state of a bar, if it is not the one that was told last."""
        if self._redrawing:
            drawn = bytes(self._text) or self._last_drawn
            if drawn and drawn != self._last_drawn:
                self._last_drawn = drawn
                yield drawn, at, True

    def finish(self, at: float) -> Iterator[tuple[bytes, float, bool]]:
        """A line without an end is a line when nothing comes any more."""
        self._carriage = False
        if self._text or (self._redrawing and self._last_drawn):
            yield self._line(at)
        self._redrawing = False

    def _append(self, part: bytes) -> None:
        if b"\r" in part:
            first, *drawn_over, part = part.split(b"\r")
            self._grow(first)
            self._draw()
            # Of many states in a row only the last one is to be seen.
            self._grow(next((piece for piece in reversed(drawn_over) if piece), b""))
            self._draw()
        self._grow(part)

    def _grow(self, part: bytes) -> None:
        room = LINE_LIMIT - len(self._text)
        self._text += part[:room]
        self._left_out += max(0, len(part) - max(room, 0))

    def _draw(self) -> None:
        self._redrawing = True
        if self._text:
            self._last_drawn = bytes(self._text)
        self._text.clear()
        self._left_out = 0

    def _line(self, at: float) -> tuple[bytes, float, bool]:
        text = bytes(self._text) or (self._last_drawn if self._redrawing else b"")
        if self._left_out:
            text += f" [… {self._left_out:,} bytes left out]".encode()
        self._text.clear()
        self._left_out, self._redrawing, self._last_drawn = 0, False, b""
        return text, at, False


def _possible_mark(data: bytes, mark: bytes) -> int:
    """Where a mark may begin whose rest has not come yet; the length of the data if nowhere."""
    begun = data.rfind(mark[:1], max(0, len(data) - len(mark) - _NUMBER_LIMIT))
    if begun < 0:
        return len(data)
    tail = data[begun : begun + len(mark)]
    return begun if mark.startswith(tail) else len(data)


def _from_next_line(parts: list[tuple[bytes, float]]) -> list[tuple[bytes, float]]:
    """A tail begins somewhere in a line: leave that broken piece out if another line follows."""
    if parts:
        first, at = parts[0]
        cut = first.find(b"\n") + 1
        parts[0] = (first[cut:], at)
    return parts

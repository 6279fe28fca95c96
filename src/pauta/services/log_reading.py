"""Reads ranges of a run's log: all lines, or those of some steps and calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pauta.domain.ids import RunId
from pauta.domain.runs import LogChunk, LogLine
from pauta.ports.store import LogRows

_PAGE = 10_000
Numbered = tuple[int, int, LogLine]
"""Number of a line in the run, whose it is (a step's or call's number), the line."""


class Lines(NamedTuple):
    """Lines of a log, in order.

    Attributes:
        lines: At most as many as were asked for.
        next: Number of the last line that was looked at: those that follow come after it.
        more: There may be further lines already.
    """

    lines: Sequence[Numbered]
    next: int
    more: bool


def read_lines(logs: LogRows, run_id: RunId, *, wanted: frozenset[int] | None, after: int, limit: int) -> Lines:
    """At most `limit` lines numbered above `after`.

    Args:
        logs: The rows.
        run_id: The run.
        wanted: Only those of these steps and calls; None: of all.
        after: Number of a line; -1 for the first.
        limit: Most lines.
    """
    single = next(iter(wanted)) if wanted is not None and len(wanted) == 1 else None
    found: list[Numbered] = []
    position = after
    while True:
        most = limit + 1 if wanted is None or single is not None else _PAGE
        chunks = logs.read(run_id, step_no=single, after=position, limit_lines=most)
        for line in _numbered(chunks, position):
            if wanted is None or line[1] in wanted:
                if len(found) == limit:
                    return Lines(found, found[-1][0] if found else position, True)
                found.append(line)
        if not chunks:
            return Lines(found, position, False)
        position = max(chunk.first + len(chunk.lines) - 1 for chunk in chunks)


def _numbered(chunks: Sequence[LogChunk], after: int) -> Iterator[Numbered]:
    """The lines above `after`, in the order of their numbers."""
    for chunk in chunks:
        for i, line in enumerate(chunk.lines):
            if chunk.first + i > after:
                yield chunk.first + i, chunk.step_no, line

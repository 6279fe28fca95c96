"""What becomes of occurrences that are due: which fire, which are left out, what comes next (P17)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from msgspec import Struct

from pauta.domain.schedules import Missed, Occurrence, Timing
from pauta.engine.due import next_after, occurrences

ON_TIME = timedelta(seconds=60)
"""A firing that is later than this was missed. With `Missed.NONE` it no longer happens."""

MOST_LISTED = 1000
_FIRST_SPAN = timedelta(minutes=5)
_WIDER = 8


class LeftOut(Struct, frozen=True):
    """An occurrence that does not fire, or a row of them.

    Attributes:
        occurrence: The one, or the first of the row.
        reason: ``missed``: a newer one fires in its stead, or none is caught up; ``window``: it is too old.
        before: The row stands for all up to this local time, exclusive; empty for a single one.
    """

    occurrence: Occurrence
    reason: str
    before: str = ""


class Verdict(Struct, frozen=True):
    """What is to be done with a schedule that is due.

    Attributes:
        fire: Oldest first.
        left_out: Oldest first. Beyond `MOST_LISTED` the oldest are one row.
        next: What comes afterwards; None when nothing does.
    """

    fire: tuple[Occurrence, ...]
    left_out: tuple[LeftOut, ...]
    next: Occurrence | None


def judge(timing: Timing, planned: Occurrence, *, now: datetime, anchor: datetime) -> Verdict:
    """Decide about the planned occurrence, which is due, and all after it that are due as well.

    An occurrence is due when the longest jitter it could have has passed, too: one that still may wait for its own
    is planned next instead. The newest due one is caught up with `Missed.LATEST`, the newest `missed_limit` with
    `Missed.ALL`, none with `Missed.NONE`; "on time" is up to `ON_TIME` late, so that one fires with every policy.
    Those older than the window never are.

    Raises:
        InvalidInput: SCH-003.
    """
    jitter = timedelta(seconds=timing.jitter_seconds)
    until = max(planned.at, now - jitter)
    listed, complete = _newest(timing, planned, until=until, anchor=anchor)
    oldest = now - jitter - max(timedelta(seconds=timing.missed_window_seconds), ON_TIME)
    wanted = timing.missed_limit if timing.missed is Missed.ALL else 1
    if timing.missed is Missed.NONE:
        oldest = now - jitter - ON_TIME
    fire = [o for o in listed[-wanted:] if o.at >= oldest]
    beyond = "missed" if timing.missed is Missed.NONE else "window"
    left = [LeftOut(o, "missed" if o.at >= oldest else beyond) for o in listed[: len(listed) - len(fire)]]
    if not complete:
        left.insert(0, LeftOut(planned, left[0].reason if left else beyond, before=listed[0].local))
    return Verdict(tuple(fire), tuple(left), next_after(timing, after=until, anchor=anchor))


def _newest(timing: Timing, planned: Occurrence, *, until: datetime, anchor: datetime) -> tuple[list[Occurrence], bool]:
    """The newest due occurrences, oldest first, and whether they are all: the work has a bound after any absence."""
    most = MOST_LISTED + timing.missed_limit
    span = _FIRST_SPAN
    while True:
        start = max(planned.at, until - span)
        found = deque(occurrences(timing, after=start, anchor=anchor, until=until), maxlen=most)
        if start == planned.at:
            complete = len(found) < most
            return ([planned, *found] if complete else list(found)), complete
        if len(found) == most:
            return list(found), False
        span *= _WIDER


def put_off(occurrence: Occurrence, timing: Timing, *, chance: float) -> datetime:
    """When an occurrence fires: up to `jitter_seconds` later, by a chance in [0, 1)."""
    return occurrence.at + timedelta(seconds=timing.jitter_seconds * chance)

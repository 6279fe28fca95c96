"""When a timing is due. Pure: times come in, occurrences come out.

What counts is the local time that somebody meant. Its text and `fold` are the identity of a firing; the instant
follows from them, from the zone and from the timing's policies for clock changes:

- **Fixed times** (cron with neither minute nor hour beginning with ``*``; rules that repeat by the day or more):
  a local time that a clock change leaves out runs at the first instant after the gap (`Gap.RUN_AFTER`), once for
  all that one gap takes, or not at all (`Gap.SKIP`). One that happens twice runs the first time, the second time or
  both times, as `Fold` says. With the defaults this is what Debian's cron does (cron(8)): "If time has moved
  forward, those jobs that would have run in the interval that has been skipped will be run immediately.
  Conversely, if time has moved backward, care is taken to avoid running jobs twice."
- **Repeated times** (cron with ``*`` in minute or hour; rules by the hour or minute) follow the time that really
  passes, whatever the policies: each match of a repeated hour runs, nothing runs for an hour that is left out.
- **Intervals** are elapsed seconds from the anchor: clock changes mean nothing to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.domain.schedules import Fold, Gap, Occurrence, Timing, TimingKind
from pauta.engine.cron import cron_times, runs_by_the_hour
from pauta.engine.timing_check import form_problems, shown
from pauta.engine.timing_rules import rule_by_the_hour, rule_times
from pauta.engine.timing_zones import (
    LEFT_OUT,
    aware,
    earliest_local,
    local_of,
    occurrence_at,
    occurrences_of,
    zone_named,
)

HORIZON = timedelta(days=5 * 366)
"""A timing that does not fire for so long is refused."""

_MOMENT = timedelta(microseconds=1)


def check_timing(timing: Timing, *, now: datetime) -> list[Problem]:
    """Every problem of a timing; empty when it can be kept.

    Codes: SCH-001 text or interval, SCH-002 never fires in 5 years, SCH-003 zone, SCH-005 other fields.
    """
    problems = form_problems(timing)
    if problems:
        return problems
    zone = zone_named(timing.zone)
    ahead = max(now, aware(timing.starts_at, zone)) if timing.starts_at is not None else now
    found = next_after(timing, after=now, anchor=now)
    if found is not None and found.at <= ahead + HORIZON:
        return []
    endless = replace(timing, starts_at=None, ends_at=None)
    limited = timing.ends_at is not None and found is None and next_after(endless, after=now, anchor=now) is not None
    text = shorten(timing.text or shown(timing.seconds))
    return [Problem("SCH-002", {"text": text}, variant="between" if limited else "")]


def occurrences(
    timing: Timing, *, after: datetime, anchor: datetime, until: datetime | None = None
) -> Iterator[Occurrence]:
    """The occurrences after an instant, ascending and without end unless the timing has one.

    Args:
        timing: A checked timing.
        after: Exclusive.
        anchor: Where intervals and rules count from when the timing does not say, to the second: its creation.
        until: Inclusive; None: as far as the timing goes.

    Raises:
        InvalidInput: SCH-003, the zone is not known (any more).
    """
    return (o for o in with_left_out(timing, after=after, anchor=anchor, until=until) if o.mark != LEFT_OUT)


def with_left_out(
    timing: Timing, *, after: datetime, anchor: datetime, until: datetime | None = None
) -> Iterator[Occurrence]:
    """`occurrences` with those that `Gap.SKIP` leaves out, marked so: for a preview."""
    zone = zone_named(timing.zone)
    after = after.astimezone(UTC)
    if timing.starts_at is not None:
        after = max(after, aware(timing.starts_at, zone) - _MOMENT)
    ends = aware(timing.ends_at, zone) if timing.ends_at is not None else None
    counted_from = aware(timing.anchor or anchor.replace(microsecond=0), zone)
    for occurrence in _all(timing, zone, after=after, anchor=counted_from):
        if (ends is not None and occurrence.at >= ends) or (until is not None and occurrence.at > until):
            return
        if occurrence.at > after:
            yield occurrence


def next_after(timing: Timing, *, after: datetime, anchor: datetime) -> Occurrence | None:
    """The first occurrence after an instant; None when nothing comes any more.

    Raises:
        InvalidInput: SCH-003.
    """
    return next(occurrences(timing, after=after, anchor=anchor), None)


def next_few(timing: Timing, count: int, *, after: datetime, anchor: datetime) -> list[Occurrence]:
    """The next `count` occurrences, and those left out between them.

    Raises:
        InvalidInput: SCH-001, SCH-003, SCH-005: it is not written as a timing is.
    """
    problems = form_problems(timing)
    if problems:
        raise InvalidInput(problems)
    return list(islice(with_left_out(timing, after=after, anchor=anchor), count))


def _all(timing: Timing, zone: ZoneInfo, *, after: datetime, anchor: datetime) -> Iterator[Occurrence]:
    """Occurrences in order from some instant before or at `after` on."""
    if timing.kind is TimingKind.INTERVAL:
        return _elapsed(timing, zone, after=after, anchor=anchor)
    start = earliest_local(after, zone)
    if timing.kind is TimingKind.CRON:
        times, by_the_hour = cron_times(timing.text, start), runs_by_the_hour(timing.text)
    else:
        times = rule_times(timing.text, anchor=local_of(anchor, zone), start=start, zone=zone)
        by_the_hour = rule_by_the_hour(timing.text)
    gap, fold = (Gap.SKIP, Fold.BOTH) if by_the_hour else (timing.gap, timing.fold)
    found = occurrences_of(times, zone, gap=gap, fold=fold)
    return (o for o in found if o.mark != LEFT_OUT) if by_the_hour else found


def _elapsed(timing: Timing, zone: ZoneInfo, *, after: datetime, anchor: datetime) -> Iterator[Occurrence]:
    step = timedelta(seconds=timing.seconds or 0)
    number = max((after - anchor) // step + 1, 0)
    while True:
        yield occurrence_at(anchor + step * number, zone)
        number += 1

"""Checks a timing before it is kept: every problem of it at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from pauta.domain.problems import InvalidInput, Problem, Scalar, shorten
from pauta.domain.schedules import Timing, TimingKind
from pauta.engine.cron import check_cron
from pauta.engine.due import next_after
from pauta.engine.timing_rules import check_rule
from pauta.engine.timing_zones import aware, zone_named

HORIZON = timedelta(days=5 * 366)
LONGEST_INTERVAL = 5 * 366 * 86_400
MOST_MISSED = 1000
_DAY = 86_400
_LONGEST_WINDOW = 400 * _DAY
_FAR = datetime(9000, 1, 1, tzinfo=UTC)


def check_timing(timing: Timing, *, now: datetime) -> list[Problem]:
    """Every problem of a timing; empty when it can be kept.

    Codes: SCH-001 text or interval, SCH-002 never fires in 5 years, SCH-003 zone, SCH-005 other fields.
    """
    problems = [*_check_text(timing), *_check_numbers(timing), *_check_zone(timing)]
    return problems or _check_fires(timing, now=now)


def _check_text(timing: Timing) -> list[Problem]:
    if timing.kind is TimingKind.INTERVAL:
        return [Problem("SCH-005", {}, variant="text")] if timing.text else []
    problems = [Problem("SCH-005", {}, variant="seconds")] if timing.seconds is not None else []
    return problems + (check_cron(timing.text) if timing.kind is TimingKind.CRON else check_rule(timing.text))


def _check_numbers(timing: Timing) -> list[Problem]:
    problems = []
    if timing.kind is TimingKind.INTERVAL and not _within(timing.seconds, 1, LONGEST_INTERVAL):
        values: dict[str, Scalar] = {"found": _shown(timing.seconds), "low": 1, "high": LONGEST_INTERVAL}
        problems.append(Problem("SCH-001", values, variant="interval"))
    if not 1 <= timing.missed_limit <= MOST_MISSED:
        problems.append(Problem("SCH-005", {"found": timing.missed_limit, "high": MOST_MISSED}, variant="missed"))
    for field, value, high in (
        ("missed_window_seconds", timing.missed_window_seconds, _LONGEST_WINDOW),
        ("jitter_seconds", timing.jitter_seconds, _DAY),
    ):
        if not _within(value, 0, high):
            problems.append(Problem("SCH-005", {"field": field, "found": _shown(value), "low": 0, "high": high}))
    return problems


def _within(value: float | None, low: float, high: float) -> bool:
    return value is not None and math.isfinite(value) and low <= value <= high


def _shown(value: float | None) -> str:
    return "-" if value is None else shorten(f"{value:g}")


def _check_zone(timing: Timing) -> list[Problem]:
    try:
        zone = zone_named(timing.zone)
    except InvalidInput as error:
        return list(error.problems)
    if timing.starts_at is None or timing.ends_at is None:
        return []
    start, end = aware(timing.starts_at, zone), aware(timing.ends_at, zone)
    return [] if start < end else [Problem("SCH-005", {"start": str(start), "end": str(end)}, variant="order")]


def _check_fires(timing: Timing, *, now: datetime) -> list[Problem]:
    zone = zone_named(timing.zone)
    ahead = max(now, aware(timing.starts_at, zone)) if timing.starts_at is not None else now
    found = next_after(timing, after=now, anchor=now)
    if found is not None and found.at <= min(ahead, _FAR) + HORIZON:
        return []
    limited = timing.ends_at is not None and found is None
    text = shorten(timing.text or _shown(timing.seconds))
    return [Problem("SCH-002", {"text": text}, variant="between" if limited and _fires_at_all(timing, now) else "")]


def _fires_at_all(timing: Timing, now: datetime) -> bool:
    return next_after(replace(timing, starts_at=None, ends_at=None), after=now, anchor=now) is not None

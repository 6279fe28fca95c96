"""Checks how a timing is written: every problem of it at once. `due.check_timing` asks whether it ever fires, too."""

from __future__ import annotations

import math
from datetime import MAXYEAR, MINYEAR
from zoneinfo import ZoneInfo

from pauta.domain.problems import InvalidInput, Problem, Scalar, shorten
from pauta.domain.schedules import Timing, TimingKind
from pauta.engine.cron import check_cron
from pauta.engine.timing_rules import check_rule
from pauta.engine.timing_zones import aware, zone_named

LONGEST_INTERVAL = 5 * 366 * 86_400
MOST_MISSED = 1000
_DAY = 86_400
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_LONGEST_WINDOW = 400 * _DAY


def form_problems(timing: Timing) -> list[Problem]:
    """Every problem of how a timing is written: SCH-001 text or interval, SCH-003 zone, SCH-005 other fields."""
    return [*_check_text(timing), *_check_numbers(timing), *_check_zone(timing)]


def _check_text(timing: Timing) -> list[Problem]:
    if timing.kind is TimingKind.INTERVAL:
        return [Problem("SCH-005", {}, variant="text")] if timing.text else []
    problems = [Problem("SCH-005", {}, variant="seconds")] if timing.seconds is not None else []
    return problems + (check_cron(timing.text) if timing.kind is TimingKind.CRON else check_rule(timing.text))


def _check_numbers(timing: Timing) -> list[Problem]:
    problems = []
    if timing.kind is TimingKind.INTERVAL and not _within(timing.seconds, 1, LONGEST_INTERVAL):
        values: dict[str, Scalar] = {"found": shown(timing.seconds), "low": 1, "high": LONGEST_INTERVAL}
        problems.append(Problem("SCH-001", values, variant="interval"))
    if not 1 <= timing.missed_limit <= MOST_MISSED:
        problems.append(Problem("SCH-005", {"found": timing.missed_limit, "high": MOST_MISSED}, variant="missed"))
    for field, value, high in (
        ("missed_window_seconds", timing.missed_window_seconds, _LONGEST_WINDOW),
        ("jitter_seconds", timing.jitter_seconds, _DAY),
    ):
        if not _within(value, 0, high):
            problems.append(Problem("SCH-005", {"field": field, "found": shown(value), "low": 0, "high": high}))
    return problems


def _within(value: float | None, low: float, high: float) -> bool:
    return value is not None and math.isfinite(value) and low <= value <= high


def shown(value: float | None) -> str:
    """A number in a message."""
    return "-" if value is None else shorten(f"{value:g}")


def _check_zone(timing: Timing) -> list[Problem]:
    try:
        zone = zone_named(timing.zone)
    except InvalidInput as error:
        return list(error.problems)
    problems = _check_dates(timing, zone)
    if problems or timing.starts_at is None or timing.ends_at is None:
        return problems
    start, end = aware(timing.starts_at, zone), aware(timing.ends_at, zone)
    return [] if start < end else [Problem("SCH-005", {"start": str(start), "end": str(end)}, variant="order")]


def _check_dates(timing: Timing, zone: ZoneInfo) -> list[Problem]:
    problems = []
    for field in ("anchor", "starts_at", "ends_at"):
        at = getattr(timing, field)
        if at is None:
            continue
        year = aware(at, zone).year if MINYEAR < at.year < MAXYEAR else at.year
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            values: dict[str, Scalar] = {"field": field, "found": year, "low": _FIRST_YEAR, "high": _LAST_YEAR}
            problems.append(Problem("SCH-005", values, variant="date"))
    return problems

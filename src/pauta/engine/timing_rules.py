"""Recurrence rules (RFC 5545), evaluated by dateutil within bounds: no rule, however mean, keeps a scheduler busy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pauta.domain.problems import Problem, shorten

_LONGEST = 500
_MONTHS_A_YEAR = 12
_STEPS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
_NUMBERS = {
    "INTERVAL": (1, 1000),
    "COUNT": (1, 10_000),
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
    "BYSETPOS": (-366, 366),
}
_LISTS = frozenset(k for k in _NUMBERS if k.startswith("BY"))
_WEEKDAY = r"(?:MO|TU|WE|TH|FR|SA|SU)"
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")


class Rule(NamedTuple):
    """A rule taken apart. `until` has an offset (UTC) or none (local)."""

    parts: dict[str, str]
    until: datetime | None


def check_rule(text: str) -> list[Problem]:
    """Every part of a rule that cannot be used (SCH-001); empty when all is well."""
    if len(text) > _LONGEST:
        return [Problem("SCH-001", {"length": len(text), "most": _LONGEST}, variant="long")]
    problems: list[Problem] = []
    parts: dict[str, str] = {}
    for part in _bare(text).split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts or not _fits(name, value):
            problems.append(Problem("SCH-001", {"part": shorten(part)}, variant="rule"))
        parts[name] = value
    if problems:
        return problems
    if "FREQ" not in parts:
        return [Problem("SCH-001", {"known": ", ".join(_FREQUENCIES)}, variant="freq")]
    if "COUNT" in parts and "UNTIL" in parts:
        return [Problem("SCH-001", {"part": "COUNT, UNTIL"}, variant="rule")]
    return []


def _bare(text: str) -> str:
    return text.strip().upper().removeprefix("RRULE:").rstrip(";")


def _fits(name: str, value: str) -> bool:
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        numbers = value.split(",") if name in _LISTS else [value]
        return all(re.fullmatch(r"[+-]?\d{1,5}", n) and low <= int(n) <= high for n in numbers) and not (
            low < 0 and any(int(n) == 0 for n in numbers)
        )
    if name == "FREQ":
        return value in _FREQUENCIES
    if name == "UNTIL":
        return _until(value) is not None
    if name == "WKST":
        return re.fullmatch(_WEEKDAY, value) is not None
    return name == "BYDAY" and all(re.fullmatch(rf"(?:[+-]?[1-9]\d?)?{_WEEKDAY}", d) for d in value.split(","))


def _until(value: str) -> datetime | None:
    found = _UNTIL.fullmatch(value)
    if found is None:
        return None
    try:  # a bare date means the whole of that day
        at = datetime.strptime(found[1] + (found[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if found[3] else at


@lru_cache(maxsize=1024)
def parsed_rule(text: str) -> Rule:
    """The parts of a checked rule."""
    parts = dict(part.split("=", 1) for part in _bare(text).split(";"))
    until = parts.pop("UNTIL", None)
    return Rule(parts, _until(until) if until is not None else None)


def rule_by_the_hour(text: str) -> bool:
    """Whether it repeats by the hour or minute: such a rule follows elapsed time at a clock change."""
    return parsed_rule(text).parts["FREQ"] in ("HOURLY", "MINUTELY")


def rule_times(text: str, *, anchor: datetime, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The local times after `start` that the rule gives, ascending, as if no clock were ever changed.

    Args:
        text: A checked rule.
        anchor: Local time from which it counts (the rule's DTSTART), without offset.
        start: Local time, without offset.
        zone: For an UNTIL in UTC.
    """
    from pauta.engine.timing_dateutil import bounded_times  # slow to import, and few have rules

    rule = parsed_rule(text)
    until = rule.until.astimezone(zone).replace(tzinfo=None) if rule.until and rule.until.tzinfo else rule.until
    begin = anchor if "COUNT" in rule.parts else _moved_up(rule.parts, anchor, start)
    for local in bounded_times({**rule.parts, **_implied(rule.parts, anchor)}, begin):
        if until is not None and local > until:
            return
        if local > start and local >= anchor:
            yield local


def _moved_up(parts: dict[str, str], anchor: datetime, start: datetime) -> datetime:
    """A later beginning with the same results after `start`: whole periods on, and one period to spare."""
    every = int(parts.get("INTERVAL", "1"))
    freq = parts["FREQ"]
    if freq in _STEPS:
        step = _STEPS[freq] * every
        whole = (start - anchor) // step - 1
        return anchor + step * whole if whole > 0 else anchor
    months = every * (_MONTHS_A_YEAR if freq == "YEARLY" else 1)
    passed = (start.year - anchor.year) * _MONTHS_A_YEAR + start.month - anchor.month
    whole = passed // months - 1
    if whole <= 0:
        return anchor
    no = anchor.year * _MONTHS_A_YEAR + (anchor.month - 1 if freq == "MONTHLY" else 0) + whole * months
    return anchor.replace(year=no // _MONTHS_A_YEAR, month=no % _MONTHS_A_YEAR + 1, day=1)


def _implied(parts: dict[str, str], anchor: datetime) -> dict[str, str]:
    """What the anchor's date says when the rule names no days (RFC 5545, 3.3.10)."""
    if {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"} & parts.keys():
        return {}
    if parts["FREQ"] == "YEARLY":
        return {"BYMONTHDAY": str(anchor.day), **({} if "BYMONTH" in parts else {"BYMONTH": str(anchor.month)})}
    return {"BYMONTHDAY": str(anchor.day)} if parts["FREQ"] == "MONTHLY" else {}

"""Cron expressions as Debian's cron reads them: five fields, checked one by one, matched by cronsim.

Beyond Debian's own grammar cronsim knows ``L`` (last day of the month, or ``5L``: its last Friday), ``LW`` (its last
working day) and ``1#2`` (its second Monday). When day and weekday are both given, one of them suffices, unless one
begins with ``*``; that too is Debian's way (crontab(5)).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from cronsim import CronSim, CronSimError

from pauta.domain.problems import Problem, Scalar, shorten

_LONGEST = 200
_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SOME_YEAR = datetime(2000, 1, 1)  # noqa: DTZ001  # a time of no zone: matching knows no clock changes


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _DAYS),
)


def spelt_out(text: str) -> str:
    """The expression with a nickname such as ``@daily`` replaced by its five fields."""
    return _NICKNAMES.get(text.strip().lower(), text.strip())


def check_cron(text: str) -> list[Problem]:
    """Every field that cannot be used (SCH-001); empty when all is well. Whether it ever fires is not looked at."""
    if len(text) > _LONGEST:
        return [Problem("SCH-001", {"length": len(text), "most": _LONGEST}, variant="long")]
    text = spelt_out(text)
    if text.startswith("@"):
        variant = "reboot" if text.lower() == "@reboot" else "nickname"
        return [Problem("SCH-001", {"found": shorten(text), "known": ", ".join(_NICKNAMES)}, variant=variant)]
    parts = text.upper().split()
    if len(parts) != len(_FIELDS):
        variant = "seconds" if len(parts) == len(_FIELDS) + 1 else "count"
        return [Problem("SCH-001", {"found": len(parts), "text": shorten(text)}, variant=variant)]
    problems = [
        problem
        for field, part in zip(_FIELDS, parts, strict=True)
        for term in part.split(",")
        if (problem := _check_term(term, field)) is not None
    ]
    return problems or _check_whole(text)


def _check_whole(text: str) -> list[Problem]:
    try:
        _parsed(text)
    except CronSimError as error:
        if _never_by_length(text):
            return []  # all fields are right, but no month has that day: that is "never fires"
        return [Problem("SCH-001", {"text": shorten(text), "detail": str(error)}, variant="other")]
    return []


def _never_by_length(text: str) -> bool:
    days = text.split()[2]
    return bool(re.search(r"3[01]|\*/", days))


def _check_term(term: str, field: _Field) -> Problem | None:
    base, slash, step = term.partition("/")
    if slash and not (_is_number(step) and 1 <= int(step) <= max(field.high, 1)):
        return Problem("SCH-001", {"found": shorten(term), "high": field.high}, variant="step")
    if base == "*" or _is_special(term, field):
        return None
    first, dash, last = base.partition("-")
    for value in (first, last) if dash else (first,):
        if _number(value, field) is None:
            found = shorten(value) if value else "''"
            return Problem("SCH-001", {"found": found, "low": field.low, "high": field.high}, variant=field.name)
    if dash and (_number(first, field) or 0) > (_number(last, field) or 0):
        values: dict[str, Scalar] = {
            "found": shorten(base),
            "first": first,
            "high": field.high,
            "low": field.low,
            "last": last,
        }
        return Problem("SCH-001", values, variant="backwards")
    return None


def _is_special(term: str, field: _Field) -> bool:
    if field.name == "day":
        return term in ("L", "LW")
    if field.name == "weekday":
        return re.fullmatch(r"[0-7]L|([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5]", term) is not None
    return False


def _number(value: str, field: _Field) -> int | None:
    if value in field.names:
        return field.names.index(value) + field.low
    if not _is_number(value):
        return None
    number = int(value)
    return number if field.low <= number <= field.high else None


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[0-9]{1,4}", value) is not None


def runs_by_the_hour(text: str) -> bool:
    """Whether minute or hour begins with ``*``: such a job follows elapsed time, not the wall clock.

    Debian's cron treats clock changes specially only for "jobs that run at a specific time and jobs that are run
    with a granularity greater than one hour. Jobs that run more frequently are scheduled normally" (cron(8)); its
    mark for the latter is a star in the minute or hour field.
    """
    minute, hour = spelt_out(text).split()[:2]
    return minute.startswith("*") or hour.startswith("*")


def cron_times(text: str, start: datetime) -> Iterator[datetime]:
    """The local times after `start` that match, ascending, as if no clock were ever changed. `start` has no offset."""
    try:
        sim = copy.copy(_parsed(spelt_out(text)))
    except CronSimError:
        return iter(())
    sim.dt = start.replace(microsecond=0)
    return iter(sim)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> CronSim:
    return CronSim(text, _SOME_YEAR)

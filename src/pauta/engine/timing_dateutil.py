"""dateutil's recurrence rules with a bound on the work between two results. Imported only where there are rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dateutil import rrule as dateutil  # type: ignore[import-untyped]

_MOST_PERIODS = 1200
_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}


class _TooMuch(Exception):
    """The rule gave nothing for a century or so."""


class _BoundedRule(dateutil.rrule):  # type: ignore[misc]
    """A rule that gives up. dateutil offers no bound: a rule that never fires keeps it busy until the year 9999.

    It looks at `_byeaster` whenever it turns a page of its calendar (a month, or a year of yearly rules).
    """

    periods = 0

    @property
    def _byeaster(self) -> Any:
        self.periods += 1
        if self.periods > _MOST_PERIODS:
            raise _TooMuch
        return None

    @_byeaster.setter
    def _byeaster(self, value: Any) -> None:
        """Easter is no part of RFC 5545."""


def bounded_times(parts: Mapping[str, str], begin: datetime) -> Iterator[datetime]:
    """The times of a checked rule from `begin` on; ends when there is nothing for a century or so."""
    try:
        rule = _BoundedRule(
            getattr(dateutil, parts["FREQ"]),
            dtstart=begin,
            interval=int(parts.get("INTERVAL", "1")),
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
            wkst=_DAYS[parts.get("WKST", "MO")],
            byweekday=[_weekday(d) for d in parts["BYDAY"].split(",")] if "BYDAY" in parts else None,
            **{k.lower(): _numbers(v) for k, v in parts.items() if k.startswith("BY") and k != "BYDAY"},
        )
        for local in rule:
            rule.periods = 0
            yield local
    except (_TooMuch, ValueError, OverflowError):
        return


def _weekday(text: str) -> Any:
    day, number = dateutil.weekday(_DAYS[text[-2:]]), text[:-2]
    return day(int(number)) if number else day


def _numbers(text: str) -> list[int]:
    return [int(n) for n in text.split(",")]

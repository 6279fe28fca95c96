"""Every expression, in every zone, around every clock change, against a count on the fingers (T14, P18).

The oracle knows nothing of `engine.due`: it walks UTC minute by minute, asks the zone what the clock shows, and
compares that with the fields. A local time that it sees twice is repeated, one that it never sees is left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pauta.domain.schedules import Fold, Gap, Timing, TimingKind
from pauta.engine.due import occurrences

CASES = {"ci": 100_000, "night": 1_000_000}.get(os.environ.get("PAUTA_TEST_SCALE", ""), 2_000)
SHARDS = 8
MINUTE = timedelta(minutes=1)
STEP = timedelta(days=2)
HALF = 18 * 60  # minutes before and after a clock change
FIRST, LAST = datetime(2016, 1, 1, tzinfo=UTC), datetime(2036, 12, 31, tzinfo=UTC)

ZONES = [
    "UTC", "America/Sao_Paulo", "America/New_York", "America/Santiago", "America/Havana", "America/Asuncion",
    "America/Nuuk", "America/Scoresbysund", "America/Caracas", "America/Metlakatla", "America/Grand_Turk",
    "America/Port-au-Prince", "America/Sitka", "America/Noronha", "America/Chihuahua", "Europe/London",
    "Europe/Berlin", "Europe/Istanbul", "Europe/Volgograd", "Europe/Lisbon", "Atlantic/Azores", "Africa/Casablanca",
    "Africa/Cairo", "Africa/Juba", "Africa/Khartoum", "Africa/Sao_Tome", "Asia/Tehran", "Asia/Gaza", "Asia/Beirut",
    "Asia/Amman", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Pyongyang", "Asia/Almaty", "Australia/Lord_Howe",
    "Pacific/Chatham", "Pacific/Apia", "Pacific/Easter", "Antarctica/Troll", "Pacific/Norfolk",
]  # fmt: skip

EXPRESSIONS = [
    "* * * * *", "*/7 * * * *", "*/15 * * * *", "0 * * * *", "30 * * * *", "15,45 * * * *", "59 * * * *",
    "0 */2 * * *", "30 */2 * * *", "0 */3 * * *", "5 */6 * * *", "*/10 2 * * *", "*/30 0-3 * * *", "* 1 * * *",
    "* 2 * * *", "0 0 * * *", "30 0 * * *", "1 0 * * *", "59 23 * * *", "0 1 * * *", "15 1 * * *", "30 1 * * *",
    "59 1 * * *", "0 2 * * *", "15 2 * * *", "30 2 * * *", "45 2 * * *", "59 2 * * *", "0 3 * * *", "30 3 * * *",
    "0 4 * * *", "0 12 * * *", "30 23 * * *", "0,30 1 * * *", "0,30 2 * * *", "0 1,2 * * *", "0 2,3 * * *",
    "0 1,2,3 * * *", "30 1-3 * * *", "10-20 2 * * *", "5-55/10 1-2 * * *", "0 0-23 * * *", "0 0-23/2 * * *",
    "0 6 * * 1-5", "0 2 * * 0", "0 2 * * 7", "30 1 * * SUN", "30 2 * * SAT,SUN", "0 0 * * MON", "15 0 * * FRI-SAT",
    "0 0 1 * *", "30 2 1-7 * *", "30 2 25-31 3,10 *", "0 2 */2 * *", "0 1 * 3,4,10,11 *", "0 3 * JAN-JUN *",
    "30 2 29 2 *", "0 2 1 * 0", "0 0 31 * *", "30 1 8-14 * SUN",
]  # fmt: skip
POLICIES = [(gap, fold) for gap in Gap for fold in Fold]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
NAMES = {n: i for i, n in enumerate(WEEKDAYS)} | {n: i + 1 for i, n in enumerate(MONTHS)}


@dataclass(frozen=True)
class Fields:
    """An expression as five sets, read without the program's help."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both: bool
    by_the_hour: bool

    def match(self, at: datetime) -> bool:
        day, weekday = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        return (
            at.minute in self.minutes
            and at.hour in self.hours
            and at.month in self.months
            and ((day and weekday) if self.both else (day or weekday))
        )


@cache
def fields_of(text: str) -> Fields:
    minute, hour, day, month, weekday = text.split()

    def values(field: str, low: int, high: int) -> frozenset[int]:
        found: set[int] = set()
        for term in field.split(","):
            base, _, step = term.partition("/")
            first, _, last = base.partition("-")
            if base == "*":
                start, end = low, high
            else:
                start = NAMES[first] if first in NAMES else int(first)
                end = start if not last else NAMES[last] if last in NAMES else int(last)
            found.update(range(start, end + 1, int(step or 1)))
        return frozenset(found)

    return Fields(
        values(minute, 0, 59),
        values(hour, 0, 23),
        values(day, 1, 31),
        values(month, 1, 12),
        frozenset(d % 7 for d in values(weekday, 0, 7)),
        both=day.startswith("*") or weekday.startswith("*"),
        by_the_hour=minute.startswith("*") or hour.startswith("*"),
    )


@dataclass(frozen=True)
class Walk:
    """Minutes of a window with what the clock shows; hours around it are walked, too, to see what comes twice.

    `twice`: local times that come twice. `again`: minutes of the window in which one comes the second time.
    """

    start: datetime
    shown: list[datetime]
    minutes: np.ndarray
    hours: np.ndarray
    twice: frozenset[datetime]
    again: frozenset[int]


@cache
def walk(zone_name: str, start: datetime, count: int) -> Walk:
    zone = ZoneInfo(zone_name)
    margin = 4 * 60
    shown = [(start + MINUTE * i).astimezone(zone).replace(tzinfo=None, fold=0) for i in range(-margin, count + margin)]
    seen: set[datetime] = set()
    again = frozenset(i - margin for i, at in enumerate(shown) if at in seen or seen.add(at))
    twice = frozenset(shown[i + margin] for i in again)
    within = shown[margin : margin + count]
    return Walk(start, within, np.array([s.minute for s in within]), np.array([s.hour for s in within]), twice, again)


def expected(walked: Walk, fields: Fields, gap: Gap, fold: Fold) -> list[tuple[datetime, str, int]]:
    """What fires in a window: instant, intended local time, fold."""
    near = np.isin(walked.minutes, list(fields.minutes)) & np.isin(walked.hours, list(fields.hours))
    hits = {int(i): walked.shown[i] for i in np.flatnonzero(near) if fields.match(walked.shown[i])}
    fires: dict[int, tuple[str, int]] = {}
    for i, local in hits.items():
        if local not in walked.twice:
            fires[i] = (local.isoformat(), 0)
            continue
        second = i in walked.again
        if fields.by_the_hour or fold is Fold.BOTH or (fold is Fold.LAST) == second:
            fires[i] = (local.isoformat(), int(second))
    if gap is Gap.RUN_AFTER and not fields.by_the_hour:
        for i in range(1, len(walked.shown)):
            missing = (walked.shown[i] - walked.shown[i - 1]) // MINUTE - 1
            if missing > 0 and i not in fires:
                left_out = (walked.shown[i - 1] + MINUTE * (n + 1) for n in range(missing))
                first = next((at for at in left_out if fields.match(at)), None)
                if first is not None:
                    fires[i] = (first.isoformat(), 0)
    return [(walked.start + MINUTE * i, *fires[i]) for i in sorted(fires)]


@cache
def changes(zone_name: str) -> list[datetime]:
    """The instants at which the zone's clock was or will be changed, to the minute."""
    zone = ZoneInfo(zone_name)
    found = []
    at, before = FIRST, FIRST.astimezone(zone).utcoffset()
    while at < LAST:
        after = (at + STEP).astimezone(zone).utcoffset()
        if after != before:
            low, high = at, at + STEP
            while high - low > MINUTE:
                middle = low + (high - low) // 2 // MINUTE * MINUTE
                if middle.astimezone(zone).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
        at, before = at + STEP, after
    return found


def windows(zone_name: str) -> list[tuple[datetime, int]]:
    """Windows around every change, one that begins within each hour of some, and some quiet ones."""
    found = [(at - MINUTE * HALF, 2 * HALF) for at in changes(zone_name)]
    found += [(at + MINUTE * (17 * n - 100), 300) for n, at in enumerate(changes(zone_name)[:12])]
    number = sum(map(ord, zone_name))
    for n in range(12):
        day = (number * 7919 + n * 104_729) % ((LAST - FIRST).days - 5)
        found.append((FIRST + timedelta(days=day, minutes=(number * n) % 1440), 2 * HALF))
    if number % 4 == 0:
        found.append((FIRST + timedelta(days=(number * 6151) % 7000), 45 * 1440))
    return found


def sample() -> list[tuple[str, tuple[datetime, int], list[Timing]]]:
    """As many cases as the count asks for, spread over zones, windows, expressions and policies."""
    chosen = [(zone, window) for zone in ZONES for window in windows(zone)]
    chosen = chosen[:: max(len(chosen) * 8 // CASES, 1)]
    combinations = [(text, gap, fold) for text in EXPRESSIONS for gap, fold in POLICIES]
    sparse = [c for c in combinations if not fields_of(c[0]).by_the_hour]
    each = -(-CASES // len(chosen))
    assert each <= len(sparse)
    cases = []
    for number, (zone, window) in enumerate(chosen):
        # 7 and 360 have no common factor: a window meets different expressions, and all windows together meet all.
        some = combinations if window[1] <= 2 * HALF else sparse
        picked = [some[(number * 41 + n * 7) % len(some)] for n in range(each)]
        timings = [Timing(TimingKind.CRON, text, zone=zone, gap=gap, fold=fold) for text, gap, fold in picked]
        cases.append((zone, window, timings))
    return cases


@pytest.mark.parametrize("shard", range(SHARDS))
def test_t14_occurrences_are_those_that_a_walk_over_the_minutes_finds(shard: int) -> None:
    tried = 0
    for zone, (start, count), timings in sample()[shard::SHARDS]:
        until = start + MINUTE * (count - 1)
        for timing in timings:
            tried += 1
            found = occurrences(timing, after=start - MINUTE / 2, anchor=FIRST, until=until)
            wanted = expected(walk(zone, start, count), fields_of(timing.text), timing.gap, timing.fold)
            assert [(o.at, o.local, o.fold) for o in found] == wanted, f"{timing} from {start}"
        walk.cache_clear()
    assert tried >= CASES // SHARDS - 400


def test_the_sample_is_as_large_as_the_count_asks_for() -> None:
    assert len(ZONES) == 40
    assert len(EXPRESSIONS) == 60
    assert sum(len(timings) for _, _, timings in sample()) >= CASES


def test_no_identity_comes_twice_over_a_year_of_half_hours() -> None:
    timing = Timing(TimingKind.CRON, "*/30 * * * *", zone="America/New_York")
    found = list(islice(occurrences(timing, after=FIRST, anchor=FIRST), 18_000))
    assert len({(o.local, o.fold) for o in found}) == len(found)
    assert all(b.at - a.at == timedelta(minutes=30) for a, b in pairwise(found))

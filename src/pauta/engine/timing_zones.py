"""Local times and instants: what a clock change leaves out, and what it repeats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.domain.schedules import Fold, Gap, Occurrence

GAP = "gap"
FOLD = "fold"
LEFT_OUT = "left_out"

_LONGEST_NAME = 100
_SECOND = timedelta(seconds=1)
_LOOK_AHEAD = timedelta(hours=26)
_SUGGESTED = 3
_ALIKE = 0.6

# What people write for a zone, and the zones they may mean. Some of these are names in the zone data too, but of
# zones without summer time, or of another country's: whoever writes EST seldom means Panama.
_ABBREVIATIONS = {
    "ACT": ("America/Rio_Branco",),
    "AMT": ("America/Manaus", "America/Cuiaba"),
    "BRST": ("America/Sao_Paulo",),
    "BRT": ("America/Sao_Paulo", "America/Bahia", "America/Fortaleza"),
    "BST": ("Europe/London",),
    "CDT": ("America/Chicago",),
    "CEST": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "CET": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "CST": ("America/Chicago", "Asia/Shanghai"),
    "EDT": ("America/New_York",),
    "EET": ("Europe/Athens", "Europe/Helsinki"),
    "EEST": ("Europe/Athens", "Europe/Helsinki"),
    "EST": ("America/New_York",),
    "FNT": ("America/Noronha",),
    "HST": ("Pacific/Honolulu",),
    "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "JST": ("Asia/Tokyo",),
    "MDT": ("America/Denver",),
    "MET": ("Europe/Berlin", "Europe/Paris"),
    "MSK": ("Europe/Moscow",),
    "MST": ("America/Denver", "America/Phoenix"),
    "PDT": ("America/Los_Angeles",),
    "PST": ("America/Los_Angeles",),
    "WEST": ("Europe/Lisbon",),
    "WET": ("Europe/Lisbon",),
}
_NOT_MEANT = frozenset({"Factory", "localtime", "posixrules"})


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this IANA name.

    Raises:
        InvalidInput: SCH-003 for an unknown name, an abbreviation, or a zone that left the zone data.
    """
    if name not in _NOT_MEANT and name not in _ABBREVIATIONS and 0 < len(name) <= _LONGEST_NAME:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise InvalidInput(_unknown(name))


@lru_cache(maxsize=256)
def _unknown(name: str) -> Problem:
    meant = _ABBREVIATIONS.get(name.upper())
    if meant is not None:
        return Problem("SCH-003", {"zone": name, "near": ", ".join(meant)}, variant="abbreviation")
    near = _nearest(name[:_LONGEST_NAME])
    if near:
        return Problem("SCH-003", {"zone": shorten(name), "near": ", ".join(near)})
    return Problem("SCH-003", {"zone": shorten(name)}, variant="none")


def _nearest(name: str) -> list[str]:
    """Names that may be meant, best first: the city alone counts as much as the whole name."""
    from difflib import SequenceMatcher  # only when something was misspelt

    wanted = name.lower().replace(" ", "_")
    city = wanted.rpartition("/")[2]

    def likeness(zone: str) -> float:
        whole = zone.lower()
        compare = SequenceMatcher(None, b=city)
        compare.set_seq1(whole.rpartition("/")[2])
        by_city = compare.ratio() if compare.quick_ratio() > _ALIKE else 0.0
        compare = SequenceMatcher(None, whole, wanted)
        return max(by_city, compare.ratio() if compare.quick_ratio() > _ALIKE else 0.0)

    scored = sorted(((likeness(z), z) for z in available_timezones() - _NOT_MEANT), key=lambda s: (-s[0], s[1]))
    return [zone for score, zone in scored[:_SUGGESTED] if score > _ALIKE]


def aware(at: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC; a time without offset is one of the zone's clock."""
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def local_of(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock of the zone shows at an instant, without offset; `fold` tells the second of two."""
    return at.astimezone(zone).replace(tzinfo=None)


def earliest_local(after: datetime, zone: ZoneInfo) -> datetime:
    """A local time before every local time that still lies ahead, the repeated ones included."""
    ahead = after + _LOOK_AHEAD
    return min(local_of(after, zone), local_of(ahead, zone) - _LOOK_AHEAD).replace(fold=0) - _SECOND


def occurrence_at(at: datetime, zone: ZoneInfo) -> Occurrence:
    """An occurrence that is meant as an instant: what the clock shows then is only its name."""
    local = local_of(at, zone)
    return Occurrence(
        at.astimezone(UTC), local.replace(fold=0).isoformat(), local.fold, FOLD if _is_repeated(local, zone) else ""
    )


def _is_repeated(local: datetime, zone: ZoneInfo) -> bool:
    first, second = zone.utcoffset(local.replace(fold=0)), zone.utcoffset(local.replace(fold=1))
    return first is not None and second is not None and first > second


def occurrences_of(locals_: Iterator[datetime], zone: ZoneInfo, *, gap: Gap, fold: Fold) -> Iterator[Occurrence]:
    """The occurrences of ascending local times, in order of their instants.

    - A local time that does not exist is left out (`Gap.SKIP`, marked `LEFT_OUT`), or runs at the first instant
      after the gap. What one gap takes runs once, under the first of its times; not at all when that instant is
      itself one of the local times.
    - A local time that happens twice gives the first, the second or both.

    `at` never decreases, and no two occurrences but those marked `LEFT_OUT` have the same instant.
    """
    waiting: list[Occurrence] = []  # after the gap or a second time round: known before their turn comes
    for local in locals_:
        first, second = _offsets(local, zone)
        text = local.isoformat()
        if first < second:
            held = _in_gap(local, text, zone, gap=gap, waiting=waiting)
            waiting.extend(held)
            continue
        at = (local - first).replace(tzinfo=UTC)
        while waiting and waiting[0].at <= at:
            ready = waiting.pop(0)
            if ready.at < at or ready.mark == LEFT_OUT:
                yield ready
        if first == second:
            yield Occurrence(at, text)
            continue
        if fold is not Fold.LAST:
            yield Occurrence(at, text, 0, FOLD)
        if fold is not Fold.FIRST:
            waiting.append(Occurrence((local - second).replace(tzinfo=UTC), text, 1, FOLD))
    yield from waiting


def _in_gap(local: datetime, text: str, zone: ZoneInfo, *, gap: Gap, waiting: list[Occurrence]) -> Iterator[Occurrence]:
    end = _end_of_gap(local, zone)
    if gap is Gap.SKIP:
        yield Occurrence(end, text, 0, LEFT_OUT)
    elif not any(w.at == end for w in waiting):
        yield Occurrence(end, text, 0, GAP)


def _offsets(local: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    first, second = zone.utcoffset(local), zone.utcoffset(local.replace(fold=1))
    return first or timedelta(), second or timedelta()


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the clock change that leaves out this local time, to the second."""
    before, after = _offsets(local, zone)
    low, high = (local - after).replace(tzinfo=UTC), (local - before).replace(tzinfo=UTC)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)

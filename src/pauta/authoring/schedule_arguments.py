"""When a deployment is to run, as people write it in Python or TOML, made into timings as the API takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.domain.quantities import duration_of

USUAL_NAME = "schedule"
"""What a schedule is called that was given no name; the next ones are ``schedule 2``, ``schedule 3`` …"""

_WAYS = ("cron", "interval", "rrule")
_OTHER_NAMES = {"timezone": "zone", "every": "interval", "anchor_date": "anchor", "slug": "name"}
_KEPT = ("zone", "gap", "fold", "missed", "missed_limit", "missed_window_seconds", "jitter_seconds")
_WHENS = ("anchor", "starts_at", "ends_at")
_OWN = ("name", "parameters", "active")
_KNOWN = (*_WAYS, *_OTHER_NAMES, *_KEPT, *_WHENS, *_OWN)
_WITHOUT_EFFECT = {"day_or": True}


@dataclass(frozen=True, slots=True)
class WantedSchedule:
    """A schedule that a deployment is to have.

    Attributes:
        timing: As the API takes it.
        active: Whether it is to fire.
    """

    name: str
    timing: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True


def schedules_of(
    *,
    cron: Any = None,
    interval: Any = None,
    rrule: Any = None,
    schedule: Any = None,
    schedules: Any = None,
    timezone: str | None = None,
) -> tuple[WantedSchedule, ...] | None:
    """What was said of when to run; None when nothing was.

    Args:
        cron: An expression, or several.
        interval: Seconds, a `timedelta`, or ``"15m"``; or several.
        rrule: A rule of RFC 5545, or several.
        schedule: ``{"cron": "0 */2 * * *", "timezone": "America/Sao_Paulo"}``.
        schedules: Several of these.
        timezone: For those that name none themselves.

    Raises:
        InvalidInput: FLW-080, all that apply. What is written in an expression is checked where it is kept.
    """
    said = {
        name: value
        for name, value in (
            ("cron", cron), ("interval", interval), ("rrule", rrule), ("schedule", schedule), ("schedules", schedules),
        )
        if value is not None
    }  # fmt: skip
    if len(said) > 1:
        first, second = list(said)[:2]
        raise InvalidInput(Problem("FLW-080", {"first": first, "second": second}, variant="together"))
    if not said:
        return None
    ((way, value),) = said.items()
    items = [{way: one} for one in _several(value)] if way in _WAYS else _tables(way, value)
    return _named(items, timezone)


def _several(value: Any) -> Sequence[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) else [value]


def _tables(way: str, value: Any) -> list[Mapping[str, Any]]:
    items = _several(value)
    strays = [item for item in items if not isinstance(item, Mapping)]
    if strays:
        values = {"field": way, "found": shorten(repr(strays[0])), "expected": '{"cron": "0 */2 * * *"}'}
        raise InvalidInput(Problem("FLW-080", values, place=Place(field=way)))
    return [_unwrapped(item) for item in items]


def _unwrapped(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """``{"schedule": {…}, "active": False}`` is as good as ``{…, "active": False}``."""
    inner = item.get("schedule")
    return {**inner, **{k: v for k, v in item.items() if k != "schedule"}} if isinstance(inner, Mapping) else item


def _named(items: Sequence[Mapping[str, Any]], timezone: str | None) -> tuple[WantedSchedule, ...]:
    found: dict[str, WantedSchedule] = {}
    problems: list[Problem] = []
    for number, item in enumerate(items, start=1):
        try:
            wanted = _wanted(item, number, timezone)
        except InvalidInput as error:
            problems += error.problems
            continue
        if wanted.name in found:
            problems.append(Problem("FLW-080", {"name": shorten(wanted.name)}, variant="twice"))
        found[wanted.name] = wanted
    if problems:
        raise InvalidInput(problems)
    return tuple(found.values())


def _wanted(item: Mapping[str, Any], number: int, timezone: str | None) -> WantedSchedule:
    given = {_OTHER_NAMES.get(key, key): value for key, value in item.items() if value is not None}
    given = {key: value for key, value in given.items() if _WITHOUT_EFFECT.get(key) != value}
    problems = [
        Problem("FLW-080", {"key": shorten(key), "known": ", ".join(_KNOWN)}, "key", place=Place(field=shorten(key)))
        for key in given
        if key not in _KNOWN
    ]
    ways = [way for way in _WAYS if way in given]
    if len(ways) != 1:
        problems.append(Problem("FLW-080", {"found": ", ".join(ways) or "-"}, variant="ways"))
    if problems:
        raise InvalidInput(problems)
    timing = _way(ways[0], given[ways[0]])
    timing |= {key: given[key] for key in _KEPT if key in given}
    timing |= {key: _moment(key, given[key]) for key in _WHENS if key in given}
    timing.setdefault("zone", timezone or "UTC")
    name = str(given.get("name") or (USUAL_NAME if number == 1 else f"{USUAL_NAME} {number}"))
    return WantedSchedule(name, timing, dict(given.get("parameters") or {}), given.get("active", True) is not False)


def _way(way: str, value: Any) -> dict[str, Any]:
    if way == "interval":
        return {"kind": "interval", "seconds": _seconds(value)}
    if not isinstance(value, str):
        expected = '"0 */2 * * *"' if way == "cron" else '"FREQ=DAILY;BYHOUR=6"'
        raise InvalidInput(_unfit(way, value, expected))
    return {"kind": way, "text": value}


def _seconds(value: Any) -> float:
    length = duration_of(value) if isinstance(value, str) else value
    if isinstance(length, timedelta):
        return length.total_seconds()
    if isinstance(length, bool) or not isinstance(length, int | float):
        raise InvalidInput(_unfit("interval", value, '900, timedelta(minutes=15), "15m"'))
    return float(length)


def _moment(key: str, value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise InvalidInput(_unfit(key, value, "2027-01-31T12:00:00-03:00")) from None


def _unfit(field: str, value: Any, expected: str) -> Problem:
    values = {"field": field, "found": shorten(repr(value)), "expected": expected}
    return Problem("FLW-080", values, place=Place(field=field))

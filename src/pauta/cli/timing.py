"""Time plans as they are typed: one of three ways to write them, and the policies around."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

import typer

from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.domain.schedules import Fold, Gap, Missed

Cron = Annotated[str | None, typer.Option("--cron", metavar="CRON", help="opt.cron")]
Every = Annotated[str | None, typer.Option("--every", metavar="TIME", help="opt.every")]
Rule = Annotated[str | None, typer.Option("--rrule", metavar="RRULE", help="opt.rrule")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="opt.zone")]
GapOption = Annotated[str | None, typer.Option("--gap", metavar="POLICY", help="opt.gap")]
FoldOption = Annotated[str | None, typer.Option("--fold", metavar="POLICY", help="opt.fold")]
MissedOption = Annotated[str | None, typer.Option("--missed", metavar="POLICY", help="opt.missed")]
MissedLimit = Annotated[int | None, typer.Option("--missed-limit", metavar="N", help="opt.missed_limit")]
MissedWindow = Annotated[str | None, typer.Option("--missed-window", metavar="TIME", help="opt.missed_window")]
Jitter = Annotated[str | None, typer.Option("--jitter", metavar="TIME", help="opt.jitter")]
From = Annotated[str | None, typer.Option("--from", metavar="WHEN", help="opt.starts")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="opt.until")]

_CHOICES = {"gap": [str(v) for v in Gap], "fold": [str(v) for v in Fold], "missed": [str(v) for v in Missed]}
_TIMES = {"missed_window": "missed_window_seconds", "jitter": "jitter_seconds"}
_WHENS = {"from": "starts_at", "until": "ends_at"}


def timing_of(given: Mapping[str, Any], *, command: str) -> dict[str, Any]:
    """The timing as the API takes it: only what was said.

    Args:
        given: Values by option: ``cron``, ``every``, ``rrule``, ``zone``, ``gap``, ``fold``, ``missed``,
            ``missed_limit``, ``missed_window``, ``jitter``, ``from``, ``until``.
        command: For messages.

    Raises:
        InvalidInput: CLI-001, all that apply. What is written in a cron expression or rule the server checks.
    """
    problems: list[Problem] = []
    said = {name: value for name, value in given.items() if value is not None}
    timing = _way(said, command, problems)
    timing |= {name: said[name] for name in ("zone", "missed_limit") if name in said}
    for name, choices in _CHOICES.items():
        if name in said and said[name] not in choices:
            problems.append(_bad(name, said[name], ", ".join(choices)))
        elif name in said:
            timing[name] = said[name]
    timing |= {field: _seconds(name, said[name], problems) for name, field in _TIMES.items() if name in said}
    zone = said.get("zone", "UTC")
    timing |= {field: _when(name, said[name], zone, problems) for name, field in _WHENS.items() if name in said}
    if problems:
        raise InvalidInput(problems)
    return timing


def _way(said: Mapping[str, Any], command: str, problems: list[Problem]) -> dict[str, Any]:
    ways = [name for name in ("cron", "every", "rrule") if name in said]
    if len(ways) > 1:
        values = {"first": f"--{ways[0]}", "second": f"--{ways[1]}"}
        problems.append(Problem("CLI-001", values, variant="together"))
    if not ways:
        problems.append(Problem("CLI-001", {"command": command, "name": "--cron, --every | --rrule"}, "missing"))
        return {}
    way = ways[0]
    if way == "every":
        return {"kind": "interval", "seconds": _seconds("every", said["every"], problems)}
    return {"kind": way, "text": said[way]}


def _seconds(name: str, text: str, problems: list[Problem]) -> float:
    from pauta.domain.quantities import duration_of

    length = duration_of(text)
    if length is None:
        problems.append(_bad(name.replace("_", "-"), text, "30s, 15m, 2h, 1d"))
        return 0.0
    return length.total_seconds()


def _when(name: str, text: str, zone: str, problems: list[Problem]) -> str:
    from zoneinfo import ZoneInfo

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        problems.append(_bad(name, text, "2027-01-31, 2027-01-31T12:00-03:00"))
        return ""
    # Without an offset it is meant in the schedule's zone. Of an unknown zone the server tells.
    with suppress(ValueError, OSError, LookupError):
        at = at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))
    return at.isoformat()


def _bad(name: str, found: str, expected: str) -> Problem:
    return Problem("CLI-001", {"name": f"--{name}", "found": f'"{shorten(found)}"', "expected": expected}, "value")

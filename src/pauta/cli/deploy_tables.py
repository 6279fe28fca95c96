"""Deployments of ``pauta.toml``: ``[deployment.NAME]`` or ``[[deployments]]`` tables, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pauta.authoring.schedule_arguments import WantedSchedule, schedules_of
from pauta.cli.timing import timing_of
from pauta.domain.problems import InvalidInput, Place, Problem, shorten

FIELDS = (
    "pipeline",
    "pipeline_version",
    "parameters",
    "inputs",
    "only",
    "use_cache",
    "pool",
    "priority",
    "limit",
    "limits",
    "notifications",
    "description",
    "tags",
)
_OTHER_NAMES = {
    "work_pool": "pool",
    "work_pool_name": "pool",
    "concurrency_limit": "limit",
    "entrypoint": "flow",
    "zone": "timezone",
    "every": "interval",
}
_FLOW = ("flow", "source", "ref")
_WAYS = ("cron", "interval", "rrule", "schedules")
OWN = ("document", "scripts", *_FLOW, "schedule", *_WAYS, "timezone", "paused")
KEYS = (*FIELDS, *OWN, *_OTHER_NAMES)
TIMING = (
    "cron",
    "every",
    "rrule",
    "zone",
    "gap",
    "fold",
    "missed",
    "missed_limit",
    "missed_window",
    "jitter",
    "from",
    "until",
)
_TEXTS = frozenset(TIMING) - {"missed_limit"}


@dataclass(frozen=True, slots=True)
class Table:
    """A deployment as the file wants it.

    Attributes:
        fields: Fields of the deployment.
        document: A document to publish first; its name is the deployment's pipeline.
        scripts: Where its scripts are.
        entrypoint: A flow to publish first instead, ``file.py:function`` in `source`.
        source: As people write it; the file's own folder unless it says otherwise.
        ref: Branch, tag or commit of the source.
        schedules: Those it is to have; None: the file says nothing of them.
        only_these: Others that have no name of their own go.
    """

    name: str
    fields: Mapping[str, Any]
    document: str | None = None
    scripts: str | None = None
    entrypoint: str | None = None
    source: str = "."
    ref: str | None = None
    schedules: tuple[WantedSchedule, ...] | None = None
    only_these: bool = False
    paused: bool = False


def read_tables(file: Path, *, only: Sequence[str]) -> list[Table]:
    """The deployments of a file, or those named.

    Raises:
        InvalidInput: CFG-003 when it is no TOML; DPL-001 to DPL-006, FLW-080, all that apply.
    """
    tables = _tables(file)
    problems = [_unknown(file, name, list(tables)) for name in only if name not in tables]
    wanted: list[Table] = []
    for name, table in tables.items():
        if not only or name in only:
            try:
                wanted.append(_table(file, name, table))
            except InvalidInput as error:
                problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return wanted


def _tables(file: Path) -> dict[str, Any]:
    try:
        whole = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        whole = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        values = {"detail": shorten(error, 200)}
        raise InvalidInput(Problem("CFG-003", values, place=Place(str(file)))) from error
    found = whole.get("deployment", {})
    if not isinstance(found, dict) or not all(isinstance(table, dict) for table in found.values()):
        raise InvalidInput(Problem("DPL-002", {"field": "deployment"}, place=Place(str(file))))
    found = {**found, **_listed(file, whole.get("deployments", []), found)}
    if not found:
        raise InvalidInput(Problem("DPL-001", {}, place=Place(str(file))))
    return found


def _listed(file: Path, listed: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """``[[deployments]]``: each has its name inside."""
    if not isinstance(listed, list) or not all(isinstance(table, dict) for table in listed):
        raise InvalidInput(Problem("DPL-002", {"field": "deployments"}, place=Place(str(file))))
    found: dict[str, Any] = {}
    for number, table in enumerate(listed):
        name = table.get("name")
        place = Place(str(file), field=f"deployments[{number}].name")
        if not isinstance(name, str) or not name:
            raise InvalidInput(Problem("DPL-006", {}, place=place))
        if name in found or name in known:
            raise InvalidInput(Problem("DPL-006", {"name": shorten(name)}, "twice", place=place))
        found[name] = {key: value for key, value in table.items() if key != "name"}
    return found


def _table(file: Path, name: str, said: Mapping[str, Any]) -> Table:
    place = f"deployment.{name}"
    problems = [_unknown_key(file, place, key, KEYS) for key in said if key not in KEYS]
    problems += [
        Problem("FLW-081", {"first": key, "second": _OTHER_NAMES[key]}, "both", place=Place(str(file), field=place))
        for key in said
        if _OTHER_NAMES.get(key) in said
    ]
    table = {_OTHER_NAMES.get(key, key): value for key, value in said.items()}
    if isinstance(table.get("pool"), Mapping):  # work_pool = { name = "my-pool" }
        table["pool"] = table["pool"].get("name")
    if sum(key in table for key in ("document", "pipeline", "flow")) != 1:
        problems.append(Problem("DPL-003", {}, place=Place(str(file), field=place)))
    schedules: tuple[WantedSchedule, ...] | None = None
    try:
        schedules = _schedules(file, place, table)
    except InvalidInput as error:
        problems += error.problems
    problems += [
        Problem("DPL-007", {"field": key}, place=Place(str(file), field=f"{place}.{key}"))
        for key in ("document", "scripts", *_FLOW, "pool", "pipeline")
        if not isinstance(table.get(key, ""), str)
    ]
    if problems:
        raise InvalidInput(problems)
    return Table(
        name,
        {key: _plain(value) for key, value in table.items() if key in FIELDS},
        document=table.get("document"),
        scripts=table.get("scripts"),
        entrypoint=table.get("flow"),
        source=table.get("source", "."),
        ref=table.get("ref"),
        schedules=schedules,
        only_these=any(key in table for key in _WAYS),
        paused=table.get("paused") is True,
    )


def _schedules(file: Path, place: str, table: Mapping[str, Any]) -> tuple[WantedSchedule, ...] | None:
    """Those of ``cron``, ``schedules`` … and those of ``[deployment.NAME.schedule.NAME]`` tables."""
    named = table.get("schedule", {})
    if not isinstance(named, dict):
        raise InvalidInput(Problem("DPL-002", {"field": f"{place}.schedule"}, place=Place(str(file))))
    ways = {key: table[key] for key in _WAYS if key in table}
    if named and not all(isinstance(body, dict) for body in named.values()):
        if any(isinstance(body, dict) for body in named.values()) and "parameters" not in named:
            raise InvalidInput(Problem("DPL-002", {"field": f"{place}.schedule"}, place=Place(str(file))))
        ways["schedule"], named = named, {}
    try:
        plain = schedules_of(**{key: _plain(value) for key, value in ways.items()}, timezone=table.get("timezone"))
    except InvalidInput as error:
        at = Place(str(file), field=place)
        raise InvalidInput([replace(problem, place=at) for problem in error.problems]) from error
    problems: list[Problem] = []
    found = list(plain or ())
    for name, body in named.items():
        try:
            found.append(_schedule(file, name, f"{place}.schedule.{name}", body))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return tuple(found) if found or plain is not None else None


def _schedule(file: Path, name: str, place: str, body: Mapping[str, Any]) -> WantedSchedule:
    keys = (*TIMING, "parameters")
    problems = [_unknown_key(file, place, key, keys) for key in body if key not in keys]
    if problems:
        raise InvalidInput(problems)
    given = {key: str(_plain(value)) if key in _TEXTS else value for key, value in body.items() if key in TIMING}
    return WantedSchedule(name, timing_of(given, command=place), _plain(body.get("parameters") or {}))


def _plain(value: Any) -> Any:
    """A value of TOML as JSON has it: dates as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _unknown(file: Path, name: str, known: list[str]) -> Problem:
    values = {"name": shorten(name), "known": shorten(", ".join(known), 200)}
    return Problem("DPL-004", values, place=Place(str(file)))


def _unknown_key(file: Path, place: str, key: str, known: Sequence[str]) -> Problem:
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    values = {"key": shorten(key), "known": ", ".join(near or known)}
    return Problem("DPL-005", values, place=Place(str(file), field=place))

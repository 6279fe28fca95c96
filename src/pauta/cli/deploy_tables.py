"""``[deployment.NAME]`` tables of ``pauta.toml``: read, checked, compared with what a server has."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

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
)
OWN = ("document", "scripts", "schedule")
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
class Wanted:
    """A deployment as the file wants it.

    Attributes:
        document: A document to publish first; its name is the deployment's pipeline.
        scripts: Where its scripts are.
        fields: Fields of the deployment.
        schedules: Body of each schedule, by name.
    """

    name: str
    fields: Mapping[str, Any]
    document: str | None
    scripts: str | None
    schedules: Mapping[str, Mapping[str, Any]]


def read_tables(file: Path, *, only: Sequence[str]) -> list[Wanted]:
    """The deployments of a file, or those named.

    Raises:
        InvalidInput: CFG-003 when it is no TOML; DPL-001 to DPL-004, all that apply.
    """
    tables = _tables(file)
    problems = [_unknown(file, name, list(tables)) for name in only if name not in tables]
    wanted: list[Wanted] = []
    for name, table in tables.items():
        if not only or name in only:
            try:
                wanted.append(_wanted(file, name, table))
            except InvalidInput as error:
                problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return wanted


def _tables(file: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("deployment", {})
    except FileNotFoundError:
        found = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        values = {"detail": shorten(error, 200)}
        raise InvalidInput(Problem("CFG-003", values, place=Place(str(file)))) from error
    if not isinstance(found, dict) or not all(isinstance(table, dict) for table in found.values()):
        raise InvalidInput(Problem("DPL-002", {"field": "deployment"}, place=Place(str(file))))
    if not found:
        raise InvalidInput(Problem("DPL-001", {}, place=Place(str(file))))
    return found


def _wanted(file: Path, name: str, table: Mapping[str, Any]) -> Wanted:
    place = f"deployment.{name}"
    problems = [_unknown_key(file, place, key, (*FIELDS, *OWN)) for key in table if key not in (*FIELDS, *OWN)]
    if ("document" in table) == ("pipeline" in table):
        problems.append(Problem("DPL-003", {}, place=Place(str(file), field=place)))
    schedules = table.get("schedule", {})
    if not isinstance(schedules, dict) or not all(isinstance(body, dict) for body in schedules.values()):
        problems.append(Problem("DPL-002", {"field": f"{place}.schedule"}, place=Place(str(file))))
        schedules = {}
    bodies = {}
    for schedule, body in schedules.items():
        try:
            bodies[schedule] = _schedule(file, f"{place}.schedule.{schedule}", body)
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    fields = {key: _plain(value) for key, value in table.items() if key in FIELDS}
    return Wanted(name, fields, table.get("document"), table.get("scripts"), bodies)


def _schedule(file: Path, place: str, body: Mapping[str, Any]) -> dict[str, Any]:
    keys = (*TIMING, "parameters")
    problems = [_unknown_key(file, place, key, keys) for key in body if key not in keys]
    if problems:
        raise InvalidInput(problems)
    given = {key: str(_plain(value)) if key in _TEXTS else value for key, value in body.items() if key in TIMING}
    made: dict[str, Any] = {"timing": timing_of(given, command=place)}
    if "parameters" in body:
        made["parameters"] = _plain(body["parameters"])
    return made


def differing(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the file wants otherwise. What the file does not mention stays as it is."""
    return {name: value for name, value in fields.items() if not _same(before.get(name), value)}


def _same(had: Any, wanted: Any) -> bool:
    """Whether nothing of what is wanted is missing: a server fills a timing's other fields in by itself."""
    if isinstance(wanted, Mapping) and isinstance(had, Mapping) and "kind" in wanted:
        return all(_same(had.get(name), value) for name, value in wanted.items())
    if isinstance(had, str) and isinstance(wanted, str) and had != wanted:
        return _moment(had) is not None and _moment(had) == _moment(wanted)
    return bool(had == wanted)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


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

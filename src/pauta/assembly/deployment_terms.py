"""What people say of a deployment in Python: checked, and made into what a deployment has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pauta.authoring.schedule_arguments import WantedSchedule, schedules_of
from pauta.domain.problems import InvalidInput, Place, Problem, shorten

_TIMES = ("cron", "interval", "rrule", "schedule", "schedules", "timezone")
_POOLS = ("work_pool_name", "work_pool", "pool")
_WITHOUT_EFFECT = (
    "build", "push", "work_queue_name", "enforce_parameter_schema", "print_next_steps", "ignore_warnings",
    "entrypoint_type", "print_starting_message", "pause_on_shutdown", "webserver", "triggers", "sla",
)  # fmt: skip
_SAID_ALOUD = ("build", "push", "work_queue_name", "triggers", "sla", "webserver")
_KNOWN = (
    *_TIMES, *_POOLS, "parameters", "tags", "description", "version", "concurrency_limit", "limit", "paused",
    "priority", "notifications", "job_variables", "image", *_WITHOUT_EFFECT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What was said of a deployment.

    Attributes:
        fields: Of the deployment.
        ignored: Names of arguments that mean nothing here.
    """

    fields: Mapping[str, Any]
    schedules: tuple[WantedSchedule, ...] | None
    paused: bool
    note: str
    ignored: tuple[str, ...]


def terms_of(said: Mapping[str, Any]) -> Terms:
    """What was said, checked as far as it can be without looking anywhere.

    Raises:
        InvalidInput: FLW-080, FLW-081, all that apply.
    """
    problems = [_stranger(name) for name in said if name not in _KNOWN]
    pools = {name: said[name] for name in _POOLS if said.get(name) is not None}
    if len(pools) > 1:
        first, second = list(pools)[:2]
        problems.append(Problem("FLW-081", {"first": first, "second": second}, variant="both"))
    pool = shorten(next(iter(pools.values()), "default"))
    for name in ("image", "job_variables"):
        if said.get(name):
            values = {"pool": pool, "image": shorten(said[name])} if name == "image" else {"pool": pool}
            problems.append(Problem("FLW-081", values, name, place=Place(field=name)))
    fields: dict[str, Any] = {"pool": next(iter(pools.values()))} if pools else {}
    fields |= _fields(said, problems)
    schedules = None
    try:
        schedules = schedules_of(**{name: said.get(name) for name in _TIMES})
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)
    ignored = tuple(name for name in _SAID_ALOUD if said.get(name))
    return Terms(fields, schedules, bool(said.get("paused")), str(said.get("version") or ""), ignored)


def _fields(said: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind, to, expected in (
        ("parameters", Mapping, "parameters", '{"subreddit": "redditdev"}'),
        ("description", str, "description", '"…"'),
        ("priority", int, "priority", "-1, 0, 10"),
        ("concurrency_limit", int, "limit", "1, 2, 3"),
        ("limit", int, "limit", "1, 2, 3"),
        ("notifications", list | tuple, "notifications", "[…]"),
        ("tags", list | tuple | set | frozenset, "tags", '["nightly"]'),
    ):
        value = said.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            values = {"name": name, "found": shorten(repr(value)), "expected": expected}
            problems.append(Problem("FLW-081", values, "value", place=Place(field=name)))
        elif value or name not in ("tags", "description"):
            found[to] = sorted(value) if isinstance(value, set | frozenset) else value
    for name in ("tags", "notifications"):
        if isinstance(found.get(name), tuple):
            found[name] = list(found[name])
    return found


def _stranger(name: str) -> Problem:
    near = get_close_matches(name, _KNOWN, n=1, cutoff=0.6)
    if near:
        return Problem("FLW-081", {"name": shorten(name), "nearest": near[0]}, "near", place=Place(field=name))
    known = [known for known in _KNOWN if known not in _WITHOUT_EFFECT]
    return Problem("FLW-081", {"name": shorten(name), "known": ", ".join(known)}, place=Place(field=name))

"""What may be said of a run or of a deployment, checked all at once: names, parameters, pool, priority, limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pauta.authoring.parameters import fill
from pauta.authoring.selection import PREDICTION, TRAINING
from pauta.domain.pipeline import Pipeline
from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten
from pauta.domain.runs import DEFAULT_POOL
from pauta.ports.store import Transaction

PARTS = (TRAINING, PREDICTION)
MOST_PRIORITY = 1_000
LONGEST_TEXT = 2_000
_MOST_LIMITS = 16
_MOST_DEPTH = 64
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", re.ASCII).fullmatch
_NO_TEXT = re.compile("[\0\ud800-\udfff]").search
_COUNTED = ("pool:", "deployment:")
_LEAST, _MOST = -(2**63), 2**64


def part_problems(only: str | None) -> list[Problem]:
    """ASK-006 when `only` names no part."""
    if only is None or only in PARTS:
        return []
    return [Problem("ASK-006", {"found": shorten(only)}, place=Place(field="only"))]


def priority_problems(priority: int) -> list[Problem]:
    """ASK-007 when it is out of range."""
    if -MOST_PRIORITY <= priority <= MOST_PRIORITY:
        return []
    values: dict[str, Scalar] = {"found": shorten(priority), "least": -MOST_PRIORITY, "most": MOST_PRIORITY}
    return [Problem("ASK-007", values, place=Place(field="priority"))]


def limit_problems(keys: Sequence[str]) -> list[Problem]:
    """ASK-008 for each limit key that is not allowed, and for too many."""
    if len(keys) > _MOST_LIMITS:
        values = {"found": len(keys), "limit": _MOST_LIMITS}
        return [Problem("ASK-008", values, variant="many", place=Place(field="limits"))]
    return [
        Problem("ASK-008", {"key": shorten(key)}, place=Place(field=f"limits[{i}]"))
        for i, key in enumerate(keys)
        if not allowed_limit(key)
    ]


def allowed_limit(key: str) -> bool:
    """Whether people may use this key; those of pools and deployments are counted without being named."""
    return _KEY(key) is not None and not key.startswith(_COUNTED)


def text_problems(field: str, text: str) -> list[Problem]:
    """DEP-010 when a remark is too long, or holds what no record can hold."""
    place = Place(field=field)
    if len(text) > LONGEST_TEXT:
        return [Problem("DEP-010", {"found": len(text), "limit": LONGEST_TEXT}, place=place)]
    fault = _text_fault(text)
    return [Problem("DEP-010", {"found": fault}, variant="text", place=place)] if fault else []


def pool_problems(tx: Transaction, pool: str) -> list[Problem]:
    """POL-001 when there is no such pool. The default pool is always there."""
    if pool == DEFAULT_POOL or (recordable(pool) and tx.pools.get(pool) is not None):
        return []
    return [Problem("POL-001", {"pool": shorten(pool)}, place=Place(field="pool"))]


def fill_parameters(pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every declared parameter.

    Raises:
        InvalidInput: PRM-001, PRM-002; ASK-009 for values that no record can hold.
    """
    unfit = [problem for name, value in given.items() if (problem := _unfit(name, value)) is not None]
    if unfit:
        raise InvalidInput(unfit)
    return fill(pipeline, given)


def parameter_problems(pipeline: Pipeline, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with these parameters, to which others may be added later: none is missing yet."""
    try:
        fill_parameters(pipeline, given)
    except InvalidInput as error:
        return [problem for problem in error.problems if problem.variant != "required"]
    return []


def _unfit(name: str, value: Any) -> Problem | None:
    place = Place(field=shorten(name))
    found = _unrecordable(value)
    if found is None:
        return None
    if found == "depth":
        return Problem("ASK-009", {"name": shorten(name), "limit": _MOST_DEPTH}, place=place)
    return Problem("ASK-009", {"name": shorten(name), "found": found}, variant="value", place=place)


def _unrecordable(value: Any) -> str | None:
    """The first thing in a value that JSON in a database cannot hold; ``depth`` when it is nested too deeply."""
    layer = [value]
    for _ in range(_MOST_DEPTH):
        deeper: list[Any] = []
        for item in layer:
            if isinstance(item, Mapping):
                deeper += [*item.keys(), *item.values()]
            elif isinstance(item, list | tuple):
                deeper += item
            elif (fault := _scalar_fault(item)) is not None:
                return fault
        if not deeper:
            return None
        layer = deeper
    return "depth"


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and not _LEAST <= value < _MOST:
        return "an integer of more than 64 bits"
    if isinstance(value, float) and not math.isfinite(value):
        return shorten(value)
    return _text_fault(value) if isinstance(value, str) else None


def recordable(text: str) -> bool:
    """Whether a database takes this text; what it does not take cannot be the name of anything on record."""
    return _NO_TEXT(text) is None


def _text_fault(text: str) -> str | None:
    """The first character that no database takes: a NUL, or half of a character."""
    found = _NO_TEXT(text)
    return f"U+{ord(found.group()):04X}" if found else None

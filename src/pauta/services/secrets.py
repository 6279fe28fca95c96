"""Secrets are named in the records and known only to the process that runs a step.

A secret parameter's value is ``env:NAME``. In a plan it stands as a mark with that name; the worker puts the value
in its place when it sends the step to its process, from the environment of the command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pauta.domain.plan import Plan
from pauta.domain.problems import InvalidInput, Problem

_MARK = "$secret"
_PREFIX = "env:"

LookUp = Callable[[str], str | None]
"""The value of an environment variable, or None."""


def mark(reference: str) -> dict[str, str]:
    """What stands in a plan for the secret ``env:NAME``."""
    return {_MARK: reference.removeprefix(_PREFIX)}


def reveal(value: Any, look_up: LookUp) -> Any:
    """The value with every mark in it, at any depth, replaced by the secret."""
    if isinstance(value, Mapping):
        name = _name_in(value)
        if name is not None:
            return look_up(name)
        return {key: reveal(inner, look_up) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(inner, look_up) for inner in value]
    return value


def values_in(value: Any, look_up: LookUp) -> tuple[str, ...]:
    """The secrets that `reveal` puts into a value: what is to be masked in all that its step says."""
    return tuple(found for name in sorted(_names(value)) if (found := look_up(name)))


def require_secrets(plan: Plan, look_up: LookUp) -> None:
    """Check that every secret of a plan is there.

    Raises:
        InvalidInput: PRM-003 for each that is not.
    """
    problems = missing_secrets([step.kwargs for step in plan.steps], look_up)
    if problems:
        raise InvalidInput(problems)


def missing_secrets(value: Any, look_up: LookUp) -> list[Problem]:
    """PRM-003 for each secret marked in a value, at any depth, that is not set."""
    return [Problem("PRM-003", {"name": name}) for name in sorted(_names(value)) if look_up(name) is None]


def _names(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        name = _name_in(value)
        return {name} if name is not None else set().union(*(_names(inner) for inner in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_names(inner) for inner in value))
    return set()


def _name_in(value: Mapping[Any, Any]) -> str | None:
    name = value.get(_MARK) if len(value) == 1 else None
    return name if isinstance(name, str) else None

"""The names of all settings, and what each may be, as `domain.settings` declares them."""

from __future__ import annotations

import math
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from pauta.domain.problems import Problem, shorten
from pauta.domain.settings import (
    CelerySettings,
    DatabaseSettings,
    QueueSettings,
    RetentionSettings,
    Secret,
    ServerSettings,
    Settings,
    StoreSettings,
    WorkerSettings,
)

TABLES: dict[str, type[Struct]] = {
    "server": ServerSettings,
    "worker": WorkerSettings,
    "queue": QueueSettings,
    "database": DatabaseSettings,
    "store": StoreSettings,
    "celery": CelerySettings,
    "retention": RetentionSettings,
}
NO_BOUND = "none"
"""How a file or a variable says None to a number: TOML has no null."""

_SWITCHES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@cache
def names() -> tuple[str, ...]:
    """All settings: those of the top level, then ``table.name`` in the order they are declared."""
    top = tuple(name for name in Settings.__struct_fields__ if name not in TABLES)
    return (*top, *(f"{table}.{name}" for table, struct in TABLES.items() for name in struct.__struct_fields__))


class Setting(Struct, frozen=True):
    """What one setting may be.

    Attributes:
        name: ``queue.lease_seconds``.
        type: The type its value is converted to.
        base: That type without bounds and None: ``str``, ``int``, ``float``, ``bool``, ``tuple`` or ``Literal``.
        bounds: The bounds of a number.
        optional: Whether it may be None.
        is_secret: Whether its value is never shown.
        default: What it is when nobody says otherwise.
    """

    name: str
    type: Any
    base: Any
    bounds: Meta | None
    optional: bool
    is_secret: bool
    default: Any

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be, when it is one of several."""
        return get_args(self.base) if get_origin(self.base) is Literal else ()


@cache
def setting(name: str) -> Setting:
    """The declaration of a setting by its full name."""
    table, _, own = name.rpartition(".")
    struct = TABLES[table] if table else Settings
    hint = _hints(struct)[own]
    base, bounds, optional = _taken_apart(hint)
    position = struct.__struct_fields__.index(own)
    default = struct.__struct_defaults__[position - len(struct.__struct_fields__)]
    return Setting(
        name=name,
        type=hint,
        base=base,
        bounds=bounds,
        optional=optional,
        is_secret=base is Secret,
        default=default,
    )


@cache
def _hints(struct: type[Struct]) -> dict[str, Any]:
    return get_type_hints(struct, include_extras=True)


def _taken_apart(hint: Any) -> tuple[Any, Meta | None, bool]:
    optional = get_origin(hint) in (UnionType, Union)
    if optional:
        hint = next(arm for arm in get_args(hint) if arm is not NoneType)
    if get_origin(hint) is Annotated:
        base, bounds = get_args(hint)
        return base, bounds, optional
    return get_origin(hint) if get_origin(hint) is tuple else hint, None, optional


def converted(declared: Setting, value: Any, *, from_text: bool) -> Any:
    """The value as the setting's type.

    Args:
        declared: The setting.
        value: What was given.
        from_text: It comes from the environment, where everything is text and a list has commas.

    Raises:
        msgspec.ValidationError: It is something else.
    """
    if declared.optional and declared.bounds is not None and isinstance(value, str) and value.lower() == NO_BOUND:
        return None
    if from_text and isinstance(value, str):
        if declared.base is bool:
            value = _SWITCHES.get(value.strip().lower(), value)
        elif declared.base is tuple:
            value = [part.strip() for part in value.split(",") if part.strip()]
        elif declared.base in (int, float):
            value = value.strip().replace("_", "")
    if isinstance(value, float) and not math.isfinite(value):
        raise msgspec.ValidationError("not finite")
    made = msgspec.convert(value, declared.type, strict=not (from_text and declared.base in (int, float)))
    if isinstance(made, float) and not math.isfinite(made):
        raise msgspec.ValidationError("not finite")
    return made


def unfit(declared: Setting, value: Any) -> Problem:
    """The problem (CFG-002) that a value is none that the setting may have. Secrets are not shown."""
    found = "***" if declared.is_secret else _shown(value)
    variant, wanted = _wanted(declared)
    return Problem("CFG-002", {"name": declared.name, "found": found, **wanted}, variant=variant)


def _wanted(declared: Setting) -> tuple[str, dict[str, str]]:
    if declared.choices:
        return "choice", {"choices": ", ".join(declared.choices)}
    if declared.base in (int, float):
        return _wanted_number(declared)
    return {bool: "switch", tuple: "list"}.get(declared.base, "text"), {}


def _wanted_number(declared: Setting) -> tuple[str, dict[str, str]]:
    kind, bounds = "whole" if declared.base is int else "number", declared.bounds
    if bounds is None:
        return kind, {}
    if bounds.le is None:
        return f"{kind}_least", {"least": f"{bounds.ge}"}
    if bounds.gt is not None:
        return f"{kind}_above", {"least": f"{bounds.gt}", "most": f"{bounds.le}"}
    return f"{kind}_range", {"least": f"{bounds.ge}", "most": f"{bounds.le}"}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{shorten(value)}"' if isinstance(value, str) else shorten(value)

"""Values that can be seen in a file without running it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from pauta.authoring.code import Code, Defined, Outside

_MOST_STEPS = 10
_SECONDS = {
    "weeks": 604_800.0, "days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001,
    "microseconds": 0.000001,
}  # fmt: skip
_ORDER = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")


class Unseen(Exception):
    """The value is only known when the file is run."""


def literal(code: Code, file: PurePosixPath, expression: ast.AST) -> Any:
    """The value of an expression: a literal, a name for one, or a ``timedelta`` of literals as its seconds.

    Raises:
        Unseen: It is none of these.
    """
    return _literal(code, file, expression, _MOST_STEPS)


def is_json(value: Any) -> bool:
    """Whether a value is the same after it was written as JSON and read again."""
    if isinstance(value, float):
        return value - value == 0
    if value is None or isinstance(value, str | bool | int):
        return True
    if type(value) is list:
        return all(is_json(item) for item in value)
    return type(value) is dict and all(type(key) is str and is_json(item) for key, item in value.items())


def _literal(code: Code, file: PurePosixPath, expression: ast.AST, left: int) -> Any:
    if left <= 0:
        raise Unseen
    if isinstance(expression, ast.Name | ast.Attribute):
        found = code.meaning(file, expression)
        value = found.binding.value if isinstance(found, Defined) else None
        if not isinstance(found, Defined) or value is None or code.names(found.file).only(found.name) is None:
            raise Unseen
        return _literal(code, found.file, value, left - 1)
    if isinstance(expression, ast.Call):
        if code.meaning(file, expression.func) != Outside("datetime.timedelta"):
            raise Unseen
        return _seconds(expression, lambda part: _literal(code, file, part, left - 1))
    try:
        return ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise Unseen from error


def _seconds(call: ast.Call, value_of: Callable[[ast.AST], Any]) -> float:
    given: Mapping[str, ast.AST] = {
        **dict(zip(_ORDER, call.args, strict=False)),
        **{keyword.arg or "": keyword.value for keyword in call.keywords},
    }
    total = 0.0
    for name, part in given.items():
        value = value_of(part)
        if name not in _SECONDS or isinstance(value, bool) or not isinstance(value, int | float):
            raise Unseen
        total += value * _SECONDS[name]
    return total

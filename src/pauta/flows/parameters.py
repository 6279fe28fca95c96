"""Arguments checked and converted by the annotations of a function, as pydantic does it.

A value that has its annotated type already passes as it is, without pydantic being imported: text, numbers, lists and
dicts of them, ``None``, unions, frames and objects of any class. So does a whole number where a float is wanted.
Whatever else is given is for pydantic to decide, by its usual (lax) rules: ``"5"`` becomes 5, ``"2026-01-31"`` a date,
a dict a model. Default values are not checked. What has no annotation, or ``Any``, passes.
"""

from __future__ import annotations

import inspect
import typing
import warnings
from collections.abc import Iterator, Mapping
from operator import is_
from types import NoneType, SimpleNamespace, UnionType
from typing import Any

from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.flows.binding import place_of_call
from pauta.flows.places import place_of

_UNSURE = object()
_EXACT = frozenset({"builtins", "datetime", "decimal", "uuid"})
"""Modules of types of which an object of a subclass is something else: True is no number, a moment no date."""
_SURE_FLOAT = 2**53


def hints_of(function: Any) -> dict[str, Any]:
    """The annotations of a `Task` or `Flow` by parameter, resolved; ``return`` for what it gives.

    Raises:
        InvalidInput: FLW-007 for each that speaks of something that does not exist.
    """
    inner = inspect.unwrap(function.fn)
    inner = getattr(inner, "__func__", inner)
    known = {**getattr(inner, "__globals__", {})}
    hints, problems = {}, []
    for name, written in inner.__annotations__.items():
        try:
            hints[name] = _resolved(written, known, function.known)
        except Exception as error:
            missing = getattr(error, "name", None) or str(error)
            values = {
                "name": function.name,
                "parameter": name,
                "annotation": _text_of(written),
                "missing": shorten(missing),
            }
            problems.append(Problem("FLW-007", values, place=place_of(function.fn)))
    if problems:
        raise InvalidInput(problems)
    return hints


def result_hint_of(function: Any) -> Any:
    """The annotation of what a function gives, resolved; None when there is none or it cannot be told."""
    inner = inspect.unwrap(function.fn)
    inner = getattr(inner, "__func__", inner)
    written = inner.__annotations__.get("return")
    try:
        return _resolved(written, getattr(inner, "__globals__", {}), function.known) if written is not None else None
    except Exception:
        # Nobody is harmed: results are kept by what they are.
        return None


def _resolved(written: Any, known: Mapping[str, Any], local: Mapping[str, Any]) -> Any:
    holder = SimpleNamespace(__annotations__={"it": written})
    return typing.get_type_hints(holder, dict(known), dict(local), include_extras=True)["it"]


def validated(function: Any, bound: Mapping[str, Any]) -> dict[str, Any]:
    """The bound arguments of a flow, checked and converted, unless it says ``validate=False``.

    Raises:
        InvalidInput: FLW-006 for each fault, with file and line of the call and the field;
            FLW-007 an annotation by which nothing can be checked.
    """
    result: dict[str, Any] = function.checker.checked(bound) if function.options.validate else dict(bound)
    return result


class Checker:
    """Checks the arguments of one function."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._hints = hints_of(function)
        self._adapters: dict[str, Any] = {}

    def checked(self, bound: Mapping[str, Any]) -> dict[str, Any]:
        """Bound arguments, each checked and converted.

        Raises:
            InvalidInput: FLW-006 for each fault, with file and line of the call and the field;
                FLW-007 an annotation by which nothing can be checked.
        """
        shape, result, problems = self._function.shape, dict(bound), list[Problem]()
        for name, value in bound.items():
            hint = self._hints.get(name, Any)
            if hint is Any or (name in shape.defaults and value is shape.defaults[name]):
                continue
            if name == shape.rest:
                each = [self._one(name, f"{name}[{i}]", item, problems) for i, item in enumerate(value)]
                result[name] = tuple(each)
            elif name == shape.others:
                result[name] = {key: self._one(name, key, item, problems) for key, item in value.items()}
            else:
                result[name] = self._one(name, name, value, problems)
        if problems:
            raise InvalidInput(problems)
        return result

    def _one(self, parameter: str, shown: str, value: Any, problems: list[Problem]) -> Any:
        hint = self._hints[parameter]
        plain = plainly(value, hint)
        if plain is not _UNSURE:
            return plain
        adapter = self._adapter(parameter, hint)
        if adapter is None:
            return value
        try:
            return adapter.validate_python(value)
        except Exception as error:
            place = place_of_call(self._function)
            problems += self._complaints(error, shown, value, hint, place)
            return value

    def _complaints(self, error: Exception, shown: str, value: Any, hint: Any, place: Place) -> Iterator[Problem]:
        for path, reason, found in _reasons(error, value):
            field = shown + path
            values = {
                "name": self._function.name,
                "parameter": field,
                "found": _shown(found),
                "expected": _text_of(hint),
                "reason": shorten(reason, 300),
            }
            yield Problem("FLW-006", values, place=Place(place.file, place.line, field=field))

    def _adapter(self, parameter: str, hint: Any) -> Any:
        """What pydantic checks by; None for what nobody can check."""
        if parameter not in self._adapters:
            try:
                self._adapters[parameter] = _adapter_for(hint)
            except Exception as error:
                values = {
                    "name": self._function.name,
                    "parameter": parameter,
                    "annotation": _text_of(hint),
                    "reason": shorten(str(error).partition("\n")[0], 300),
                }
                problem = Problem("FLW-007", values, variant="unusable", place=place_of(self._function.fn))
                raise InvalidInput(problem) from error
        return self._adapters[parameter]


def plainly(value: Any, hint: Any) -> Any:
    """The value if it obviously has its annotated type (a whole number as a float), or a mark that it may not."""
    if hint is Any or hint is object:
        return value
    if hint is None or hint is NoneType:
        return value if value is None else _UNSURE
    if isinstance(hint, type) and not hasattr(hint, "__origin__"):
        return _plainly_of_class(value, hint)
    return _plainly_of_several(value, typing.get_origin(hint), typing.get_args(hint))


def _plainly_of_class(value: Any, hint: type) -> Any:
    if type(value) is hint and hint.__module__ in _EXACT:
        return value
    if hint is float and type(value) is int and abs(value) <= _SURE_FLOAT:
        return float(value)
    if hint.__module__ in _EXACT or hasattr(hint, "__get_pydantic_core_schema__"):
        return _UNSURE
    try:
        return value if isinstance(value, hint) else _UNSURE
    except TypeError:
        # A protocol or a typed dict, of which there are no objects.
        return _UNSURE


def _plainly_of_several(value: Any, origin: Any, of: tuple[Any, ...]) -> Any:
    """Of unions, choices, lists and dicts."""
    fits = False
    if origin is UnionType or origin is typing.Union:
        fits = any(plainly(value, each) is value for each in of)
    elif origin is typing.Literal:
        fits = any(type(value) is type(each) and value == each for each in of)
    elif origin is list and type(value) is list:
        return _all_plainly(value, of[0])
    elif origin is dict and type(value) is dict:
        keys, values = list(value), list(value.values())
        new_keys, new_values = _all_plainly(keys, of[0]), _all_plainly(values, of[1])
        fits = new_keys is keys and new_values is values
    return value if fits else _UNSURE


def _all_plainly(values: list[Any], hint: Any) -> Any:
    """The list itself where nothing in it had to be converted."""
    result = [plainly(value, hint) for value in values]
    if any(each is _UNSURE for each in result):
        return _UNSURE
    return values if all(map(is_, result, values)) else result


# ---- pydantic, when it is needed ------------------------------------------------------------------


def _adapter_for(hint: Any) -> Any:
    if getattr(hint, "_is_protocol", False) and not getattr(hint, "_is_runtime_protocol", False):
        return None
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError

    with warnings.catch_warnings():
        # What is no type, such as the function `any`, checks nothing: it is not worth a warning at each call.
        warnings.simplefilter("ignore")
        try:
            try:
                return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
            except PydanticUserError as error:
                if error.code != "type-adapter-config-unused":
                    raise
                return TypeAdapter(hint)
        except PydanticUserError as error:
            if error.code == "typed-dict-version":
                # Before Python 3.12 it cannot look into the typed dicts of `typing`.
                return None
            raise


def _reasons(error: Exception, value: Any) -> list[tuple[str, str, Any]]:
    """Where in the value, why, and what was found there."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return [("", f"{type(error).__name__}: {error}", value)]
    details = error.errors(include_url=False, include_context=False)
    return [(_path(detail["loc"]), detail["msg"], detail["input"]) for detail in details]


def _path(steps: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _text_of(hint: Any) -> str:
    if isinstance(hint, str):
        return shorten(hint)
    return shorten(hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__origin__") else repr(hint))


def _shown(found: Any) -> str:
    try:
        return shorten(repr(found))
    except Exception:
        return f"<{type(found).__name__}>"

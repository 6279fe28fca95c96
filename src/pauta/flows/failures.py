"""Failures as they go on record, and as a body meets them again when its flow goes on from there.

A body that catches what a call raised has to catch it again, or it would go another way than before. So the record
names the exception's class and holds its text, and what of it is plain: arguments and attributes that JSON has.

No constructor that a user or a library wrote is called to make it again: the object is made by the built-in class
from which its class derives. The class itself must be there already; nothing is imported for it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pauta.domain.calls import Call, CallKind, CallState
from pauta.domain.problems import PautaError, Problem, Scalar, shorten
from pauta.flows.states import Origin, RunFailed, State, StateKind

_RAISED, _INSTEAD, _KIND = "failure_class", "failure_instead_of", "failure_kind"
_TEXT, _ARGS, _FIELDS = "failure_text", "failure_args", "failure_fields"
_LATE = "FLW-037"
_TEXT_LIMIT = 16 * 1024
_FIELDS_LIMIT = 4 * 1024
_PLAIN = (str, int, float, bool, type(None))
_BEHIND = "_pauta_problem"
_ENOUGH = (Exception, SystemExit)


def on_record(problem: Problem, state: State[Any], home: str = "") -> Problem:
    """The problem of a call that failed, with what is needed to make the failure again.

    Args:
        problem: What is said of it.
        state: Its final state.
        home: Name of the module of the function that failed; it may be called otherwise in another process.
    """
    error = state.data
    values: dict[str, Scalar] = dict(problem.values)
    if state.kind is not StateKind.FAILED:
        values[_KIND] = state.kind.value
    if isinstance(error, BaseException):
        raised, is_exact = _name_of(type(error), home)
        values[_RAISED] = raised
        if not is_exact:
            values[_INSTEAD] = shorten(type(error).__name__)
        values |= _contents(error)
    return replace(problem, values=values) if values != problem.values else problem


def failure_of_call(known: Call, origin: Origin, home: Mapping[str, Any]) -> tuple[State[Any], str]:
    """The state of a call of which the record says that it failed.

    Args:
        known: The call.
        origin: What it was.
        home: The names of the module of the function that failed.

    Returns:
        The state, and the name of the exception's class if another one stands for it.
    """
    problem = known.problem
    values = problem.values if problem is not None else {}
    kind = StateKind.CANCELLED if known.state is CallState.CANCELLED else StateKind(str(values.get(_KIND, "failed")))
    message = known.message or (problem.message() if problem is not None else "")
    name = str(values.get("state", "")) if problem is not None and problem.code == "FLW-010" else ""
    state: State[Any] = State(kind, message, None, name, origin=origin, problem=problem)
    if problem is None or _RAISED not in values or _is_of_another(known, problem, origin):
        return state, ""
    error = _again(problem, home)
    wanted = str(values.get(_INSTEAD) or ("" if error is not None else values[_RAISED] or values.get("type", "")))
    return replace(state, data=error) if error is not None else state, wanted


def _is_of_another(known: Call, problem: Problem, origin: Origin) -> bool:
    """Whether a pipeline or a deployment failed: what was raised there is not raised here."""
    return known.kind is CallKind.RUN and not origin.what and problem.code != _LATE


def problem_behind(error: BaseException) -> Problem | None:
    """Of an exception that was made again: what is on record of it."""
    found = vars(error).get(_BEHIND)
    return found if isinstance(found, Problem) else None


# ---- the class ---------------------------------------------------------------------------------------


def _name_of(kind: type[BaseException], home: str) -> tuple[str, bool]:
    """How a class is found again, or the nearest one from which it derives; and whether it is itself."""
    for each in kind.__mro__:
        if each is not kind and each in (Exception, BaseException):
            break
        module = "" if each.__module__ == home else each.__module__
        names = _names_in(each.__module__)
        if _found(each.__qualname__, names) is each:
            return f"{module}:{each.__qualname__}", each is kind
    return "", False


def _class_of(raised: str, home: Mapping[str, Any]) -> type[BaseException] | None:
    module, _, name = raised.partition(":")
    return _found(name, _names_in(module) if module else home)


def _names_in(module: str) -> Mapping[str, Any]:
    return getattr(sys.modules.get(module), "__dict__", {})


def _found(name: str, names: Mapping[str, Any]) -> type[BaseException] | None:
    """A class of exceptions by its qualified name. Only dictionaries are looked into: that runs no code."""
    found: Any = None
    for part in name.split("."):
        found = names.get(part)
        names = vars(found) if isinstance(found, type) else {}
    return found if isinstance(found, type) and issubclass(found, _ENOUGH) else None


# ---- what it holds -----------------------------------------------------------------------------------


def _contents(error: BaseException) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {_TEXT: _text_of(error)}
    args = error.args
    if isinstance(error, OSError) and error.filename is not None and len(args) == 2:
        args = (*args, error.filename)
    if args != (values[_TEXT],) and (text := _as_json(list(args))) is not None:
        values[_ARGS] = text
    fields = {key: value for key, value in vars(error).items() if type(value) in _PLAIN}
    if fields and (text := _as_json(fields)) is not None:
        values[_FIELDS] = text
    return values


def _as_json(held: Any) -> str | None:
    items = held.values() if isinstance(held, dict) else held
    if not all(type(item) in _PLAIN for item in items):
        return None
    text = json.dumps(held)
    return text if len(text) <= _FIELDS_LIMIT else None


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        return ""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "␀")[:_TEXT_LIMIT]


# ---- making it again ---------------------------------------------------------------------------------


def _again(problem: Problem, home: Mapping[str, Any]) -> BaseException | None:
    """What was raised; None when it cannot be made again."""
    values = problem.values
    kind = _class_of(str(values[_RAISED]), home)
    if kind is None:
        return None
    text = str(values.get(_TEXT, ""))
    args = _read(values.get(_ARGS), list) or [text]
    fields = _read(values.get(_FIELDS), dict) or {}
    error = _filled(_made(kind, args), fields, problem)
    if error is not None and _text_of(error) != text:
        error = _filled(_made(_worded(kind, text), args), fields, problem)
    return error


def _read(text: Any, kind: type[Any]) -> Any:
    """What JSON on record says; the masking of secrets may have left none."""
    try:
        held = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return held if isinstance(held, kind) else None


def _made(kind: type[BaseException], args: list[Any]) -> BaseException | None:
    base = next(each for each in kind.__mro__ if _names_in("builtins").get(each.__name__) is each)
    try:
        error: BaseException = base.__new__(kind, *args)
    except Exception:
        return None
    try:
        base.__init__(error, *args)
    except Exception:
        # Such as those of Unicode, which want more than a text; the class counts for more than its parts.
        error.args = tuple(args)
    return error


def _filled(error: BaseException | None, fields: Mapping[str, Any], problem: Problem) -> BaseException | None:
    if error is None:
        return None
    vars(error).update(fields)
    vars(error)[_BEHIND] = problem
    if isinstance(error, PautaError):
        vars(error)["problems"] = (problem,)
    if isinstance(error, RunFailed):
        values = problem.values
        kind, name = StateKind(str(values.get(_KIND, "failed"))), str(values.get("state", ""))
        vars(error)["state"] = State(kind, str(values.get("said", "")), None, name, problem=problem)
    return error


def _worded(kind: type[BaseException], text: str) -> type[BaseException]:
    """The class, with a text of its own instead of one made of parts that are not on record."""
    if any("__init_subclass__" in vars(each) for each in kind.__mro__[:-1]) or type(kind) is not type:
        return kind
    names = {"__str__": lambda error: text, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (kind,), names)

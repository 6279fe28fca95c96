"""Parameters of a pipeline: what a run was given against what the document declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from json import JSONDecodeError, loads
from typing import Any

from pauta.authoring.nearest import nearest
from pauta.authoring.shapes import show
from pauta.domain.pipeline import ParameterSpec, Pipeline
from pauta.domain.problems import InvalidInput, Place, Problem, Scalar

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).fullmatch
_SECRET = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII).fullmatch
_PERIODS = (("start_date", "end_date"), ("data_inicio", "data_fim"))

Fault = tuple[str, dict[str, Scalar]]
"""A variant of PRM-001 (RCP-003 in a document) and its values."""


def fill(pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every declared parameter: the given one, else its default, else None.

    Args:
        pipeline: The pipeline that declares them.
        given: Values as JSON has them. Texts of a command line go through `read_texts` first.

    Raises:
        InvalidInput: With every problem: PRM-001 for each value that does not fit, is unknown, missing or a
            secret in plain; PRM-002 for a period that ends before it begins.
    """
    problems = [_unknown(name, pipeline) for name in given if name not in pipeline.parameters]
    values: dict[str, Any] = {}
    for name, spec in pipeline.parameters.items():
        fault: Fault | None = None
        if name in given:
            fault = value_fault(spec, given[name])
            values[name] = given[name] if fault else _settled(spec, given[name])
        elif spec.required:
            fault = ("required", {})
        else:
            values[name] = spec.default
        if fault:
            problems.append(Problem("PRM-001", fault[1], variant=fault[0], place=Place(field=name)))
    problems += _periods(pipeline, values)
    if problems:
        raise InvalidInput(problems)
    return values


def read_texts(pipeline: Pipeline, texts: Mapping[str, str]) -> dict[str, Any]:
    """Texts of a command line (``alpha=0.1``) as values of the declared types, as far as they can be read so.

    A text that cannot be stays a text, and `fill` says what is wrong with it.
    """
    return {
        name: _read(pipeline.parameters[name].type, text) if name in pipeline.parameters else text
        for name, text in texts.items()
    }


def apply(kwargs: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments with every ``{"param": name}``, at any depth, replaced by the parameter's value."""
    return {key: _applied(value, values) for key, value in kwargs.items()}


def referred(value: Any) -> str | None:
    """The parameter's name if the value is ``{"param": name}``, else None."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("param"), str):
        return str(value["param"])
    return None


def value_fault(spec: ParameterSpec, value: Any) -> Fault | None:
    """What is wrong with a value for this parameter, or None."""
    if spec.secret:
        return None if isinstance(value, str) and _SECRET(value) else ("secret", {})
    kind = spec.type
    if kind != "any" and not _is(kind, value):
        return kind, {"found": show(value)}
    if isinstance(value, int | float) and not isinstance(value, bool):
        if spec.minimum is not None and value < spec.minimum:
            return "minimum", {"found": show(value), "limit": spec.minimum}
        if spec.maximum is not None and value > spec.maximum:
            return "maximum", {"found": show(value), "limit": spec.maximum}
    if spec.choices and not any(_same(value, choice) for choice in spec.choices):
        return "choice", {"found": show(value), "choices": ", ".join(show(choice) for choice in spec.choices)}
    return None


def type_of(value: Any) -> str:
    """The type of a parameter that has only a default value."""
    for kind in ("boolean", "number", "date", "text", "list", "object"):
        if _is(kind, value):
            return kind
    return "any"


def _is(kind: str, value: Any) -> bool:
    if kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        finite = value - value == 0
        return finite and (kind == "number" or value == int(value))
    if kind == "date":
        return isinstance(value, str) and _date(value) is not None
    types = {"text": str, "boolean": bool, "list": list | tuple, "object": Mapping}
    return isinstance(value, types[kind])


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE(text) else None
    except ValueError:
        return None


def _same(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _settled(spec: ParameterSpec, value: Any) -> Any:
    """2.0 for a whole number is 2."""
    return int(value) if spec.type == "integer" else value


def _read(kind: str, text: str) -> Any:
    if kind in ("text", "date"):
        return text
    if kind in ("number", "integer"):
        for convert in (int, float):
            try:
                return convert(text.strip())
            except ValueError:
                continue
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        return loads(text)
    except (JSONDecodeError, RecursionError, ValueError):
        return text


def _applied(value: Any, values: Mapping[str, Any]) -> Any:
    name = referred(value)
    if name is not None:
        return values[name]
    if isinstance(value, Mapping):
        return {key: _applied(inner, values) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_applied(inner, values) for inner in value]
    return value


def _unknown(name: str, pipeline: Pipeline) -> Problem:
    place = Place(field=name)
    if not pipeline.parameters:
        return Problem("PRM-001", variant="none", place=place)
    near = nearest(name, pipeline.parameters)
    if near:
        return Problem("PRM-001", {"suggestion": near[0]}, variant="near", place=place)
    return Problem("PRM-001", {"known": ", ".join(pipeline.parameters)}, variant="unknown", place=place)


def _periods(pipeline: Pipeline, values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for first, second in _PERIODS:
        if any(name not in pipeline.parameters or pipeline.parameters[name].type != "date" for name in (first, second)):
            continue
        begin, end = _date(str(values.get(first))), _date(str(values.get(second)))
        if begin and end and begin > end:
            facts = {"first": first, "start": begin.isoformat(), "second": second, "end": end.isoformat()}
            problems.append(Problem("PRM-002", facts))
    return problems

"""Flows and tasks as a file has them: read, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pauta.authoring.annotations import Asked, asked_by, member_value
from pauta.authoring.code import Code, Outside
from pauta.authoring.functions import FLOW, TASK, Function, function_named, functions_in
from pauta.authoring.literals import Unseen, is_json, literal

__all__ = ["FLOW", "TASK", "FlowParameter", "FlowSource", "find_flow", "flow_source", "flows_in"]


@dataclass(frozen=True, slots=True)
class FlowParameter:
    """A parameter of a flow or task.

    Attributes:
        name: Its name.
        annotation: As it is written.
        required: It has no default.
        default: Its default when that can be seen and is a JSON value; `has_default` tells it from none.
        asked: What the annotation asks for.
        line: Where it stands.
    """

    name: str
    annotation: str = ""
    required: bool = True
    default: Any = None
    has_default: bool = False
    asked: Asked = field(default_factory=Asked)
    line: int = 1


@dataclass(frozen=True, slots=True)
class FlowSource:
    """A flow or a task.

    Attributes:
        name: Its own name: the option ``name``, or the function's.
        function: The name by which its file knows it.
        kind: ``flow`` or ``task``.
        file: Path below the scripts' folder of the file that defines it.
        line: Where its ``def`` stands.
        options: Options that can be seen; durations in seconds.
        unseen: Options whose values are only known when the file is run, with their lines.
        parameters: What it takes by name.
        open: It takes anything more by name.
        positional: Names of parameters without a default that can only be given by position.
        is_async: It is an ``async def``.
        yields: Line of the ``yield`` that makes it a generator, which no flow and no task can be.
        description: The option ``description``, or the docstring.
    """

    name: str
    function: str
    kind: str
    file: str
    line: int
    options: Mapping[str, Any] = field(default_factory=dict)
    unseen: Mapping[str, int] = field(default_factory=dict)
    parameters: tuple[FlowParameter, ...] = ()
    open: bool = False
    positional: tuple[str, ...] = ()
    is_async: bool = False
    yields: int | None = None
    description: str = ""


def flows_in(code: Code, file: PurePosixPath) -> list[FlowSource]:
    """Flows and tasks that a file defines, in the order of their lines."""
    found = [flow_source(code, function) for function in functions_in(code, file) if function.kind]
    return sorted(found, key=lambda source: source.line)


def find_flow(code: Code, file: PurePosixPath, name: str) -> FlowSource | None:
    """The flow or task that a file knows by a name, whether defined there or imported from a local module."""
    function = function_named(code, file, name)
    return flow_source(code, function, known_as=name) if function is not None and function.kind else None


def flow_source(code: Code, function: Function, *, known_as: str = "") -> FlowSource:
    """What can be seen of a flow or task; `known_as` is its name in another file, which imports it."""
    options: dict[str, Any] = {}
    unseen: dict[str, int] = {}
    for name, option in function.options.items():
        try:
            options[name] = literal(code, option.file, option.value)
        except Unseen:
            unseen[name] = option.value.lineno if option.file == function.file else function.line
    given, description = options.get("name"), options.get("description")
    own = getattr(function.node, "name", function.name)
    arguments = function.arguments
    found = function.yields
    return FlowSource(
        name=given if isinstance(given, str) and given else own,
        function=known_as or function.name,
        kind=function.kind,
        file=str(function.file),
        line=function.line,
        options=options,
        unseen=unseen,
        parameters=tuple(_parameters(code, function)),
        open=arguments.kwarg is not None,
        positional=tuple(_only_by_position(arguments)),
        is_async=function.is_async,
        yields=getattr(found, "lineno", None),
        description=description if isinstance(description, str) else function.docstring,
    )


def _parameters(code: Code, function: Function) -> Iterator[FlowParameter]:
    arguments = function.arguments
    free = len(arguments.args) - len(arguments.defaults)  # less than 0 when positional ones have defaults too
    for position, argument in enumerate(arguments.args):
        yield _parameter(code, function, argument, arguments.defaults[position - free] if position >= free else None)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(code, function, argument, default)


def _parameter(code: Code, function: Function, argument: ast.arg, default: ast.expr | None) -> FlowParameter:
    annotation = argument.annotation
    written = annotation.value if isinstance(annotation, ast.Constant) else None
    seen, value, required = False, None, default is None
    if default is not None:
        try:
            value = _plain_default(code, function, default)
            seen = is_json(value)
        except Unseen:
            required = _is_required_field(code, function, default)
    return FlowParameter(
        name=argument.arg,
        annotation=written if isinstance(written, str) else ast.unparse(annotation) if annotation else "",
        required=required,
        default=value if seen else None,
        has_default=seen,
        asked=asked_by(code, function.file, annotation),
        line=argument.lineno,
    )


def _plain_default(code: Code, function: Function, default: ast.expr) -> Any:
    """The default if it is written as a value; a date as its text."""
    if isinstance(default, ast.Call):
        if code.meaning(function.file, default.func) == Outside("datetime.date") and len(default.args) == 3:
            year, month, day = (literal(code, function.file, part) for part in default.args)
            if all(isinstance(part, int) for part in (year, month, day)):
                return f"{year:04}-{month:02}-{day:02}"
        raise Unseen  # among them timedelta, which is no number
    try:
        return literal(code, function.file, default)
    except Unseen:
        return member_value(code, function.file, default)


def _is_required_field(code: Code, function: Function, default: ast.expr) -> bool:
    """``Field(ge=1)`` and ``Field(..., ge=1)`` describe a parameter that has no default."""
    if not isinstance(default, ast.Call) or code.meaning(function.file, default.func) != Outside("pydantic.Field"):
        return False
    given = {keyword.arg for keyword in default.keywords}
    first = default.args[0] if default.args else None
    if first is None:
        return not given & {"default", "default_factory"}
    return isinstance(first, ast.Constant) and first.value is Ellipsis


def _only_by_position(arguments: ast.arguments) -> list[str]:
    required = len(arguments.posonlyargs) - max(0, len(arguments.defaults) - len(arguments.args))
    return [argument.arg for argument in arguments.posonlyargs[:required]]

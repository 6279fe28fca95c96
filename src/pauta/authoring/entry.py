"""The function of a script that a step calls, and what it takes: by its syntax tree alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pauta.authoring.bindings import FUNCTIONS, top_level
from pauta.authoring.code import Code, Defined, LocalModule, Meaning
from pauta.authoring.flows import FlowSource, flow_source
from pauta.authoring.functions import Function, function_named
from pauta.authoring.nearest import nearest
from pauta.authoring.source import Parsed
from pauta.domain.problems import Place, Problem, Scalar, shorten
from pauta.domain.scripts import Parameter, Signature

ENTRY = "execute"
_VALUES = ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.JoinedStr


@dataclass(frozen=True, slots=True)
class Entry:
    """The signature of a function, or what is wrong with it; of a flow or task all that can be seen of it."""

    signature: Signature | None
    problems: tuple[Problem, ...] = ()
    flow: FlowSource | None = None


def entry_of(code: Code, name: str = ENTRY) -> Entry:
    """What a function of the script takes.

    It may be a function, a lambda, a class, another name for one, a flow, a task, or imported; what is imported from
    elsewhere or computed cannot be seen without running and counts as taking anything.

    Returns:
        The signature; or SCR-011 when there is no ``execute``, or none that can be called, FLW-050 when there is no
        other function of that name, SCR-012 for parameters that cannot be given by name, FLW-053 for a flow or task
        that is a generator.
    """
    names = code.names(code.script)
    binding = names.last(name)
    if binding is None and not names.stars:
        return Entry(None, (_missing(code, name),))
    function = function_named(code, code.script, name)
    if function is not None:
        return _of_function(code, function, name)
    meaning = code.named(code.script, name)
    value = meaning.binding.value if isinstance(meaning, Defined) else None
    if isinstance(value, _VALUES) or isinstance(meaning, LocalModule):
        return Entry(None, (_not_callable(code, name, meaning, value),))
    line = binding.line if binding is not None else 1
    return Entry(Signature((), open=True, line=line))


def signature_of(arguments: ast.arguments, *, line: int, kind: str = "") -> Signature:
    """What a function takes by name."""
    free = len(arguments.args) - len(arguments.defaults)  # less than 0 when positional ones have defaults too
    parameters = [_parameter(a, required=position < free) for position, a in enumerate(arguments.args)]
    for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(_parameter(a, required=default is None))
    return Signature(tuple(parameters), open=arguments.kwarg is not None, line=line, kind=kind)


def _of_function(code: Code, function: Function, name: str) -> Entry:
    flow = flow_source(code, function, known_as=name) if function.kind else None
    script = code.parse(function.file)
    file = str(function.file)
    if script is None:
        return Entry(Signature((), open=True, line=1), flow=flow)
    if function.is_async and flow is None:
        values = {"name": shorten(name)}
        variant = "async" if name == ENTRY else "async_other"
        return Entry(None, (Problem("SCR-011", values, variant=variant, place=script.place(function.node, file)),))
    problems = list(_positional(function, script, name))
    if flow is not None and function.yields is not None:
        values = {"name": shorten(name), "kind": flow.kind}
        place = script.place(function.yields, file)
        problems.append(Problem("FLW-053", values, variant=flow.kind, place=place))
    signature = signature_of(function.arguments, line=function.line, kind=function.kind)
    if function.altered and flow is None and function.name != name:
        signature = Signature((), open=True, line=function.line)
    return Entry(None if problems else signature, tuple(problems), flow)


def _missing(code: Code, name: str) -> Problem:
    parsed = code.parse(code.script)
    functions = [node.name for node in top_level(parsed.tree.body) if isinstance(node, FUNCTIONS)] if parsed else []
    known = list(dict.fromkeys(functions))
    place = Place(file=str(code.script))
    values: dict[str, Scalar] = {"name": shorten(name), "found": shorten(", ".join(known))}
    code_ = "SCR-011" if name == ENTRY else "FLW-050"
    if not known:
        return Problem(code_, values, variant="none", place=place)
    near = nearest(name, code.names(code.script).bound) if name != ENTRY else []
    if near:
        return Problem(code_, values | {"suggestion": near[0]}, variant="near", place=place)
    return Problem(code_, values, place=place)


def _not_callable(code: Code, name: str, meaning: Meaning | None, value: ast.AST | None) -> Problem:
    file, node = code.script, value
    if isinstance(meaning, Defined):
        file = meaning.file
    parsed = code.parse(file)
    place = parsed.place(node, str(file)) if parsed is not None and node is not None else Place(file=str(file))
    found = shorten(ast.unparse(node)) if node is not None else "module"
    if name == ENTRY:
        return Problem("SCR-011", {"found": found}, variant="not_callable", place=place)
    return Problem("FLW-050", {"name": shorten(name), "found": found}, variant="not_callable", place=place)


def _parameter(argument: ast.arg, *, required: bool) -> Parameter:
    annotation = argument.annotation
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return Parameter(argument.arg, required, annotation.value)  # "pl.DataFrame", written as text
    return Parameter(argument.arg, required, ast.unparse(annotation) if annotation else "")


def _positional(function: Function, script: Parsed, name: str) -> Iterator[Problem]:
    """Complain about parameters that must be given but cannot be given by name."""
    arguments = function.arguments
    only = [argument.arg for argument in arguments.posonlyargs]
    named = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
    required = len(only) - max(0, len(arguments.defaults) - len(arguments.args))
    for argument in arguments.posonlyargs[:required]:
        values = {"execute": f"{name}({shorten(', '.join([*only, '/', *named]))})", "name": argument.arg}
        place = script.place(argument, str(PurePosixPath(function.file)))
        yield Problem("SCR-012", values, variant="positional", place=place)

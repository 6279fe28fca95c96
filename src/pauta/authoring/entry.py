"""What a script's ``execute`` takes, by its syntax tree alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pauta.authoring.source import Parsed
from pauta.domain.problems import Place, Problem, shorten
from pauta.domain.scripts import Parameter, Signature

ENTRY = "execute"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Entry:
    """The signature of ``execute``, or what is wrong with it."""

    signature: Signature | None
    problems: tuple[Problem, ...] = ()


def entry_of(script: Parsed, *, file: str) -> Entry:
    """What the script's ``execute`` takes.

    It may be a function, a lambda, a class, another name for one, or imported; what is imported or computed
    cannot be seen without running and counts as taking anything.

    Returns:
        The signature, or SCR-011 when there is no such function, SCR-012 for parameters that cannot be given
        by name.
    """
    bound = _last_binding(script.tree)
    if bound is None:
        return Entry(None, (_missing(script.tree, file),))
    line, found = bound
    if isinstance(found, ast.AsyncFunctionDef):
        return Entry(None, (Problem("SCR-011", variant="async", place=script.place(found, file)),))
    if isinstance(found, ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.JoinedStr):
        values = {"found": shorten(ast.unparse(found))}
        return Entry(None, (Problem("SCR-011", values, variant="not_callable", place=script.place(found, file)),))
    if not isinstance(found, ast.FunctionDef | ast.Lambda):
        return Entry(Signature((), open=True, line=line))
    signature = _signature(found.args, line)
    problems = tuple(_positional(found.args, signature, script, file))
    return Entry(None if problems else signature, problems)


def top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported, those inside ``if``, ``try``, ``with`` … included."""
    for statement in body:
        yield statement
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from top_level(getattr(statement, field, ()))
        for inner in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from top_level(inner.body)


def _last_binding(tree: ast.Module) -> tuple[int, ast.AST | None] | None:
    """Line and value of the last statement that binds ``execute``; the value is None when it is imported."""
    names: dict[str, tuple[int, ast.AST | None]] = {}
    star: int | None = None
    for statement in top_level(tree.body):
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            names[statement.name] = (statement.lineno, statement)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                names[alias.asname or alias.name] = (statement.lineno, None)
                star = statement.lineno if alias.name == "*" else star
        else:
            for target, value in _assigned(statement):
                names[target] = (statement.lineno, value)
    bound = names.get(ENTRY)
    if bound is None:
        return None if star is None else (star, None)
    seen = {ENTRY}
    while bound and isinstance(bound[1], ast.Name) and bound[1].id in names and bound[1].id not in seen:
        seen.add(bound[1].id)
        bound = names[bound[1].id]  # execute = run
    return bound


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.AST | None]]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        if statement.value is not None:
            yield statement.target.id, statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
            else:
                yield from ((n.id, None) for n in ast.walk(target) if isinstance(n, ast.Name))


def _missing(tree: ast.Module, file: str) -> Problem:
    functions = [node.name for node in top_level(tree.body) if isinstance(node, _FUNCTIONS)]
    place = Place(file=file)
    if not functions:
        return Problem("SCR-011", variant="none", place=place)
    return Problem("SCR-011", {"found": shorten(", ".join(dict.fromkeys(functions)))}, place=place)


def _signature(arguments: ast.arguments, line: int) -> Signature:
    free = len(arguments.args) - len(arguments.defaults)  # less than 0 when positional ones have defaults too
    parameters = [_parameter(a, required=position < free) for position, a in enumerate(arguments.args)]
    for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(_parameter(a, required=default is None))
    return Signature(tuple(parameters), open=arguments.kwarg is not None, line=line)


def _parameter(argument: ast.arg, *, required: bool) -> Parameter:
    annotation = argument.annotation
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return Parameter(argument.arg, required, annotation.value)  # "pl.DataFrame", written as text
    return Parameter(argument.arg, required, ast.unparse(annotation) if annotation else "")


def _positional(arguments: ast.arguments, signature: Signature, script: Parsed, file: str) -> Iterator[Problem]:
    """Complain about parameters that must be given but cannot be given by name."""
    only = [argument.arg for argument in arguments.posonlyargs]
    names = [*only, "/", *(parameter.name for parameter in signature.parameters)]
    required = len(only) - max(0, len(arguments.defaults) - len(arguments.args))
    for argument in arguments.posonlyargs[:required]:
        values = {"execute": f"{ENTRY}({shorten(', '.join(names))})", "name": argument.arg}
        yield Problem("SCR-012", values, variant="positional", place=script.place(argument, file))

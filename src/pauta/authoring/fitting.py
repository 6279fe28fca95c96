"""Whether a call gives a function what it takes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from pauta.authoring.nearest import nearest
from pauta.domain.problems import Scalar, shorten


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gives.

    Attributes:
        positional: How many values by position.
        named: Name → where it stands.
        open: More may be given, by ``*`` or ``**``, than can be seen.
    """

    positional: int
    named: Mapping[str, ast.AST]
    open_positional: bool = False
    open_named: bool = False


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with a call: a variant of FLW-057 with its values, and where."""

    variant: str
    node: ast.AST
    values: Mapping[str, Scalar] = field(default_factory=dict)


def misfits(
    arguments: ast.arguments, given: Given, call: ast.AST, *, bound: bool = False, more: Collection[str] = ()
) -> Iterator[Misfit]:
    """What does not fit.

    Args:
        arguments: What the function takes.
        given: What the call gives.
        call: The call.
        bound: The first parameter is filled already: the object that the method is of.
        more: Names that may be given besides.
    """
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    free = positional[1:] if bound else positional
    filled = free[: given.positional]
    if given.positional > len(free) and arguments.vararg is None and not given.open_positional:
        yield Misfit("method" if bound else "many", call, {"most": len(free), "found": given.positional})
    by_name = [argument.arg for argument in arguments.args if argument.arg in free]
    by_name += [argument.arg for argument in arguments.kwonlyargs]
    for name, node in given.named.items():
        if name in filled and name in by_name and not given.open_positional:
            yield Misfit("twice", node, {"name": name})
        elif name not in by_name and arguments.kwarg is None and name not in more:
            near = nearest(name, [other for other in by_name if other not in given.named and other not in filled])
            values: dict[str, Scalar] = {"name": shorten(name)}
            yield Misfit("near", node, {**values, "suggestion": near[0]}) if near else Misfit("extra", node, values)
    if not (given.open_positional or given.open_named):
        there = {*filled, *given.named}
        yield from (Misfit("missing", call, {"name": n}) for n in _required(arguments, free) if n not in there)


def shown(name: str, arguments: ast.arguments, *, bound: bool = False) -> str:
    """``summarize(df, title)``, as messages show it."""
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][1 if bound else 0 :]
    names += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    names += [argument.arg for argument in arguments.kwonlyargs]
    names += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return f"{shorten(name)}({shorten(', '.join(names))})"


def given_by(call: ast.Call, *, spread: Mapping[int, Mapping[str, ast.AST]]) -> Given:
    """What a call gives.

    Args:
        call: The call.
        spread: By the id of an expression after ``**``: the names in it, where they can be seen.
    """
    named: dict[str, ast.AST] = {}
    open_named = False
    for keyword in call.keywords:
        if keyword.arg is not None:
            named[keyword.arg] = keyword
        elif id(keyword.value) in spread:
            named.update(spread[id(keyword.value)])
        else:
            open_named = True
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    return Given(0 if starred else len(call.args), named, starred, open_named)


def _required(arguments: ast.arguments, free: list[str]) -> list[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    without = len(positional) - len(arguments.defaults)
    required = [argument.arg for argument in positional[:without] if argument.arg in free]
    keyword_only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return required + [argument.arg for argument, default in keyword_only if default is None]

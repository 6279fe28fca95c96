"""What a function is called with, laid out by its parameters: all faults of a call at once, with the call's place."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.flows.places import calling_place, place_of

_NOTHING = inspect.Parameter.empty


class Shape(NamedTuple):
    """A function's parameters.

    Attributes:
        placed: Names that can be given by place, in order.
        only_placed: How many of them, from the first, can be given by place only.
        named: Names that can be given by name only, in order.
        rest: Name of ``*args``; empty when it has none.
        others: Name of ``**kwargs``; empty when it has none.
        defaults: Default values by name.
    """

    placed: tuple[str, ...]
    only_placed: int
    named: tuple[str, ...]
    rest: str
    others: str
    defaults: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """All names that can be given, in order."""
        return self.placed + self.named


def shape_of(fn: Any) -> Shape:
    """The parameters of a function or bound method."""
    parameters = inspect.signature(fn).parameters.values()

    def named(*kinds: Any) -> tuple[str, ...]:
        return tuple(p.name for p in parameters if p.kind in kinds)

    only = named(inspect.Parameter.POSITIONAL_ONLY)
    return Shape(
        placed=only + named(inspect.Parameter.POSITIONAL_OR_KEYWORD),
        only_placed=len(only),
        named=named(inspect.Parameter.KEYWORD_ONLY),
        rest=next(iter(named(inspect.Parameter.VAR_POSITIONAL)), ""),
        others=next(iter(named(inspect.Parameter.VAR_KEYWORD)), ""),
        defaults={p.name: p.default for p in parameters if p.default is not _NOTHING},
    )


def bind(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the function's parameters, in their order, defaults filled in.

    What goes into ``*args`` stands under that name as a tuple, what goes into ``**kwargs`` as a dict.

    Args:
        function: A `Task` or `Flow`.
        args: Given by place.
        kwargs: Given by name.

    Raises:
        InvalidInput: FLW-005 for each fault, with file and line of the call.
    """
    shape: Shape = function.shape
    placed = shape.placed
    if len(args) > len(placed) and not shape.rest:
        _refuse(function, args, kwargs)
    given = dict(zip(placed, args, strict=False))
    extra = {}
    only = placed[: shape.only_placed]
    for name, value in kwargs.items():
        if name in given and name not in only:
            _refuse(function, args, kwargs)
        elif (name in placed and name not in only) or name in shape.named:
            given[name] = value
        else:
            extra[name] = value
    if extra and not shape.others:
        _refuse(function, args, kwargs)
    return _in_order(function, given, extra, args, kwargs)


def _in_order(
    function: Any, given: dict[str, Any], extra: dict[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    shape: Shape = function.shape
    bound: dict[str, Any] = {}
    for name in shape.names:
        if name in given:
            bound[name] = given[name]
        elif name in shape.defaults:
            bound[name] = shape.defaults[name]
        else:
            _refuse(function, args, kwargs)
    if shape.rest:
        bound[shape.rest] = args[len(shape.placed) :]
    if shape.others:
        bound[shape.others] = extra
    return bound


def unbind(shape: Shape, bound: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Bound arguments as those of a call: by place, and by name."""
    args = tuple([bound[name] for name in shape.placed])
    kwargs = {name: bound[name] for name in shape.named}
    if shape.rest:
        args += tuple(bound[shape.rest])
    if shape.others:
        kwargs.update(bound[shape.others])
    return args, kwargs


def place_of_call(function: Any) -> Place:
    """File and line of the user's code that makes a call; where the function is defined if no such code runs."""
    return calling_place() or place_of(function.fn)


# ---- what is wrong with a call --------------------------------------------------------------------


def _refuse(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    place = place_of_call(function)
    known = ", ".join(_written(function.shape)) or "-"
    base = {"name": function.name, "known": known}
    raise InvalidInput(
        [
            Problem("FLW-005", {**base, **values}, variant=variant, place=Place(place.file, place.line, field=given))
            for variant, given, values in _faults(function.shape, args, kwargs)
        ]
    )


def _faults(
    shape: Shape, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> list[tuple[str, str | None, dict[str, Any]]]:
    faults: list[tuple[str, str | None, dict[str, Any]]] = []
    if len(args) > len(shape.placed) and not shape.rest:
        faults.append(("too_many", None, {"most": len(shape.placed), "given": len(args)}))
    by_place = shape.placed[: len(args)]
    only = shape.placed[: shape.only_placed]
    takers = (*shape.placed[shape.only_placed :], *shape.named)
    missing = [n for n in shape.names if n not in by_place and n not in shape.defaults]
    for given in kwargs:
        if given in takers and given in by_place:
            faults.append(("doubled", given, {"given": shorten(given)}))
        elif given not in takers and not shape.others:
            faults.append(_unknown(given, only, takers))
    faults += [("missing", n, {"given": n}) for n in missing if n in only or n not in kwargs]
    return faults


def _unknown(given: str, only: tuple[str, ...], takers: tuple[str, ...]) -> tuple[str, str, dict[str, Any]]:
    from difflib import get_close_matches

    if given in only:
        return "by_place", given, {"given": given}
    near = next(iter(get_close_matches(given[:200], takers, n=1)), "")
    variant = "near" if near else "unknown" if takers or only else "none"
    return variant, given, {"given": shorten(given), "nearest": near}


def _written(shape: Shape) -> list[str]:
    """The parameters as they are written in a signature, without defaults."""
    names = list(shape.placed)
    names += [f"*{shape.rest}"] if shape.rest else []
    names += list(shape.named)
    names += [f"**{shape.others}"] if shape.others else []
    return names

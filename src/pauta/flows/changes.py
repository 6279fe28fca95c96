"""What a body does to what it was given: its writes to frames reach nobody else, and those to lists and dicts are told.

A call that is on record is not made again when its flow goes on, and then nothing changes what it was given. So a
body that changes the caller's list makes the flow go another way than it went the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pauta.domain.problems import PautaError, Problem
from pauta.flows.places import calling_place, place_of

if TYPE_CHECKING:
    from pauta.flows.scope import Engine
    from pauta.flows.site import Parcels

_PLAIN = frozenset({str, int, float, bool, bytes, type(None), complex})
_CHANGEABLE = frozenset({list, dict, set, bytearray})
_AS_THEY_ARE = _PLAIN | _CHANGEABLE
_QUICK = frozenset({"builtins", "datetime", "decimal", "uuid", "pathlib"})
"""Modules of what is hashed quickly; of anything else that may hold much nothing is looked at."""
_MOST = 256
"""Items of a value that is looked at again; each costs as much as when the call began."""


def isolated(parcels: Parcels, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments for one try of a body: frames are its own, and share their memory until it writes to them."""
    own = arguments
    for name, value in arguments.items():
        if type(value) not in _AS_THEY_ARE and (alone := parcels.isolate(value)) is not value:
            own = {**own, name: alone}
    return own


def tell_of_changed(engine: Engine, function: Any, arguments: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """A warning (FLW-044) for each small list, dict or set that is not what it was when the call began.

    Args:
        engine: Of the flow.
        function: The task or flow that was called.
        arguments: What it was given, as it is now.
        given: The first digits of the hashes that this had.
    """
    for name, value in arguments.items():
        if type(value) not in _CHANGEABLE or not _is_small(value, _MOST):
            continue
        before, said = given.get(name, ""), (function.name, name)
        if before and said not in engine.said and _digest(engine.site.parcels, value)[: len(before)] != before:
            engine.said.add(said)
            values = {"name": function.name, "argument": name, "what": function.what}
            engine.warn(Problem("FLW-044", values, function.what, calling_place() or place_of(function.fn)))


def _digest(parcels: Parcels, value: Any) -> str:
    try:
        return parcels.digest(value)
    except PautaError:
        return "~"  # what was put in cannot be kept: it is another value now


def _is_small(value: Any, most: int) -> bool:
    """Whether it has few items, in all its lists and dicts together, and they are quickly looked at."""
    todo = [value]
    while todo:
        held = todo.pop()
        if type(held) is bytearray:
            return len(held) <= most
        most -= len(held)
        if most < 0:
            return False
        for item in held.values() if type(held) is dict else held:
            if type(item) in _CHANGEABLE or type(item) is tuple:
                todo.append(item)
            elif type(item) not in _PLAIN and type(item).__module__ not in _QUICK:
                return False
    return True

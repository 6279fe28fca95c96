"""Arguments that are, or hold, futures and states of other tasks: they stand for the results."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable
from dataclasses import fields, is_dataclass
from typing import Any

from pauta.flows.future import Future, UpstreamFailed
from pauta.flows.marks import AllowFailure, Unmapped
from pauta.flows.states import State, problem_of

_PLAIN = frozenset({str, int, float, bool, bytes, type(None), complex})


def futures_in(value: Any) -> list[Future[Any]]:
    """The futures that a value is or holds: in lists, tuples, sets, dicts and dataclasses."""
    found: list[Future[Any]] = []
    todo = [value]
    while todo:
        item = todo.pop()
        if type(item) in _PLAIN:
            continue
        if isinstance(item, Future):
            found.append(item)
        else:
            todo += [inner for inner in _held_in(item) if type(inner) not in _PLAIN]
    return found


def _held_in(value: Any) -> Iterable[Any]:
    if isinstance(value, AllowFailure | Unmapped):
        return (value.value,)
    if isinstance(value, list | tuple | set | frozenset):
        return () if _is_plain(value) else value
    if isinstance(value, dict):
        return value.values()
    if is_dataclass(value) and not isinstance(value, type | State):
        return [getattr(value, field.name, None) for field in fields(value)]
    return ()


def _is_plain(items: Collection[Any]) -> bool:
    """Whether there is nothing to look for; quick even for millions."""
    return _PLAIN.issuperset(map(type, items))


def resolved(value: Any, name: str, *, allow: bool = False) -> Any:
    """The value with results in place of futures, which are done, and states.

    Args:
        value: An argument.
        name: Of the task that gets it.
        allow: Whether a failure gives its exception.

    Raises:
        UpstreamFailed: One of them failed.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Future):
        return _result(value.state, value.name, name, allow=allow)
    if isinstance(value, State):
        return _result(value, value.origin.name if value.origin else value.name, name, allow=allow)
    if isinstance(value, AllowFailure):
        return resolved(value.value, name, allow=True)
    if isinstance(value, Unmapped):
        return resolved(value.value, name, allow=allow)
    return _resolved_inside(value, lambda item: resolved(item, name, allow=allow))


def _resolved_inside(value: Any, change: Callable[[Any], Any]) -> Any:
    """A container with its items changed; the very same one when none of them is."""
    if isinstance(value, list | tuple | set | frozenset):
        if _is_plain(value):
            return value
        items = [change(item) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        if hasattr(value, "_fields"):
            return type(value)(*items)
        return list(items) if isinstance(value, list) else type(value)(items)
    if isinstance(value, dict):
        changed = {key: change(item) for key, item in value.items()}
        return value if all(changed[key] is item for key, item in value.items()) else changed
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name, None) for field in fields(value)}
        news = {name: new for name, item in held.items() if (new := change(item)) is not item}
        if news:
            value = copy.copy(value)
            for name, new in news.items():
                object.__setattr__(value, name, new)
    return value


def _result(state: State[Any], upstream: str, name: str, *, allow: bool) -> Any:
    if state.is_completed() or allow:
        return state.result(raise_on_failure=False)
    raise UpstreamFailed(name, upstream, problem_of(state))

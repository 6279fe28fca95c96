"""One call for each element: how the arguments of `Task.map` become those of its calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pauta.domain.problems import InvalidInput, Problem
from pauta.flows.future import Future
from pauta.flows.marks import AllowFailure, Unmapped
from pauta.flows.places import calling_place
from pauta.flows.states import State

_WHOLE = (str, bytes, bytearray, Mapping, State, Unmapped)

Call = tuple[tuple[Any, ...], dict[str, Any]]


def calls_of_map(task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Call]:
    """The arguments of each call.

    Lists, tuples, ranges, iterators and whatever else has elements are taken apart; texts, bytes, dicts, frames,
    models and what is `unmapped` go to every call whole. A future that stands alone is waited for.

    Args:
        task: The `Task`.
        args, kwargs: As `Task.map` was given them.

    Raises:
        InvalidInput: FLW-036, nothing can be taken apart, or the lengths differ.
    """
    by_place = [_elements(value) for value in args]
    by_name = {key: _elements(value) for key, value in kwargs.items()}
    named = {**{_name(task, i): items for i, items in enumerate(by_place)}, **by_name}
    lengths = {name: len(items) for name, items in named.items() if items is not None}
    if len(set(lengths.values())) != 1:
        said = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        variant = "" if lengths else "none"
        raise InvalidInput(Problem("FLW-036", {"name": task.name, "lengths": said}, variant, calling_place()))
    (length,) = set(lengths.values())
    return [
        (
            tuple(_unmarked(value) if items is None else items[i] for value, items in zip(args, by_place, strict=True)),
            {key: _unmarked(kwargs[key]) if items is None else items[i] for key, items in by_name.items()},
        )
        for i in range(length)
    ]


def _elements(value: Any) -> list[Any] | None:
    """What a value is taken apart to; None: it goes to every call whole."""
    if isinstance(value, AllowFailure):
        items = _elements(value.value)
        return [AllowFailure(item) for item in items] if items is not None else None
    if isinstance(value, Future):
        return _elements(value.result())
    if isinstance(value, _WHOLE) or not isinstance(value, Iterable):
        return None
    is_frame_or_model = hasattr(value, "columns") or hasattr(value, "schema") or hasattr(type(value), "model_fields")
    return None if is_frame_or_model else list(value)


def _unmarked(value: Any) -> Any:
    return value.value if isinstance(value, Unmapped) else value


def _name(task: Any, place: int) -> str:
    placed = task.shape.placed
    return placed[place] if place < len(placed) else f"{place + 1}."

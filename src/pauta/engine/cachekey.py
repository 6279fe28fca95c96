"""Names under which a step's result can be found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from blake3 import blake3

from pauta.domain.ids import Address
from pauta.domain.plan import PlannedStep

_RECIPE = "pauta recipe 1"
_KEY = "pauta key 1"


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=True)


def recipe_of(step: PlannedStep, *, runtime: str) -> str:
    """What would be done: everything that decides a step's result but its inputs.

    Script version, the function of it that is called, keyword arguments, declared environment, name of the output and
    fewest rows count. Name and part of the step, retries, limits of time and memory do not.

    Args:
        step: The step.
        runtime: What it runs in, e.g. ``py3.11|pandas3``.

    Returns:
        64 hexadecimal digits.

    Raises:
        TypeError: A keyword argument is not a JSON value.
    """
    entry = [step.entry] if step.entry else []  # keys of steps that call ``execute`` stay what they were
    done = [_RECIPE, runtime, step.script.version, dict(step.kwargs), dict(step.policy.env), step.gives, step.min_rows]
    return _hash([*done, *entry])


def key_of(recipe: str, inputs: Mapping[str, Address]) -> str:
    """The full key of a result: what was done, and to what.

    Args:
        recipe: As `recipe_of` gives it.
        inputs: Address by frame name. Whatever else a step can read (files of the steps it comes ``after``)
            belongs in here too, under names that cannot be names of frames.

    Returns:
        64 hexadecimal digits.
    """
    return _hash([_KEY, recipe, dict(inputs)])


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: keys in order, no spaces, ASCII only.

    ``1``, ``1.0`` and ``true`` are three texts, a float is the shortest text that gives it back, and NaN and the
    infinities have their own words. A tuple is a list, and a key that is a number is its text, as for the script.

    Raises:
        TypeError: The value holds something that is not JSON, or an object with keys of several types.
    """
    return _CANONICAL.encode(value)


def _hash(value: list[Any]) -> str:
    return blake3(canonical_json(value).encode("ascii")).hexdigest()

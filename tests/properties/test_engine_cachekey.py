"""Recipes and keys: the same for the same, another for anything else."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from engine_graphs import SCRIPT
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pauta.domain.ids import Address
from pauta.domain.pipeline import Part, StepPolicy
from pauta.domain.plan import PlannedStep
from pauta.engine.cachekey import canonical_json, key_of, recipe_of

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
arguments = st.dictionaries(st.text(max_size=6), values, max_size=5)
MANY = settings(max_examples=200, deadline=None)


def recipe(kwargs: dict[str, Any], **changes: Any) -> str:
    step = PlannedStep(0, "s", Part.TRAINING, changes.pop("script", SCRIPT), kwargs=kwargs, **changes)
    return recipe_of(step, runtime="py3.11|pandas3")


def same(a: Any, b: Any) -> bool:
    """Equal in type and value, all the way down; NaN is NaN and 0.0 is not -0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def turned(value: Any) -> Any:
    """The same value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


@MANY
@given(arguments)
def test_the_order_of_keyword_arguments_does_not_matter(kwargs: dict[str, Any]) -> None:
    assert recipe(kwargs) == recipe(turned(kwargs))


@MANY
@given(arguments, st.text(max_size=6), values, values)
@example({}, "a", 1, 1.0)
@example({}, "a", 1, True)
@example({}, "a", 0.0, -0.0)
@example({}, "a", math.nan, None)
@example({}, "a", math.nan, "NaN")
@example({}, "a", "1", 1)
@example({}, "a", [], {})
@example({}, "a", 0.1 + 0.2, 0.3)
def test_any_change_of_a_value_changes_the_recipe(kwargs: dict[str, Any], name: str, one: Any, other: Any) -> None:
    assume(not same(one, other))
    assert recipe({**kwargs, name: one}) != recipe({**kwargs, name: other})
    assert recipe({**kwargs, name: one}) != recipe({key: kwargs[key] for key in kwargs if key != name})


@MANY
@given(values)
def test_canonical_json_says_the_value_and_is_ascii(value: Any) -> None:
    text = canonical_json(value)
    assert text.isascii()
    assert same(json.loads(text), value)


def test_not_a_number_is_itself() -> None:
    assert recipe({"a": math.nan}) == recipe({"a": float("nan")})


def test_every_part_of_a_recipe_counts_and_nothing_else_does() -> None:
    other_script = type(SCRIPT)("t.py", "t.py", Address("c" * 64), SCRIPT.source, SCRIPT.signature)
    different = [
        recipe({}),
        recipe({}, script=other_script),
        recipe({}, gives="x"),
        recipe({}, min_rows=1),
        recipe({}, policy=StepPolicy(env={"A": "1"})),
        recipe({}, policy=StepPolicy(env={"A": "2"})),
        recipe_of(PlannedStep(0, "s", Part.TRAINING, SCRIPT), runtime="py3.12|pandas3"),
    ]
    assert len(set(different)) == len(different)
    moved = PlannedStep(7, "other name", Part.PREDICTION, SCRIPT, gives_version=3, after=(1,))
    assert recipe_of(moved, runtime="py3.11|pandas3") == recipe({})


@MANY
@given(st.dictionaries(st.text(max_size=3), st.sampled_from("abc").map(lambda c: Address(c * 64)), max_size=3))
def test_a_key_depends_on_which_input_is_which_and_not_on_their_order(inputs: dict[str, Address]) -> None:
    assert key_of("r", inputs) == key_of("r", turned(inputs))
    assert key_of("r", inputs) != key_of("q", inputs)
    for name in inputs:
        assert key_of("r", inputs) != key_of("r", {**inputs, name: Address("d" * 64)})
        assert key_of("r", inputs) != key_of("r", {k: v for k, v in inputs.items() if k != name})
        renamed = {**{k: v for k, v in inputs.items() if k != name}, name + "xxxx": inputs[name]}
        assert key_of("r", inputs) != key_of("r", renamed)


def test_two_inputs_that_change_places_are_another_key() -> None:
    one, two = Address("a" * 64), Address("b" * 64)
    assert key_of("r", {"x": one, "y": two}) != key_of("r", {"x": two, "y": one})


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError):
        recipe({"a": object()})

"""What is accepted as an answer is accepted by the model that the flow asked with, and what it refuses is told."""

from __future__ import annotations

import enum
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pauta.domain.problems import InvalidInput
from pauta.services.answers_checking import check_answer


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


class Item(pydantic.BaseModel, extra="forbid"):
    count: Annotated[int, pydantic.Field(gt=0, le=10)]
    share: Annotated[float, pydantic.Field(ge=0, lt=1)] = 0.5


class Settings(pydantic.BaseModel, extra="forbid"):
    name: Annotated[str, pydantic.Field(min_length=2, max_length=5)]
    limit: int | None = None
    mode: Mode = Mode.FAST
    kind: Literal["a", "b", 3] = "a"
    day: date | None = None
    at: datetime | None = None
    clock: time | None = None
    price: Decimal | None = None
    items: Annotated[list[Item], pydantic.Field(max_length=3)] = []
    flags: dict[str, bool] = {}
    pair: tuple[int, str] | None = None


SCHEMA = Settings.model_json_schema()
TEXTS = (
    *("", "a", "b", "ab", "abcdef", "fast", "odd", "2026-01-31", "2026-02-30", "2026-01-31T12:00", "12:00", "7.5"),
    *("2026-01-31T12:00:00Z", "2026-01-31 12:00:00+03:00", "25:00", "20260131T12", "x", "2026-W05-1T10:00"),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 12), st.floats(-1, 2, allow_nan=False), st.sampled_from(TEXTS)
)
ITEMS = st.lists(st.fixed_dictionaries({"count": LEAVES}, optional={"share": LEAVES, "more": LEAVES}), max_size=4)
# Not the price: of decimals as text a schema does not say what they look like.
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": LEAVES,
    **dict.fromkeys(("limit", "mode", "kind", "day", "at", "clock", "other"), LEAVES),
    "items": ITEMS,
    "flags": st.dictionaries(st.sampled_from(["x", "y"]), LEAVES, max_size=2),
    "pair": st.lists(LEAVES, max_size=3),
}

# One field at a time, or nearly nothing would fit.
VALUES = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda name: FIELDS[name].map(lambda value: {"name": "ab", name: value})
)


def is_fine(value: Any, schema: dict[str, Any]) -> bool:
    try:
        check_answer(value, schema)
    except InvalidInput as error:
        return not all(p.code == "FLW-087" and p.message("en") and p.message("pt") for p in error.problems)
    return True


def fits(value: Any) -> bool:
    try:
        Settings.model_validate(value)
    except pydantic.ValidationError:
        return False
    return True


@settings(max_examples=500, deadline=None)
@given(VALUES)
def test_what_is_accepted_fits_the_model(value: dict[str, Any]) -> None:
    if is_fine(value, SCHEMA):
        assert fits(value), value


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Settings,
        name=st.text(min_size=2, max_size=5),
        limit=st.none() | st.integers(-(2**53), 2**53),
        mode=st.sampled_from(Mode),
        kind=st.sampled_from(["a", "b", 3]),
        day=st.none() | st.dates(),
        at=st.none() | st.datetimes(timezones=st.none() | st.timezones()),
        clock=st.none() | st.times(),
        price=st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2),
        items=st.lists(st.builds(Item, count=st.integers(1, 10), share=st.floats(0, 0.99)), max_size=3),
        flags=st.dictionaries(st.text(max_size=3), st.booleans(), max_size=2),
        pair=st.none() | st.tuples(st.integers(), st.text(max_size=3)),
    )
)
def test_what_a_model_writes_is_accepted(model: Settings) -> None:
    written = model.model_dump(mode="json")
    if all(abs(n) < 2**63 for n in (written["pair"] or [0])[:1]):
        check_answer(written, SCHEMA)


@pytest.mark.parametrize("value", [{}, {"name": "ab", "other": 1}, [], "ab", None, {"name": 3}])
def test_what_does_not_fit_is_refused(value: Any) -> None:
    assert not is_fine(value, SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [{"type": "what"}, {"$ref": "https://example.com/schema"}, {"$ref": "#/nowhere"}, {"pattern": "("}],
    ids=["type", "elsewhere", "nowhere", "pattern"],
)
def test_a_schema_that_is_none_is_told_and_nothing_is_fetched(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_answer("x", schema)
    assert caught.value.problems[0].variant == "schema"


@pytest.mark.parametrize("schema", [{"pattern": "^(a+)+$"}], ids=["nested repeats"])
def test_an_expression_that_others_take_ages_for_is_quick(schema: dict[str, Any]) -> None:
    assert not is_fine("a" * 10_000 + "!", schema)

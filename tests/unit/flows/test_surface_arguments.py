"""Arguments of flows and tasks: laid out by the parameters, checked by the annotations, all faults with their place."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypedDict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from pauta import flow, task
from pauta.domain.problems import InvalidInput
from pauta.flows.parameters import _UNSURE, plainly, validated

if TYPE_CHECKING:
    from nowhere import Ghost


class Post(BaseModel):
    title: str
    votes: int = 0


class Colour(Enum):
    RED = "red"


class Row(TypedDict):
    a: int


class Reader(Protocol):
    def read(self) -> str: ...


def codes(call: Any) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        call()
    return [f"{p.code}.{p.variant}".rstrip(".") for p in error.value.problems]


def lines(call: Any, language: str = "en") -> list[str]:
    with pytest.raises(InvalidInput) as error:
        call()
    return [p.line(language) for p in error.value.problems]


def checked(function: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return validated(function, function.bound(args, kwargs))


# ---- laid out by the parameters --------------------------------------------------------------------


def every_kind(a, /, b, c=3, *rest, d, e=5, **others):
    """A function with every kind of parameter."""
    return a, b, c, rest, d, e, others


def test_arguments_are_laid_out_by_the_parameters_with_defaults_filled_in():
    made = task(every_kind)
    bound = made.bound((1, 2), {"d": 4, "z": 9})
    assert list(bound.items()) == [
        *(("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)),
        *(("rest", ()), ("others", {"z": 9})),
    ]
    args, kwargs = made.unbound(bound)
    assert every_kind(*args, **kwargs) == (1, 2, 3, (), 4, 5, {"z": 9})


def test_mistake_1_of_the_published_project_names_what_is_accepted():
    @task
    def summarize(titles: list[str], urls: list[str], authors: list[str], votes: list[int]) -> dict[str, Any]:
        return {}

    expected = inspect.currentframe().f_lineno + 1
    told = lines(lambda: summarize.bound((), {"title": [], "url": [], "author": [], "vote": []}))
    accepted = "its parameters are: titles, urls, authors, votes"
    assert told[0].lower() == (
        f'flw-005 {__file__.lower()} line {expected}: title: summarize() has no parameter "title"; '
        f'did you mean "titles"? {accepted}'
    )
    assert len(told) == 8
    assert 'summarize() is called without "votes"' in told[7]
    portuguese = lines(lambda: summarize.bound((), {"title": []}), "pt")[0]
    assert 'summarize() não tem o parâmetro "title"; seria "titles"?' in portuguese


def test_each_fault_of_a_call_has_its_own_text():
    def plain(a, b=2): ...

    def nothing(): ...

    def placed(a, /): ...

    assert codes(lambda: task(plain).bound((1, 2, 3), {})) == ["FLW-005.too_many"]
    assert codes(lambda: task(plain).bound((1,), {"a": 1})) == ["FLW-005.doubled"]
    assert codes(lambda: task(plain).bound((), {"zzz": 1})) == ["FLW-005.unknown", "FLW-005.missing"]
    assert codes(lambda: task(nothing).bound((), {"a": 1})) == ["FLW-005.none"]
    assert codes(lambda: task(placed).bound((), {"a": 1})) == ["FLW-005.by_place", "FLW-005.missing"]


def test_the_object_of_a_method_is_no_argument():
    class Feed:
        @task
        def fetch(self, limit, *more): ...

    assert Feed().fetch.bound((1, 2), {}) == {"limit": 1, "more": (2,)}


def function_of(kinds: list[tuple[str, bool]], rest: bool, others: bool) -> Any:
    """A function with so many parameters of each kind; the flag says whether it has a default."""
    by_kind: dict[str, list[str]] = {"p": [], "n": [], "k": []}
    optional = False
    for index, (kind, default) in enumerate(sorted(kinds, key=lambda each: "pnk".index(each[0]))):
        optional = default or (optional and kind != "k")
        by_kind[kind].append(f"{kind}{index}" + ("=None" if optional else ""))
    parts = [*by_kind["p"], "/"] if by_kind["p"] else []
    parts += by_kind["n"]
    parts += ["*rest"] if rest else ["*"] if by_kind["k"] else []
    parts += by_kind["k"]
    parts += ["**others"] if others else []
    namespace: dict[str, Any] = {}
    exec(f"def made({', '.join(parts)}): return locals()", namespace)
    return namespace["made"]


signatures = st.builds(
    function_of,
    st.lists(st.tuples(st.sampled_from("pnk"), st.booleans()), max_size=5),
    st.booleans(),
    st.booleans(),
)


@given(signatures, st.lists(st.integers(), max_size=6), st.data())
def test_a_call_is_taken_exactly_when_python_takes_it_and_gives_the_function_the_same(fn, args, data):
    names = [*inspect.signature(fn).parameters, "zz", "n1", "k2"]
    kwargs = data.draw(st.dictionaries(st.sampled_from(names), st.integers(), max_size=5))
    made = task(name="made")(fn)
    try:
        expected = fn(*args, **kwargs)
    except TypeError:
        assert set(codes(lambda: made.bound(tuple(args), kwargs))) <= {
            f"FLW-005.{variant}"
            for variant in ("unknown", "near", "none", "missing", "doubled", "too_many", "by_place")
        }
    else:
        again_args, again_kwargs = made.unbound(made.bound(tuple(args), kwargs))
        assert fn(*again_args, **again_kwargs) == expected


# ---- checked by the annotations --------------------------------------------------------------------


def test_arguments_of_a_flow_are_converted_as_pydantic_does():
    @flow
    def full_flow(limit: int, share: float, day: date, posts: list[Post], colour: Colour, root: Path = Path(".")):
        """Everything that has to be converted."""

    bound = checked(full_flow, "5", 1, "2026-01-31", [{"title": "a", "votes": "3"}], "red", root="x")
    assert bound == {
        "limit": 5,
        "share": 1.0,
        "day": date(2026, 1, 31),
        "posts": [Post(title="a", votes=3)],
        "colour": Colour.RED,
        "root": Path("x"),
    }
    assert type(bound["share"]) is float


def test_all_faults_of_a_call_are_told_at_once_each_with_its_field():
    @flow
    def full_flow(limit: int, posts: list[Post], mode: Literal["new", "old"], *more: int, **others: int):
        """Several things to get wrong."""

    line = checked.__code__.co_firstlineno + 1
    told = lines(lambda: checked(full_flow, "many", [{"title": 3}, {}], "odd", 1, "x", z="y"))
    assert [text.partition(": ")[2].partition(": full_flow(): ")[0] for text in told] == [
        *("limit", "posts[0].title", "posts[1].title", "mode", "more[1]", "z"),
    ]
    assert told[0] == (
        f"FLW-006 {__file__} line {line}: limit: full_flow(): limit is 'many', which does not fit int: "
        "Input should be a valid integer, unable to parse string as an integer"
    )
    portuguese = lines(lambda: checked(full_flow, "many", [], "new"), "pt")[0]
    assert "limit é 'many', o que não cabe em int" in portuguese


def test_what_needs_no_conversion_is_handed_on_itself():
    frame, array, rows = pd.DataFrame({"a": [1]}), np.zeros(3), [1, 2]

    @flow
    def take(frame: pd.DataFrame, array: np.ndarray, rows: list[int] | None, anything: Any, plain, post: Post): ...

    post = Post(title="a")
    bound = checked(take, frame, array, rows, object, 3, post)
    assert bound["frame"] is frame
    assert bound["array"] is array
    assert bound["rows"] is rows
    assert bound["post"] is post


def test_a_frame_that_is_none_is_refused():
    @flow
    def take(frame: pd.DataFrame): ...

    assert codes(lambda: checked(take, [1])) == ["FLW-006"]


def test_constraints_count():
    @flow
    def take(share: Annotated[float, Field(gt=0, le=1)]): ...

    assert checked(take, 0.5) == {"share": 0.5}
    assert codes(lambda: checked(take, 0)) == ["FLW-006"]


def test_what_a_validator_raises_is_a_fault_of_the_argument():
    class Odd:
        @classmethod
        def __get_pydantic_core_schema__(cls, source, handler):
            from pydantic_core import core_schema

            return core_schema.no_info_plain_validator_function(lambda value: 1 / 0)

    @flow
    def take(odd: Odd): ...

    assert "ZeroDivisionError" in lines(lambda: checked(take, 3))[0]


def test_default_values_are_not_checked():
    @flow
    def take(limit: int = None): ...  # noqa: RUF013

    assert checked(take) == {"limit": None}


def test_a_flow_can_do_without_checks():
    @flow(validate=False)
    def take(limit: int): ...

    assert checked(take, "many") == {"limit": "many"}


def test_what_nobody_can_check_passes():
    @flow
    def take(reader: Reader, function: callable, row: Row): ...  # type: ignore[valid-type]

    row = "1" if sys.version_info < (3, 12) else 1  # from when on pydantic looks into typed dicts
    assert checked(take, 3, len, {"a": "1"}) == {"reader": 3, "function": len, "row": {"a": row}}


def test_annotations_of_a_function_within_a_function_are_known():
    class Local(BaseModel):
        x: int

    @flow
    def take(local: Local, more: list[Local]): ...

    assert checked(take, {"x": "1"}, [{"x": 2}]) == {"local": Local(x=1), "more": [Local(x=2)]}


def test_an_annotation_that_speaks_of_nothing_is_named():
    @flow
    def take(ghost: Ghost): ...

    (told,) = lines(lambda: checked(take, 3))
    assert told.startswith(f"FLW-007 {__file__} line {take.fn.__code__.co_firstlineno}: take(): ")
    assert 'the annotation Ghost of "ghost" speaks of "Ghost"' in told
    assert checked(take.with_options(validate=False), 3) == {"ghost": 3}


def test_an_annotation_by_which_nothing_can_be_checked_is_named():
    class Broken:
        @classmethod
        def __get_pydantic_core_schema__(cls, source, handler):
            raise RuntimeError("no way")

    @flow
    def take(broken: Broken): ...

    assert codes(lambda: checked(take, 3)) == ["FLW-007.unusable"]


PLAIN = """
from pauta import flow

@flow
def take(a: str, b: int, c: float, d: bool, e: list, f: dict, g: None, h, i: list[int], j: int | None, k: float): ...

from pauta.flows.parameters import validated
validated(take, take.bound(("x", 1, 1.5, True, [], {}, None, 3, [1], None, 2), {}))
import sys
assert not {"pydantic", "pandas", "asyncio", "msgspec"} & sys.modules.keys(), sys.modules.keys()
"""


def test_plain_annotations_need_no_pydantic():
    subprocess.run([sys.executable, "-c", PLAIN], check=True)


def test_writing_flows_and_tasks_loads_nothing_heavy():
    code = "from pauta import flow, task\n@flow\ndef f(x): ...\n@task(retries=1)\ndef g(x): ...\nimport sys\n"
    heavy = "{'pydantic', 'pandas', 'asyncio', 'msgspec', 'inspect', 'logging', 'threading'}"
    subprocess.run(
        [sys.executable, "-c", f"{code}found = {heavy} & sys.modules.keys()\nassert not found, found"], check=True
    )


hints = st.recursive(
    st.sampled_from([int, float, str, bool, None, bytes, list, dict, Any, date, Literal["a", 1]]),
    lambda inner: st.one_of(
        inner.map(lambda each: list[each]),
        st.tuples(inner, inner).map(lambda two: dict[two[0], two[1]]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1] if isinstance(two[0], type) and two[1] else two[0]),
    ),
    max_leaves=4,
)
things = st.recursive(
    st.one_of(
        *(st.integers(), st.floats(allow_nan=False), st.text(max_size=3), st.booleans(), st.none()),
        *(st.binary(max_size=3), st.just("5"), st.just("a"), st.just(date(2026, 1, 31))),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.integers(), st.text(max_size=2)), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(hints, things)
def test_whatever_passes_without_pydantic_passes_pydantic_too_with_the_same_value(hint, value):
    plain = plainly(value, hint)
    if plain is _UNSURE:
        return
    try:
        expected = TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        pytest.fail(f"{hint}: {value!r} passed, and pydantic refuses it: {error}")
    assert repr(plain) == repr(expected)

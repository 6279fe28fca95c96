"""Values of flows as they are stored: everything comes back as it was, and what cannot is refused with its place."""

from __future__ import annotations

import dataclasses
import enum
import math
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pauta.assembly import objects_in
from pauta.domain.calls import Arguments
from pauta.domain.outputs import INLINE_LIMIT, Kind
from pauta.domain.problems import StepFault, StoreFault
from pauta.flows.states import Completed, Failed, State, problem_of
from pauta.runtime.parcels import StoredParcels

LISBON = ZoneInfo("Europe/Lisbon")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return objects_in(tmp_path_factory.mktemp("objects"))


@pytest.fixture
def parcels(store: Any) -> StoredParcels:
    return StoredParcels(lambda: store)


def there_and_back(parcels: StoredParcels, value: Any, hint: Any = None) -> Any:
    """The value as a later attempt of the flow gets it, in another process."""
    packed = parcels.pack(value, name="f", hint=hint)
    return StoredParcels(parcels._objects_of).unpack(packed.arguments, hint=hint)


def same(one: Any, other: Any) -> bool:
    """Equal in value and type, at every depth, NaN included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    if isinstance(one, complex):
        return same([one.real, one.imag], [other.real, other.imag])
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(a, b) and same(one[a], other[b]) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, datetime | time):
        return one == other and one.fold == other.fold and str(one.tzinfo) == str(other.tzinfo)
    return bool(one == other)


# ---- everything that is tagged ----------------------------------------------------------------

keys = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["$", "$tuple", "$object", "$dict", "$of", "$float", "$x", ""]),
    st.integers(-3, 3),
    st.tuples(st.integers(0, 2), st.text(max_size=1)),
    st.none(),
)
zones = st.sampled_from([None, UTC, LISBON, ZoneInfo("America/Sao_Paulo"), timezone(timedelta(hours=-3, minutes=-30))])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.text(max_size=6),
    st.text(st.characters(categories=("Cs", "Ll")), max_size=3),
    st.binary(max_size=6),
    st.binary(max_size=6).map(bytearray),
    st.complex_numbers(),
    st.decimals(),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=zones),
    st.times(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=2))])),
    st.timedeltas(),
    st.sampled_from([Path("/a/ç"), Path(), PureWindowsPath("c:\\x"), range(1, 9, 2)]),
)
hashable = st.one_of(
    st.integers(), st.text(max_size=3), st.binary(max_size=2), st.tuples(st.integers(), st.text(max_size=1))
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.sets(hashable, max_size=3),
        st.frozensets(hashable, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values)
@example(value={"$tuple": [1, 2]})
@example(value={"$object": 0})
@example(value={"$dict": [["a", 1]]})
@example(value=[{"$a": 1, "$b": 2}, ({1: {2: 3}},)])
@example(value={"\ud800": "\udfff"})
@example(value=datetime(2026, 10, 25, 1, 30, tzinfo=LISBON, fold=1))
@example(value=-0.0)
def test_any_value_comes_back_as_it_was_and_a_caller_gets_the_same_at_once(parcels: StoredParcels, value: Any) -> None:
    packed = parcels.pack(value, name="f")
    again = StoredParcels(parcels._objects_of).unpack(packed.arguments)
    assert same(again, value)
    assert same(packed.live, value)
    assert parcels.digest(again) == parcels.digest(value) == parcels.digest(packed.live)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=values, other=values)
def test_values_that_differ_have_other_digests(parcels: StoredParcels, one: Any, other: Any) -> None:
    if not same(one, other) and one != other:
        assert parcels.digest(one) != parcels.digest(other)


def test_lists_tuples_and_dicts_that_look_like_tags_are_not_mistaken_for_each_other(parcels: StoredParcels) -> None:
    alike = [[1], (1,), {1}, frozenset({1}), {"$tuple": [1]}, {"$set": [1]}, 1, "1", 1.5, {"1": 1}, {1: 1}, b"1"]
    assert len({parcels.digest(value) for value in alike}) == len(alike)


def test_the_order_of_dicts_and_sets_does_not_change_a_digest(parcels: StoredParcels) -> None:
    assert parcels.digest({"a": 1, "b": {"c": 2, "d": 3}}) == parcels.digest({"b": {"d": 3, "c": 2}, "a": 1})
    assert parcels.digest({1: "x", (2,): "y"}) == parcels.digest({(2,): "y", 1: "x"})


def test_a_digest_is_the_same_in_another_process() -> None:
    value = "({'b': {'x', 'yy', 'zzz', 'w'}, 'a': frozenset({1, 2}), 3: 2.5}, b'x')"
    code = (
        "from pauta.runtime.parcels import StoredParcels\n"
        f"print(StoredParcels(lambda: None).digest({value}))"  # type: ignore[str-format]
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_what_the_callee_changes_later_reaches_no_caller(parcels: StoredParcels) -> None:
    rows: list[Any] = [{"a": [1]}]
    live = parcels.pack(rows, name="f").live
    rows[0]["a"].append(2)
    assert live == [{"a": [1]}]


def test_a_value_that_is_read_twice_is_not_shared(parcels: StoredParcels) -> None:
    stored = parcels.pack({"a": [1]}, name="f").arguments
    parcels.unpack(stored)["a"].append(2)
    assert parcels.unpack(stored) == {"a": [1]}


def test_long_values_are_stored_objects_and_short_ones_lie_in_the_record(parcels: StoredParcels) -> None:
    short, long = parcels.pack("a" * 100, name="f"), parcels.pack(["a" * INLINE_LIMIT], name="f")
    assert short.arguments.value.inline
    assert not long.arguments.value.inline
    assert long.arguments.value.kind is Kind.VALUE
    assert there_and_back(parcels, ["a" * INLINE_LIMIT]) == ["a" * INLINE_LIMIT]


def test_plain_json_is_stored_as_it_is_so_that_scripts_and_people_can_read_it(parcels: StoredParcels) -> None:
    value = {"posts": [{"title": "a", "votes": 3}], "next": None}
    output = parcels.pack(value, name="f").arguments.value
    assert (output.format, output.value) == ("json", value)


def test_json_that_others_stored_is_not_looked_through_for_tags(parcels: StoredParcels) -> None:
    from pauta.frames.encode import encode_value

    answer = encode_value({"$tuple": [1]}, name="answer").inline()
    assert answer is not None
    assert parcels.unpack(Arguments(answer)) == {"$tuple": [1]}


# ---- classes ----------------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = 1
    GREEN = object()


class Word(enum.StrEnum):
    HELLO = "hello"


class Right(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Author:
    name: str
    since: date = date(2026, 1, 1)


@dataclasses.dataclass
class Post:
    title: str
    author: Author | None = None
    rows: pd.DataFrame | None = None
    made: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.made.append("once")


class Point(NamedTuple):
    x: int
    y: int


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    number: int = pydantic.Field(alias="n")
    when: datetime | None = None
    colour: Colour = Colour.RED
    _secret: int = pydantic.PrivateAttr(default=1)


CLASSES = [
    (Colour.GREEN, Colour),
    ([Colour.RED], list[Colour]),
    (Word.HELLO, Word),
    (Right.READ | Right.WRITE, Right),
    (Author("ana"), Author),
    ({"a": (Author("ana"),)}, dict[str, tuple[Author, ...]]),
    (Post("t", Author("ana")), Post | None),
    (Point(1, 2), Point),
    (Model(n=1, when=datetime(2026, 1, 1, tzinfo=LISBON), more=(1, 2)), Model),
    ({"k": Model(n=2)}, {"k": Model, "other": int}),
]


@pytest.mark.parametrize(("value", "hint"), CLASSES)
def test_objects_come_back_when_the_annotation_names_their_class(parcels: StoredParcels, value: Any, hint: Any) -> None:
    again = there_and_back(parcels, value, hint)
    assert again == value
    assert type(again) is type(value)
    assert parcels.pack(value, name="f", hint=hint).live == value
    assert parcels.digest(again) == parcels.digest(value)


def test_a_class_is_made_again_without_running_its_constructor(parcels: StoredParcels) -> None:
    assert there_and_back(parcels, Post("t"), Post).made == ["once"]


def test_a_model_keeps_what_was_set_and_what_is_private(parcels: StoredParcels) -> None:
    model = Model(n=1)
    model._secret = 5
    again = there_and_back(parcels, model, Model)
    assert again._secret == 5
    assert again.model_fields_set == {"number"}


def test_no_class_is_made_that_the_annotation_does_not_name(parcels: StoredParcels) -> None:
    stored = parcels.pack(Author("ana"), name="f", hint=Author).arguments
    for hint in (None, int, Post.__base__, list[Colour]):
        with pytest.raises(StoreFault, match="names no class Author"):
            parcels.unpack(stored, hint=hint)


def test_a_class_whose_fields_have_changed_is_not_filled_with_the_old_ones(parcels: StoredParcels) -> None:
    stored = parcels.pack(Author("ana"), name="f", hint=Author).arguments

    @dataclasses.dataclass
    class Other:
        name: str

    Other.__qualname__ = "Author"
    with pytest.raises(StoreFault, match="Author has other fields"):
        parcels.unpack(stored, hint=Other)


def test_a_member_of_an_enumeration_of_texts_is_a_text_without_an_annotation(parcels: StoredParcels) -> None:
    live = parcels.pack([Word.HELLO], name="f").live
    assert live == ["hello"]
    assert type(live[0]) is str


def test_states_come_back_with_the_problem_in_place_of_an_exception(parcels: StoredParcels) -> None:
    try:
        raise ValueError("no new post")
    except ValueError as error:
        failed: State[Any] = Failed("it failed", error)
    fine, again = there_and_back(parcels, (Completed("ok", (1, 2)), failed))
    assert fine == Completed("ok", (1, 2))
    assert (again.is_failed(), again.message, again.data) == (True, "it failed", None)
    assert "no new post" in problem_of(again).message()


# ---- frames -----------------------------------------------------------------------------------


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "t": pd.to_datetime(["2026-01-01"] * 3, utc=True)})


def test_frames_arrays_and_series_in_lists_and_dicts_come_back(parcels: StoredParcels) -> None:
    df, array = frame(), np.arange(6).reshape(2, 3)
    value = ((df, df["a"]), {"y": [array, pl.DataFrame({"p": [1]})]}, pa.table({"q": [2.5]}), pl.Series("s", ["u"]), 3)
    for again in (there_and_back(parcels, value), parcels.pack(value, name="f").live):
        (df2, series), more, table, polars_series, three = again
        pd.testing.assert_frame_equal(df2, df)
        pd.testing.assert_series_equal(series, df["a"])
        np.testing.assert_array_equal(more["y"][0], array)
        assert more["y"][1].equals(pl.DataFrame({"p": [1]}))
        assert table.equals(pa.table({"q": [2.5]}))
        assert polars_series.name == "s"
        assert polars_series.to_list() == ["u"]
        assert three == 3
        assert parcels.digest(again) == parcels.digest(value)


def test_a_frame_alone_is_its_own_record_and_its_digest_its_address(parcels: StoredParcels) -> None:
    packed = parcels.pack(frame(), name="f")
    output = packed.arguments.value
    assert (output.kind, output.rows, packed.arguments.objects) == (Kind.FRAME, 3, ())
    assert parcels.digest(frame()) == parcels.digest(packed.live) == output.address
    assert packed.profiles[output.address]["rows"] == 3


def test_a_frame_that_occurs_twice_is_stored_once(parcels: StoredParcels) -> None:
    df = frame()
    assert len(parcels.pack([df, {"again": df}], name="f").arguments.objects) == 1


def test_a_fitted_model_comes_back(parcels: StoredParcels) -> None:
    linear = pytest.importorskip("sklearn.linear_model").LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    model, score = there_and_back(parcels, (linear, np.float64(0.5)))
    assert model.predict([[3.0]])[0] == pytest.approx(3.0)
    assert (score, type(score)) == (0.5, float)


SCALARS = [
    pd.Timestamp("2026-01-01T00:00:00.123456789"),
    pd.Timestamp("2026-10-25 01:30", tz="UTC").tz_convert("Europe/Lisbon"),
    pd.Timestamp(np.datetime64("9999-01-01", "s")),
    pd.Timedelta("-1D"),
    np.datetime64("2026-01-01", "D"),
    np.timedelta64(3, "s"),
]


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_scalars_of_pandas_and_numpy_come_back(parcels: StoredParcels, value: Any) -> None:
    again = there_and_back(parcels, [value])[0]
    assert again == value
    assert type(again) is type(value)
    assert getattr(again, "unit", None) == getattr(value, "unit", None)
    assert str(getattr(again, "tzinfo", None)) == str(getattr(value, "tzinfo", None))


def test_missing_values_of_pandas_stay_what_they_are(parcels: StoredParcels) -> None:
    nat, na = there_and_back(parcels, [pd.NaT, pd.NA])
    assert nat is pd.NaT
    assert na is pd.NA


def test_numbers_of_numpy_become_numbers(parcels: StoredParcels) -> None:
    live = parcels.pack([np.int64(3), np.float32(0.5), np.bool_(True), np.str_("a")], name="f").live
    assert [type(part) for part in live] == [int, float, bool, str]
    assert live == [3, 0.5, True, "a"]


def test_a_frame_the_callee_changes_afterwards_is_not_the_callers(parcels: StoredParcels) -> None:
    mine, array = frame(), np.zeros(2)
    live = parcels.pack((mine, array), name="f").live
    mine.loc[0, "a"] = 99
    array[0] = 99
    assert (live[0].loc[0, "a"], live[1][0]) == (1, 0)


CHANGES = {
    "a cell": lambda df: df.__setitem__("a", df["a"].mask(df["a"] == 1, 9)),
    "loc": lambda df: df.loc.__setitem__((0, "a"), 9),
    "a text": lambda df: df.loc.__setitem__((1, "b"), "new"),
    "a time": lambda df: df.loc.__setitem__((1, "t"), pd.Timestamp("2027-01-01", tz="UTC")),
    "a column": lambda df: df.insert(0, "new", 1),
    "a label": lambda df: setattr(df, "columns", ["x", "y", "z"]),
    "the index": lambda df: setattr(df, "index", [5, 6, 7]),
    "the index's name": lambda df: setattr(df.index, "name", "n"),
    "attrs": lambda df: df.attrs.update(source="web"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_frame_that_was_changed_in_place_has_another_digest(parcels: StoredParcels, change: Any) -> None:
    live = parcels.pack(frame(), name="f").live
    before = parcels.digest(live)
    change(live)
    after = parcels.digest(live)
    assert after != before
    assert after == StoredParcels(parcels._objects_of).digest(live)


def test_a_frame_with_lists_in_its_cells_is_hashed_anew(parcels: StoredParcels) -> None:
    live = parcels.pack(pd.DataFrame({"a": pd.Series([[1], [2]], dtype=object)}), name="f").live
    before = parcels.digest(live)
    live["a"].iloc[0].append(5)
    assert parcels.digest(live) != before


def test_a_polars_frame_that_was_changed_in_place_has_another_digest(parcels: StoredParcels) -> None:
    live = parcels.pack(pl.DataFrame({"a": [1, 2]}), name="f").live
    before = parcels.digest(live)
    live[0, "a"] = 9
    assert parcels.digest(live) != before


def test_a_large_frame_that_nobody_changed_is_not_hashed_again(
    parcels: StoredParcels, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = parcels.pack(frame(), name="f").live
    opened = parcels.unpack(parcels.pack(frame(), name="f").arguments)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("it was looked through again")

    monkeypatch.setattr("pauta.runtime.parcels.checked", refuse)
    parcels.digest(live)
    parcels.digest({"x": opened})
    assert parcels.pack(live, name="f").arguments.value.address == parcels.digest(live)


def test_frames_that_are_gone_are_not_remembered(parcels: StoredParcels) -> None:
    packed = parcels.pack(frame(), name="f")
    assert parcels._memory._known
    del packed
    assert not parcels._memory._known


# ---- what cannot be stored --------------------------------------------------------------------


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


REFUSED = [
    ({"a": [1, 2, (i for i in "ab")]}, 'f["a"][2] is of type generator'),
    ([Author("ana")], "f[0] is of type Author, which the annotation does not name"),
    (object(), "f is of type object"),
    ({1: {"x": print}}, 'f[1]["x"] is of type builtin_function_or_method'),
    ((endless(),), "is nested too deeply, or contains itself"),
    ({"t": Point(1, 2)}, 'f["t"] is of type Point'),
    (ValueError("no"), "f is of type ValueError"),
]


@pytest.mark.parametrize(("value", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_kept_is_refused_with_its_place_and_a_remedy(
    parcels: StoredParcels, value: Any, said: str
) -> None:
    with pytest.raises(StepFault) as refused:
        parcels.pack(value, name="f")
    (problem,) = refused.value.problems
    assert problem.code == "FLW-020"
    assert said in problem.message()
    assert problem.remedy()
    assert problem.remedy("pt") != problem.remedy("en")


def test_the_place_leads_through_the_fields_of_objects(parcels: StoredParcels) -> None:
    with pytest.raises(StepFault, match=r"f\[0\]\.made\[1\] is of type object"):
        parcels.pack([Post("t", made=["", object()])], name="f", hint=Post)  # type: ignore[list-item]


def test_a_frame_that_cannot_be_kept_says_where_it_lies_and_which_cell_it_is(parcels: StoredParcels) -> None:
    with pytest.raises(StepFault) as refused:
        parcels.pack({"x": (pd.DataFrame({"a": [1, object()]}),)}, name="f")
    (problem,) = refused.value.problems
    assert problem.code == "SCR-022"
    assert problem.place is not None
    assert problem.place.field == 'f["x"][0]'


@pytest.mark.parametrize("value", [{"$nonsense": 1}, {"$uuid": "zz"}, {"$of": ["Author", {}]}, {"$object": 7}])
def test_damaged_records_are_said_to_be_so(parcels: StoredParcels, value: Any) -> None:
    stored = parcels.pack(UUID(int=1), name="f").arguments
    with pytest.raises(StoreFault) as refused:
        parcels.unpack(Arguments(msgspec.structs.replace(stored.value, value=value)))
    assert refused.value.problems[0].code == "DAT-020"

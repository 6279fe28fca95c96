"""Values of flows as they are stored: everything comes back as it was, whoever reads it and when."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PureWindowsPath
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from parcel_values import same, there_and_back

from pauta.domain.calls import Arguments
from pauta.domain.outputs import INLINE_LIMIT, Kind
from pauta.runtime.parcels import StoredParcels

LISBON = ZoneInfo("Europe/Lisbon")

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

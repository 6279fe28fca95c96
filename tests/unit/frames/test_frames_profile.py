"""Profiles and the comparison of two."""

# Times without a zone are among the things that must come back.
# ruff: noqa: DTZ001
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pauta.frames.difference import compare
from pauta.frames.encode import encode
from pauta.frames.profile import LIMIT_BYTES, SAMPLE_ROWS, profile


def of(frame: Any) -> dict[str, Any]:
    result = profile(frame)
    assert msgspec.json.decode(msgspec.json.encode(result)) == result
    return result


def test_a_profile_counts_nulls_and_nans_apart() -> None:
    frame = pd.DataFrame({"f": pd.arrays.FloatingArray(np.array([np.nan, 1, 3, 0]), np.array([False] * 3 + [True]))})
    column = of(frame)["detail"]["f"]
    assert (column["nulls"], column["nans"], column["min"], column["max"], column["mean"]) == (1, 1, 1.0, 3.0, 2.0)


def test_a_profile_of_texts_has_the_most_frequent_first() -> None:
    column = of(pd.DataFrame({"s": ["b", "a", "b", None]}))["detail"]["s"]
    assert column == {"nulls": 1, "min": "a", "max": "b", "distinct": 2, "top": [["b", 2], ["a", 1]]}


KINDS: dict[str, Any] = {
    "floats": [1.5, 2.5, 2.5, None, float("nan"), float("inf")],
    "integers": [3, 1, 1, None, -5],
    "texts": ["x", "y", "x", None],
    "booleans": [True, False, True, None],
    "times": [dt.datetime(2024, 1, 1), dt.datetime(2025, 1, 1), dt.datetime(2025, 1, 1), None],
    "days": [dt.date(2024, 1, 1), dt.date(2025, 1, 1), dt.date(2025, 1, 1), None],
    "durations": [dt.timedelta(1), dt.timedelta(2), dt.timedelta(2), None],
    "decimals": [Decimal("1.5"), Decimal("2.5"), None, Decimal("2.5")],
    "lists": [[1], None, []],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_rows_and_many_are_described_alike(kind: str) -> None:
    values = KINDS[kind] * 60
    many = of(pa.table({"v": values}))["detail"]["v"]
    few = of(pa.table({"v": values[: len(KINDS[kind]) * 3]}))["detail"]["v"]
    assert many.keys() == few.keys()
    for key in ("min", "max", "mean", "std", "distinct"):
        assert many.get(key) == pytest.approx(few.get(key)) if key in ("mean", "std") else many.get(key) == few.get(key)
    assert {str(v) for v, _ in many.get("top", [])} == {str(v) for v, _ in few.get("top", [])}


def test_quantiles_are_those_of_numpy() -> None:
    values = np.random.default_rng(0).standard_normal(1000)
    column = of(pd.DataFrame({"v": values}))["detail"]["v"]
    assert column["quantiles"] == pytest.approx(np.quantile(values, np.linspace(0, 1, 21)).tolist())
    assert column["std"] == pytest.approx(values.std())


def test_the_preview_is_safe_text() -> None:
    frame = pd.DataFrame({"s": ["a" * 500, "\x1b[31mred", "=1+1"], "f": [np.nan, np.inf, 1.0], "n": [2**60, 1, 2]})
    rows = of(frame)["preview"]["head"]
    assert len(rows[0][0]) == 200
    assert rows[1][0] == "\\x1b[31mred"
    assert [row[1] for row in rows] == ["NaN", "Infinity", 1.0]
    assert rows[0][2] == str(2**60)


def test_the_preview_has_first_and_last_rows_once() -> None:
    preview = of(pd.DataFrame({"n": range(12)}))["preview"]
    assert [row[0] for row in preview["head"]] == list(range(10))
    assert [row[0] for row in preview["tail"]] == [10, 11]


def test_large_frames_are_sampled_and_say_so() -> None:
    frame = pd.DataFrame({"n": np.arange(300_000), "s": ["a", None] * 150_000})
    result = of(frame)
    assert (result["rows"], result["sampled"]) == (300_000, SAMPLE_ROWS)
    assert (result["detail"]["n"]["min"], result["detail"]["n"]["max"]) == (0, 299_999)
    assert result["detail"]["s"]["nulls"] == 150_000


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({f"column {i} {'x' * 30}": ["y" * 300] * 20 for i in range(300)}),
        pd.DataFrame({f"{'n' * 500}{i}": [1.0] for i in range(2000)}),
        pd.DataFrame({"n" * 400_000: [1]}),
    ],
    ids=["wide texts", "long names", "one endless name"],
)
def test_a_profile_never_exceeds_its_limit(frame: pd.DataFrame) -> None:
    result = of(frame)
    assert len(msgspec.json.encode(result)) <= LIMIT_BYTES
    assert result["columns"] == len(frame.columns)


@pytest.mark.parametrize(
    "frame", [pd.DataFrame(), pd.DataFrame(index=range(3)), pd.DataFrame({"a": pd.array([], "str"), "b": np.zeros(0)})]
)
def test_empty_frames_have_profiles(frame: pd.DataFrame) -> None:
    assert of(frame)["rows"] == len(frame)


def test_stored_booleans_are_profiled_as_numbers_of_rows() -> None:
    encoded = encode(pd.DataFrame({"b": [True, False, True]}), name="f")
    result = profile(encoded.table, rows=encoded.rows)
    assert result["schema"] == [["b", "bool"]]


# ---- comparison -----------------------------------------------------------------------------------


def test_equal_profiles_do_not_differ() -> None:
    frame = pd.DataFrame({"x": np.arange(500.0), "s": ["a", "b"] * 250})
    difference = compare(of(frame), of(frame))
    assert difference["same"]
    assert difference["columns"] == {}


def test_schema_and_rows_are_compared() -> None:
    before = of(pd.DataFrame({"a": [1], "b": [1.0]}))
    after = of(pd.DataFrame({"b": ["x", "y"], "c": [1, 2]}))
    difference = compare(before, after)
    assert difference["rows"] == [1, 2]
    assert (difference["added"], difference["removed"]) == (["c"], ["a"])
    assert difference["retyped"] == {"b": ["double", "large_string"]}
    assert not difference["same"]


def test_a_shift_of_numbers_is_measured() -> None:
    values = np.random.default_rng(0).standard_normal(20_000)
    before = of(pd.DataFrame({"v": values}))
    little = compare(before, of(pd.DataFrame({"v": values + 0.01})))["columns"]["v"]
    much = compare(before, of(pd.DataFrame({"v": values + 1})))["columns"]["v"]
    assert little["psi"] < 0.01 < 0.25 < much["psi"]
    assert much["ks"] == pytest.approx(0.383, abs=0.02)  # 2 * normal cdf(0.5) - 1
    assert much["mean"][1] - much["mean"][0] == pytest.approx(1)


def test_categories_that_come_and_go_are_named() -> None:
    before = of(pd.DataFrame({"c": ["a"] * 70 + ["b"] * 30}))
    after = of(pd.DataFrame({"c": ["a"] * 30 + ["z"] * 70}))
    column = compare(before, after)["columns"]["c"]
    assert (column["new"], column["vanished"]) == (["z"], ["b"])
    assert column["psi"] > 0.25


def test_a_constant_that_changes_is_seen() -> None:
    column = compare(of(pd.DataFrame({"v": [1.0] * 100})), of(pd.DataFrame({"v": [2.0] * 100})))["columns"]["v"]
    assert column["mean"] == [1.0, 2.0]
    assert column["new"] == ["2.0"]

"""polars and pyarrow frames come back exactly, and each library can take what another made."""

# Times without a zone are among the things that must come back.
# ruff: noqa: DTZ001
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frames_stored import address, refusal, round_trip
from polars.testing import assert_frame_equal

POLARS: dict[str, Any] = {
    "floats": pl.Series([1.5, None, float("nan")]),
    "integers": pl.Series([1, None, -(2**63)]),
    "booleans": pl.Series([True, None, False]),
    "texts": pl.Series(["a", None, "ção"]),
    "categories": pl.Series(["a", None, "a"], dtype=pl.Categorical),
    "an enumeration": pl.Series(["a", None, "b"], dtype=pl.Enum(["b", "a", "unused"])),
    "times": pl.Series([dt.datetime(2024, 2, 29), None, dt.datetime(1970, 1, 1)]),
    "times of a zone": pl.Series([dt.datetime(2024, 2, 29), None, None], dtype=pl.Datetime("us", "America/Sao_Paulo")),
    "days": pl.Series([dt.date(2024, 2, 29), None, None]),
    "durations": pl.Series([dt.timedelta(1), None, None]),
    "times of day": pl.Series([dt.time(1), None, None]),
    "lists": pl.Series([[1], None, []]),
    "structs": pl.Series([{"a": 1}, {"a": None}, {"a": 3}]),
    "bytes": pl.Series([b"a", None, b""]),
    "decimals": pl.Series([Decimal("1.10"), None, Decimal(2)]),
    "nothing": pl.Series([None, None, None]),
}


@pytest.mark.parametrize("kind", POLARS)
def test_a_polars_frame_comes_back(kind: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"before": [1.0, 2.0, 3.0], "it": POLARS[kind]})
    back = round_trip(frame, tmp_path)
    assert back.schema == frame.schema
    assert_frame_equal(back, frame)


@pytest.mark.parametrize("kind", POLARS)
def test_equal_polars_frames_have_equal_addresses(kind: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"it": POLARS[kind]})
    again = pl.concat([frame[1:], frame], rechunk=False)[2:]
    assert address(again, tmp_path) == address(frame, tmp_path)


def test_a_lazy_frame_is_collected(tmp_path: Path) -> None:
    assert_frame_equal(round_trip(pl.LazyFrame({"a": [1]}), tmp_path), pl.DataFrame({"a": [1]}))


def test_polars_objects_are_refused_by_name() -> None:
    assert refusal(pl.DataFrame({"o": [object()]})).startswith('SCR-022 column "o" has dtype Object')


def test_an_arrow_table_comes_back_with_its_metadata(tmp_path: Path) -> None:
    table = pa.table({"a": [1, None], "s": ["x", "y"]}).replace_schema_metadata({"who": "me"})
    assert round_trip(table, tmp_path).equals(table, check_metadata=True)


def test_a_record_batch_comes_back_as_a_table(tmp_path: Path) -> None:
    batch = pa.record_batch({"a": [1, 2]})
    assert round_trip(batch, tmp_path).equals(pa.Table.from_batches([batch]))


def test_chunks_and_offsets_do_not_change_an_address(tmp_path: Path) -> None:
    whole = pa.table({"a": [1, None, 3], "s": ["x", None, "zz"], "b": [True, None, False], "l": [[1], None, []]})
    parts = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2)])
    sliced = pa.concat_tables([whole, whole]).combine_chunks().slice(3)
    assert address(parts, tmp_path) == address(whole, tmp_path) == address(sliced, tmp_path)


def test_what_lies_under_a_null_does_not_change_an_address(tmp_path: Path) -> None:
    valid = pa.py_buffer(b"\x05")
    one = pa.Array.from_buffers(pa.int64(), 3, [valid, pa.py_buffer(np.array([1, 77, 3]))])
    two = pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\xfd"), pa.py_buffer(np.array([1, -5, 3]))])
    assert one.equals(two)
    assert address(pa.table({"a": one}), tmp_path) == address(pa.table({"a": two}), tmp_path)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1.5, None], pd.Series([1.5, np.nan])),
        ([1, 2], pd.Series([1, 2])),
        ([1, None], pd.Series([1.0, np.nan])),
        ([2**60, None], pd.Series([2**60, None], dtype="Int64")),
        ([float("nan"), None], pd.Series(pd.arrays.FloatingArray(np.array([np.nan, 0]), np.array([False, True])))),
        ([True, False], pd.Series([True, False])),
        ([True, None], pd.Series([True, None], dtype="boolean")),
        (["a", None], pd.Series(["a", np.nan], dtype="str")),
        ([dt.datetime(2024, 1, 1), None], pd.Series(pd.to_datetime(["2024-01-01", None])).astype("M8[us]")),
    ],
)
def test_pandas_takes_arrow_columns_as_it_reads_files(column: list[Any], expected: pd.Series, tmp_path: Path) -> None:
    taken = round_trip(pa.table({"v": column}), tmp_path, want="pandas")
    pd.testing.assert_series_equal(taken["v"], expected, check_names=False)


def test_pandas_takes_arrow_categories(tmp_path: Path) -> None:
    taken = round_trip(pa.table({"v": pa.array(["b", None, "a"]).dictionary_encode()}), tmp_path, want="pandas")
    assert taken["v"].tolist()[0::2] == ["b", "a"]
    assert isinstance(taken["v"].dtype, pd.CategoricalDtype)


def test_an_arrow_table_that_came_from_pandas_keeps_its_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]}, index=pd.Index(["x", "y"], name="k"))
    taken = round_trip(pa.Table.from_pandas(frame), tmp_path, want="pandas")
    pd.testing.assert_frame_equal(taken, frame)


def test_polars_takes_a_pandas_frame_without_its_unnamed_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [True, False], "s": ["x", None]}, index=["k", "l"])
    taken = round_trip(frame, tmp_path, want="polars")
    expected = pl.DataFrame({"a": [1.0, float("nan")], "b": [True, False], "s": ["x", None]})
    assert_frame_equal(taken, expected)

"""Whatever dtypes and values a frame has, it comes back exactly, at one address (P21)."""

# Times without a zone are among the things that must come back.
# ruff: noqa: DTZ001
from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from polars.testing import assert_frame_equal as assert_polars_equal
from polars.testing.parametric import dataframes

from pauta.adapters.folder_objects import FolderObjects
from pauta.frames.decode import open_output
from pauta.frames.encode import encode
from pauta.frames.profile import LIMIT_BYTES, profile

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
NUMPY_DTYPES = st.sampled_from(
    ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", "M8[ns]", "M8[us]", "M8[s]", "m8[ns]"]
)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6)
OBJECTS = st.sampled_from(
    [TEXT, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.dates(), st.binary(max_size=4), st.times(),
     st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2250, 1, 1)), st.lists(st.integers(-5, 5), max_size=3)]
)  # fmt: skip


def numbers(rows: int) -> st.SearchStrategy[Any]:
    return NUMPY_DTYPES.flatmap(lambda dtype: of_numpy.arrays(dtype, rows))


def nullable(rows: int) -> st.SearchStrategy[Any]:
    kinds = {"Int64": st.integers(-(2**63), 2**63 - 1), "UInt8": st.integers(0, 255), "boolean": st.booleans(),
             "Float64": st.floats(allow_nan=False), "string": TEXT, "str": TEXT}  # fmt: skip
    return st.sampled_from(sorted(kinds)).flatmap(
        lambda name: st.lists(st.none() | kinds[name], min_size=rows, max_size=rows).map(
            lambda values: pd.array(values, dtype=name)
        )
    )


def categories(rows: int) -> st.SearchStrategy[Any]:
    known = st.lists(TEXT, min_size=1, max_size=4, unique=True)
    codes = st.lists(st.integers(-1, 0), min_size=rows, max_size=rows)
    return st.builds(
        lambda names, picked, ordered: pd.Categorical.from_codes(picked, categories=names, ordered=ordered),
        known, codes, st.booleans(),
    )  # fmt: skip


def objects(rows: int) -> st.SearchStrategy[Any]:
    def column(values: list[Any]) -> pd.Series:
        cells = np.empty(rows, dtype=object)
        for i, value in enumerate(values):
            cells[i] = value
        return pd.Series(cells, dtype=object)

    missing = st.sampled_from([None, float("nan"), pd.NA, pd.NaT])
    return OBJECTS.flatmap(lambda kind: st.lists(missing | kind, min_size=rows, max_size=rows)).map(column)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 9))
    column = st.one_of(numbers(rows), nullable(rows), categories(rows), objects(rows))
    names = draw(st.lists(TEXT.filter(str.strip), max_size=5, unique=True))
    frame = pd.DataFrame({name: draw(column) for name in names}, index=pd.RangeIndex(rows))
    if draw(st.booleans()) and rows:
        values = draw(numbers(rows).filter(lambda v: v.dtype != np.float16))  # pandas has no such index
        frame.index = pd.Index(values, name=draw(st.none() | TEXT))
    return frame


def stored(value: Any, folder: Path) -> tuple[Any, str, bytes]:
    encoded = encode(value, name="df")
    objects = FolderObjects(folder)
    with objects.writing() as writing:
        encoded.write(writing)
        address = writing.finish().address
    opened = open_output(objects.path(address), encoded.output(address))
    data = objects.read(address)
    objects.close()
    return opened, address, data


def same(one: Any, two: Any) -> bool:
    """Whether two cells are the same, with NaN the same as NaN and NaT not the same as None."""
    return type(one) is type(two) and (one is two or one == two or (one != one and two != two))


@QUICK
@given(frames())
def test_a_pandas_frame_comes_back_exactly_and_writable(frame: pd.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        back, address, data = stored(frame, Path(folder))
        assert list(back.dtypes) == list(frame.dtypes)
        pd.testing.assert_index_equal(back.columns, frame.columns, exact=True)
        pd.testing.assert_index_equal(back.index, frame.index, exact=True)
        for name in frame.columns:
            if frame[name].dtype == object:
                assert all(same(a, b) for a, b in zip(frame[name], back[name], strict=True))
            else:
                pd.testing.assert_series_equal(back[name], frame[name], check_exact=True)
        _, address_again, _ = stored(back, Path(folder))
        assert address_again == address
        for name, dtype in back.dtypes.items():
            if dtype == np.float64 and len(back):
                back.loc[back.index[0], name] = 1.25
        assert stored(frame, Path(folder))[2] == data


@QUICK
@given(frames(), st.integers(0, 9))
def test_how_a_frame_was_put_together_does_not_change_its_address(frame: pd.DataFrame, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pieces = pd.concat([frame.iloc[:0], frame]).iloc[: len(frame)]
        if list(pieces.dtypes) == list(frame.dtypes) and pieces.index.equals(frame.index) and len(frame.columns):
            pieces.index = frame.index
            assert stored(pieces, Path(folder))[1] == stored(frame, Path(folder))[1]


@QUICK
@given(frames())
def test_every_frame_has_a_small_profile(frame: pd.DataFrame) -> None:
    import msgspec

    encoded = encode(frame, name="df")
    described = profile(encoded.table, rows=encoded.rows)
    assert described["rows"] == len(frame)
    assert len(msgspec.json.encode(described)) <= LIMIT_BYTES


@QUICK
@given(
    dataframes(
        max_cols=4, max_size=8, allow_infinity=True,
        excluded_dtypes=[pl.Object, pl.Int128, pl.UInt128, pl.Float16, pl.Null, pl.Categorical],
    )
)  # fmt: skip
def test_a_polars_frame_comes_back_exactly(frame: pl.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        back, _, _ = stored(frame, Path(folder))
        assert back.schema == frame.schema
        assert_polars_equal(back, frame)


@QUICK
@given(st.lists(st.none() | st.lists(st.none() | st.integers(0, 9), max_size=3), max_size=8), st.integers(0, 8))
def test_nested_arrow_columns_have_one_address_however_they_are_cut(values: list[Any], cut: int) -> None:
    kind = pa.list_(pa.int64())
    whole = pa.table({"l": pa.array(values, kind), "s": pa.array([{"x": v} for v in values], pa.struct([("x", kind)]))})
    cut = min(cut, len(values))
    parts = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    with tempfile.TemporaryDirectory() as folder:
        back, address, _ = stored(parts, Path(folder))
        assert back.equals(whole)
        assert address == stored(whole, Path(folder))[1]

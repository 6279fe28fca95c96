"""A pandas DataFrame comes back exactly, or is refused by name (P21, B16, B17)."""

# Times without a zone are among the things that must come back.
# ruff: noqa: DTZ001
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from frames_stored import address, refusal, round_trip, store

from pauta.frames.decode import open_output, open_table


def objects(*values: Any) -> pd.Series:
    cells = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        cells[i] = value
    return pd.Series(cells, dtype=object)


DAY = dt.date(2024, 2, 29)
COLUMNS: dict[str, Any] = {
    "floats with NaN": [1.5, np.nan, -0.0],
    "small floats": np.array([1, np.inf, np.nan], "f4"),
    "half floats": np.array([1, 2, 3], "f2"),
    "bytes of numbers": np.array([0, 1, 255], "u1"),
    "largest numbers": np.array([0, 2**63, 2**64 - 1], "u8"),
    "booleans": [True, False, True],
    "texts": ["a", None, "ção"],
    "texts with NA": pd.array(["a", pd.NA, ""], "string"),
    "texts in Python": pd.array(["a", pd.NA, ""], pd.StringDtype("python")),
    "nullable integers": pd.array([1, None, 3], "Int64"),
    "nullable small integers": pd.array([1, 2, 3], "UInt8"),
    "nullable booleans": pd.array([True, None, False], "boolean"),
    "NaN beside NA": pd.arrays.FloatingArray(np.array([np.nan, 1, 2]), np.array([False, True, False])),
    "categories": pd.Categorical(["a", None, "b"], categories=["b", "a", "unused"]),
    "ordered numbers as categories": pd.Categorical([2, 1, 2], categories=[2, 1], ordered=True),
    "intervals as categories": pd.cut([1, 2, 3], 2),
    "booleans as categories": pd.Categorical([True, False, None]),
    "times as categories": pd.Categorical(pd.to_datetime(["2020-01-01", None, "2020-01-02"])),
    "objects as categories": pd.Categorical(pd.Series(["a", "b", "a"], dtype=object)),
    "times": pd.to_datetime(["2024-02-29 12:00", None, "1970-01-01 00:00"]),
    "times in seconds": np.array(["2024-02-29", "NaT", "1970"], "M8[s]"),
    "times of a zone": pd.to_datetime(["2024-02-29", None, "1970"], format="mixed").tz_localize("America/Sao_Paulo"),
    "times in UTC": pd.to_datetime(["2024-02-29", None, "1970-01-01"], utc=True),
    "times of a fixed offset": pd.to_datetime(["2024-02-29", None, "1970-01-01"]).tz_localize(
        dt.timezone(dt.timedelta(hours=-3))
    ),
    "durations": pd.to_timedelta(["1D", None, "-1s"]),
    "months": pd.PeriodIndex(["2024-01", None, "2024-03"], freq="M"),
    "intervals": pd.arrays.IntervalArray.from_tuples([(0, 1), np.nan, (1, 2)], closed="left"),
    "Arrow numbers": pd.array([1, None, 3], pd.ArrowDtype(pa.int64())),
    "Arrow texts": pd.array(["a", None, ""], pd.ArrowDtype(pa.string())),
    "Arrow lists": pd.array([[1], None, []], pd.ArrowDtype(pa.list_(pa.int64()))),
    "Arrow structs": pd.array([{"a": 1}, None, {"a": None}], pd.ArrowDtype(pa.struct([("a", pa.int64())]))),
    "Arrow decimals": pd.array([Decimal("1.10"), None, Decimal(2)], pd.ArrowDtype(pa.decimal128(5, 2))),
    "Arrow booleans": pd.array([True, None, False], pd.ArrowDtype(pa.bool_())),
    "Arrow days": pd.array([DAY, None, DAY], pd.ArrowDtype(pa.date32())),
    "objects: texts": objects("a", None, "b"),
    "objects: None beside NaN": objects("a", None, np.nan),
    "objects: NaN alone": objects("a", np.nan, np.nan),
    "objects: all kinds of nothing": objects(None, pd.NA, pd.NaT),
    "objects: integers": objects(1, None, -(2**63)),
    "objects: large integers": objects(2**64 - 1, None, 0),
    "objects: booleans": objects(True, np.nan, False),
    "objects: floats": objects(1.5, None, np.nan),
    "objects: days": objects(DAY, None, DAY),
    "objects: times of day": objects(dt.time(1, 2, 3, 4), None, dt.time()),
    "objects: datetimes": objects(dt.datetime(2024, 2, 29), None, dt.datetime(1970, 1, 1)),
    "objects: datetimes of a zone": objects(dt.datetime(2024, 2, 29, tzinfo=ZoneInfo("Europe/Paris")), None, None),
    "objects: datetimes in UTC": objects(dt.datetime(2024, 2, 29, tzinfo=dt.UTC), None, None),
    "objects: durations": objects(dt.timedelta(1), None, dt.timedelta(microseconds=1)),
    "objects: stamps": objects(pd.Timestamp("2024-02-29"), pd.NaT, pd.Timestamp("1970-01-01")),
    "objects: decimals": objects(Decimal("1.10"), None, Decimal("22.33")),
    "objects: bytes": objects(b"a", None, b""),
    "objects: NumPy numbers": objects(np.int16(1), None, np.int16(-1)),
    "objects: lists": objects([1, 2], None, []),
    "objects: lists of lists": objects([["a"], []], None, []),
    "objects: arrays": objects(np.array([1.0, 2.0]), None, np.array([])),
    "objects: nothing": objects(None, None, None),
}


def assert_same_cells(one: Any, two: Any) -> None:
    assert type(one) is type(two), (one, two)
    if isinstance(one, np.ndarray):
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    elif isinstance(one, list):
        assert one == two
    else:
        assert one is two or one == two or (one != one and two != two)


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_comes_back_with_its_dtype_and_values(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"before": [1.0, 2.0, 3.0], "it": COLUMNS[kind], "after": ["x", "y", "z"]})
    back = round_trip(frame, tmp_path)
    assert list(back.dtypes) == list(frame.dtypes)
    if frame["it"].dtype == object:
        for one, two in zip(frame["it"], back["it"], strict=True):
            assert_same_cells(one, two)
    else:
        pd.testing.assert_frame_equal(back, frame, check_exact=True)


@pytest.mark.parametrize("kind", COLUMNS)
def test_equal_columns_have_equal_addresses_however_they_lie_in_memory(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"it": COLUMNS[kind]})
    again = pd.concat([frame.iloc[1:], frame]).iloc[2:].reset_index(drop=True)
    assert list(again.dtypes) == list(frame.dtypes)
    assert address(again, tmp_path) == address(frame, tmp_path)


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_column_can_be_taken_by_pyarrow(kind: str, tmp_path: Path) -> None:
    table = round_trip(pd.DataFrame({"it": COLUMNS[kind]}), tmp_path, want="pyarrow")
    table.validate(full=True)
    assert table.num_rows == 3


INDEXES: dict[str, Any] = {
    "a range": pd.RangeIndex(5, 11, 2, name="r"),
    "names": pd.Index(["a", "b", "c"], name="key"),
    "a name that is a column too": pd.Index([1, 2, 3], name="v"),
    "a number as name": pd.Index([1, 2, 3], name=7),
    "days that follow one another": pd.date_range("2024-01-01", periods=3, freq="D"),
    "times of a zone": pd.DatetimeIndex(["2024-01-03", "2024-01-01", None]).tz_localize("America/Sao_Paulo"),
    "two levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["x", None]),
    "categories": pd.CategoricalIndex(["a", "b", "a"]),
    "months": pd.period_range("2024-01", periods=3, freq="M"),
    "floats": pd.Index([1.0, np.nan, 2.0]),
    "objects": pd.Index(["a", None, "b"], dtype=object),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_an_index_comes_back(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": [1, 2, 3]}, index=INDEXES[kind])
    pd.testing.assert_frame_equal(round_trip(frame, tmp_path), frame, check_freq=True, check_index_type="exact")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=pd.RangeIndex(5)),
        pd.DataFrame(index=["a", "b"]),
        pd.DataFrame({"a": np.array([], "f8"), "s": pd.array([], "str"), "o": pd.Series([], dtype=object)}),
        pd.DataFrame([[1]], columns=pd.Index(["a"], dtype=object)),
        pd.DataFrame({"a": [1]}).rename_axis(columns="labels"),
        pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc")),
        pd.DataFrame({f"c{i}": [i, i] for i in range(4096)}),
        pd.DataFrame({f"c{i}": ["x"] if i % 2 else [1.0] for i in range(300)}),
    ],
    ids=["nothing", "no column", "no column, an index", "no row", "object labels", "named labels", "one block", "wide",
         "wide, two types in turn"],
)  # fmt: skip
def test_a_frame_of_unusual_shape_comes_back(frame: pd.DataFrame, tmp_path: Path) -> None:
    back = round_trip(frame, tmp_path)
    pd.testing.assert_frame_equal(back, frame, check_column_type="exact")
    assert store(frame, tmp_path)[1].rows == len(frame)


def test_attributes_of_a_frame_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["unit"] = "EUR"
    assert round_trip(frame, tmp_path).attrs == {"unit": "EUR"}


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame([[1] * 8], columns=list("abcvefgv")), 'SCR-023 columns 3 and 7 are both "v"'),
        (pd.DataFrame([[1, 2]]), "SCR-023 column 0 is named 0 (int); names must be texts"),
        (pd.DataFrame({"": [1]}), "SCR-023 column 0 has an empty name"),
        (pd.DataFrame([[1]], columns=pd.CategoricalIndex(["a"])), "SCR-023 the column labels are of type category"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "SCR-023 the column labels are of type"),
        (
            pd.DataFrame({"obj": objects(*["a"] * 17, {"b": 1})}),
            'SCR-022 column "obj" (row 17) holds dict; convert or drop',
        ),
        (
            pd.DataFrame({"S_GROUP_ID": objects(4, None, "4")}),
            'SCR-022 column "S_GROUP_ID" (row 2) holds str, but row 0 holds int',
        ),
        (pd.DataFrame({"n": objects(1, 1.5)}), 'SCR-022 column "n" (row 1) holds float, but row 0 holds int'),
        (pd.DataFrame({"n": objects(1, 2**70)}), 'SCR-022 column "n" (row 1) holds int 1180591620717411303424'),
        (pd.DataFrame({"s": objects("a", "\ud800")}), 'SCR-022 column "s" (row 1) holds str'),
        (pd.DataFrame({"l": objects([1], ["a"])}), 'SCR-022 column "l" (row 1) holds list of str, but row 0'),
        (pd.DataFrame({"c": [1j]}), 'SCR-022 column "c" has dtype complex128, which cannot be kept'),
        (pd.DataFrame({"s": pd.arrays.SparseArray([0, 1])}), 'SCR-022 column "s" has dtype Sparse'),
        (pd.DataFrame({"a": [1, 2]}, index=pd.Index([1, "a"], dtype=object)), "SCR-022 the index column"),
    ],
)
def test_what_arrow_cannot_hold_is_refused_with_its_place(frame: pd.DataFrame, says: str) -> None:
    assert refusal(frame).startswith(says)


# ---- opening ------------------------------------------------------------------------------------


def test_an_opened_frame_can_be_written_to_and_the_file_keeps_its_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0], "b": [True, False], "t": pd.to_datetime(["2024", "2025"])})
    path, output = store(frame, tmp_path)
    before = path.read_bytes()
    opened = open_output(path, output)
    opened.loc[0, "x"] = 99.0
    opened.loc[1, "b"] = True
    opened.loc[0, "t"] = pd.Timestamp("1999-01-01")
    assert opened.loc[0, "x"] == 99.0
    assert path.read_bytes() == before
    pd.testing.assert_frame_equal(open_output(path, output), frame)


def test_columns_of_one_type_are_one_block_on_the_mapping(tmp_path: Path) -> None:
    frame = pd.DataFrame({f"c{i}": np.arange(5.0) + i for i in range(500)})
    opened = round_trip(frame, tmp_path)
    first, last = opened["c0"].to_numpy(), opened["c499"].to_numpy()
    step = (last.__array_interface__["data"][0] - first.__array_interface__["data"][0]) // 499
    assert step == 64
    with_more = opened.assign(more=1)  # many blocks would raise pandas' warning of fragmentation here
    assert with_more.shape == (5, 501)


def test_numbers_are_not_copied_when_a_frame_is_encoded(tmp_path: Path) -> None:
    from pauta.frames.encode import encode

    frame = pd.DataFrame({"x": np.arange(100_000.0)})
    parts = [memoryview(p) for p in encode(frame, name="df").pieces.parts]
    (large,) = [np.frombuffer(p, "u1") for p in parts if p.nbytes >= 800_000]
    assert np.shares_memory(large, frame["x"].to_numpy())


def test_every_buffer_begins_at_a_multiple_of_64(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0], "s": ["a"], "c": pd.Categorical(["q"]), "l": objects([1]), "b": [True]})
    path, _ = store(frame, tmp_path)
    whole = pa.py_buffer(path.read_bytes())
    batch = pa.ipc.open_file(whole).get_batch(0)
    arrays = [*batch.columns, batch.column(2).dictionary]
    places = [b.address - whole.address for a in arrays for b in a.buffers() if b is not None and b.size]
    assert places
    assert all(place % 64 == 0 for place in places)


def test_a_file_is_read_by_plain_pyarrow_and_as_a_stream(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "s": ["a", None], "c": pd.Categorical(["q", "r"])}, index=["k", "l"])
    path, _ = store(frame, tmp_path)
    data = path.read_bytes()
    table = pa.ipc.open_file(pa.py_buffer(data)).read_all()
    assert pa.ipc.open_stream(pa.py_buffer(data[8:])).read_all().equals(table)
    pd.testing.assert_frame_equal(table.to_pandas(), frame)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path, output = store(pd.DataFrame({"x": [1.0]}), tmp_path)
    cut = tmp_path / "cut"
    cut.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Exception, match="DAT-020"):
        open_output(cut, output)


def test_nan_stays_nan_and_null_stays_null_for_other_libraries(tmp_path: Path) -> None:
    frame = pd.DataFrame({"f": [np.nan, 1.0], "i": pd.array([1, None], "Int64"), "t": pd.to_datetime(["2024", None])})
    table = open_table(store(frame, tmp_path)[0])
    assert [table.column(n).null_count for n in ("f", "i", "t")] == [0, 1, 1]

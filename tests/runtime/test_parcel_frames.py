"""Frames, arrays, models and their scalars within values; frames that nobody changed are not hashed again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from parcel_values import there_and_back

from pauta.domain.outputs import Kind
from pauta.runtime.parcels import StoredParcels

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

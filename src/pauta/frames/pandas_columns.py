"""One pandas column to Arrow and back, exactly: its values, its dtype, what is missing in it and how.

A note is written only where the Arrow type alone does not tell the dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pauta.frames.canonical import NOT_A_TIME, canonical, presence, validity
from pauta.frames.faults import bad_dtype
from pauta.frames.object_columns import Note, object_from_arrow, object_to_arrow

BOOL8 = pa.bool8()
MASKED = (
    pd.BooleanDtype, pd.Float32Dtype, pd.Float64Dtype, pd.Int8Dtype, pd.Int16Dtype, pd.Int32Dtype, pd.Int64Dtype,
    pd.UInt8Dtype, pd.UInt16Dtype, pd.UInt32Dtype, pd.UInt64Dtype,
)  # fmt: skip
_NUMBERS = {np.dtype(t): pa.from_numpy_dtype(t) for t in
            ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")}  # fmt: skip


def column_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    """A column's values (NumPy array or pandas extension array) as Arrow; numbers keep their memory.

    Raises:
        StepFault: SCR-022 when it has no exact form.
    """
    if isinstance(values, np.ndarray):
        return _numpy_to_arrow(values, column)
    dtype = values.dtype
    if isinstance(dtype, np.dtype):  # pandas' own wrapping of times without a zone
        return _numpy_to_arrow(np.asarray(values), column)
    if isinstance(dtype, pd.StringDtype):
        return _string_to_arrow(values)
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical_to_arrow(values, column)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _zoned_to_arrow(values, column), None
    if isinstance(dtype, MASKED):
        return _masked_to_arrow(values), {"k": "masked"}
    if isinstance(dtype, pd.ArrowDtype):
        return canonical(values.__arrow_array__()), {"k": "arrow"}
    if isinstance(dtype, pd.PeriodDtype):
        return _times(values.asi8, pa.int64()), {"k": "period", "f": dtype.name[len("period[") : -1]}
    if isinstance(dtype, pd.IntervalDtype):
        return _interval_to_arrow(values, column)
    raise bad_dtype(column, dtype)


def _numpy_to_arrow(values: np.ndarray[Any, Any], column: str) -> tuple[pa.Array, Note | None]:
    dtype = values.dtype
    number = _NUMBERS.get(dtype)
    if number is not None:
        return _wrap(number, values), None
    if dtype == np.bool_:
        return pa.ExtensionArray.from_storage(BOOL8, _wrap(pa.int8(), values.view("i1"))), None
    if dtype == object:
        return object_to_arrow(values, column)
    if dtype.kind in "mM" and dtype.isnative:
        unit, step = np.datetime_data(dtype)
        if step == 1 and unit in ("s", "ms", "us", "ns"):
            kind = pa.timestamp(unit) if dtype.kind == "M" else pa.duration(unit)
            return _times(values.view("i8"), kind), None
    raise bad_dtype(column, dtype)


def _wrap(kind: pa.DataType, values: np.ndarray[Any, Any], present: Any = None) -> pa.Array:
    """The values' own memory as an Arrow array."""
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None if present is None else validity(present), data])


def _times(ticks: np.ndarray[Any, Any], kind: pa.DataType) -> pa.Array:
    """Times as pandas counts them; NaT becomes null and stays in the values below."""
    present = ticks != NOT_A_TIME
    return _wrap(kind, ticks, None if present.all() else present)


def _string_to_arrow(values: Any) -> tuple[pa.Array, Note | None]:
    dtype = values.dtype
    array = canonical(pa.array(values, from_pandas=True))
    if not pa.types.is_large_string(array.type):
        array = array.cast(pa.large_string())
    if dtype.storage == "pyarrow" and dtype.na_value is not pd.NA:
        return array, None
    return array, {"k": "string", "s": dtype.storage, "na": dtype.na_value is pd.NA}


def _zoned_to_arrow(values: Any, column: str) -> pa.Array:
    dtype = values.dtype
    try:
        name = pa.lib.tzinfo_to_string(dtype.tz)
        same = pd.DatetimeTZDtype(dtype.unit, name) == dtype
    except (ValueError, TypeError, KeyError):
        same = False
    if not same:
        raise bad_dtype(column, dtype)
    return _times(values.asi8, pa.timestamp(dtype.unit, name))


def _masked_to_arrow(values: Any) -> pa.Array:
    if isinstance(values.dtype, pd.BooleanDtype):
        present = ~values.isna()
        bytes_ = values.to_numpy(dtype=bool, na_value=False).view("i1")
        storage = _wrap(pa.int8(), bytes_, None if present.all() else present)
        return pa.ExtensionArray.from_storage(BOOL8, storage)
    return canonical(values.__arrow_array__())


def _categorical_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    codes = values.codes
    present = codes >= 0
    plain = plain_values(values.categories)
    # A dictionary of extension values cannot be stored, so the two booleans are Arrow's own here.
    categories, note = (pa.array(plain), None) if plain.dtype == np.bool_ else column_to_arrow(plain, column)
    indices = _wrap(pa.from_numpy_dtype(codes.dtype), codes, None if present.all() else present)
    array = pa.DictionaryArray.from_arrays(indices, categories, ordered=bool(values.ordered), safe=False)
    return array, {"k": "category", "of": note} if note else None


def _interval_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    left, note = column_to_arrow(plain_values(values.left), column)
    right, _ = column_to_arrow(plain_values(values.right), column)
    present = ~values.isna()
    array = pa.StructArray.from_arrays([left, right], ["left", "right"], mask=pa.array(~present))
    return array, {"k": "interval", "c": values.closed, "of": note}


def plain_values(index: Any) -> Any:
    """An index's or series' values: a NumPy array, or an extension array where pandas uses one."""
    return index.values if isinstance(index.dtype, np.dtype) else index.array


# ---- back -----------------------------------------------------------------------------------------


def column_from_arrow(array: pa.Array, note: Note | None, view: Any) -> Any:
    """The column that `column_to_arrow` was given: a NumPy array or a pandas extension array.

    Args:
        array: One array, as it lies in the file.
        note: What was noted of it.
        view: Gives a NumPy array on the memory of a buffer: ``view(buffer, dtype, offset, count)``.
    """
    kind = note["k"] if note else ""
    if kind == "object":
        return object_from_arrow(array, note or {})
    if kind == "arrow":
        return pd.arrays.ArrowExtensionArray(pa.chunked_array([array]))
    if kind == "masked":
        return _masked_from_arrow(array, view)
    if kind == "string":
        assert note is not None
        dtype = pd.StringDtype(note["s"], na_value=pd.NA if note["na"] else np.nan)
        return _string_from_arrow(array, dtype)
    if kind == "period":
        assert note is not None
        return pd.arrays.PeriodArray(_data(array, "i8", view), dtype=pd.PeriodDtype(note["f"]))
    if kind == "interval":
        return _interval_from_arrow(array, note or {}, view)
    return _plain_from_arrow(array, note, view)


def _plain_from_arrow(array: pa.Array, note: Note | None, view: Any) -> Any:
    kind = array.type
    if kind == BOOL8:
        return _data(array.storage, "?", view)
    if pa.types.is_timestamp(kind):
        ticks = _data(array, f"M8[{kind.unit}]", view)
        return (
            ticks
            if kind.tz is None
            else pd.arrays.DatetimeArray._simple_new(ticks, dtype=pd.DatetimeTZDtype(kind.unit, kind.tz))
        )
    if pa.types.is_duration(kind):
        return _data(array, f"m8[{kind.unit}]", view)
    if pa.types.is_large_string(kind):
        return _string_from_arrow(array, pd.StringDtype("pyarrow", na_value=np.nan))
    if pa.types.is_dictionary(kind):
        codes = _data(array.indices, kind.index_type.to_pandas_dtype(), view)
        categories = column_from_arrow(array.dictionary, note["of"] if note else None, _copy_of)
        dtype = pd.CategoricalDtype(pd.Index(categories, dtype=categories.dtype), ordered=kind.ordered)
        return pd.Categorical.from_codes(codes, dtype=dtype, validate=False)
    if pa.types.is_boolean(kind):
        return array.to_numpy(zero_copy_only=False)
    return _data(array, kind.to_pandas_dtype(), view)


def _string_from_arrow(array: pa.Array, dtype: pd.StringDtype) -> Any:
    if dtype.storage == "pyarrow":
        return pd.arrays.ArrowStringArray(pa.chunked_array([array]), dtype=dtype)
    return pd.array(array.to_pylist(), dtype=dtype)


def _masked_from_arrow(array: pa.Array, view: Any) -> Any:
    if array.type == BOOL8:
        return pd.arrays.BooleanArray(_data(array.storage, "?", view), _absent(array.storage))
    values = _data(array, array.type.to_pandas_dtype(), view)
    make = pd.arrays.FloatingArray if values.dtype.kind == "f" else pd.arrays.IntegerArray
    return make(values, _absent(array))


def _absent(array: pa.Array) -> np.ndarray[Any, Any]:
    # zeros are given by the system when they are first touched, so a column without nulls costs nothing here.
    return np.zeros(len(array), dtype=bool) if array.null_count == 0 else ~presence(array)


def _interval_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    sides = [pd.Index(column_from_arrow(array.field(i), note["of"], view)) for i in (0, 1)]
    return pd.arrays.IntervalArray.from_arrays(*sides, closed=note["c"])


def _data(array: pa.Array, dtype: Any, view: Any) -> Any:
    return view(array.buffers()[1], np.dtype(dtype), array.offset, len(array))


def _copy_of(buffer: Any, dtype: np.dtype[Any], offset: int, count: int) -> np.ndarray[Any, Any]:
    """A copy, for small parts such as categories."""
    if buffer is None:
        return np.empty(0, dtype)
    return np.frombuffer(buffer, dtype, count=count, offset=offset * dtype.itemsize).copy()

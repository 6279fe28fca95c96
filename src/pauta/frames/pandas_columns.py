"""One pandas column to Arrow and back, exactly: its values, its dtype, what is missing in it and how.

A note is written only where the Arrow type alone does not tell the dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pauta.frames.canonical import NOT_A_TIME, canonical, presence, validity
from pauta.frames.faults import bad_dtype
from pauta.frames.object_columns import Note, object_from_arrow, object_to_arrow

Encoder = Callable[[Any, str], tuple[pa.Array, Note | None]]
Decoder = Callable[[pa.Array, Note, Any], Any]
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
    if isinstance(values.dtype, np.dtype):
        return _numpy_to_arrow(np.asarray(values), column)
    for kinds, encode in _ENCODERS:
        if isinstance(values.dtype, kinds):
            return encode(values, column)
    raise bad_dtype(column, values.dtype)


def _numpy_to_arrow(values: np.ndarray[Any, Any], column: str) -> tuple[pa.Array, Note | None]:
    dtype = values.dtype
    number = _NUMBERS.get(dtype)
    if number is not None:
        return _wrap(number, values), None
    if dtype == np.bool_:
        return pa.ExtensionArray.from_storage(BOOL8, _wrap(pa.int8(), values.view("i1"))), None
    if dtype.kind == "O":
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


def _string_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    dtype = values.dtype
    array = canonical(pa.array(values, from_pandas=True))
    if not pa.types.is_large_string(array.type):
        array = array.cast(pa.large_string())
    if dtype.storage == "pyarrow" and dtype.na_value is not pd.NA:
        return array, None
    return array, {"k": "string", "s": dtype.storage, "na": dtype.na_value is pd.NA}


def _zoned_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    dtype = values.dtype
    try:
        name = pa.lib.tzinfo_to_string(dtype.tz)
        same = pd.DatetimeTZDtype(dtype.unit, name) == dtype
    except (ValueError, TypeError, KeyError):
        same = False
    if not same:
        raise bad_dtype(column, dtype)
    return _times(values.asi8, pa.timestamp(dtype.unit, name)), None


def _masked_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    if isinstance(values.dtype, pd.BooleanDtype):
        present = ~values.isna()
        bytes_ = values.to_numpy(dtype=bool, na_value=False).view("i1")
        storage = _wrap(pa.int8(), bytes_, None if present.all() else present)
        return pa.ExtensionArray.from_storage(BOOL8, storage), {"k": "masked"}
    return canonical(values.__arrow_array__()), {"k": "masked"}


def _backed_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    return canonical(values.__arrow_array__()), {"k": "arrow"}


def _period_to_arrow(values: Any, column: str) -> tuple[pa.Array, Note | None]:
    return _times(values.asi8, pa.int64()), {"k": "period", "f": values.dtype.name[len("period[") : -1]}


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


_ENCODERS: tuple[tuple[Any, Encoder], ...] = (
    (pd.StringDtype, _string_to_arrow),
    (pd.CategoricalDtype, _categorical_to_arrow),
    (pd.DatetimeTZDtype, _zoned_to_arrow),
    (MASKED, _masked_to_arrow),
    (pd.ArrowDtype, _backed_to_arrow),
    (pd.PeriodDtype, _period_to_arrow),
    (pd.IntervalDtype, _interval_to_arrow),
)

# ---- back -----------------------------------------------------------------------------------------


def column_from_arrow(array: pa.Array, note: Note | None, view: Any) -> Any:
    """The column that `column_to_arrow` was given: a NumPy array or a pandas extension array.

    Args:
        array: One array, as it lies in the file.
        note: What was noted of it.
        view: Gives a NumPy array on the memory of a buffer: ``view(buffer, dtype, offset, count)``.
    """
    kept = note or {"k": ""}
    if kept["k"] in _DECODERS:
        return _DECODERS[kept["k"]](array, kept, view)
    for is_kind, decode in _PLAIN:
        if is_kind(array.type):
            return decode(array, kept, view)
    return _data(array, array.type.to_pandas_dtype(), view)


def _times_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    kind = array.type
    if pa.types.is_duration(kind):
        return _data(array, f"m8[{kind.unit}]", view)
    if kind.tz is None:
        return _data(array, f"M8[{kind.unit}]", view)
    # Given whole numbers, pandas takes them for ticks of UTC and uses their memory.
    return pd.array(_data(array, "i8", view), dtype=pd.DatetimeTZDtype(kind.unit, kind.tz), copy=False)


def _category_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    codes = _data(array.indices, array.type.index_type.to_pandas_dtype(), view)
    categories = column_from_arrow(array.dictionary, note.get("of"), _copy_of)
    dtype = pd.CategoricalDtype(pd.Index(categories, dtype=categories.dtype), ordered=array.type.ordered)
    return pd.Categorical.from_codes(codes, dtype=dtype, validate=False)


def _text_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    """Texts of pandas' default dtype, or of the one noted."""
    missing = pd.NA if note.get("na") else np.nan
    dtype: Any = pd.StringDtype(note.get("s", "pyarrow"), na_value=missing)
    if dtype.storage == "python":
        return pd.array(array.to_pylist(), dtype=dtype)
    make: Any = pd.arrays.ArrowStringArray
    return make(pa.chunked_array([array]), dtype=dtype)


def _masked_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    if array.type == BOOL8:
        return pd.arrays.BooleanArray(_data(array.storage, "?", view), _absent(array.storage))
    values = _data(array, array.type.to_pandas_dtype(), view)
    make = pd.arrays.FloatingArray if values.dtype.kind == "f" else pd.arrays.IntegerArray
    return make(values, _absent(array))


def _absent(array: pa.Array) -> np.ndarray[Any, Any]:
    # zeros are given by the system when they are first touched, so a column without nulls costs nothing here.
    return np.zeros(len(array), dtype=bool) if array.null_count == 0 else ~presence(array)


def _interval_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    left, right = (pd.Index(column_from_arrow(array.field(i), note["of"], view)) for i in (0, 1))
    return pd.arrays.IntervalArray.from_arrays(left, right, closed=note["c"])


def _period_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    return pd.arrays.PeriodArray(_data(array, "i8", view), dtype=pd.PeriodDtype(note["f"]))


def _backed_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    return pd.arrays.ArrowExtensionArray(pa.chunked_array([array]))


def _object_from_arrow(array: pa.Array, note: Note, view: Any) -> Any:
    return object_from_arrow(array, note)


def _bytes_as_booleans(array: pa.Array, note: Note, view: Any) -> Any:
    return _data(array.storage, "?", view)


def _bits_as_booleans(array: pa.Array, note: Note, view: Any) -> Any:
    return array.to_numpy(zero_copy_only=False)


def _data(array: pa.Array, dtype: Any, view: Any) -> Any:
    return view(array.buffers()[1], np.dtype(dtype), array.offset, len(array))


def _copy_of(buffer: Any, dtype: np.dtype[Any], offset: int, count: int) -> np.ndarray[Any, Any]:
    """A copy, for small parts such as categories."""
    if buffer is None:
        return np.empty(0, dtype)
    return np.frombuffer(buffer, dtype, count=count, offset=offset * dtype.itemsize).copy()


_DECODERS: dict[str, Decoder] = {
    "object": _object_from_arrow,
    "arrow": _backed_from_arrow,
    "masked": _masked_from_arrow,
    "string": _text_from_arrow,
    "period": _period_from_arrow,
    "interval": _interval_from_arrow,
}
_PLAIN: tuple[tuple[Callable[[pa.DataType], bool], Decoder], ...] = (
    (lambda kind: isinstance(kind, pa.Bool8Type), _bytes_as_booleans),
    (pa.types.is_timestamp, _times_from_arrow),
    (pa.types.is_duration, _times_from_arrow),
    (pa.types.is_large_string, _text_from_arrow),
    (pa.types.is_dictionary, _category_from_arrow),
    (pa.types.is_boolean, _bits_as_booleans),
)

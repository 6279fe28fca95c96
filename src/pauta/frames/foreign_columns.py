"""A column that pandas did not make (polars, pyarrow, a file), as pandas would have it.

Missing numbers are NaN and missing times NaT, as when pandas reads a file; a column that would lose something
that way (whole numbers above 2**53, NaN beside null) takes a nullable type instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pauta.frames.pandas_columns import column_from_arrow

_EXACT = 2**53  # above it, not every whole number is a float64


def foreign_column(array: pa.Array, view: Any) -> Any:
    """The column as a NumPy array or a pandas extension array."""
    for is_kind, convert in _CONVERTERS:
        if is_kind(array.type):
            return convert(array, view)
    return _as_arrow_says(array)


def _booleans(array: pa.Array, view: Any) -> Any:
    if array.null_count == 0:
        return array.to_numpy(zero_copy_only=False)
    return pd.array(array.to_numpy(zero_copy_only=False), dtype="boolean")


def _integers(array: pa.Array, view: Any) -> Any:
    if array.null_count == 0:
        return column_from_arrow(array, None, view)
    limits = pc.min_max(array)
    low, high = limits["min"].as_py(), limits["max"].as_py()
    if low is None or (low >= -_EXACT and high <= _EXACT):
        return array.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
    return column_from_arrow(array, {"k": "masked"}, view)


def _floats(array: pa.Array, view: Any) -> Any:
    beside = array.null_count and pc.any(pc.is_nan(array)).as_py()
    # Stored frames have NaN under their nulls, so the values can be used as they lie.
    return column_from_arrow(array, {"k": "masked"} if beside else None, view)


def _categories(array: pa.DictionaryArray, view: Any) -> Any:
    indices = array.indices.cast(pa.int64()) if pa.types.is_unsigned_integer(array.indices.type) else array.indices
    codes = np.asarray(indices.fill_null(-1))
    categories = pd.Index(foreign_column(array.dictionary, _no_view))
    return pd.Categorical.from_codes(codes, categories=categories, ordered=array.type.ordered)


def _texts(array: pa.Array, view: Any) -> Any:
    return column_from_arrow(array.cast(pa.large_string()), None, view)


def _as_it_lies(array: pa.Array, view: Any) -> Any:
    return column_from_arrow(array, None, view)


def _byte_booleans(array: pa.Array, view: Any) -> Any:
    return _booleans(array.cast(pa.bool_()), view)


def _no_view(buffer: Any, dtype: np.dtype[Any], offset: int, count: int) -> np.ndarray[Any, Any]:
    if buffer is None:
        return np.empty(count, dtype)
    return np.frombuffer(buffer, dtype, count=count, offset=offset * dtype.itemsize).copy()


def _as_arrow_says(array: pa.Array) -> Any:
    """Dates, decimals, bytes, lists, structs: Python objects, as pyarrow converts them."""
    series = array.to_pandas()
    values = series.array if not isinstance(series.dtype, np.dtype) else series.to_numpy()
    return values.copy() if isinstance(values, np.ndarray) else values


_CONVERTERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any, Any], Any]], ...] = (
    (pa.types.is_boolean, _booleans),
    (pa.types.is_integer, _integers),
    (pa.types.is_floating, _floats),
    (pa.types.is_string, _texts),
    (pa.types.is_string_view, _texts),
    (pa.types.is_large_string, _as_it_lies),
    (pa.types.is_timestamp, _as_it_lies),
    (pa.types.is_duration, _as_it_lies),
    (pa.types.is_dictionary, _categories),
    (lambda kind: isinstance(kind, pa.Bool8Type), _byte_booleans),
)

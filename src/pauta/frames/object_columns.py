"""Columns of Python objects: to Arrow when every value has one exact type, else refused with the row.

Never guessed and never turned into text: what comes back is what went in, the kind of missing value included.
"""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pauta.frames.canonical import canonical
from pauta.frames.faults import bad_cell, bad_dtype, mixed_cells

Note = dict[str, Any]
_MISSING: dict[str, Any] = {"none": None, "nan": float("nan"), "NA": pd.NA, "NaT": pd.NaT}
_MARKS = tuple(_MISSING)
_PLAIN: dict[type, tuple[str, pa.DataType | None]] = {
    str: ("str", pa.large_string()),
    np.str_: ("np.str", pa.large_string()),
    bytes: ("bytes", pa.large_binary()),
    bool: ("bool", pa.bool_()),
    int: ("int", pa.int64()),
    float: ("float", pa.float64()),
    Decimal: ("decimal", None),
    dt.date: ("date", pa.date32()),
    dt.time: ("time", pa.time64("us")),
    dt.datetime: ("datetime", None),
    dt.timedelta: ("timedelta", pa.duration("us")),
}
_LEAVES = (str, bool, int, float, bytes)


def object_to_arrow(values: np.ndarray[Any, Any], column: str) -> tuple[pa.Array, Note]:
    """A column of Python objects as an Arrow array, and what is needed to make it again.

    Raises:
        StepFault: SCR-022 with the first row that does not fit.
    """
    types = list(map(type, values.tolist() if values.dtype != object else values))
    kind, missing = _one_type(values, types, column)
    note: Note = {"k": "object", "t": "null"}
    _note_missing(note, values, missing)
    if kind is None:
        return pa.nulls(len(values)), note
    absent = _mask(len(values), missing)
    if kind in _PLAIN:
        note["t"], target = _PLAIN[kind]
        if kind is dt.datetime:
            target, note["t"] = _datetime_type(_cells(values, absent), column)
        array = _plain_to_arrow(values, absent, target=target, kind=kind, column=column)
    elif issubclass(kind, np.generic):
        array, note["t"] = _numpy_to_arrow(values, absent, kind, column), f"np:{np.dtype(kind).str}"
    elif kind in (pd.Timestamp, pd.Timedelta):
        array, note["t"] = _stamps_to_arrow(values, absent, kind, column), kind.__name__
    elif kind is list:
        array, note["t"] = _lists_to_arrow(values, absent, column), "list"
    elif kind is np.ndarray:
        array, note["t"] = _arrays_to_arrow(values, absent, column), "ndarray"
    else:
        raise bad_cell(column, types.index(kind), kind.__name__)
    return canonical(array), note


def object_from_arrow(array: pa.Array, note: Note) -> np.ndarray[Any, Any]:
    """The column that `object_to_arrow` was given, exactly."""
    values = np.empty(len(array), dtype=object)
    kind = note["t"]
    items = _restore(kind)(array)
    for i, item in enumerate(items):
        values[i] = item
    if "m" in note or "mm" in note:
        absent = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))
        marks = [note["m"]] * len(absent) if "m" in note else _unpack_marks(note["mm"])
        for i, mark in zip(absent.tolist(), marks, strict=True):
            values[i] = _MISSING[mark]
    return values


def _one_type(values: Any, types: list[type], column: str) -> tuple[type | None, dict[int, str]]:
    """The one type of all values that are there, and the marks of those that are missing, by row."""
    present = set(types)
    missing: dict[int, str] = {}
    for absent, mark in ((type(None), "none"), (type(pd.NA), "NA"), (type(pd.NaT), "NaT")):
        if absent in present:
            present.discard(absent)
            missing.update({i: mark for i, t in enumerate(types) if t is absent})
    if float in present and len(present) > 1:
        floats = [i for i, t in enumerate(types) if t is float]
        if all(values[i] != values[i] for i in floats):
            present.discard(float)
            missing.update(dict.fromkeys(floats, "nan"))
    if len(present) > 1:
        _refuse_mixture(types, missing, column)
    return (present.pop() if present else None), missing


def _refuse_mixture(types: list[type], missing: dict[int, str], column: str) -> None:
    known = [(i, t) for i, t in enumerate(types) if i not in missing]
    for i, t in known:
        if not _is_kept(t):
            raise bad_cell(column, i, t.__name__)
    first, other = known[0]
    row, found = next((i, t) for i, t in known if t is not other)
    raise mixed_cells(column, row, found.__name__, first=first, other=other.__name__)


def _is_kept(kind: type) -> bool:
    return kind in _PLAIN or kind in (list, np.ndarray, pd.Timestamp, pd.Timedelta) or issubclass(kind, np.generic)


def _mask(size: int, missing: Iterable[int]) -> np.ndarray[Any, Any]:
    mask = np.zeros(size, dtype=bool)
    mask[list(missing)] = True
    return mask


def _note_missing(note: Note, values: Any, missing: dict[int, str]) -> None:
    """Which kind of missing value stands where: one mark, or one for each missing row."""
    kinds = set(missing.values())
    if len(kinds) == 1 and kinds != {"none"}:
        note["m"] = kinds.pop()
    elif len(kinds) > 1:
        digits = "".join(str(_MARKS.index(missing[i])) for i in sorted(missing))
        note["mm"] = base64.b64encode(zlib.compress(digits.encode())).decode()


def _unpack_marks(packed: str) -> list[str]:
    return [_MARKS[int(d)] for d in zlib.decompress(base64.b64decode(packed)).decode()]


def _cells(values: Any, absent: np.ndarray[Any, Any]) -> list[Any]:
    return [None if gone else value for value, gone in zip(values, absent.tolist(), strict=True)]


def _plain_to_arrow(values: Any, absent: Any, *, target: pa.DataType | None, kind: type, column: str) -> pa.Array:
    cells = _cells(values, absent)
    if kind is dt.time:
        _refuse_if(cells, lambda v: v.tzinfo is not None, column, "time with a time zone")
    for attempt in (target, pa.uint64()) if kind is int else (target,):
        try:
            return pa.array(cells, attempt, from_pandas=False)
        except (pa.ArrowException, OverflowError, UnicodeEncodeError):
            continue
    raise _first_misfit(cells, target, kind, column)


def _first_misfit(cells: list[Any], target: pa.DataType | None, kind: type, column: str) -> Exception:
    for row, cell in enumerate(cells):
        try:
            pa.array([cell], target, from_pandas=False)
        except (pa.ArrowException, OverflowError, UnicodeEncodeError):
            return bad_cell(column, row, f"{kind.__name__} {cell!r}")
    return bad_dtype(column, f"object of {kind.__name__} with no common range")


def _datetime_type(cells: list[Any], column: str) -> tuple[pa.DataType, str]:
    """The type for datetimes, all of one time zone, which must come back as the same zone."""
    zones = {cell.tzinfo for cell in cells if cell is not None}
    zone = next(c.tzinfo for c in cells if c is not None)
    if len(zones) > 1:
        _refuse_if(cells, lambda v: v.tzinfo != zone, column, "datetime of another time zone")
    if zone is None:
        return pa.timestamp("us"), "datetime"
    fixed = isinstance(zone, dt.timezone)
    try:
        name = pa.lib.tzinfo_to_string(zone)
        same = fixed or pa.lib.string_to_tzinfo(name) == zone
    except (ValueError, TypeError, KeyError):
        same = False
    if not same:
        _refuse_if(cells, lambda v: True, column, f"datetime with zone {zone}")
    return pa.timestamp("us", name), "datetime_fixed" if fixed else "datetime"


def _refuse_if(cells: list[Any], wrong: Callable[[Any], bool], column: str, found: str) -> None:
    for row, cell in enumerate(cells):
        if cell is not None and wrong(cell):
            raise bad_cell(column, row, found)


def _numpy_to_arrow(values: Any, absent: Any, kind: type, column: str) -> pa.Array:
    dtype = np.dtype(kind)
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise bad_cell(column, int(np.flatnonzero(~absent)[0]), kind.__name__)
    filled = np.zeros(len(values), dtype)
    filled[~absent] = values[~absent].astype(dtype)
    return pa.array(filled, mask=absent, from_pandas=False)


def _stamps_to_arrow(values: Any, absent: Any, kind: type, column: str) -> pa.Array:
    cells = _cells(values, absent)
    first = next(c for c in cells if c is not None)
    zone = getattr(first, "tz", None)
    _refuse_if(
        cells,
        lambda v: v.unit != first.unit or getattr(v, "tz", None) != zone,
        column,
        f"{kind.__name__} of other unit",
    )
    index = (pd.DatetimeIndex if kind is pd.Timestamp else pd.TimedeltaIndex)(
        [c if c is not None else pd.NaT for c in cells]
    )
    return pa.array(index.as_unit(first.unit))


def _lists_to_arrow(values: Any, absent: Any, column: str) -> pa.Array:
    cells = _cells(values, absent)
    seen: dict[type, int] = {}
    for row, cell in enumerate(cells):
        if cell is not None:
            for leaf in _leaf_types(cell):
                if leaf not in _LEAVES:
                    raise bad_cell(column, row, f"list of {leaf.__name__}")
                seen.setdefault(leaf, row)
    if len(seen) > 1:
        (other, first), (found, row) = list(seen.items())[:2]
        raise mixed_cells(column, row, f"list of {found.__name__}", first=first, other=f"list of {other.__name__}")
    try:
        return pa.array(cells, from_pandas=False)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        raise _first_misfit(cells, None, list, column) from None


def _leaf_types(cell: Sequence[Any]) -> set[type]:
    found: set[type] = set()
    for item in cell:
        if type(item) is list:
            found |= _leaf_types(item)
        elif item is not None:
            found.add(type(item))
    return found


def _arrays_to_arrow(values: Any, absent: Any, column: str) -> pa.Array:
    cells = _cells(values, absent)
    known = [c for c in cells if c is not None]
    dtype = known[0].dtype
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise bad_cell(column, int(np.flatnonzero(~absent)[0]), f"ndarray of {dtype}")
    _refuse_if(cells, lambda v: v.ndim != 1 or v.dtype != dtype, column, "ndarray of another shape or dtype")
    ends = np.cumsum([0, *(0 if c is None else len(c) for c in cells)])
    flat = pa.array(np.concatenate([*known, np.empty(0, dtype)]), from_pandas=False)
    return pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), flat, mask=pa.array(absent))


def _restore(kind: str) -> Callable[[pa.Array], Iterable[Any]]:
    if kind.startswith("np:"):
        scalar = np.dtype(kind[3:]).type
        return lambda a: [None if v is None else scalar(v) for v in a.to_pylist()]
    if kind in ("Timestamp", "Timedelta"):
        return lambda a: a.to_pandas().astype(object)
    if kind == "ndarray":
        return lambda a: [None if v.values is None else v.values.to_numpy(zero_copy_only=False).copy() for v in a]
    if kind == "datetime_fixed":
        return lambda a: [None if v is None else v.astimezone(dt.timezone(v.utcoffset())) for v in a.to_pylist()]
    if kind == "np.str":
        return lambda a: [None if v is None else np.str_(v) for v in a.to_pylist()]
    return lambda a: a.to_pylist()

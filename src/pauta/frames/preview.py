"""A frame's first and last rows as cells that any screen can show."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pauta.domain.problems import shorten

HEAD, TAIL = 10, 5
CELL = 200


def preview_rows(names: Sequence[str], columns: Sequence[pa.Array], rows: int) -> dict[str, Any]:
    """``{"columns", "head", "tail"}``: the first `HEAD` rows, and the last `TAIL` of those that follow."""
    tail = min(TAIL, max(0, rows - HEAD))
    heads = [[cell(v) for v in values_of(column[:HEAD])] for column in columns]
    tails = [[cell(v) for v in values_of(column[rows - tail :])] for column in columns] if tail else []
    return {
        "columns": list(names),
        "head": [list(row) for row in zip(*heads, strict=True)],
        "tail": [list(row) for row in zip(*tails, strict=True)],
    }


def values_of(array: pa.Array) -> list[Any]:
    """The values as Python objects; times that Python has no date for as their number and unit."""
    try:
        return list(array.to_pylist())
    except (OverflowError, ValueError):
        return [_value_of(scalar) for scalar in array]


def _value_of(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        ticks = getattr(scalar, "value", "?")
        return f"{ticks} {getattr(scalar.type, 'unit', scalar.type)}"


def cell(value: Any) -> Any:
    """A value as JSON: numbers, booleans and null as they are, all else as text of at most `CELL` characters."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**53) <= value <= 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{value[:24].hex()}{'…' if len(value) > 24 else ''} ({len(value)} bytes)"
    return shorten(value if isinstance(value, str) else str(value), CELL)

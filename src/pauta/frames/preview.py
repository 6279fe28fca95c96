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
    heads = [[cell(v) for v in column[:HEAD].to_pylist()] for column in columns]
    tails = [[cell(v) for v in column[rows - tail :].to_pylist()] for column in columns] if tail else []
    return {
        "columns": list(names),
        "head": [list(row) for row in zip(*heads, strict=True)],
        "tail": [list(row) for row in zip(*tails, strict=True)],
    }


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

"""What a frame looks like, as a small JSON object: schema, rows, each column's values in numbers, a preview.

Frames of more rows than `FULL_ROWS` are looked at through evenly spaced rows, and the profile says how many.
Nothing here depends on time or chance: the same frame has the same profile.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from pauta.frames.column_profile import column_profile
from pauta.frames.encode import encode, type_name
from pauta.frames.preview import preview_rows

VERSION = 1
LIMIT_BYTES = 256 * 1024
FULL_ROWS = 200_000
SAMPLE_ROWS = 50_000
SAMPLE_CELLS = 4_000_000
MAX_COLUMNS = 200
_ENCODER = msgspec.json.Encoder()


def profile(frame: Any, *, rows: int | None = None) -> dict[str, Any]:
    """The profile of a frame.

    ``{"version", "rows", "columns", "sampled", "schema": [[name, type], …], "detail": {name: …}, "preview":
    {"columns", "head", "tail"}}``; `sampled` is the number of rows looked at, None when that was all of them;
    `detail` as `column_profile` says, for the first `MAX_COLUMNS` columns. At most `LIMIT_BYTES` of JSON: what does
    not fit is left out from the end, and the counts still tell how much there is.

    Args:
        frame: A `pyarrow.RecordBatch` or `pyarrow.Table` as `encode` made it, or any frame that `encode` takes.
        rows: Its number of rows where the frame does not tell (no columns).
    """
    if not isinstance(frame, pa.RecordBatch | pa.Table):
        encoded = encode(frame, name="")
        frame, rows = encoded.table, encoded.rows
    count = frame.num_rows if rows is None else rows
    names = frame.schema.names
    shown = min(len(names), MAX_COLUMNS)
    columns = [_whole(frame.column(i)) for i in range(shown)]
    picked = _picked(frame.num_rows, len(names))
    detail = {names[i]: column_profile(columns[i], picked) for i in range(shown)}
    result = {
        "version": VERSION,
        "rows": count,
        "columns": len(names),
        "sampled": None if picked is None else len(picked),
        "schema": [[field.name, type_name(field.type)] for field in frame.schema],
        "detail": detail,
        "preview": preview_rows(names[:shown], columns, frame.num_rows),
    }
    return _fitted(result)


def _whole(column: Any) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def _picked(rows: int, columns: int) -> np.ndarray[Any, Any] | None:
    """Which rows to look at; None for all."""
    if rows <= FULL_ROWS and rows * min(columns, MAX_COLUMNS) <= SAMPLE_CELLS:
        return None
    size = min(rows, SAMPLE_ROWS, max(1000, SAMPLE_CELLS // min(columns, MAX_COLUMNS)))
    return np.linspace(0, rows - 1, size).astype(np.int64)


def _fitted(result: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is too much: first of the preview, then of the details, then of the schema."""
    while len(_ENCODER.encode(result)) > LIMIT_BYTES:
        preview = result["preview"]
        if len(preview["columns"]) > 8:
            keep = len(preview["columns"]) // 2
            preview["columns"] = preview["columns"][:keep]
            preview["head"] = [row[:keep] for row in preview["head"]]
            preview["tail"] = [row[:keep] for row in preview["tail"]]
        elif len(result["detail"]) > 8:
            result["detail"] = dict(list(result["detail"].items())[: len(result["detail"]) // 2])
        elif len(result["schema"]) > 8:
            result["schema"] = result["schema"][: len(result["schema"]) // 2]
        else:
            result.update(detail={}, schema=[], preview={"columns": [], "head": [], "tail": []})
    return result

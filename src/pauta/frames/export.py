"""Stored frames to files for people and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_FORMULA = "^[=+\\-@\t\r]"


def to_csv(table: pa.Table, path: Path, *, raw: bool = False) -> None:
    """Write a CSV file, UTF-8, header first.

    Texts that a spreadsheet would take for a formula (first character ``= + - @``, tab or CR) get a ``'`` before
    them unless `raw`; numbers stay numbers. Lists and structs are written as JSON-like text, bytes as hexadecimal.
    """
    import pyarrow.csv as arrow_csv

    arrow_csv.write_csv(for_csv(table, raw=raw), path)


def for_csv(table: pa.Table, *, raw: bool) -> pa.Table:
    """The table with only such columns as CSV can hold, and without formulas unless `raw`; see `to_csv`."""
    for i, field in enumerate(table.schema):
        column = _as_text(table.column(i))
        if not raw and _is_text(column.type):
            column = pc.replace_substring_regex(column, pattern=_FORMULA, replacement="'\\0")
        table = table.set_column(i, field.name, column)
    return table if raw else table.rename_columns([_safe(name) for name in table.column_names])


def to_parquet(table: pa.Table, path: Path) -> None:
    """Write a Parquet file."""
    import pyarrow.parquet as pq

    pq.write_table(table, path)


def to_arrow(table: pa.Table, path: Path) -> None:
    """Write an Arrow IPC file."""
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


def _safe(name: str) -> str:
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_text(column: Any) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type))
    if pa.types.is_nested(kind):
        return pa.chunked_array([pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())])
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.chunked_array([pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())])
    if pa.types.is_duration(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.string())
    return column

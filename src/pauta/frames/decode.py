"""A stored output as the value that a step takes: mapped, not copied, wherever its library allows it."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

from pauta.domain.outputs import Column, Kind, Output
from pauta.domain.problems import Problem, StoreFault, shorten
from pauta.frames.values import from_json, json_bytes


def open_output(path: Path | None, output: Output, *, want: str | None = None) -> Any:
    """The value.

    Frames: a pandas DataFrame lies on a private copy-on-write mapping: it can be written to in place, and the file
    keeps its bytes; polars and Arrow lie on a read-only mapping.

    Args:
        path: The object's file; None for an inline value or `Kind.NOTHING`.
        output: The record of it.
        want: ``pandas``, ``polars``, ``pyarrow``, or None for the library that made the frame.

    Raises:
        StoreFault: DAT-020 when the bytes are not what the record says they are.
    """
    if output.kind is Kind.NOTHING:
        return None
    if output.inline:
        return from_json(json_bytes(output.value))
    if path is None:
        raise ValueError(f"output {output.address} has no file")
    try:
        return _open(path, output, want)
    except (ValueError, EOFError, KeyError) as error:
        what = {"frame": "an Arrow file", "value": "JSON", "array": "a .npy file"}.get(output.kind, output.format)
        values = {"expected": what, "reason": shorten(error)}
        raise StoreFault(Problem("DAT-020", values)) from error


def _open(path: Path, output: Output, want: str | None) -> Any:
    if output.kind is Kind.FRAME:
        return open_frame(path, want=want or output.library)
    if output.kind is Kind.VALUE:
        return from_json(path.read_bytes())
    if output.kind is Kind.ARRAY:
        from pauta.frames.arrays import open_array

        return open_array(_map(path, private=True))
    from pauta.frames.models import open_model

    return open_model(path, format=output.format, library=output.library)


def open_frame(path: Path, *, want: str) -> Any:
    """The frame in an Arrow file, as a DataFrame of ``pandas`` or ``polars``, or as a `pyarrow.Table`.

    Raises:
        ValueError: The file is damaged (`pyarrow.ArrowInvalid` is one).
    """
    if want == "pandas":
        return _open_pandas(path)
    table = open_table(path)
    if want == "pyarrow":
        return table
    from pauta.frames.polars_frames import arrow_to_polars

    return arrow_to_polars(_without_index(table))


def open_table(path: Path) -> Any:
    """The frame as a `pyarrow.Table` on a read-only mapping; booleans as Arrow's own."""
    import pyarrow as pa

    with pa.memory_map(os.fspath(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    for i, field in enumerate(table.schema):
        if isinstance(field.type, pa.Bool8Type):
            table = table.set_column(i, field.with_type(pa.bool_()), table.column(i).cast(pa.bool_()))
    return table


def shape_of(path: Path) -> tuple[int, tuple[Column, ...]] | None:
    """Rows and columns of a stored frame, by its own account. None when the file is no frame."""
    import pyarrow as pa

    from pauta.frames.encode import type_name

    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            rows = sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
            return rows, tuple(Column(f.name, type_name(f.type)) for f in reader.schema)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _open_pandas(path: Path) -> Any:
    import pyarrow as pa

    from pauta.frames.pandas_frames import NOTES
    from pauta.frames.pandas_opening import Mapping, arrow_to_pandas

    mapping = Mapping(_map(path, private=True))
    reader = pa.ipc.open_file(mapping.buffer)
    metadata = reader.schema.metadata or {}
    foreign = b"pandas" in metadata and NOTES not in metadata
    if foreign or reader.num_record_batches != 1:
        return reader.read_all().to_pandas()
    return arrow_to_pandas(reader.get_batch(0), mapping)


def _map(path: Path, *, private: bool) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY if private else mmap.ACCESS_READ)
    finally:
        os.close(descriptor)


def _without_index(table: Any) -> Any:
    """The table without the columns that only hold a pandas index without a name."""
    from pauta.frames.pandas_frames import read_notes

    notes = read_notes(table.schema)
    if notes is None:
        return table
    hidden = [n for n in table.schema.names[notes.columns :] if n.startswith("__index_level_")]
    return table.drop_columns(hidden) if hidden else table

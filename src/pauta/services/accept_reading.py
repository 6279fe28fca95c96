"""Reads an input file into the object store."""

from __future__ import annotations

from pathlib import Path

from pauta.domain.outputs import Column, Kind, Output
from pauta.domain.pipeline import InputSpec
from pauta.ports.objects import Objects, Stored
from pauta.services.inputs import Brought


def read_input_file(path: Path, spec: InputSpec, objects: Objects) -> Brought:
    """Read a CSV, Parquet or Arrow file, check it against its declaration, store it as a frame.

    Raises:
        InvalidInput: CSV-…, DAT-….
    """
    from pauta.frames.encode import encode
    from pauta.frames.profile import profile
    from pauta.frames.reading import read_input

    table = read_input(path, name=spec.name, schema=spec.schema, min_rows=spec.min_rows)
    encoded = encode(table, name=spec.name)
    with objects.writing() as writing:
        encoded.write(writing)
        stored = writing.finish()
    return Brought(_frame(stored, encoded.rows, encoded.columns), profile(table))


def read_stored_frame(path: Path, stored: Stored) -> Output | None:
    """What is to be known of a stored frame, read from itself. None when it is no frame.

    Args:
        path: A local file with its bytes.
        stored: Its address and size.
    """
    import pyarrow as pa

    from pauta.frames.encode import type_name

    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            rows = sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
            columns = tuple(Column(f.name, type_name(f.type)) for f in reader.schema)
    except (pa.ArrowException, OSError, ValueError):
        return None
    return _frame(stored, rows, columns)


def _frame(stored: Stored, rows: int | None, columns: tuple[Column, ...]) -> Output:
    # Scripts get pandas DataFrames unless they say otherwise, whatever the file was.
    return Output(Kind.FRAME, stored.address, stored.size, format="arrow", library="pandas", rows=rows, columns=columns)

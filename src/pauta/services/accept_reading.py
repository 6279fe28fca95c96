"""Reads an input file into the object store: in a process of its own where there are such, else here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pauta.domain.outputs import Column, Kind, Output
from pauta.domain.pipeline import InputSpec
from pauta.ports.objects import Objects, Stored
from pauta.ports.tables import Tables
from pauta.services.inputs import Brought, Read

_STAGING = "uploads"


def reader(tables: Tables | None, *, records: Path) -> Read:
    """What reads input files.

    Args:
        tables: Reads them in a process of its own; None: they are read here.
        records: Folder of the records: what was read waits there for its place among the objects.
    """
    if tables is None:
        return read_input_file

    def read_elsewhere(path: Path, spec: InputSpec, objects: Objects) -> Brought:
        with staging(records) as folder:
            frame = folder / "frame.arrow"
            read = tables.read_input(path, frame, name=spec.name, schema=spec.schema, min_rows=spec.min_rows)
            stored = objects.put_file(frame)
        return Brought(_frame(stored, read.rows, read.columns), read.profile)

    return read_elsewhere


@contextmanager
def staging(records: Path) -> Iterator[Path]:
    """A folder of one's own for a file on its way into the store; it goes with everything in it."""
    folder = records / _STAGING
    folder.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        yield Path(own)


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


def read_stored_frame(path: Path, stored: Stored, *, tables: Tables | None) -> Output | None:
    """What is to be known of a stored frame, read from itself. None when it is no frame.

    Args:
        path: A local file with its bytes.
        stored: Its address and size.
        tables: Reads it in a process of its own; None: it is read here.
    """
    if tables is not None:
        told = tables.shape(path)
        return None if told is None else _frame(stored, told.rows, told.columns)
    from pauta.frames.decode import shape_of

    shape = shape_of(path)
    return None if shape is None else _frame(stored, *shape)


def _frame(stored: Stored, rows: int | None, columns: tuple[Column, ...]) -> Output:
    # Scripts get pandas DataFrames unless they say otherwise, whatever the file was.
    return Output(Kind.FRAME, stored.address, stored.size, format="arrow", library="pandas", rows=rows, columns=columns)

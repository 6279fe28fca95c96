"""Reads an input file into the object store."""

from __future__ import annotations

from pathlib import Path

from pauta.domain.outputs import Output
from pauta.domain.pipeline import InputSpec
from pauta.ports.objects import Objects
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
    # Scripts get pandas DataFrames unless they say otherwise, whatever the file was.
    output = Output(
        encoded.kind,
        stored.address,
        stored.size,
        format=encoded.format,
        library="pandas",
        rows=encoded.rows,
        columns=encoded.columns,
    )
    return Brought(output, profile(table))

"""What a step gives, ready to be stored: checked at once, its bytes written later.

`encode` looks at the value, refuses what cannot come back exactly, and keeps references to the value's own
memory; `Encoded.write` then hands the bytes to the store. Hand it a `snapshot` when the value may change between.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pauta.domain.ids import Address
from pauta.domain.outputs import INLINE_LIMIT, Column, Kind, Output
from pauta.frames.faults import check_names, returned
from pauta.frames.ipc import Pieces, Sink
from pauta.frames.values import is_json_leaf, json_bytes, plain


@dataclass(frozen=True, slots=True)
class Encoded:
    """A checked value and its bytes.

    Attributes:
        kind, format, library, rows, columns: As in `Output`.
        size: Bytes that `write` gives.
        pieces: The bytes, as parts that may be the value's own memory.
        table: The frame as a `pyarrow.RecordBatch` or `pyarrow.Table`, for its profile; None for others.
        value: The plain JSON value of a ``VALUE``.
    """

    kind: Kind
    format: str
    library: str
    pieces: Pieces
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    table: Any = None
    value: Any = None

    @property
    def size(self) -> int:
        """Bytes that `write` gives."""
        return self.pieces.size

    def write(self, sink: Sink) -> None:
        """Give all bytes, in order, to `sink`."""
        self.pieces.write(sink)

    def output(self, address: Address) -> Output:
        """The record of it once it is stored under this address."""
        return Output(self.kind, address, self.size, self.format, self.library, self.rows, self.columns)

    def inline(self) -> Output | None:
        """The record of a small JSON value, which needs no file; None for all others."""
        if self.kind is not Kind.VALUE or self.size > INLINE_LIMIT:
            return None
        from blake3 import blake3

        address = Address(blake3(self.pieces.parts[0]).hexdigest())
        return Output(self.kind, address, self.size, self.format, value=self.value, inline=True)


def encode(value: Any, *, name: str, step: str = "") -> Encoded:
    """What a step gave for the output `name`.

    Frames (pandas, polars, pyarrow), dicts of JSON values, single JSON values, NumPy arrays and models are kept;
    None, lists, generators and everything else are refused. A LazyFrame is collected, a RecordBatch becomes a Table.

    Args:
        name: The output's name, for messages.
        step: The step's name, for messages.

    Raises:
        StepFault: SCR-022 or SCR-023 with column and row.
    """
    if isinstance(value, dict) or (value is not None and is_json_leaf(value)):
        return encode_value(value, name=name)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        from pauta.frames.arrays import array_pieces

        rows = len(value) if value.ndim else None
        return Encoded(Kind.ARRAY, "npy", "numpy", array_pieces(value, output=name), rows)
    frame = _encode_frame(value, name=name, step=step)
    if frame is not None:
        return frame
    if not isinstance(value, list | tuple | set) and value is not None:
        from pauta.frames.models import model_bytes

        model = model_bytes(value, output=name)
        if model is not None:
            return Encoded(Kind.MODEL, model.format, model.library, Pieces(len(model.data), (model.data,)))
    raise returned(type(value).__name__, output=name, step=step)


def encode_value(value: Any, *, name: str) -> Encoded:
    """A JSON value of any shape, lists and None included.

    Raises:
        StepFault: SCR-022 with the path of what JSON cannot hold.
    """
    kept = plain(value, output=name)
    data = json_bytes(kept)
    return Encoded(Kind.VALUE, "json", "", Pieces(len(data), (data,)), value=kept)


def _encode_frame(value: Any, *, name: str, step: str) -> Encoded | None:
    pandas, polars, pyarrow = (sys.modules.get(m) for m in ("pandas", "polars", "pyarrow"))
    if pandas is not None:
        if isinstance(value, pandas.DataFrame):
            from pauta.frames.pandas_frames import pandas_to_arrow

            return _of_batches("pandas", [pandas_to_arrow(value)], rows=len(value))
        if isinstance(value, pandas.Series):
            raise returned("Series", output=name, step=step, variant="series")
    if polars is not None:
        if isinstance(value, polars.DataFrame | polars.LazyFrame):
            from pauta.frames.polars_frames import polars_to_arrow

            batch = polars_to_arrow(value)
            return _of_batches("polars", [batch], rows=batch.num_rows)
        if isinstance(value, polars.Series):
            raise returned("Series", output=name, step=step, variant="series")
    if pyarrow is not None and isinstance(value, pyarrow.Table | pyarrow.RecordBatch):
        from pauta.frames.canonical import canonical_batches

        check_names(list(value.schema.names))
        return _of_batches("pyarrow", canonical_batches(value), rows=value.num_rows)
    return None


def _of_batches(library: str, batches: list[Any], *, rows: int) -> Encoded:
    from pauta.frames.ipc import lay_out

    schema = batches[0].schema
    columns = tuple(Column(f.name, type_name(f.type)) for f in schema)
    pieces = lay_out(schema, batches)
    table = batches[0]
    if len(batches) > 1:
        import pyarrow as pa

        table = pa.Table.from_batches(batches)
    return Encoded(Kind.FRAME, "arrow", library, pieces, rows, columns, table)


@lru_cache(maxsize=1024)
def type_name(kind: Any) -> str:
    """A type in Arrow's words; booleans that are stored a byte each are ``bool`` too."""
    name = str(kind)
    return "bool" if name == "extension<arrow.bool8>" else name

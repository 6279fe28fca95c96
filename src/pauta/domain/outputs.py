"""What a step gives: a frame, a value, an array or a model, named by the hash of its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from pauta.domain.ids import Address

INLINE_LIMIT = 16 * 1024
"""JSON values up to this many bytes travel in the step's own row instead of a file."""


class Kind(StrEnum):
    """What sort of thing an output is."""

    FRAME = "frame"  # Arrow IPC file
    VALUE = "value"  # JSON
    ARRAY = "array"  # NumPy .npy
    MODEL = "model"  # a fitted model in its library's own safe format
    NOTHING = "nothing"  # the step declares no output, or returned None where that is allowed


class Column(Struct, frozen=True):
    """One column of a frame: its name and its type in Arrow's words (``int64``, ``large_string`` …)."""

    name: str
    dtype: str


class Output(Struct, frozen=True):
    """A stored output.

    Attributes:
        kind: What sort of thing it is.
        address: Hash of its bytes; for an inline value of its canonical JSON.
        size: Bytes.
        format: ``arrow``, ``json``, ``npy``, ``xgboost-ubj``, ``skops``, ``keras``, or empty for nothing.
        library: What the script gave and the next script gets unless it says otherwise: ``pandas``,
            ``polars``, ``pyarrow``; the library of a model; empty for values.
        rows: Rows of a frame, length of an array's first axis; None otherwise.
        columns: Columns of a frame.
        value: An inline JSON value (at most `INLINE_LIMIT` bytes), else None.
        inline: Whether `value` is the value itself, so that None can be one.
    """

    kind: Kind
    address: Address
    size: int
    format: str = ""
    library: str = ""
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    value: Any = None
    inline: bool = False


class FileRef(Struct, frozen=True):
    """A file that a step left in its working folder, kept with the run. `path` is relative, with ``/``."""

    path: str
    address: Address
    size: int


class ModelRecord(Struct, frozen=True):
    """A model that a step trained: what its script said of it, and the files that hold it.

    Attributes:
        name: The script's ``model_name``.
        type: The script's ``type_model``, or empty.
        metrics: Metric name → number.
        files: Files that belong to it.
    """

    name: str
    type: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: tuple[FileRef, ...] = ()

"""An Arrow record batch in a private mapping to a pandas DataFrame, without copying what has a fixed width.

The mapping is copy-on-write: the frame can be written to in place, its pages are shared with every other reader
until then, and the file never changes. Columns of one type that lie evenly in the file become one block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.internals import create_dataframe_from_blocks  # type: ignore[import-not-found]

from pauta.frames.foreign_columns import foreign_column
from pauta.frames.pandas_columns import column_from_arrow
from pauta.frames.pandas_frames import FrameNotes, read_notes

View = Callable[[Any, "np.dtype[Any]", int, int], "np.ndarray[Any, Any]"]


class Mapping:
    """A file's mapped memory, seen as NumPy arrays that can be written to.

    Args:
        memory: Writable buffer with the whole file, e.g. an `mmap` with ``ACCESS_COPY``.
    """

    def __init__(self, memory: Any) -> None:
        self.buffer = pa.py_buffer(memory)
        self._bytes = np.frombuffer(memory, dtype=np.uint8)
        self._base = self.buffer.address

    def view(self, buffer: Any, dtype: np.dtype[Any], offset: int, count: int) -> np.ndarray[Any, Any]:
        """`count` values from value `offset` of a buffer that lies in this memory."""
        if buffer is None or count == 0:
            return np.empty(count, dtype)
        start = buffer.address - self._base + offset * dtype.itemsize
        if not 0 <= start <= len(self._bytes) - count * dtype.itemsize:
            return np.frombuffer(buffer, dtype, count=count, offset=offset * dtype.itemsize).copy()
        return np.ndarray((count,), dtype, self._bytes, start)

    def rows(self, arrays: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        """Arrays that lie evenly in this memory, as one of two dimensions."""
        first = arrays[0]
        step = _address(arrays[1]) - _address(first) if len(arrays) > 1 else 0
        start = _address(first) - self._base
        if first.size == 0 or not 0 <= start < len(self._bytes):
            return np.stack(arrays)
        return np.ndarray((len(arrays), len(first)), first.dtype, self._bytes, start, (step, first.itemsize))


def arrow_to_pandas(batch: pa.RecordBatch, mapping: Mapping) -> pd.DataFrame:
    """The frame that the batch was made of, or what pandas calls the same when another library made it."""
    notes = read_notes(batch.schema)
    if notes is None:
        columns = [foreign_column(batch.column(i), mapping.view) for i in range(batch.num_columns)]
        labels = pd.Index(batch.schema.names, dtype="str" if batch.num_columns else None)
        return _frame(columns, pd.RangeIndex(batch.num_rows), labels, mapping)
    columns = [
        column_from_arrow(batch.column(i), notes.notes.get(str(i)), mapping.view) for i in range(batch.num_columns)
    ]
    own, levels = columns[: notes.columns], columns[notes.columns :]
    frame = _frame(own, _index(notes, levels), _labels(notes, batch.schema.names), mapping)
    if notes.attrs:
        frame.attrs.update(notes.attrs)
    return frame


def _frame(columns: list[Any], index: Any, labels: Any, mapping: Mapping) -> pd.DataFrame:
    blocks: list[tuple[Any, np.ndarray[Any, Any]]] = []
    run: list[int] = []
    for position, values in enumerate(columns):
        if not isinstance(values, np.ndarray):
            blocks.append((values, np.array([position])))
            continue
        if run and not _continues(columns, run, values):
            blocks.append(_block(columns, run, mapping))
            run = []
        run.append(position)
    if run:
        blocks.append(_block(columns, run, mapping))
    frame: pd.DataFrame = create_dataframe_from_blocks(blocks, index=index, columns=labels)
    return frame


def _continues(columns: list[Any], run: list[int], values: np.ndarray[Any, Any]) -> bool:
    """Whether these values can be the next row of the block whose columns are in `run`."""
    last = columns[run[-1]]
    if values.dtype != last.dtype or values.dtype == object:
        return False
    step = _address(values) - _address(last)
    if values.size == 0:
        return True
    even = len(run) == 1 or step == _address(last) - _address(columns[run[-2]])
    return even and 0 < step <= last.nbytes + 64


def _block(columns: list[Any], run: list[int], mapping: Mapping) -> tuple[Any, np.ndarray[Any, Any]]:
    arrays = [columns[i] for i in run]
    block = arrays[0].reshape(1, -1) if len(arrays) == 1 else mapping.rows(arrays)
    return block, np.array(run)


def _address(values: np.ndarray[Any, Any]) -> int:
    return int(values.__array_interface__["data"][0])


def _labels(notes: FrameNotes, names: list[str]) -> Any:
    if notes.labels == "range":
        return pd.RangeIndex(0)
    dtype = {"str": "str", "object": "object", "string": "string"}[notes.labels]
    return pd.Index(names[: notes.columns], dtype=dtype, name=notes.label_name)


def _index(notes: FrameNotes, levels: list[Any]) -> Any:
    described = notes.index
    if described.range is not None:
        return pd.RangeIndex(*described.range, name=described.names[0])
    if described.multi:
        return pd.MultiIndex.from_arrays(levels, names=described.names)
    values = levels[0]
    index = pd.Index(values, dtype=values.dtype, name=described.names[0], copy=False)
    if described.freq is not None:
        index.freq = described.freq
    return index

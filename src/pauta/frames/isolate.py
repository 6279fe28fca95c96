"""What the next step in the same process gets: the live value, so that its writes reach nobody else."""

from __future__ import annotations

import copy
import sys
from typing import Any

from pauta.frames.values import plain


def isolate(value: Any) -> Any:
    """The value for one taker.

    pandas: a shallow copy, which copy-on-write separates at the first write; only cells that hold lists or arrays
    are copied. polars and Arrow frames cannot be changed and are given as they are; NumPy arrays, models and JSON
    values are copied. LazyFrames are collected, RecordBatches become Tables, and JSON values become what they are
    when read from the store, so that a step sees the same whether its input was just made or stored long ago.
    """
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return _isolated_frame(value)
    unchangeable = _unchangeable(value)
    if unchangeable is not None:
        return unchangeable
    if value is None or isinstance(value, dict | list | tuple | str | int | float | bool):
        return plain(value, output="")
    if numpy is not None and isinstance(value, numpy.generic):
        return plain(value, output="")
    return copy.deepcopy(value)


def _unchangeable(value: Any) -> Any:
    """A frame of polars or pyarrow as its taker gets it, else None."""
    polars, pyarrow = sys.modules.get("polars"), sys.modules.get("pyarrow")
    if polars is not None and isinstance(value, polars.LazyFrame | polars.DataFrame):
        return value.collect() if isinstance(value, polars.LazyFrame) else value.clone()
    if pyarrow is not None and isinstance(value, pyarrow.RecordBatch | pyarrow.Table):
        return pyarrow.Table.from_batches([value]) if isinstance(value, pyarrow.RecordBatch) else value
    return None


def snapshot(value: Any) -> Any:
    """The value as it is now, for writing behind while its maker may go on holding it."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return _isolated_frame(value)
    return value


def _isolated_frame(frame: Any) -> Any:
    numpy = sys.modules["numpy"]
    shallow = frame.copy(deep=False)
    if not _may_hold_objects(frame):
        return shallow
    for position, dtype in enumerate(frame.dtypes):
        # pandas calls the kind of its own texts "O" too; looking through those would cost more than a copy.
        if isinstance(dtype, numpy.dtype) and dtype.kind == "O":
            cells = frame.iloc[:, position].to_numpy()
            if _holds_mutable(cells):
                copied = numpy.empty(len(cells), dtype=object)
                for row, cell in enumerate(cells):
                    copied[row] = copy.deepcopy(cell)
                shallow.isetitem(position, copied)
    return shallow


def has_changeable_cells(frame: Any) -> bool:
    """Whether cells of a pandas DataFrame can be changed without the frame's noticing, such as lists."""
    numpy = sys.modules["numpy"]
    if not _may_hold_objects(frame):
        return False
    return any(
        isinstance(dtype, numpy.dtype) and dtype.kind == "O" and _holds_mutable(frame.iloc[:, position].to_numpy())
        for position, dtype in enumerate(frame.dtypes)
    )


def _may_hold_objects(frame: Any) -> bool:
    """Whether a column may hold Python objects, told from the frame's blocks.

    `DataFrame.dtypes` makes a Series, which takes longer than all else that is done with a small frame.
    """
    numpy = sys.modules["numpy"]
    blocks = getattr(getattr(frame, "_mgr", None), "blocks", None)
    if blocks is None:
        return True
    return any(isinstance(block.dtype, numpy.dtype) and block.dtype.kind == "O" for block in blocks)


def _holds_mutable(cells: Any) -> bool:
    numpy = sys.modules["numpy"]
    return not set(map(type, cells)).isdisjoint({list, dict, set, bytearray, numpy.ndarray})

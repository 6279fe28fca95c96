"""Remembers where frames that were just stored or opened lie, as long as nobody has changed them."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from pauta.domain.outputs import Output

_Still = Callable[[Any], bool]
"""Tells whether a frame is as it was."""


class Memory:
    """Frames and their records. Used from any thread.

    Of a pandas DataFrame a sibling is kept that shares its memory: a write in place parts the two, by copy-on-write,
    and then the frame's memory is no longer the sibling's.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], Output, _Still]] = {}
        self._lock = threading.Lock()

    def remember(self, value: Any, output: Output) -> None:
        """This frame is stored as `output`. Values that cannot be watched are passed over."""
        still = _watch(value)
        if still is None:
            return
        key = id(value)
        with self._lock:
            self._known[key] = (weakref.ref(value, lambda ref: self._forget(key, ref)), output, still)

    def recall(self, value: Any) -> Output | None:
        """What this frame is stored as; None when that is not known."""
        entry = self._known.get(id(value))
        if entry is None or entry[0]() is not value:
            return None
        if entry[2](value):
            return entry[1]
        self._forget(id(value), entry[0])
        return None

    def _forget(self, key: int, ref: weakref.ref[Any]) -> None:
        # Another object may have the same place in memory by now. No lock: this may run in the midst of anything.
        entry = self._known.get(key)
        if entry is not None and entry[0] is ref:
            self._known.pop(key, None)


def _watch(value: Any) -> _Still | None:
    pandas, polars, pyarrow = (sys.modules.get(name) for name in ("pandas", "polars", "pyarrow"))
    if pandas is not None and type(value) is pandas.DataFrame:
        return _watch_pandas(value)
    if polars is not None and type(value) is polars.DataFrame:
        return _watch_polars(value)
    if pyarrow is not None and isinstance(value, pyarrow.Table):
        return _always
    return None


def _always(value: Any) -> bool:
    return True


def _watch_pandas(frame: Any) -> _Still | None:
    from pauta.frames.isolate import has_changeable_cells

    if has_changeable_cells(frame) or frame.attrs:
        return None
    sibling = frame.copy(deep=False)

    def still(now: Any) -> bool:
        return not now.attrs and _same_labels(now, sibling) and _same_memory(now, sibling)

    return still if still(frame) else None


def _same_labels(frame: Any, sibling: Any) -> bool:
    return all(
        one.is_(other) and list(one.names) == list(other.names)
        for one, other in ((frame.index, sibling.index), (frame.columns, sibling.columns))
    )


def _same_memory(frame: Any, sibling: Any) -> bool:
    mine, others = (getattr(getattr(one, "_mgr", None), "blocks", None) for one in (frame, sibling))
    if mine is None or others is None or len(mine) != len(others):
        return False
    return all(
        one.mgr_locs.as_array.tolist() == other.mgr_locs.as_array.tolist() and _same_array(one.values, other.values)
        for one, other in zip(mine, others, strict=True)
    )


def _same_array(one: Any, other: Any) -> bool:
    numpy = sys.modules["numpy"]
    if type(one) is not type(other) or one.dtype != other.dtype:
        return False
    if isinstance(one, numpy.ndarray):
        return bool(one.ctypes.data == other.ctypes.data and one.shape == other.shape and one.strides == other.strides)
    for parts in (("_pa_array",), ("_ndarray",), ("_data", "_mask")):
        if all(hasattr(one, part) for part in parts):
            return all(_same_part(getattr(one, part), getattr(other, part)) for part in parts)
    return False


def _same_part(one: Any, other: Any) -> bool:
    return one is other or (hasattr(one, "dtype") and _same_array(one, other))


def _watch_polars(frame: Any) -> _Still | None:
    # Held, so that a change in place has to go elsewhere and no other frame gets this memory.
    sibling = frame.clone()
    before = _places(sibling)

    def still(now: Any) -> bool:
        return bool(now.columns == sibling.columns) and _places(now) == before

    return still if still(frame) else None


def _places(frame: Any) -> list[Any]:
    """Where a polars frame's values lie."""
    polars = sys.modules["polars"]
    table = frame.to_arrow(compat_level=polars.CompatLevel.newest())
    return [
        (
            str(field.type),
            chunk.offset,
            len(chunk),
            [None if b is None else (b.address, b.size) for b in chunk.buffers()],
        )
        for field, column in zip(table.schema, table.columns, strict=True)
        for chunk in column.chunks
    ]

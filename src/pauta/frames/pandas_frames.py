"""A whole pandas DataFrame to Arrow: columns, index, labels, and the notes that bring all of it back.

The schema carries two descriptions: ``pandas`` in the form that every Arrow reader of pandas data understands,
and ``pauta`` with what that form cannot say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa

from pauta.domain.problems import StepFault
from pauta.frames.canonical import canonical
from pauta.frames.faults import bad_index, check_names, fault
from pauta.frames.object_columns import Note
from pauta.frames.pandas_columns import column_to_arrow, plain_values

NOTES = b"pauta"
_ENCODER = msgspec.json.Encoder()
_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16", "large_string": "unicode"}


class IndexNote(msgspec.Struct, omit_defaults=True):
    """How the index is made again: of a range, or of `levels` columns after the frame's own.

    `names` are the levels' names (text, whole number or None), `freq` a time index's frequency.
    """

    names: list[str | int | None] = []
    range: tuple[int, int, int] | None = None
    levels: int = 0
    multi: bool = False
    freq: str | None = None


class FrameNotes(msgspec.Struct, omit_defaults=True):
    """What Arrow's own schema does not say of a pandas DataFrame.

    Attributes:
        columns: Number of the frame's own columns; those after it belong to the index.
        notes: Column's position → its note, where it has one.
        index: The index.
        labels: dtype of the column labels: ``str``, ``object``, or ``range`` when there is no column.
        label_name: Name of the column labels.
        attrs: `DataFrame.attrs`.
        rows: Number of rows, for frames without columns.
    """

    columns: int
    rows: int
    index: IndexNote
    notes: dict[str, dict[str, Any]] = {}
    labels: str = "str"
    label_name: str | None = None
    attrs: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class _Level:
    field: str
    array: pa.Array


def pandas_to_arrow(frame: pd.DataFrame) -> pa.RecordBatch:
    """The frame as one record batch; numeric columns are the frame's own memory.

    Raises:
        StepFault: SCR-022 or SCR-023 for what has no exact form.
    """
    labels = _labels(frame.columns)
    names = check_names(list[object](frame.columns.tolist()))
    arrays: list[pa.Array] = []
    notes: dict[str, Note] = {}
    for position, (name, values) in enumerate(zip(names, _columns(frame), strict=True)):
        array, note = column_to_arrow(values, name)
        arrays.append(array)
        if note:
            notes[str(position)] = note
    index, levels = _index(frame.index, names, notes)
    described = FrameNotes(
        columns=len(names),
        rows=len(frame),
        index=index,
        notes=notes,
        labels=labels,
        label_name=_label_name(frame.columns.name),
        attrs=_attrs(frame.attrs),
    )
    fields = names + [level.field for level in levels]
    arrays += [level.array for level in levels]
    schema = _schema(_ENCODER.encode(described), tuple(fields), tuple(array.type for array in arrays))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _columns(frame: pd.DataFrame) -> Iterable[Any]:
    """Each column's values. pandas' own way to them makes no Series, which for a small frame is most of the time."""
    direct = getattr(frame, "_iter_column_arrays", None)
    return direct() if direct is not None else (plain_values(series) for _, series in frame.items())


@lru_cache(maxsize=64)
def _schema(notes: bytes, fields: tuple[str, ...], types: tuple[pa.DataType, ...]) -> pa.Schema:
    """The schema with both descriptions; kept, because a pipeline makes the same few over and over."""
    metadata = {b"pandas": _standard(msgspec.json.decode(notes, type=FrameNotes), fields, types), NOTES: notes}
    return pa.schema([pa.field(name, kind) for name, kind in zip(fields, types, strict=True)], metadata=metadata)


def read_notes(schema: pa.Schema) -> FrameNotes | None:
    """The notes of a frame that pandas made, or None for others."""
    raw = (schema.metadata or {}).get(NOTES)
    return msgspec.json.decode(raw, type=FrameNotes) if raw else None


def _labels(columns: Any) -> str:
    if isinstance(columns, pd.MultiIndex):
        raise fault("SCR-023", "labels", found="MultiIndex")
    if len(columns) == 0:
        return "range" if isinstance(columns, pd.RangeIndex) else "object" if columns.dtype == object else "str"
    if columns.dtype == object:
        return "object"
    if isinstance(columns.dtype, pd.StringDtype):
        return "str" if columns.dtype.na_value is not pd.NA else "string"
    if all(isinstance(name, str) for name in columns):
        raise fault("SCR-023", "labels", found=str(columns.dtype))
    return "object"


def _label_name(name: Any) -> str | None:
    if name is None or isinstance(name, str):
        return name
    raise fault("SCR-023", "labels", found=f"labels named {name!r}")


def _attrs(attrs: dict[Any, Any]) -> dict[str, Any]:
    """`DataFrame.attrs` where JSON holds them; pandas calls them experimental, so others are left out."""
    if not attrs:
        return {}
    try:
        kept = msgspec.json.decode(_ENCODER.encode(attrs))
    except (TypeError, ValueError, msgspec.EncodeError):
        return {}
    return kept if kept == attrs else {}


def _index(index: Any, names: Sequence[str], notes: dict[str, Note]) -> tuple[IndexNote, list[_Level]]:
    level_names = [_level_name(n) for n in index.names]
    if isinstance(index, pd.RangeIndex):
        return IndexNote(names=level_names, range=(index.start, index.stop, index.step)), []
    multi = isinstance(index, pd.MultiIndex)
    parts = [index.get_level_values(i) for i in range(index.nlevels)] if multi else [index]
    levels: list[_Level] = []
    for i, (part, name) in enumerate(zip(parts, level_names, strict=True)):
        field = name if isinstance(name, str) and name and name not in names else f"__index_level_{i}__"
        if field in names or any(field == other.field for other in levels):
            field = f"__index_level_{i}_of_{len(names)}__"
        try:
            array, note = column_to_arrow(plain_values(part), str(name if name is not None else field))
        except StepFault as refusal:
            raise bad_index(refusal.problems[0].message()) from None
        levels.append(_Level(field, canonical(array)))
        if note:
            notes[str(len(names) + i)] = note
    freq = getattr(index, "freqstr", None) if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    return IndexNote(names=level_names, levels=len(levels), multi=multi, freq=freq), levels


def _level_name(name: Any) -> str | int | None:
    if name is None or type(name) in (str, int):
        return name  # type: ignore[no-any-return]
    if isinstance(name, np.integer):
        return int(name)
    raise bad_index(f"has a level named {name!r}")


def _standard(described: FrameNotes, fields: Sequence[str], types: Sequence[pa.DataType]) -> bytes:
    """The description that other readers know. It names no version, so that equal frames have equal bytes."""
    index = described.index
    if index.range is not None:
        start, stop, step = index.range
        name = index.names[0] if index.names else None
        index_columns: list[Any] = [{"kind": "range", "name": name, "start": start, "stop": stop, "step": step}]
    else:
        index_columns = list(fields[described.columns :])
    level_names = iter(index.names)
    columns = []
    for i, (field, kind) in enumerate(zip(fields, types, strict=True)):
        name = field if i < described.columns else next(level_names)
        columns.append(_standard_column(name, field, kind))
    label = {"name": described.label_name, "field_name": described.label_name, "pandas_type": "unicode",
             "numpy_type": "object", "metadata": {"encoding": "UTF-8"}}  # fmt: skip
    whole = {"index_columns": index_columns, "column_indexes": [label], "columns": columns,
             "attributes": described.attrs, "creator": {"library": "pauta", "version": "1"},
             "pandas_version": "3.0.0"}  # fmt: skip
    return _ENCODER.encode(whole)


def _standard_column(name: Any, field: str, arrow: pa.DataType) -> dict[str, Any]:
    metadata: dict[str, Any] | None = None
    kind = str(arrow)
    numpy_type = pandas_type = _NAMES.get(kind, kind)
    if pa.types.is_dictionary(arrow):
        pandas_type, numpy_type = "categorical", str(arrow.index_type)
        metadata = {"num_categories": None, "ordered": arrow.ordered}
    elif pa.types.is_timestamp(arrow):
        pandas_type, numpy_type = ("datetimetz" if arrow.tz else "datetime"), f"datetime64[{arrow.unit}]"
        metadata = {"timezone": arrow.tz} if arrow.tz else None
    elif pa.types.is_duration(arrow):
        pandas_type, numpy_type = "timedelta", f"timedelta64[{arrow.unit}]"
    elif pa.types.is_large_string(arrow):
        numpy_type = "str"
    elif isinstance(arrow, pa.BaseExtensionType):
        pandas_type = numpy_type = "bool"
    elif not (pa.types.is_integer(arrow) or pa.types.is_floating(arrow)):
        numpy_type = "object"
    return {"name": name, "field_name": field, "pandas_type": pandas_type, "numpy_type": numpy_type,
            "metadata": metadata}  # fmt: skip

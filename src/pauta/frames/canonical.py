"""One form for equal columns: the same values give the same bytes, and nothing of the maker's memory shows.

What lies under a null is fixed too, and chosen so that pandas can use the values as they lie in the file:
NaN in floats, NaT in times, -1 in signed category codes, 0 elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

NOT_A_TIME = np.iinfo(np.int64).min
_VIEWED: dict[int, np.dtype[Any]] = {8: np.dtype("u1"), 16: np.dtype("u2"), 32: np.dtype("u4"), 64: np.dtype("u8")}


def canonical(column: Any) -> pa.Array:
    """The column as one array in its one form; the same memory where that already is the form.

    Args:
        column: A `pyarrow.Array` or `pyarrow.ChunkedArray`.
    """
    array = _one_chunk(column)
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _canonical_dictionary(array)
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, canonical(array.storage))
    if _is_plain(kind) and array.null_count:
        return _canonical_plain(array, _missing(kind))
    return array if _is_settled(array) else take_all(array)


def take_all(array: pa.Array) -> pa.Array:
    """A fresh copy: no offset, nothing under nulls, lists and texts end to end.

    Views, unions and run-ends have no such form in Arrow: they stay as they are, and only their values are kept.
    """
    try:
        return array.take(pa.array(np.arange(len(array))))
    except pa.ArrowNotImplementedError:
        return array


def validity(present: np.ndarray[Any, Any]) -> pa.Buffer:
    """The validity bitmap of a boolean array."""
    return pa.py_buffer(np.packbits(present, bitorder="little"))


def presence(array: pa.Array) -> np.ndarray[Any, Any]:
    """Which values are there, as a boolean array."""
    bitmap = array.buffers()[0]
    if bitmap is None:
        return np.ones(len(array), dtype=bool)
    bits = np.unpackbits(np.frombuffer(bitmap, "u1"), count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].view(bool)


def _one_chunk(column: Any) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        # No chunk at all; or more text than 32-bit offsets can count, and then the first chunk is too short,
        # which whoever asks for the whole must see by its length.
        return whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    return whole


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values have a fixed width that NumPy knows and are their own storage."""
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return bool(number or (pa.types.is_temporal(kind) and kind.bit_width <= 64))


def _missing(kind: pa.DataType) -> int:
    """The bits under a null."""
    if pa.types.is_floating(kind):
        return {16: 0x7E00, 32: 0x7FC00000, 64: 0x7FF8000000000000}[kind.bit_width]
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        return 1 << 63
    return 0


def _canonical_plain(array: pa.Array, missing: int) -> pa.Array:
    kind = array.type
    _, data = array.buffers()
    values = np.frombuffer(data, _VIEWED[kind.bit_width], count=array.offset + len(array))[array.offset :]
    present = presence(array)
    wrong = ~present
    wrong[wrong] = values[wrong] != missing
    if wrong.any():
        values = values.copy()
        values[wrong] = missing
    elif array.offset == 0 and not _has_stray_bits(array, 0):
        return array
    return pa.Array.from_buffers(
        kind, len(array), [validity(present), pa.py_buffer(values)], null_count=array.null_count
    )


def _canonical_dictionary(array: pa.DictionaryArray) -> pa.Array:
    codes = array.indices
    if codes.null_count:
        kind = codes.type
        signed = pa.types.is_signed_integer(kind)
        codes = _canonical_plain(codes, (1 << kind.bit_width) - 1 if signed else 0)
    values = canonical(array.dictionary)
    if codes is array.indices and values is array.dictionary:
        return array
    return pa.DictionaryArray.from_arrays(codes, values, ordered=array.type.ordered, safe=False)


def _has_stray_bits(array: pa.Array, number: int) -> bool:
    """Whether a bitmap has bits set after its last value, or does not begin at a value."""
    bitmap = array.buffers()[number]
    if bitmap is None or len(array) == 0:
        return False
    if array.offset:
        return True
    used = len(array) % 8
    return bool(used and memoryview(bitmap)[(len(array) - 1) // 8] >> used)


def _has_nulls(array: pa.Array) -> bool:
    """Whether there is a null at any depth, also in parts of children that this array does not show."""
    if array.null_count:
        return True
    kind = array.type
    if pa.types.is_struct(kind):
        return any(_has_nulls(array.field(i)) for i in range(kind.num_fields))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _has_nulls(array.values)
    return bool(pa.types.is_nested(kind))


def _owns_whole(array: pa.Array) -> bool:
    """Whether nothing but this array's own values lies in its children."""
    if array.offset:
        return False
    kind = array.type
    if pa.types.is_struct(kind):
        return all(_owns_whole(array.field(i)) for i in range(kind.num_fields))
    if pa.types.is_fixed_size_list(kind):
        return len(array.values) == len(array) * kind.list_size and _owns_whole(array.values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = array.offsets
        tight = len(array) == 0 or (ends[0].as_py() == 0 and ends[-1].as_py() == len(array.values))
        return tight and _owns_whole(array.values)
    return not pa.types.is_boolean(kind) and not pa.types.is_nested(kind)


def _is_settled(array: pa.Array) -> bool:
    """Whether an array that is neither plain with nulls nor a dictionary is in its one form already."""
    kind = array.type
    if pa.types.is_nested(kind):
        return _owns_whole(array) and not _has_nulls(array)
    if array.null_count == 0:
        return not pa.types.is_boolean(kind) or not _has_stray_bits(array, 1)
    return bool(pa.types.is_null(kind)) or (_is_text(kind) and _has_empty_nulls(array))


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _has_empty_nulls(array: pa.Array) -> bool:
    """Whether a column of texts or bytes holds nothing under its nulls."""
    if array.offset or _has_stray_bits(array, 0):
        return False
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    ends = np.frombuffer(array.buffers()[1], "i8" if wide else "i4", count=len(array) + 1)
    return not np.diff(ends)[~presence(array)].any()


def canonical_batches(table: Any) -> list[pa.RecordBatch]:
    """A table or record batch as one record batch in its one form, or as several when one cannot hold it."""
    columns = [canonical(column) for column in table.columns]
    if all(len(column) == table.num_rows for column in columns):
        return [pa.RecordBatch.from_arrays(columns, schema=_with_types(table.schema, columns))]
    # Some text column is larger than its offsets can count; it stays in the chunks that it came in.
    return list(table.to_batches())


def _with_types(schema: pa.Schema, columns: list[pa.Array]) -> pa.Schema:
    fields = [field.with_type(column.type) for field, column in zip(schema, columns, strict=True)]
    return pa.schema(fields, metadata=schema.metadata)

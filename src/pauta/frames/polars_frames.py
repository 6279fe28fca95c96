"""polars DataFrames to Arrow and back, exactly or refused by name."""

from __future__ import annotations

import json
from typing import Any, cast

import polars as pl
import pyarrow as pa

from pauta.frames.canonical import canonical
from pauta.frames.faults import bad_dtype, check_names

_SCHEMA = b"pauta.polars"


def polars_to_arrow(frame: pl.DataFrame | pl.LazyFrame) -> pa.RecordBatch:
    """The frame as one record batch. A LazyFrame is collected.

    Raises:
        StepFault: SCR-022 for a dtype that Arrow does not bring back, SCR-023 for an empty name.
    """
    whole = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    names = check_names(list(whole.columns))
    for name, dtype in whole.schema.items():
        _check(name, dtype)
    table = whole.to_arrow()
    arrays = [canonical(_settled(column)) for column in table.columns]
    fields = [table.field(i).with_type(arrays[i].type) for i in range(len(names))]
    metadata = {_SCHEMA: json.dumps({"rows": whole.height}).encode()}
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, metadata=metadata))


def arrow_to_polars(table: pa.Table) -> pl.DataFrame:
    """The frame, on the table's own memory where polars allows it."""
    frame: Any = pl.from_arrow(table.replace_schema_metadata(None), rechunk=False)
    return cast("pl.DataFrame", frame)


def _check(name: str, dtype: Any) -> None:
    """Refuse what comes back as something else."""
    try:
        probe = pl.Series(name, [], dtype=dtype).to_frame()
        same = arrow_to_polars(probe.to_arrow()).schema[name] == dtype
    except Exception:
        same = False
    if not same:
        raise bad_dtype(name, dtype)


def _settled(column: Any) -> Any:
    """Categories in the order in which they appear: polars numbers them by what else the process has seen."""
    if not pa.types.is_dictionary(column.type) or not len(column):
        return column
    kind = column.type
    values = column.cast(kind.value_type).combine_chunks().dictionary_encode()
    return pa.DictionaryArray.from_arrays(values.indices.cast(kind.index_type), values.dictionary, ordered=kind.ordered)

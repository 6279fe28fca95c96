"""Files that a run takes in, as Arrow tables: CSV, Parquet, Arrow. What does not fit is named with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten
from pauta.frames.contract import check_rows, missing_columns
from pauta.frames.csv_reading import read_csv

_CSV = (".csv", ".tsv", ".txt", ".csv.gz")
_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")
_MOST_CELLS = 2**33
_WORDS = {"text": "string", "number": "float64", "integer": "int64", "boolean": "bool", "date": "date32",
          "str": "string", "int": "int64", "float": "float64"}  # fmt: skip


def read_input(path: Path, *, name: str, schema: Mapping[str, str], min_rows: int = 0) -> pa.Table:
    """The file's rows.

    Columns that the schema names must be there, in any order, and have its types; others come along as they are.
    In CSV a column declared ``string`` keeps its texts byte for byte, an empty field is null in every column, and
    whole numbers with leading zeros are texts unless declared otherwise.

    Args:
        path: ``.csv`` (also gzipped), ``.parquet``, ``.arrow`` or ``.feather``.
        name: The input's name, for messages.
        schema: Column → type in Arrow's words.
        min_rows: Fewest rows allowed.

    Raises:
        InvalidInput: CSV-… or DAT-… for everything that is wrong with it, up to 100 problems.
    """
    types = _types(name, schema)
    if not path.is_file():
        raise InvalidInput(Problem("DAT-003", {"path": shorten(path)}))
    file = path.name
    suffix = "".join(path.suffixes[-2:]).lower()
    if suffix not in _CSV:
        suffix = path.suffix.lower()
    if suffix in _CSV:
        table = read_csv(path, types=types, needs_rows=min_rows > 0)
    elif suffix in _PARQUET:
        table = _as_declared(_read_parquet(path), types, file)
    elif suffix in _ARROW:
        table = _as_declared(_read_arrow(path), types, file)
    else:
        raise InvalidInput(Problem("DAT-004", {"suffix": shorten(suffix)}, place=Place(file)))
    check_rows(table.num_rows, output=name, least=min_rows)
    return table


def _types(name: str, schema: Mapping[str, str]) -> dict[str, pa.DataType]:
    types: dict[str, pa.DataType] = {}
    problems = []
    for column, word in schema.items():
        try:
            types[column] = _type(word)
        except (ValueError, TypeError, KeyError):
            values: dict[str, Scalar] = {"name": name, "column": shorten(column), "found": shorten(word)}
            problems.append(Problem("DAT-001", values))
    if problems:
        raise InvalidInput(problems)
    return types


def _type(word: str) -> pa.DataType:
    plain = word.strip()
    zoned = plain.removeprefix("timestamp[").removesuffix("]")
    if zoned != plain and "," in zoned:
        unit, _, zone = zoned.partition(",")
        return pa.timestamp(unit.strip(), zone.strip().removeprefix("tz=").strip())
    return pa.type_for_alias(_WORDS.get(plain.lower(), plain))


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, arrow_extensions_enabled=False) as file:
            rows, columns = file.metadata.num_rows, max(1, file.metadata.num_columns)
            if rows < 0 or rows * columns > _MOST_CELLS:
                raise _damaged(path, "a Parquet file", f"it claims {rows} rows")
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "a Parquet file", str(error)) from error
    return _plain(table)


def _read_arrow(path: Path) -> pa.Table:
    try:
        with pa.memory_map(str(path)) as source:
            try:
                table = pa.ipc.open_file(source).read_all()
            except pa.ArrowInvalid:
                source.seek(0)
                table = pa.ipc.open_stream(source).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "an Arrow file", str(error)) from error
    return _plain(table)


def _damaged(path: Path, expected: str, reason: str) -> InvalidInput:
    return InvalidInput(Problem("DAT-020", {"expected": expected, "reason": shorten(reason)}, place=Place(path.name)))


def _plain(table: pa.Table) -> pa.Table:
    """Without extension types and without notes, of which only a pandas index that is no range is kept."""
    for i, field in enumerate(table.schema):
        column = table.column(i)
        if isinstance(field.type, pa.BaseExtensionType):
            column = pa.chunked_array([c.storage for c in column.chunks], field.type.storage_type)
        if isinstance(field.type, pa.BaseExtensionType) or field.metadata:
            table = table.set_column(i, pa.field(field.name, column.type, field.nullable), column)
    notes = (table.schema.metadata or {}).get(b"pandas")
    return table.replace_schema_metadata({b"pandas": notes} if notes and _names_index(notes) else None)


def _names_index(notes: bytes) -> bool:
    try:
        return any(isinstance(level, str) for level in json.loads(notes)["index_columns"])
    except (ValueError, KeyError, TypeError):
        return False


def _as_declared(table: pa.Table, types: Mapping[str, pa.DataType], file: str) -> pa.Table:
    problems = missing_columns(types, table.column_names, file)
    for column, wanted in types.items():
        position = table.schema.get_field_index(column)
        if position < 0 or table.schema.field(position).type == wanted:
            continue
        try:
            table = table.set_column(position, column, table.column(position).cast(wanted))
        except (pa.ArrowException, ValueError) as error:
            found = f"{table.schema.field(position).type} ({error})"
            values: dict[str, Scalar] = {"column": shorten(column), "found": shorten(found), "expected": str(wanted)}
            problems.append(Problem("DAT-002", values, place=Place(file)))
    if problems:
        raise InvalidInput(problems)
    return table

"""CSV to Arrow at pyarrow's speed. When it does not fit, `csv_diagnosis` reads it again slowly and says where."""

from __future__ import annotations

import csv
import gzip
import io
import mmap
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten
from pauta.frames import csv_diagnosis

DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 4096
_MOST_EXPANDED = 2 * 2**30
_MOST_RATIO = 1000
_SAMPLE_LINES = 20
_BLOCK = 8 * 1024 * 1024
_ABSENT = ["", "NA", "N/A", "#N/A", "NULL", "null"]
_QUOTE_OR_END = re.compile(rb'"|\r\n|\n|\r')
_LEADING_ZERO = re.compile(rb"[,;\t|\r\n\"+-]0[0-9]")
_BOM = b"\xef\xbb\xbf"
_NOT_CSV = (
    (b"PK\x03\x04", "zip"),
    (b"%PDF", "pdf"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"<!DOCTYPE", "html"),
    (b"<html", "html"),
    (b"\xd0\xcf\x11\xe0", "xls"),
)


def read_csv(path: Path, *, types: Mapping[str, pa.DataType], needs_rows: bool) -> pa.Table:
    """The table in a CSV file with one header line; delimiter ``,``, ``;``, tab or ``|``, UTF-8 with or without BOM.

    Args:
        path: The file; gzip is told by its first bytes.
        types: Declared types; other columns are inferred.
        needs_rows: A header alone is not enough.

    Raises:
        InvalidInput: CSV-… with line and column, up to 100 problems.
    """
    data = _bytes_of(path)
    _check_kind(data, path)
    if not bytes(data[:_BLOCK]).removeprefix(_BOM).strip():
        raise InvalidInput(Problem("CSV-001", place=Place(path.name)))
    delimiter = find_delimiter(data, types, path.name)
    names = _header(data, delimiter, path.name)
    problems = _header_problems(names, types, path.name)
    if problems:
        raise InvalidInput(problems)
    table = _converted(data, delimiter, names, types, path.name)
    if needs_rows and table.num_rows == 0:
        raise InvalidInput(Problem("CSV-002", place=Place(path.name)))
    return table


def find_delimiter(data: Any, types: Mapping[str, Any], file: str) -> str:
    """The delimiter: the one whose header has the declared columns, else the one that splits all first lines alike.

    Raises:
        InvalidInput: CSV-012 when two split them alike.
    """
    sample = bytes(data[: 256 * 1024]).removeprefix(_BOM).decode("utf-8", "replace")
    counts: dict[str, int] = {}
    headers: dict[str, int] = {}
    for delimiter in DELIMITERS:
        rows = _first_rows(sample, delimiter)
        if types and rows and set(types) <= set(rows[0]):
            return delimiter
        headers[delimiter] = len(rows[0]) if rows else 1
        if rows and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
            counts[delimiter] = len(rows[0])
    ranked = sorted(counts, key=lambda d: -counts[d])
    if len(ranked) > 1:
        first, second = ranked[:2]
        values: dict[str, Scalar] = {"first": _shown(first), "first_columns": counts[first],
                  "second": _shown(second), "second_columns": counts[second]}  # fmt: skip
        raise InvalidInput(Problem("CSV-012", values, place=Place(file)))
    return ranked[0] if ranked else max(DELIMITERS, key=lambda d: headers[d])


def _shown(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else delimiter


def _first_rows(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE_LINES:
                return rows
    except csv.Error:
        return rows
    # The sample may end in the middle of a line.
    return rows[:-1] if len(rows) > 1 and len(sample) >= 250_000 else rows


def _bytes_of(path: Path) -> Any:
    """The file's bytes, mapped; a gzip file's content, up to a limit."""
    with path.open("rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise InvalidInput(Problem("CSV-001", place=Place(path.name)))
        if file.read(2) != b"\x1f\x8b":
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        file.seek(0)
        limit = min(_MOST_EXPANDED, max(size * _MOST_RATIO, 1 << 20))
        try:
            with gzip.GzipFile(fileobj=file) as packed:
                data = packed.read(limit + 1)
        except (OSError, EOFError, ValueError) as error:
            values: dict[str, Scalar] = {"expected": "a gzip file", "reason": shorten(error)}
            raise InvalidInput(Problem("DAT-020", values, place=Place(path.name))) from error
    if len(data) > limit:
        raise InvalidInput(Problem("CSV-040", {"limit": f"{limit >> 20} MiB"}, "gzip", place=Place(path.name)))
    return data


def _check_kind(data: Any, path: Path) -> None:
    """Refuse what is no CSV, by its first bytes.

    Raises:
        InvalidInput: CSV-050, or CSV-013 for UTF-16.
    """
    start = bytes(data[:64])
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        values: dict[str, Scalar] = {"byte": f"0x{start[0]:02x}", "guess": "UTF-16"}
        raise InvalidInput(Problem("CSV-013", values, place=Place(path.name, 1)))
    text = start.removeprefix(_BOM).lstrip()
    for mark, kind in _NOT_CSV:
        if text[: len(mark)].lower() == mark.lower():
            excel = kind == "zip" and b"[Content_Types].xml" in bytes(data[:4096])
            raise InvalidInput(Problem("CSV-050", {}, "xlsx" if excel else kind, place=Place(path.name)))
    if text[:1] in (b"{", b"["):
        raise InvalidInput(Problem("CSV-050", {}, "json", place=Place(path.name)))


def _header_end(data: Any) -> int:
    """Where the first row after the header begins; empty lines before the header are passed over."""
    start = bytes(data[: 4 * 1024 * 1024])
    position = len(start) - len(start.removeprefix(_BOM).lstrip(b"\r\n"))
    quoted = False
    for match in _QUOTE_OR_END.finditer(start, position):
        if match.group() == b'"':
            quoted = not quoted
        elif not quoted:
            return match.end()
    return len(start)


def _header(data: Any, delimiter: str, file: str) -> list[str]:
    sample = bytes(data[: 4 * 1024 * 1024]).removeprefix(_BOM)
    try:
        text = sample.decode()
    except UnicodeDecodeError as error:
        text = sample[: error.start].decode()
        if not _first_rows(text, delimiter) or "\n" not in text:
            raise InvalidInput(csv_diagnosis.encoding_problem(bytes(data), file)) from None
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if row:
            return row
    raise InvalidInput(Problem("CSV-001", place=Place(file)))


def _header_problems(names: list[str], types: Mapping[str, Any], file: str) -> list[Problem]:
    if len(names) > MOST_COLUMNS:
        values: dict[str, Scalar] = {"found": len(names), "limit": MOST_COLUMNS}
        return [Problem("CSV-040", values, "columns", place=Place(file, 1))]
    return csv_diagnosis.header_problems(names, types, file)


def _converted(data: Any, delimiter: str, names: list[str], types: Mapping[str, pa.DataType], file: str) -> pa.Table:
    quoted = data.find(b'"') >= 0
    if quoted and _count(data, b'"') % 2:
        _diagnose(data, delimiter, names, types, file)
    try:
        table = _parse(data, delimiter, names, types, quoted=quoted)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        _diagnose(data, delimiter, names, types, file)
        values: dict[str, Scalar] = {"expected": "CSV", "reason": shorten(error)}
        raise InvalidInput(Problem("DAT-020", values, place=Place(file))) from error
    if any(_is_suspicious(column) for column in table.columns) or (quoted and _ends_open(data, table)):
        _diagnose(data, delimiter, names, types, file)
    doubtful = [n for n in types if not pa.types.is_string(types[n]) and table.column(n).null_count]
    whole = [n for n in names if n not in types and pa.types.is_integer(table.schema.field(n).type)]
    zeros = whole if whole and _LEADING_ZERO.search(data) else []
    if doubtful or zeros:
        texts = dict.fromkeys(doubtful + zeros, pa.string())
        second = _parse(data, delimiter, names, texts, quoted=quoted, only=list(texts))
        if any(_hides_text(table.column(n), second.column(n)) for n in doubtful):
            _diagnose(data, delimiter, names, types, file)
        for name in zeros:
            if pc.any(pc.match_substring_regex(second.column(name), "^[+-]?0[0-9]")).as_py():
                table = table.set_column(names.index(name), name, second.column(name))
    return _with_nulls(table)


def _ends_open(data: Any, table: pa.Table) -> bool:
    """Whether the last field took all that follows an opening quote; quotes elsewhere can make their number even."""
    if table.num_rows == 0 or not pa.types.is_string(table.schema.field(table.num_columns - 1).type):
        return False
    last = table.column(table.num_columns - 1)[-1].as_py() or ""
    raw = b'"' + last.replace('"', '""').encode()
    return bytes(data[-len(raw) :]) == raw


def _is_suspicious(column: Any) -> bool:
    """Whether it holds texts that are not UTF-8, or longer than allowed."""
    kind = column.type
    if pa.types.is_binary(kind):
        return True
    if not pa.types.is_string(kind) and not pa.types.is_large_string(kind):
        return False
    longest = pc.max(pc.binary_length(column)).as_py()
    return longest is not None and longest > csv_diagnosis.LONGEST_CELL


def _count(data: Any, byte: bytes) -> int:
    if isinstance(data, bytes):
        return data.count(byte)
    return sum(bytes(data[i : i + _BLOCK]).count(byte) for i in range(0, len(data), _BLOCK))


def _parse(
    data: Any, delimiter: str, names: list[str], types: Mapping[str, Any], *, quoted: bool, only: Any = None
) -> pa.Table:
    rows = pa.py_buffer(data).slice(_header_end(data))
    if not rows.slice(0, min(_BLOCK, rows.size)).to_pybytes().strip(b"\r\n"):
        return pa.table({name: pa.array([], types.get(name, pa.string())) for name in only or names})
    return arrow_csv.read_csv(
        pa.BufferReader(rows),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
        # Rows can only be told apart in parallel when no line end lies within quotes.
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict(types), null_values=_ABSENT, strings_can_be_null=False, include_columns=only
        ),
    )


def _hides_text(column: Any, text: Any) -> bool:
    """Whether a null of a declared column was something else than an empty field."""
    filled = pc.and_(column.is_null(), pc.greater(pc.binary_length(text), 0))
    return bool(pc.any(filled).as_py())


def _with_nulls(table: pa.Table) -> pa.Table:
    """Empty texts as null; columns without any value as numbers, as pandas reads them."""
    for i, field in enumerate(table.schema):
        column = table.column(i)
        if pa.types.is_null(field.type):
            table = table.set_column(i, field.name, column.cast(pa.float64()))
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            empty = pc.equal(pc.binary_length(column), 0)
            if pc.any(empty).as_py():
                table = table.set_column(i, field, pc.if_else(empty, pa.scalar(None, field.type), column))
    return table


def _diagnose(data: Any, delimiter: str, names: list[str], types: Mapping[str, Any], file: str) -> None:
    problems = csv_diagnosis.problems_of(bytes(data), delimiter=delimiter, names=names, types=types, file=file)
    if problems:
        raise InvalidInput(problems)

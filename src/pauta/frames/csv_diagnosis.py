"""What is wrong with a CSV file, line by line. Slow, and run only when the fast reader could not read it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pauta.domain.problems import Place, Problem, Scalar, shorten
from pauta.frames.contract import missing_columns

MOST_PROBLEMS = 100
LONGEST_CELL = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_INTEGER = re.compile(r"[+-]?\d+\Z")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf(inity)?|nan)\Z", re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"\D{0,3}[+-]?\d{1,3}(\.\d{3})*,\d+\Z|\D{0,3}[+-]?\d+,\d+\Z")
_DAY = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")


@dataclass(frozen=True, slots=True)
class _Record:
    """One row: the line that it begins on, its fields, and where an open quote began (line, column)."""

    line: int
    fields: list[str]
    open_quote: tuple[int, int] | None = None


def problems_of(
    data: bytes, *, delimiter: str, names: Sequence[str], types: Mapping[str, pa.DataType], file: str
) -> list[Problem]:
    """All problems of a file by line, at most `MOST_PROBLEMS`; of a file that is not UTF-8 that alone."""
    try:
        text = data.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        return [encoding_problem(data, file)]
    problems: list[Problem] = []
    records = _records(text, delimiter)
    next(records, None)
    for record in records:
        problems += _row_problems(record, names, types, file)
        if len(problems) >= MOST_PROBLEMS:
            return problems[:MOST_PROBLEMS]
    return problems


def header_problems(names: Sequence[str], types: Mapping[str, Any], file: str) -> list[Problem]:
    """Columns of the same name, and declared ones that are missing with the one that may be meant."""
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if name in first:
            values: dict[str, Scalar] = {"first": first[name], "second": position, "name": shorten(name)}
            problems.append(Problem("CSV-032", values, place=Place(file, 1)))
        first.setdefault(name, position)
    return problems + missing_columns(types, names, file)


def encoding_problem(data: bytes, file: str) -> Problem:
    """CSV-013 for the first byte that is not UTF-8."""
    plain = data.removeprefix(_BOM)
    try:
        plain.decode()
        at = 0
    except UnicodeDecodeError as error:
        at = error.start
    before = plain[:at]
    line = before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    guess = "Latin-1" if any(0x80 <= b < 0xA0 for b in plain[at : at + 1]) else "Windows-1252"
    return Problem("CSV-013", {"byte": f"0x{plain[at]:02x}", "guess": guess}, place=Place(file, line))


def _records(text: str, delimiter: str) -> Iterator[_Record]:
    """Rows as the fast reader sees them: any line ends, empty lines passed over, quotes doubled inside quotes."""
    position, line, size = 0, 1, len(text)
    end_or_next = re.compile(f"[{re.escape(delimiter)}\r\n]")
    while position < size:
        start_line = line
        fields: list[str] = []
        while True:
            if text[position : position + 1] == '"':
                value, position, closed = _quoted(text, position)
                if not closed:
                    column = position_of(text, position)
                    yield _Record(start_line, [*fields, value], (line, column))
                    return
                line += value.replace("\r\n", "\n").replace("\r", "\n").count("\n")
            else:
                value = ""
            match = end_or_next.search(text, position)
            stop = match.start() if match else size
            fields.append(value + text[position:stop])
            position = stop + 1
            if match is None or match.group() != delimiter:
                break
        if match is not None and match.group() == "\r" and text[position : position + 1] == "\n":
            position += 1
        if fields != [""]:
            yield _Record(start_line, fields)
        line += 1


def _quoted(text: str, position: int) -> tuple[str, int, bool]:
    """A quoted value from its opening quote: value, position after it, closed? (Not closed: the quote's position.)"""
    parts: list[str] = []
    at = position + 1
    while True:
        end = text.find('"', at)
        if end < 0:
            return text[position + 1 :], position, False
        parts.append(text[at:end])
        if text[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1, True
        at = end + 2


def position_of(text: str, position: int) -> int:
    """The column of a position in its line, from 1."""
    return position - max(text.rfind("\n", 0, position), text.rfind("\r", 0, position))


def _row_problems(record: _Record, names: Sequence[str], types: Mapping[str, pa.DataType], file: str) -> list[Problem]:
    if record.open_quote is not None:
        line, column = record.open_quote
        return [Problem("CSV-011", place=Place(file, line, column))]
    if len(record.fields) != len(names):
        values: dict[str, Scalar] = {"found": len(record.fields), "expected": len(names)}
        return [Problem("CSV-010", values, place=Place(file, record.line))]
    problems = []
    for name, value in zip(names, record.fields, strict=True):
        if len(value) > LONGEST_CELL:
            place = Place(file, record.line, field=f'column "{shorten(name)}"')
            problems.append(Problem("CSV-040", {"found": len(value), "limit": "1 MiB"}, "cell", place=place))
        elif name in types and value != "":
            problem = _value_problem(value, types[name], Place(file, record.line, field=f'column "{shorten(name)}"'))
            if problem is not None:
                problems.append(problem)
    return problems


def _value_problem(value: str, kind: pa.DataType, place: Place) -> Problem | None:
    if pa.types.is_integer(kind):
        return _integer_problem(value, kind, place)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return None if _NUMBER.match(value) else _not_a_number(value, place, "number")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _date_problem(value, kind, place)
    if pa.types.is_boolean(kind):
        good, variant = value.lower() in ("true", "false", "1", "0"), "boolean"
    else:
        good, variant = _converts(value, kind), "other"
    return None if good else Problem("CSV-020", {"found": shorten(value), "expected": str(kind)}, variant, place=place)


def _integer_problem(value: str, kind: pa.DataType, place: Place) -> Problem | None:
    if not _INTEGER.match(value):
        return _not_a_number(value, place, "integer" if _NUMBER.match(value) else "number")
    least, most = _range(kind)
    if least <= int(value) <= most:
        return None
    return Problem("CSV-022", {"found": shorten(value), "expected": str(kind)}, place=place)


def _not_a_number(value: str, place: Place, variant: str) -> Problem:
    comma = variant == "number" and _COMMA_NUMBER.match(value)
    return Problem("CSV-020", {"found": shorten(value)}, "comma" if comma else variant, place=place)


def _range(kind: pa.DataType) -> tuple[int, int]:
    if pa.types.is_unsigned_integer(kind):
        return 0, 2**kind.bit_width - 1
    return -(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1


def _date_problem(value: str, kind: pa.DataType, place: Place) -> Problem | None:
    match = _DAY.match(value)
    if match and not _is_a_day(*(int(part) for part in match.groups())):
        return Problem("CSV-021", {"found": shorten(value)}, place=place)
    if _converts(value, kind):
        return None
    return Problem("CSV-020", {"found": shorten(value)}, "date", place=place)


def _is_a_day(first: int, month: int, last: int) -> bool:
    """Whether three numbers are a day in one of the orders year-month-day, day-month-year, month-day-year."""
    for year, m, d in ((first, month, last), (last, month, first), (last, first, month)):
        try:
            dt.date(year, m, d)
        except ValueError:
            continue
        return True
    return False


def _converts(value: str, kind: pa.DataType) -> bool:
    try:
        pa.array([value]).cast(kind)
    except (pa.ArrowException, ValueError):
        return False
    return True

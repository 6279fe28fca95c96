"""``python -m pauta.runtime.tables``: one table file read, written or looked into, by a process with limits.

The server hands such files to it because it must stay small, and because a file from outside may be hostile. The
order is one JSON object on the command line; the answer is one line of JSON on the standard output, followed by
the bytes of an export.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from pauta.domain.problems import InvalidInput, PautaError, Problem, StoreFault, shorten
from pauta.ports.tables import Rows, TableFile

_BATCH_ROWS = 65_536
_FLOOR_BYTES = 256 * 2**20


class TableOrder(msgspec.Struct, frozen=True):
    """What to do.

    Attributes:
        do: ``read`` a file that was sent into the store's form, or an ``input`` file of the project; give the
            ``shape`` of a stored frame, some of its ``rows``, or ``export`` it.
        path: The file, or the stored frame.
        name: Of the input.
        schema: Of the input, see `frames.reading.read_input`.
        min_rows: Of the input.
        to: Where a frame that was read goes.
        format: Of the file that is read or of the export.
        raw: See `ports.tables.Tables.export`.
        first: First row.
        count: Number of rows.
        memory_bytes: Most memory of the process's own.
        expanded_bytes: Most bytes of a frame that was sent once it is read.
        times: And at most so many times the file's size, but for small files.
        seconds: Most processor time.
    """

    do: str
    path: str
    name: str = ""
    schema: dict[str, str] = {}
    min_rows: int = 0
    to: str = ""
    format: str = ""
    raw: bool = False
    first: int = 0
    count: int = 0
    memory_bytes: int = 3 * 2**30
    expanded_bytes: int = 2 * 2**30
    times: int = 20
    seconds: int = 600


class TableAnswer(msgspec.Struct, frozen=True):
    """The first line of the answer. With problems nothing follows."""

    file: TableFile | None = None
    rows: Rows | None = None
    problems: tuple[Problem, ...] = ()


def main() -> int:
    """Carry out the order on the command line."""
    order = msgspec.json.decode(sys.argv[1], type=TableOrder)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints does not get among the answer's bytes.
    os.dup2(2, 1)
    _limit(order)
    try:
        _DO[order.do](order, answers)
    except PautaError as error:
        # The reader names whatever a library raises a damaged file; one that wants too much memory is none.
        too_large = isinstance(error.__cause__, MemoryError)
        _answer(answers, TableAnswer(problems=(_too_large(order),) if too_large else error.problems))
    except MemoryError:
        _answer(answers, TableAnswer(problems=(_too_large(order),)))
    except BrokenPipeError:
        return 1
    return 0


def _limit(order: TableOrder) -> None:
    limits = {
        resource.RLIMIT_DATA: order.memory_bytes,
        resource.RLIMIT_CPU: order.seconds,
        resource.RLIMIT_CORE: 0,
    }
    if order.do != "input":
        limits[resource.RLIMIT_FSIZE] = order.expanded_bytes + 2**20
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (wanted, wanted))


def _answer(answers: BinaryIO, answer: TableAnswer) -> None:
    answers.write(msgspec.json.encode(answer) + b"\n")


# ---- reading ----------------------------------------------------------------------------------


def _read(order: TableOrder, answers: BinaryIO) -> None:
    from pauta.frames.reading import read_input

    path = Path(order.path)
    most = min(order.expanded_bytes, max(order.times * path.stat().st_size, _FLOOR_BYTES))
    if order.format == "parquet":
        _look_at_footer(path, order, most)
    table = read_input(path, name=path.stem, schema={})
    if table.nbytes > most:
        raise InvalidInput(_too_large(order))
    _keep(table, path.stem, order, answers)


def _input(order: TableOrder, answers: BinaryIO) -> None:
    from pauta.frames.reading import read_input

    try:
        table = read_input(Path(order.path), name=order.name, schema=order.schema, min_rows=order.min_rows)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        values = {"input": order.name, "file": order.path, "reason": reason}
        raise InvalidInput(Problem("DAT-001", values)) from error
    _keep(table, order.name, order, answers)


def _keep(table: Any, name: str, order: TableOrder, answers: BinaryIO) -> None:
    from pauta.frames.encode import encode
    from pauta.frames.profile import profile

    encoded = encode(table, name=name)
    with Path(order.to).open("xb") as file:
        encoded.write(file)
    answer = TableFile(encoded.size, table.num_rows, encoded.columns, profile(table))
    _answer(answers, TableAnswer(file=answer))


def _shape(order: TableOrder, answers: BinaryIO) -> None:
    from pauta.frames.decode import shape_of

    path = Path(order.path)
    shape = shape_of(path)
    _answer(answers, TableAnswer(file=TableFile(path.stat().st_size, *shape, {}) if shape else None))


def _look_at_footer(path: Path, order: TableOrder, most: int) -> None:
    """Refuse a file whose own account says that it is too large, before anything of it is expanded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(path)
        claimed = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    except (pa.ArrowException, OSError, ValueError) as error:
        values = {"expected": "a Parquet file", "reason": shorten(error)}
        raise InvalidInput(Problem("DAT-020", values)) from error
    if claimed > most:
        raise InvalidInput(_too_large(order))


def _too_large(order: TableOrder) -> Problem:
    if order.do == "input":
        return Problem("UPL-007", {"file": shorten(Path(order.path).name), "most": order.memory_bytes >> 20})
    return Problem("UPL-002", {"most": order.expanded_bytes >> 20, "times": order.times})


# ---- giving out -------------------------------------------------------------------------------


def _export(order: TableOrder, answers: BinaryIO) -> None:
    table = _stored(order)
    _answer(answers, TableAnswer())
    _WRITERS[order.format](table, answers, order.raw)


def _write_csv(table: Any, to: BinaryIO, raw: bool) -> None:
    import pyarrow.csv as arrow_csv

    from pauta.frames.export import for_csv

    with arrow_csv.CSVWriter(to, for_csv(table.slice(0, 0), raw=raw).schema) as writer:
        for start in range(0, table.num_rows, _BATCH_ROWS):
            writer.write_table(for_csv(table.slice(start, _BATCH_ROWS), raw=raw))


def _write_parquet(table: Any, to: BinaryIO, raw: bool) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, to, row_group_size=16 * _BATCH_ROWS)


def _write_arrow(table: Any, to: BinaryIO, raw: bool) -> None:
    import pyarrow as pa

    with pa.ipc.new_file(to, table.schema) as writer:
        writer.write_table(table, max_chunksize=16 * _BATCH_ROWS)


def _rows(order: TableOrder, answers: BinaryIO) -> None:
    from pauta.frames.preview import cell, values_of

    table = _stored(order)
    part = table.slice(order.first, order.count)
    columns = [[cell(v) for v in values_of(column)] for column in part.columns]
    rows = tuple(zip(*columns, strict=True))
    _answer(answers, TableAnswer(rows=Rows(tuple(table.column_names), rows, table.num_rows)))


def _stored(order: TableOrder) -> Any:
    from pauta.frames.decode import open_table

    try:
        return open_table(Path(order.path))
    except (ValueError, OSError) as error:
        values = {"expected": "an Arrow file", "reason": shorten(error)}
        raise StoreFault(Problem("DAT-020", values)) from error


_DO: dict[str, Callable[[TableOrder, BinaryIO], None]] = {
    "read": _read,
    "input": _input,
    "shape": _shape,
    "export": _export,
    "rows": _rows,
}
_WRITERS: dict[str, Callable[[Any, BinaryIO, bool], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
}


if __name__ == "__main__":
    sys.exit(main())

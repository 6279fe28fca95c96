"""Table files in processes of their own: this one never loads what reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import msgspec

from pauta.domain.problems import InvalidInput, Problem, StoreFault
from pauta.ports.tables import Rows, TableFile

_PIECE = 1 << 18
_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_INPUT_SECONDS = 3600


class _Answer(msgspec.Struct, frozen=True):
    """The first line of an answer, as `pauta.runtime.tables` gives it."""

    file: TableFile | None = None
    rows: Rows | None = None
    problems: tuple[Problem, ...] = ()


class TableProcesses:
    """Implements `ports.tables.Tables` with ``python -m pauta.runtime.tables``."""

    def __init__(self, *, seconds: float = 120.0, memory_bytes: int = 3 * 2**30) -> None:
        """What each process may use. Files of the project are trusted with more: much of the machine, and an hour.

        Args:
            seconds: Of time, when a file is read; its end is waited for no longer.
            memory_bytes: Of memory.
        """
        self._seconds = seconds
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self._input_memory_bytes = max(memory_bytes, machine * 3 // 4)
        self._memory_bytes = memory_bytes

    def read(self, path: Path, to: Path, *, format: str) -> TableFile:
        """Read a file that somebody sent; see `Tables.read`."""
        answer = self._ask(do="read", path=str(path), to=str(to), format=format)
        if answer is None or answer.file is None:
            # The system ended it, for memory, time or size: the file is more than it may be.
            raise InvalidInput(Problem("UPL-002", {"most": 2048, "times": 20}))
        return answer.file

    def read_input(self, path: Path, to: Path, *, name: str, schema: Mapping[str, str], min_rows: int) -> TableFile:
        """Read an input file of the project; see `Tables.read_input`."""
        order = {"name": name, "schema": dict(schema), "min_rows": min_rows, "path": str(path), "to": str(to)}
        limits = {"memory_bytes": self._input_memory_bytes, "seconds": _INPUT_SECONDS}
        answer = self._ask(do="input", **order, **limits)
        if answer is None or answer.file is None:
            raise StoreFault(_ended_early())
        return answer.file

    def shape(self, path: Path) -> TableFile | None:
        """Rows and columns of a stored frame; see `Tables.shape`."""
        answer = self._ask(do="shape", path=str(path))
        if answer is None:
            raise StoreFault(_ended_early())
        return answer.file

    def rows(self, path: Path, *, first: int, count: int) -> Rows:
        """Some rows; see `Tables.rows`."""
        answer = self._ask(do="rows", path=str(path), first=first, count=count)
        if answer is None or answer.rows is None:
            raise StoreFault(_ended_early())
        return answer.rows

    @contextmanager
    def export(self, path: Path, *, format: str, raw: bool) -> Iterator[Iterator[bytes]]:
        """The frame in another format; see `Tables.export`."""
        limits = {"memory_bytes": self._memory_bytes, "seconds": int(self._seconds)}
        process = self._start(do="export", path=str(path), format=format, raw=raw, **limits)
        try:
            _decoded(_output(process).readline(), fault=StoreFault)
            yield _pieces(process)
        finally:
            _end(process)

    def _ask(self, **order: Any) -> _Answer | None:
        order = {"memory_bytes": self._memory_bytes, "seconds": int(self._seconds), **order}
        process = self._start(**order)
        try:
            said, _ = process.communicate(timeout=order["seconds"])
        except subprocess.TimeoutExpired:
            said = b""
        finally:
            _end(process)
        fault = InvalidInput if order["do"] in {"read", "input"} else StoreFault
        return _decoded(said, fault=fault) if said else None

    def _start(self, **order: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-m", "pauta.runtime.tables", msgspec.json.encode(order).decode()]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=_ENVIRONMENT)


def _decoded(line: bytes, *, fault: type[InvalidInput] | type[StoreFault]) -> _Answer:
    try:
        answer = msgspec.json.decode(line, type=_Answer)
    except msgspec.DecodeError:
        raise StoreFault(_ended_early()) from None
    if answer.problems:
        raise fault(answer.problems)
    return answer


def _pieces(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    while piece := _output(process).read1(_PIECE):
        yield piece
    if process.wait() != 0:
        raise StoreFault(_ended_early())


def _output(process: subprocess.Popen[bytes]) -> BufferedReader:
    """Its standard output, which `_start` made a pipe."""
    return cast("BufferedReader", process.stdout)


def _end(process: subprocess.Popen[bytes]) -> None:
    _output(process).close()
    if process.poll() is None:
        process.kill()
    process.wait()


def _ended_early() -> Problem:
    return Problem("UPL-004", {})

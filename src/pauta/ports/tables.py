"""Frames for a process that must stay small: whoever needs their rows has them read elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from pauta.domain.outputs import Column

FORMATS = ("csv", "parquet", "arrow")
"""Formats of files that frames come from and go to."""


class TableFile(Struct, frozen=True):
    """A frame in a file as the object store keeps them, with what is to be known of it."""

    size: int
    rows: int
    columns: tuple[Column, ...]
    profile: dict[str, Any]


class Rows(Struct, frozen=True):
    """Some rows of a frame, as cells that JSON can hold. `total` is the number of all its rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


class Tables(Protocol):
    """Reads and writes table files, each in a process of its own, with limits on memory and time (S11).

    What people send is limited in size as well; files of the project are as large as they are.

    Safe to use from several threads.
    """

    def read(self, path: Path, to: Path, *, format: str) -> TableFile:
        """Read a file that somebody sent, and write the frame to `to`.

        Args:
            path: The file; its name stands in messages.
            to: Where the frame goes, as Arrow IPC. Whatever happens, the caller removes it.
            format: One of `FORMATS`.

        Raises:
            InvalidInput: CSV-…, DAT-… for what is wrong with it; UPL-002 when it grows beyond the limits.
        """
        ...

    def read_input(self, path: Path, to: Path, *, name: str, schema: Mapping[str, str], min_rows: int) -> TableFile:
        """Read an input file of the project as its document declares it, and write the frame to `to`.

        Args:
            path: The file.
            to: Where the frame goes, as Arrow IPC. Whatever happens, the caller removes it.
            name: The input's name, for messages.
            schema: Column → type.
            min_rows: Fewest rows allowed.

        Raises:
            InvalidInput: CSV-…, DAT-… for what is wrong with it; UPL-007 when there is not enough memory for it.
            StoreFault: UPL-004 when the process ended early.
        """
        ...

    def shape(self, path: Path) -> TableFile | None:
        """Size, rows and columns of a stored frame, without a profile. None when the file is no frame."""
        ...

    def export(self, path: Path, *, format: str, raw: bool) -> AbstractContextManager[Iterator[bytes]]:
        """The stored frame in another format, piece by piece. Leaving the block ends the process.

        Args:
            path: The stored frame.
            format: One of `FORMATS`.
            raw: In CSV, leave texts as they are that a spreadsheet would take for a formula (S12).

        Raises:
            StoreFault: DAT-020 when the stored frame is damaged; also from the iterator, when the process ends early.
        """
        ...

    def rows(self, path: Path, *, first: int, count: int) -> Rows:
        """`count` rows of the stored frame from row `first` (0 is the first).

        Raises:
            StoreFault: DAT-020 when it is damaged.
        """
        ...

"""Takes in frames that people send, and gives frames out as files: the rows are read elsewhere, never here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from pauta.authoring.names import MAX_NAME, matches_name
from pauta.domain.ids import RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem, StoreFault, shorten
from pauta.ports.tables import FORMATS, Rows, Tables
from pauta.services.accept_reading import staging
from pauta.services.control import Control
from pauta.services.look import Looker
from pauta.services.view_runs import UploadView


class Files:
    """Frames as files: those that are sent, and those of runs.

    Raises, from every method but `staging` and `check`: StoreFault UPL-003 when this server reads no table files.
    """

    def __init__(self, control: Control, *, language: str = "en") -> None:
        self._control = control
        self._looker = Looker(control.store, records=str(control.records), language=language)

    def staging(self) -> AbstractContextManager[Path]:
        """A folder of one's own for a file that is being sent; it goes with everything in it."""
        return staging(self._control.records)

    def check(self, name: str, format: str) -> None:
        """Whether a frame of this name and format may be sent.

        Raises:
            InvalidInput: UPL-005 for the name, UPL-006 for the format.
        """
        if len(name) > MAX_NAME or not matches_name(name):
            raise InvalidInput(Problem("UPL-005", {"name": shorten(name)}))
        _check_format(format)

    def keep(self, path: Path, *, name: str, format: str) -> UploadView:
        """Read a file that was sent and store the frame, so that runs can take it in by its address.

        Args:
            path: The file, in a folder from `staging`.
            name: What to call the frame.
            format: See `check`.

        Raises:
            InvalidInput: CSV-…, DAT-… for what is wrong with it (B47); UPL-002 when it grows too large (S11).
        """
        frame = path.with_name("frame.arrow")
        read = self._tables().read(path, frame, format=format)
        objects = self._control.objects
        stored = objects.put_file(frame)
        objects.sync([stored.address])
        # Scripts get pandas DataFrames unless they say otherwise, whatever the file was.
        output = Output(Kind.FRAME, stored.address, stored.size, "arrow", "pandas", read.rows, read.columns)
        with self._control.store.transaction(durable=True) as tx:
            tx.objects.remember_import(stored.address, msgspec.to_builtins(output))
            tx.objects.put_profile(stored.address, read.profile)
        return UploadView(name, stored.address, read.rows, read.columns, stored.size)

    def export(self, run_id: RunId, frame: str, *, format: str, raw: bool) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a run's frame as a file of this format; in CSV without formulas unless `raw` (S12).

        Raises:
            NotFound: RUN-001, RUN-004; OBJ-… when it is lost or damaged.
            InvalidInput: UPL-006.
            Conflict: RUN-009 when it is no table.
        """
        _check_format(format)
        return self._tables().export(self._path(run_id, frame), format=format, raw=raw)

    def rows(self, run_id: RunId, frame: str, *, first: int, count: int) -> Rows:
        """Some rows of a run's frame.

        Raises:
            NotFound: RUN-001, RUN-004; OBJ-… when it is lost or damaged.
            Conflict: RUN-009 when it is no table.
        """
        return self._tables().rows(self._path(run_id, frame), first=first, count=count)

    def _path(self, run_id: RunId, frame: str) -> Path:
        output = self._looker.output(run_id, frame)
        if output.kind is not Kind.FRAME:
            raise Conflict(Problem("RUN-009", {"run": run_id, "frame": shorten(frame), "kind": output.kind.value}))
        try:
            return self._control.objects.path(output.address)
        except StoreFault as fault:
            # The store can be used; this one object of it is gone.
            if fault.problems[0].code in ("OBJ-001", "OBJ-002"):
                raise NotFound(fault.problems) from fault
            raise

    def _tables(self) -> Tables:
        if self._control.tables is None:
            raise StoreFault(Problem("UPL-003", {}))
        return self._control.tables


def _check_format(format: str) -> None:
    if format not in FORMATS:
        raise InvalidInput(Problem("UPL-006", {"found": shorten(format), "known": ", ".join(FORMATS)}))

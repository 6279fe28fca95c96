"""Takes in frames that people send, and gives frames out as files: the rows are read elsewhere, never here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pauta.authoring.names import MAX_NAME, matches_name
from pauta.domain.ids import RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Conflict, InvalidInput, Problem, StoreFault, shorten
from pauta.ports.tables import FORMATS, Rows, Tables
from pauta.services.control import Control
from pauta.services.look import Looker
from pauta.services.view_runs import UploadView

_STAGING = "uploads"


@contextmanager
def staging(control: Control) -> Iterator[Path]:
    """A folder of one's own for a file that is being sent; it goes with everything in it."""
    folder = control.records / _STAGING
    folder.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        yield Path(own)


def check_upload(name: str, format: str) -> None:
    """Whether a frame of this name and format may be sent.

    Raises:
        InvalidInput: UPL-005 for the name, UPL-006 for the format.
    """
    if len(name.encode()) > MAX_NAME or not matches_name(name):
        raise InvalidInput(Problem("UPL-005", {"name": shorten(name)}))
    if format not in FORMATS:
        raise InvalidInput(Problem("UPL-006", {"found": shorten(format), "known": ", ".join(FORMATS)}))


def keep_upload(control: Control, path: Path, *, name: str, format: str) -> UploadView:
    """Read a file that was sent and store the frame, so that runs can take it in by its address.

    Args:
        control: The server's hold of the project.
        path: The file, in a folder from `staging`.
        name: What to call the frame.
        format: See `check_upload`.

    Raises:
        InvalidInput: CSV-…, DAT-… for what is wrong with it (B47); UPL-002 when it grows too large (S11).
        StoreFault: UPL-003 when this server cannot read files.
    """
    frame = path.with_name("frame.arrow")
    read = _tables(control).read(path, frame, format=format)
    stored = control.objects.put_file(frame)
    # Scripts get pandas DataFrames unless they say otherwise, whatever the file was.
    output = Output(Kind.FRAME, stored.address, stored.size, "arrow", "pandas", read.rows, read.columns)
    control.objects.sync([stored.address])
    with control.store.transaction(durable=True) as tx:
        tx.objects.remember_import(stored.address, msgspec.to_builtins(output))
        tx.objects.put_profile(stored.address, read.profile)
    return UploadView(name, stored.address, read.rows, read.columns, stored.size)


@contextmanager
def exported(
    control: Control, looker: Looker, run_id: RunId, frame: str, *, format: str, raw: bool
) -> Iterator[Iterator[bytes]]:
    """The bytes of a run's frame as a file of this format.

    Raises:
        NotFound: RUN-001, RUN-004.
        InvalidInput: UPL-006.
        Conflict: RUN-009 when it is no table.
        StoreFault: OBJ-… when it is lost or damaged; UPL-003.
    """
    if format not in FORMATS:
        raise InvalidInput(Problem("UPL-006", {"found": shorten(format), "known": ", ".join(FORMATS)}))
    path = _table_path(control, looker, run_id, frame)
    with _tables(control).export(path, format=format, raw=raw) as pieces:
        yield pieces


def rows_of(control: Control, looker: Looker, run_id: RunId, frame: str, *, first: int, count: int) -> Rows:
    """Some rows of a run's frame.

    Raises:
        NotFound: RUN-001, RUN-004.
        Conflict: RUN-009 when it is no table.
        StoreFault: OBJ-… when it is lost or damaged; UPL-003.
    """
    return _tables(control).rows(_table_path(control, looker, run_id, frame), first=first, count=count)


def _table_path(control: Control, looker: Looker, run_id: RunId, frame: str) -> Path:
    output = looker.output(run_id, frame)
    if output.kind is not Kind.FRAME:
        raise Conflict(Problem("RUN-009", {"run": run_id, "frame": shorten(frame), "kind": output.kind.value}))
    return control.objects.path(output.address)


def _tables(control: Control) -> Tables:
    if control.tables is None:
        raise StoreFault(Problem("UPL-003", {}))
    return control.tables

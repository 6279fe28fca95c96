"""What a command sends to a server: a document with its scripts, and the data of a run's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.assembly import RECORDS
from pauta.domain.problems import InvalidInput, Place, Problem, shorten

if TYPE_CHECKING:
    from pauta.adapters.api_client import ApiClient
    from pauta.domain.pipeline import Pipeline
    from pauta.domain.plan import Plan
    from pauta.services.prepare import Prepared


@dataclass(frozen=True, slots=True)
class Sending:
    """A document that was checked here, to be run elsewhere.

    Attributes:
        prepared: What the check found.
        publication: The document with its scripts, as the server takes them.
        parameters: The values that were given, in their declared types.
    """

    prepared: Prepared
    publication: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pipeline(self) -> Pipeline:
        """The checked document."""
        return self.prepared.pipeline

    @property
    def plan(self) -> Plan:
        """What a run of it does."""
        return self.prepared.plan

    @property
    def required_inputs(self) -> tuple[str, ...]:
        """Names of inputs that still have no data."""
        return self.prepared.required_inputs

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is doubtful in the scripts, but stops nothing."""
        return self.prepared.warnings

    @property
    def unsupplied(self) -> tuple[Problem, ...]:
        """The same as problems, with their places."""
        return self.prepared.unsupplied


def publication_of(document: Path, *, scripts: Path | None, supplied: Set[str] = frozenset()) -> dict[str, Any]:
    """A document, or the one made of a flow, with all its scripts and their local modules, as the server takes them.

    Scripts that cannot be read are left out: the server says what is wrong with the document then.

    Args:
        document: The document; or a flow, as ``flows.py:full_flow``.
        scripts: Where its scripts are; see `open_document` for where they are looked for when None.
        supplied: Names of the frames that are given.

    Raises:
        InvalidInput: RCP-… when the document cannot be read, API-111 when a script is not UTF-8.
    """
    from pauta.authoring.opening import open_document
    from pauta.authoring.scripts import read_scripts

    opened = open_document(document, scripts=scripts, supplied=supplied)
    read, _ = read_scripts(opened.pipeline.steps, root=opened.scripts)
    sources: dict[str, bytes] = {}
    for found in read.values():
        sources[found.script.path] = found.source
        sources.update(found.modules)
    return {
        "file": opened.name,
        "document": opened.text.decode(),
        "scripts": {path: _text(path, source) for path, source in sorted(sources.items())},
    }


def _text(path: str, source: bytes) -> str:
    # Byte for byte the same at the other end, so that what was made from it here is found in the cache there.
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(Problem("API-111", {"script": shorten(path)}, place=Place(file=path))) from error


def inputs_of(files: Mapping[str, Path], *, folder: Path | None, client: ApiClient) -> dict[str, dict[str, str]]:
    """Where the server finds each input: in its own folder, or uploaded to it.

    Args:
        files: Data files by frame name.
        folder: The project's folder, when the server works in the same one.
        client: The server.

    Raises:
        InvalidInput: CSV-…, DAT-… when a file cannot be read.
    """
    return {name: _source(name, file, folder=folder, client=client) for name, file in files.items()}


def _source(name: str, file: Path, *, folder: Path | None, client: ApiClient) -> dict[str, str]:
    if folder is not None:
        whole, top = file.resolve(), folder.resolve()
        # A server reads no file of its records, nor one outside of the folder.
        if whole.is_relative_to(top) and not whole.is_relative_to(top / RECORDS):
            return {"path": whole.relative_to(top).as_posix()}
    return {"address": client.runs.upload(name, file).address}

"""What is published for a deployment: a document and its scripts, read from where they lie, and whence they came."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.authoring.scripts import address_of
from pauta.authoring.source_address import FOLDER, GIT, S3, Entrypoint, SourceAddress, read_entrypoint, read_source
from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.ports.flow_source import Fetched, FlowSource

if TYPE_CHECKING:
    from pauta.adapters.api_client import ApiClient


@dataclass(frozen=True, slots=True)
class Material:
    """A document with its scripts, ready to be published.

    Attributes:
        name: The pipeline's name.
        publication: ``file``, ``document`` and ``scripts``, as the API takes them.
        source: Where it came from, as a deployment records it.
    """

    name: str
    publication: Mapping[str, Any]
    source: Mapping[str, str] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What is said of the version: where it came from."""
        said = self.source.get("address", "")
        revision = self.source.get("revision") or self.source.get("ref")
        return f"{said} @ {revision}" if said and revision else said


@dataclass(frozen=True, slots=True)
class Drift:
    """How a source differs from what was published of it. Paths of scripts; `document`: the document itself."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    document: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.removed or self.document)


def material_of_flow(source: str, entrypoint: str, *, ref: str | None, base: Path, client: ApiClient) -> Material:
    """A flow's document and scripts, by the syntax of its file; nothing of it is run.

    Args:
        source: As people write it; see `read_source`.
        entrypoint: ``file.py:function``, relative to the source.
        ref: Branch, tag or commit, when it is said beside.
        base: The project's folder: other folders are written down relative to it.
        client: Of the project, for what is published there.

    Raises:
        InvalidInput: FLW-070 to FLW-075; with every problem of the flow's file.
    """
    return _read(read_source(source, ref=ref), read_entrypoint(entrypoint), base=base, client=client)


def _read(address: SourceAddress, entry: Entrypoint, *, base: Path, client: ApiClient) -> Material:
    from pauta.services.flow_reading import read_flow

    fetched = source_at(address, base=base, client=client).fetch()
    read = read_flow(fetched.root, entry)
    recorded = {
        "kind": address.kind,
        "address": _written_down(address, base),
        "ref": address.ref,
        "revision": fetched.revision,
        "entrypoint": str(entry),
    }
    return Material(
        name=read.name,
        publication={"file": read.file, "document": read.document, "scripts": dict(read.scripts)},
        source={name: value for name, value in recorded.items() if value},
    )


def material_of_document(document: Path, *, scripts: Path | None) -> Material:
    """A pipeline document with its scripts.

    Raises:
        InvalidInput: With every problem of document and scripts.
    """
    from pauta.assembly.remote_project_sending import publication_of
    from pauta.services.prepare import prepare

    prepared = prepare(document, scripts=scripts, inputs={}, only=None)
    return Material(prepared.pipeline.name, publication_of(document, scripts=scripts))


def source_at(address: SourceAddress, *, base: Path, client: ApiClient) -> FlowSource:
    """What fetches from there."""
    if address.kind == FOLDER:
        from pauta.adapters.source_folder import FolderSource

        return FolderSource(base / address.address)
    if address.kind == GIT:
        from pauta.adapters.source_git import GitSource

        return GitSource(_standing_still(address, base), environment=os.environ)
    if address.kind == S3:
        from pauta.adapters.source_s3 import S3Source

        return S3Source(address, environment=os.environ)
    return _Published(address, client)


def drift_of(material: Material, *, pipeline: str, version: int, client: ApiClient) -> Drift:
    """How what lies in a source now differs from a published version.

    Raises:
        NotFound: PIP-001, PIP-002.
    """
    published = client.pipelines.version(pipeline, version)
    before = {script.path: script.address for script in published.scripts}
    scripts: Mapping[str, str] = material.publication["scripts"]
    now = {path: address_of(text.encode()) for path, text in scripts.items()}
    return Drift(
        changed=tuple(sorted(path for path in before.keys() & now.keys() if before[path] != now[path])),
        added=tuple(sorted(now.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - now.keys())),
        document=published.document != material.publication["document"],
    )


def drift_since(deployment: Mapping[str, Any], *, base: Path, client: ApiClient) -> tuple[Drift, int]:
    """How a deployment's source differs from what it runs, and which version that is.

    Args:
        deployment: As the project has it.
        base: The project's folder.
        client: Of the project.

    Raises:
        InvalidInput: FLW-077 when it names no source; as `material_of_flow`.
        NotFound: PIP-….
    """
    name, pipeline = str(deployment["name"]), str(deployment["pipeline"])
    source: Mapping[str, str] = deployment.get("source") or {}
    if not source.get("address") or not source.get("entrypoint"):
        raise InvalidInput(Problem("FLW-077", {"deployment": shorten(name), "pipeline": shorten(pipeline)}))
    number = int(deployment.get("pipeline_version") or client.pipelines.get(pipeline)["active"])
    address = SourceAddress(source.get("kind", FOLDER), source["address"], source.get("ref", ""))
    material = _read(address, read_entrypoint(source["entrypoint"]), base=base, client=client)
    return drift_of(material, pipeline=pipeline, version=number, client=client), number


class _Published:
    """The scripts of a version that is published in this project."""

    def __init__(self, address: SourceAddress, client: ApiClient) -> None:
        self._address = address
        self._client = client

    def fetch(self) -> Fetched:
        pipelines, name = self._client.pipelines, self._address.address
        number = int(self._address.ref or pipelines.get(name)["active"])
        version = pipelines.version(name, number)
        texts = {s.path: pipelines.script(name, number, s.path).encode() for s in version.scripts}
        return Fetched(texts, revision=str(number))


def _written_down(address: SourceAddress, base: Path) -> str:
    """As it is found again: a folder of the project relative to it, one elsewhere as a whole."""
    if not _is_local(address):
        return address.address
    whole = (base / address.address).resolve()
    top = base.resolve()
    return whole.relative_to(top).as_posix() if whole.is_relative_to(top) else str(whole)


def _standing_still(address: SourceAddress, base: Path) -> SourceAddress:
    """A repository on this machine by its whole path: git is called from elsewhere."""
    if not _is_local(address):
        return address
    return SourceAddress(GIT, str((base / address.address).resolve()), address.ref)


def _is_local(address: SourceAddress) -> bool:
    if address.kind == FOLDER:
        return True
    return address.kind == GIT and "://" not in address.address and ":" not in address.address.split("/")[0]

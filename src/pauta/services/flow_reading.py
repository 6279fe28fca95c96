"""Reads a flow out of a source into what is published: a document of one step, and the files that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pauta.authoring.flow_document import flow_document
from pauta.authoring.scripts import Reader
from pauta.authoring.source_address import Entrypoint
from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.services.publish_checks import Sent, inspect

FILE = "flow.json"
"""What the document of a flow is called: nobody wrote it, so it has no name of its own."""


@dataclass(frozen=True, slots=True)
class FlowRead:
    """A flow, ready to be published.

    Attributes:
        name: The flow's name, which is its pipeline's.
        file: What its document is called.
        document: The document.
        scripts: Path → text of the flow's file and of the local modules that it imports, and of nothing else.
    """

    name: str
    file: str
    document: str
    scripts: Mapping[str, str]


def read_flow(root: Path | Mapping[str, bytes], entry: Entrypoint) -> FlowRead:
    """Read and check a flow as it would be run. Nothing of it is imported.

    Args:
        root: The source: a folder, or path → bytes.
        entry: The flow's file and function.

    Raises:
        InvalidInput: With every problem of the flow's file, its modules and its document; API-111 for one that is
            not UTF-8.
    """
    reader = Reader(root)
    path = reader.find(entry.path)
    read = reader.read(path, entry.flow)
    if read.flow is None:
        raise InvalidInput(Problem("FLW-071", {"found": str(entry)}, "no_flow", place=Place(file=str(path))))
    made = flow_document(read.flow, script=str(path))
    sources = {str(path): read.source, **read.modules}
    inspected = inspect(Sent(FILE, made.text, sources))
    return FlowRead(
        name=inspected.pipeline.name,
        file=FILE,
        document=made.text.decode(),
        scripts={name: _text(name, data) for name, data in inspected.scripts.items()},
    )


def _text(path: str, source: bytes) -> str:
    # Byte for byte the same at the other end: the hashes are of bytes.
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(Problem("API-111", {"script": shorten(path)}, place=Place(file=path))) from error

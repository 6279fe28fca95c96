"""Published pipelines: a document with its scripts, as a numbered version that never changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from pauta.domain.ids import Address


class PipelineVersion(Struct, frozen=True):
    """One published version of a pipeline.

    Attributes:
        name: The pipeline's name: the document's `model_name`.
        version: From 1, without gaps for each name.
        digest: Hash over document and scripts: the same bytes are the same version.
        document: Address of the document's bytes, as they were published.
        file: Name of the document's file; its ending tells JSON from YAML.
        scripts: Path relative to the document → address of the bytes, of every script and local module.
        published_at: When.
        published_by: Name of the token, or the command's user.
        note: What was said about it.
    """

    name: str
    version: int
    digest: str
    document: Address
    file: str
    scripts: Mapping[str, Address]
    published_at: datetime
    published_by: str
    note: str = ""


class PipelineHead(Struct, frozen=True):
    """A pipeline by name, with the version that runs when none is asked for."""

    name: str
    active: int
    newest: int


class Activation(Struct, frozen=True):
    """A line of a pipeline's history: from now on this version is the active one. Never changed."""

    name: str
    version: int
    at: datetime
    by: str
    why: str = ""

"""A script as it is published: source by hash, with the local modules it imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pauta.domain.ids import Address


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a script's function. `annotation` is the source text, e.g. ``pl.DataFrame``."""

    name: str
    required: bool
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the function of a script takes that a step calls.

    `open` tells that it has ``**kwargs`` and takes anything; `kind` is ``flow``, ``task`` or empty.
    """

    parameters: tuple[Parameter, ...]
    open: bool = False
    line: int = 1
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One version of a script.

    Attributes:
        name: File name without folder, e.g. ``treina_modelo.py``.
        path: Where it was found, relative to the scripts' folder, with ``/``; tracebacks show it.
        version: Hash over its source and the sources of `modules`: what runs pin and the cache key uses.
        source: Address of its source bytes.
        modules: Local modules it imports, directly or not: path relative to the scripts' folder → address.
        signature: What its ``execute`` takes.
    """

    name: str
    path: str
    version: Address
    source: Address
    signature: Signature
    modules: Mapping[str, Address] = field(default_factory=dict)

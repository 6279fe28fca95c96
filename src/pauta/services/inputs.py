"""Brings input files in: each becomes a stored frame, and one that was read before is not read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from blake3 import blake3

from pauta.domain.ids import Address
from pauta.domain.outputs import Output
from pauta.domain.pipeline import InputSpec
from pauta.domain.problems import InvalidInput, Problem
from pauta.ports.objects import Objects
from pauta.ports.store import Store

READER = "1"
"""Raised when files are read differently than before, so that remembered imports do not stand in for it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A file read into a frame: what is stored of it, and its profile."""

    output: Output
    profile: Mapping[str, Any]


Read = Callable[[Path, InputSpec, Objects], Brought]
"""Reads a file, checks it against its declaration, stores it. Raises `InvalidInput` (CSV-…, DAT-…)."""


def bring_in(
    files: Mapping[str, Path],
    specs: Mapping[str, InputSpec],
    *,
    store: Store,
    objects: Objects,
    read: Read,
) -> dict[str, Output]:
    """Every input as a stored frame, by name.

    Raises:
        InvalidInput: With the problems of all the files.
    """
    problems: list[Problem] = []
    outputs: dict[str, Output] = {}
    for name, path in files.items():
        try:
            outputs[name] = _bring_one(path, specs[name], store=store, objects=objects, read=read)
        except InvalidInput as error:
            problems.extend(error.problems)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problems.append(Problem("DAT-001", {"input": name, "file": str(path), "reason": reason}))
    if problems:
        raise InvalidInput(problems)
    return outputs


def _bring_one(path: Path, spec: InputSpec, *, store: Store, objects: Objects, read: Read) -> Output:
    key = _key(path, spec)
    with store.transaction() as tx:
        kept = tx.objects.imported(key)
    if kept is not None:
        output = msgspec.convert(kept, Output)
        if objects.exists(output.address):
            return output
    brought = read(path, spec, objects)
    with store.transaction() as tx:
        tx.objects.remember_import(key, msgspec.to_builtins(brought.output))
        tx.objects.put_profile(brought.output.address, brought.profile)
    return brought.output


def _key(path: Path, spec: InputSpec) -> str:
    """Names a file's content together with everything that decides how it is read."""
    hasher = blake3(max_threads=blake3.AUTO)
    hasher.update_mmap(str(path))
    how = json.dumps([READER, path.suffix.lower(), sorted(spec.schema.items()), spec.min_rows])
    return Address(blake3(hasher.digest() + how.encode()).hexdigest())

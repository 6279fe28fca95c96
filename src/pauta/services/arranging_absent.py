"""What is said when a flow asks for a pipeline or deployment that is not there: what is like it, how to publish it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pauta.authoring.nearest import nearest
from pauta.domain.calls import Spawn
from pauta.domain.problems import Problem, Scalar, shorten
from pauta.ports.store import Transaction

_ENDINGS = (".json", ".yaml", ".yml")
_MOST_FILES, _MOST_SEEN, _DEEPEST, _LARGEST = 200, 20_000, 4, 1 << 20
_NAME = re.compile(r"""["']?model_name["']?\s*:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^"'\s,}#][^,}#\n]*))""")


def absent(tx: Transaction, spawn: Spawn, *, folder: Path) -> Problem:
    """FLW-090: there is no such deployment, or no such pipeline was published.

    Args:
        tx: Knows what there is.
        spawn: What the flow asks for.
        folder: The project's; its documents are looked through for one that is meant.
    """
    if spawn.deployment:
        return _unknown(spawn.deployment, [each.name for each in tx.deployments.all()], variant="deployment")
    name = spawn.pipeline
    values: dict[str, Scalar] = {"name": shorten(name)}
    source = _source_at(folder, name)
    if source is not None:
        return Problem("FLW-090", {**values, "file": shorten(name), "called": shorten(source, 60)}, "path")
    for file, called in _documents(folder):
        if called == name:
            return Problem("FLW-090", {**values, "file": shorten(file)}, "document")
    return _unknown(name, [head.name for head in tx.pipelines.heads()], variant="")


def _unknown(name: str, known: list[str], *, variant: str) -> Problem:
    values: dict[str, Scalar] = {"name": shorten(name)}
    if near := nearest(name, known):
        return Problem("FLW-090", {**values, "suggestion": shorten(near[0])}, f"{variant}_near".lstrip("_"))
    return Problem("FLW-090", values, variant)


def _source_at(folder: Path, name: str) -> str | None:
    """The name of the document or flow at this path of the project, if it is one."""
    path, _, function = name.partition(":")
    if not path.endswith((*_ENDINGS, ".py")):
        return None
    try:
        top = folder.resolve()
        found = (top / path).resolve()
        if not found.is_relative_to(top) or not found.is_file():
            return None
    except (OSError, ValueError, RuntimeError):
        return None
    return function or _called(found) or found.stem


def _documents(folder: Path) -> Iterator[tuple[str, str]]:
    """Documents of the project by path, with what they call their pipeline; of very many files the first."""
    found = ((path, _called(folder / path)) for path in islice(_paths(folder), _MOST_FILES))
    return ((path, called) for path, called in found if called is not None)


def _paths(folder: Path) -> Iterator[str]:
    seen = 0
    for top, folders, files in os.walk(folder):
        inner = os.path.relpath(top, folder)
        depth = 0 if inner == os.curdir else inner.count(os.sep) + 1
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")) and depth < _DEEPEST)
        seen += len(files)
        if seen > _MOST_SEEN:
            return
        yield from (os.path.normpath(os.path.join(inner, file)) for file in sorted(files) if file.endswith(_ENDINGS))


def _called(path: Path) -> str | None:
    """What a document calls its pipeline, as far as can be seen without checking it."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    match = _NAME.search(text)
    return next(name for name in match.groups() if name).strip() if match is not None else None

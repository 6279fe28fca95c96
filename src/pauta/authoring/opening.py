"""What a person names to be run: a pipeline document, or a flow of a Python file, as ``flows.py:full_flow``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pauta.authoring.document import parse_document, read_document
from pauta.authoring.entry import entry_of
from pauta.authoring.flow_document import FLOW_FILE, FlowDocument, choose, flow_document
from pauta.authoring.flows import FlowSource, flow_source, flows_in
from pauta.authoring.functions import function_named, functions_in
from pauta.authoring.names import split_entry
from pauta.authoring.scripts import Reader
from pauta.domain.pipeline import Pipeline
from pauta.domain.problems import InvalidInput, Place, Problem, shorten

_PYTHON = ".py"
_PROJECT = "pauta.toml"


@dataclass(frozen=True, slots=True)
class Opened:
    """A document, or what was made of a flow.

    Attributes:
        name: Name of the document's file.
        text: The document's bytes.
        pipeline: What it says.
        scripts: Where its scripts are.
        folder: Where the sources of its inputs are.
    """

    name: str
    text: bytes
    pipeline: Pipeline
    scripts: Path
    folder: Path


def names_a_flow(document: Path | str) -> bool:
    """Whether this is a Python file, with or without a function of it, and no document."""
    file, _ = split_entry(str(document))
    return file.lower().endswith(_PYTHON)


def open_document(document: Path, *, scripts: Path | None = None, supplied: Set[str] = frozenset()) -> Opened:
    """Read what was named.

    Args:
        document: Path of a document, or of a Python file: ``flows.py:full_flow``, or ``flows.py`` when it has one flow.
        scripts: Where scripts are. Otherwise those of a document lie in its own folder, and those of a flow in its
            project: the nearest folder upwards that has a ``pauta.toml``, or else its own.
        supplied: Names of the frames that are given.

    Raises:
        InvalidInput: With every problem found: RCP-… of a document; of a file SCR-…, FLW-050, FLW-051, FLW-053.
    """
    if not names_a_flow(document):
        text = read_document(document, file=str(document))
        pipeline = parse_document(text, file=str(document))
        folder = document.parent
        return Opened(document.name, text, pipeline, scripts if scripts is not None else folder, folder)
    written, function = split_entry(str(document))
    file = Path(written)
    root = scripts if scripts is not None else _project_of(file)
    reader = Reader(root)
    path = reader.find(str(file.resolve()) if file.is_file() else written)
    made = open_flow(reader, path, function, shown=written, supplied=supplied)
    return Opened(FLOW_FILE, made.text, made.pipeline, root, file.parent)


def open_flow(
    root: Reader | Path | Mapping[str, bytes],
    path: PurePosixPath,
    function: str,
    *,
    shown: str = "",
    supplied: Set[str] = frozenset(),
) -> FlowDocument:
    """The document of a flow, a task or another function.

    Args:
        root: The scripts' folder, or files: path → bytes.
        path: The Python file in it.
        function: Its name; empty: the file's only flow.
        shown: How messages name the file.
        supplied: Names of the frames that are given.

    Raises:
        InvalidInput: See `open_document`.
    """
    reader = root if isinstance(root, Reader) else Reader(root)
    reader.parsed(path)
    return flow_document(_source(reader, path, function, shown=shown or str(path)), script=str(path), supplied=supplied)


def _source(reader: Reader, path: PurePosixPath, function: str, *, shown: str) -> FlowSource:
    code = reader.code(path)
    if not function:
        plain = [found.name for found in functions_in(code, path)]
        return choose(flows_in(code, path), shown=shown, functions=plain)
    entry = entry_of(code, function)
    if entry.problems:
        raise InvalidInput(entry.problems)
    found = function_named(code, path, function)
    if found is None:
        values = {"name": shorten(function)}
        raise InvalidInput(Problem("FLW-050", values, variant="unseen", place=Place(file=shown)))
    return entry.flow or flow_source(code, found, known_as=function)


def in_their_folder(problems: Iterable[Problem], document: Path, *, scripts: Path | None) -> list[Problem]:
    """Problems of a flow's files, with the files named as the flow's file was: from where the person is."""
    written, _ = split_entry(str(document))
    root = scripts if scripts is not None else _project_of(Path(written))
    out = []
    for problem in problems:
        place = problem.place
        if place is not None and place.file and place.file != written and (root / place.file).is_file():
            problem = replace(problem, place=replace(place, file=str(root / place.file)))
        out.append(problem)
    return out


def _project_of(file: Path) -> Path:
    """The project's folder, written as short as the file's path allows."""
    for folder in (*file.parents, *Path.cwd().parents) if not file.is_absolute() else file.parents:
        if (folder / _PROJECT).is_file():
            return folder
    return file.parent

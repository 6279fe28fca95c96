"""Reads scripts as they are published: their bytes, their own modules, what ``execute`` takes. Runs none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path, PurePosixPath

from blake3 import blake3

from pauta.authoring.entry import Entry, entry_of
from pauta.authoring.imports import imports_of, local_files
from pauta.authoring.locate import find_among, find_script
from pauta.authoring.source import Parsed, parse_source
from pauta.authoring.trees import MAX_SCRIPT_BYTES, FolderTree, SentTree, Tree
from pauta.domain.ids import Address
from pauta.domain.pipeline import Step
from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.domain.scripts import Script

__all__ = ["MAX_SCRIPT_BYTES", "ReadScript", "find_script", "read_script", "read_scripts"]

_TOP = PurePosixPath()


@dataclass(frozen=True, slots=True)
class ReadScript:
    """A script and the bytes behind its addresses, for storing.

    Attributes:
        script: The script.
        source: Bytes of the script itself.
        modules: Path relative to the scripts' folder → bytes, of the local modules it imports.
    """

    script: Script
    source: bytes
    modules: Mapping[str, bytes]


def address_of(data: bytes) -> Address:
    """The content address of these bytes."""
    return Address(blake3(data).hexdigest())


def version_of(source: Address, modules: Mapping[str, Address]) -> Address:
    """The version of a script: its source and, by path, the modules it imports; not where it lies itself."""
    return address_of(dumps([source, sorted(modules.items())], separators=(",", ":")).encode())


def read_script(path: Path, *, root: Path) -> ReadScript:
    """A script with the local modules that it imports, directly or through others.

    Args:
        path: The script, below ``root``; `find_script` gives it.
        root: The scripts' folder. Modules are looked for beside the script, then here.

    Raises:
        InvalidInput: With all problems of the script and its modules: SCR-001 for a module that a link leads
            out of the folder, SCR-003 to 005 for bytes, SCR-010 syntax, SCR-011 no ``execute``, SCR-012
            parameters that cannot be given by name.
    """
    return _Reader(FolderTree(root)).read(_below(path, root))


def read_scripts(
    steps: Iterable[Step], *, root: Path | Mapping[str, bytes]
) -> tuple[dict[str, ReadScript], list[Problem]]:
    """The scripts of steps by step name, each file read once, and the problems of those that cannot be used.

    Args:
        steps: The steps.
        root: The scripts' folder, or the files that were sent: path → bytes.
    """
    reader = _Reader(FolderTree(root) if isinstance(root, Path) else SentTree(root))
    read: dict[str, ReadScript] = {}
    found: dict[str, PurePosixPath] = {}
    known: dict[PurePosixPath, ReadScript | None] = {}
    problems: list[Problem] = []
    for step in steps:
        try:
            path = found.get(step.file_path)
            if path is None:
                place = step.places.get("file_path", step.place)
                path = found[step.file_path] = _find(step.file_path, root=root, step=step.name, place=place)
            if path not in known:
                known[path] = None
                known[path] = reader.read(path)
        except InvalidInput as error:
            problems += [problem for problem in error.problems if problem not in problems]
            continue
        script = known[path]
        if script is not None:
            read[step.name] = script
    return read, problems


def _find(file_path: str, *, root: Path | Mapping[str, bytes], step: str, place: Place) -> PurePosixPath:
    if isinstance(root, Path):
        return _below(find_script(file_path, root=root, step=step, place=place), root)
    return find_among(file_path, sent=root, step=step, place=place)


def _below(path: Path, root: Path) -> PurePosixPath:
    """The path from the folder's top, however the folder was named."""
    for base in (root, root.resolve()):
        if path.is_relative_to(base):
            return PurePosixPath(path.relative_to(base).as_posix())
    raise InvalidInput(Problem("SCR-001", {"script": shorten(path)}))


class _Reader:
    """Reads each file of a tree once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[PurePosixPath, tuple[bytes, Parsed] | InvalidInput] = {}

    def read(self, path: PurePosixPath) -> ReadScript:
        problems: list[Problem] = []
        modules = self._closure(path, problems)
        entry = Entry(None)
        own = self._files[path]
        if not isinstance(own, InvalidInput):
            entry = entry_of(own[1], file=str(path))
            problems += entry.problems
        if problems or isinstance(own, InvalidInput) or entry.signature is None:
            raise InvalidInput(problems)
        addresses = {name: address_of(data) for name, data in modules.items()}
        source = address_of(own[0])
        script = Script(
            name=path.name,
            path=str(path),
            version=version_of(source, addresses),
            source=source,
            signature=entry.signature,
            modules=addresses,
        )
        return ReadScript(script, own[0], modules)

    def _closure(self, script: PurePosixPath, problems: list[Problem]) -> dict[str, bytes]:
        """Bytes of all local modules by path; what stands in the way is added to the problems."""
        folders = tuple(dict.fromkeys((script.parent, _TOP)))
        modules: dict[str, bytes] = {}
        seen = {script}
        queue = [script]
        while queue:
            path = queue.pop()
            content = self._file(path)
            if isinstance(content, InvalidInput):
                problems += content.problems
                continue
            if path != script:
                modules[str(path)] = content[0]
            for imported in imports_of(content[1].tree):
                found = local_files(imported, importer=path, folders=folders, tree=self._tree)
                new = [file for file in found if file not in seen]
                seen.update(new)
                queue += new
        return dict(sorted(modules.items()))

    def _file(self, path: PurePosixPath) -> tuple[bytes, Parsed] | InvalidInput:
        if path not in self._files:
            try:
                source = self._tree.read(path)
                self._files[path] = (source, parse_source(source, file=str(path)))
            except InvalidInput as error:
                self._files[path] = error
        return self._files[path]

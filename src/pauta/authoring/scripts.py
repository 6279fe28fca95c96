"""Reads scripts as they are published: their bytes, their own modules, what ``execute`` takes. Runs none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path, PurePosixPath

from blake3 import blake3

from pauta.authoring.code import Code
from pauta.authoring.entry import ENTRY, Entry, entry_of
from pauta.authoring.flows import FlowSource
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
        flow: The flow or task that is called, when it is one.
        code: All of it as it was parsed, to look at.
    """

    script: Script
    source: bytes
    modules: Mapping[str, bytes]
    flow: FlowSource | None = None
    code: Code | None = field(default=None, compare=False, repr=False)


def address_of(data: bytes) -> Address:
    """The content address of these bytes."""
    return Address(blake3(data).hexdigest())


def version_of(source: Address, modules: Mapping[str, Address]) -> Address:
    """The version of a script: its source and, by path, the modules it imports; not where it lies itself."""
    return address_of(dumps([source, sorted(modules.items())], separators=(",", ":")).encode())


def read_script(path: Path, *, root: Path, entry: str = ENTRY) -> ReadScript:
    """A script with the local modules that it imports, directly or through others.

    Args:
        path: The script, below ``root``; `find_script` gives it.
        root: The scripts' folder. Modules are looked for beside the script, then here.
        entry: The function that is called.

    Raises:
        InvalidInput: With all problems of the script and its modules: SCR-001 for a module that a link leads
            out of the folder, SCR-003 to 005 for bytes, SCR-010 syntax, SCR-011 no ``execute``, SCR-012
            parameters that cannot be given by name, FLW-050 no other function `entry`, FLW-053 a flow or task
            that is a generator.
    """
    return Reader(root).read(_below(path, root), entry)


def read_scripts(
    steps: Iterable[Step], *, root: Path | Mapping[str, bytes]
) -> tuple[dict[str, ReadScript], list[Problem]]:
    """The scripts of steps by step name, each file read once, and the problems of those that cannot be used.

    Args:
        steps: The steps.
        root: The scripts' folder, or the files that were sent: path → bytes.
    """
    reader = Reader(root)
    read: dict[str, ReadScript] = {}
    known: dict[tuple[PurePosixPath, str], ReadScript | None] = {}
    problems: list[Problem] = []
    for step in steps:
        try:
            path = reader.find(step.file_path, step=step.name, place=step.places.get("file_path", step.place))
            key = path, step.entry or ENTRY
            if key not in known:
                known[key] = None
                known[key] = reader.read(*key)
        except InvalidInput as error:
            problems += [problem for problem in error.problems if problem not in problems]
            continue
        script = known[key]
        if script is not None:
            read[step.name] = script
    return read, problems


def _below(path: Path, root: Path) -> PurePosixPath:
    """The path from the folder's top, however the folder was named."""
    for base in (root, root.resolve()):
        if path.is_relative_to(base):
            return PurePosixPath(path.relative_to(base).as_posix())
    raise InvalidInput(Problem("SCR-001", {"script": shorten(path)}))


class Reader:
    """Reads each file of a folder, or of those that were sent (path → bytes), once."""

    def __init__(self, root: Path | Mapping[str, bytes]) -> None:
        self._root = root
        self._tree: Tree = FolderTree(root) if isinstance(root, Path) else SentTree(root)
        self._files: dict[PurePosixPath, tuple[bytes, Parsed] | InvalidInput] = {}
        self._found: dict[str, PurePosixPath] = {}
        self._codes: dict[PurePosixPath, Code] = {}

    def find(self, file_path: str, *, step: str = "", place: Place | None = None) -> PurePosixPath:
        """Where a script is, as `find_script` and `find_among` look for it.

        Raises:
            InvalidInput: SCR-001, SCR-002.
        """
        if file_path not in self._found:
            if isinstance(self._root, Path):
                path = _below(find_script(file_path, root=self._root, step=step, place=place), self._root)
            else:
                path = find_among(file_path, sent=self._root, step=step, place=place)
            self._found[file_path] = path
        return self._found[file_path]

    def code(self, path: PurePosixPath) -> Code:
        """A script and its modules, to look at. Files that cannot be read are passed over."""
        if path not in self._codes:
            self._codes[path] = Code(self._tree, path, self._parsed)
        return self._codes[path]

    def parsed(self, path: PurePosixPath) -> Parsed:
        """One file.

        Raises:
            InvalidInput: It cannot be read, or is not Python.
        """
        content = self._file(path)
        if isinstance(content, InvalidInput):
            raise content
        return content[1]

    def read(self, path: PurePosixPath, entry: str = ENTRY) -> ReadScript:
        """A script, with one of its functions as the one that is called.

        Raises:
            InvalidInput: As `read_script`.
        """
        problems: list[Problem] = []
        modules = self._closure(path, problems)
        found = Entry(None)
        own, code = self._files[path], self.code(path)
        if not isinstance(own, InvalidInput):
            found = entry_of(code, entry)
            problems += found.problems
        if problems or isinstance(own, InvalidInput) or found.signature is None:
            raise InvalidInput(problems)
        addresses = {name: address_of(data) for name, data in modules.items()}
        source = address_of(own[0])
        script = Script(
            name=path.name,
            path=str(path),
            version=version_of(source, addresses),
            source=source,
            signature=found.signature,
            modules=addresses,
        )
        return ReadScript(script, own[0], modules, flow=found.flow, code=code)

    def _parsed(self, path: PurePosixPath) -> Parsed | None:
        content = self._file(path)
        return None if isinstance(content, InvalidInput) else content[1]

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

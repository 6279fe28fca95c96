"""Which of a project's own modules a script imports, directly or through others: found by reading, never by running."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pauta.authoring.trees import Tree

_STANDARD = sys.stdlib_module_names


@dataclass(frozen=True, slots=True)
class Imported:
    """One import: a dotted name from the folders of the script, or relative to the importing module."""

    level: int
    name: tuple[str, ...]
    members: tuple[str, ...] = ()


def imports_of(tree: ast.Module) -> Iterator[Imported]:
    """Every import of a module, wherever in it, in no promised order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(0, tuple(alias.name.split(".")))
        elif isinstance(node, ast.ImportFrom):
            name = tuple(node.module.split(".")) if node.module else ()
            yield Imported(node.level, name, tuple(alias.name for alias in node.names))


def local_files(
    imported: Imported, *, importer: PurePosixPath, folders: tuple[PurePosixPath, ...], tree: Tree
) -> list[PurePosixPath]:
    """The files that an import would load from these folders; none when it is not one of the project's.

    Names of the standard library never are. The first folder that has the name counts.

    Args:
        imported: The import.
        importer: File that has it; a relative import starts in its folder.
        folders: Where absolute names are looked for, in order: beside the script, then the scripts' folder.
        tree: Where the files are.
    """
    if imported.level:
        base = importer.parent
        for _ in range(imported.level - 1):
            if base == base.parent:
                return []
            base = base.parent
        init = base / "__init__.py"
        package = [init] if tree.is_file(init) and base not in folders else []
        return [*package, *_walk(base, imported, tree)]
    if imported.name[0] in _STANDARD:
        return []
    for folder in folders:
        if _exists(folder, imported.name[0], tree):
            return _walk(folder, imported, tree)
    return []


def _exists(folder: PurePosixPath, name: str, tree: Tree) -> bool:
    return tree.is_file(folder / f"{name}.py") or tree.is_package(folder / name)


def _walk(folder: PurePosixPath, imported: Imported, tree: Tree) -> list[PurePosixPath]:
    """Files along a dotted name, and those members of it that are modules themselves."""
    files: list[PurePosixPath] = []
    for part in imported.name:
        found = _module(folder, part, tree)
        if found is None:
            return files
        files += found
        folder = folder / part
    for member in imported.members:
        files += _module(folder, member, tree) or []
    return files


def _module(folder: PurePosixPath, name: str, tree: Tree) -> list[PurePosixPath] | None:
    """The file that importing a name from a folder executes; a package goes before a module of its name."""
    init = folder / name / "__init__.py"
    if tree.is_file(init):
        return [init]
    module = folder / f"{name}.py"
    if tree.is_file(module):
        return [module]
    return [] if tree.is_package(folder / name) else None

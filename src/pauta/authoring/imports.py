"""Which of a project's own modules a script imports, directly or through others: found by reading, never by running."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


def local_files(imported: Imported, *, importer: Path, folders: tuple[Path, ...]) -> list[Path]:
    """The files that an import would load from these folders; none when it is not one of the project's.

    Names of the standard library never are. The first folder that has the name counts.

    Args:
        imported: The import.
        importer: File that has it; a relative import starts in its folder.
        folders: Where absolute names are looked for, in order: beside the script, then the scripts' folder.
    """
    if imported.level:
        base = importer.parent
        for _ in range(imported.level - 1):
            base = base.parent
        package = [base / "__init__.py"] if (base / "__init__.py").is_file() and base not in folders else []
        return [*package, *_walk(base, imported)]
    if imported.name[0] in _STANDARD:
        return []
    for folder in folders:
        if _exists(folder, imported.name[0]):
            return _walk(folder, imported)
    return []


def _exists(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or _is_package(folder / name)


def _is_package(folder: Path) -> bool:
    """With ``__init__.py``, or a namespace: a folder with modules below it."""
    return folder.is_dir() and ((folder / "__init__.py").is_file() or next(folder.rglob("*.py"), None) is not None)


def _walk(folder: Path, imported: Imported) -> list[Path]:
    """Files along a dotted name, and those members of it that are modules themselves."""
    files: list[Path] = []
    for part in imported.name:
        found = _module(folder, part)
        if found is None:
            return files
        files += found
        folder = folder / part
    for member in imported.members:
        files += _module(folder, member) or []
    return files


def _module(folder: Path, name: str) -> list[Path] | None:
    """The file that importing a name from a folder executes; a package goes before a module of its name."""
    init = folder / name / "__init__.py"
    if init.is_file():
        return [init]
    module = folder / f"{name}.py"
    if module.is_file():
        return [module]
    return [] if _is_package(folder / name) else None

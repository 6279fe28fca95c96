"""A script together with its local modules: names are followed from file to file, and nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pauta.authoring.bindings import Binding, Names, dotted, names_of
from pauta.authoring.imports import Imported, local_files
from pauta.authoring.source import Parsed
from pauta.authoring.trees import Tree

Found = TypeVar("Found")

_TOP = PurePosixPath()
_MOST_STEPS = 20
"""How far a name is followed: through so many imports and other names for it."""


@dataclass(frozen=True, slots=True)
class Defined:
    """What a name stands for: bound in one of the project's own files."""

    file: PurePosixPath
    name: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class Outside:
    """What a name stands for: something of a package, or of Python itself (`name` without a dot)."""

    name: str


@dataclass(frozen=True, slots=True)
class LocalModule:
    """What a name stands for: one of the project's own modules."""

    file: PurePosixPath


Meaning = Defined | Outside | LocalModule


class Code:
    """A script and its local modules.

    Args:
        tree: Where the files are.
        script: The script's path in it.
        parse: The parsed file, or None when it cannot be read; each file is asked for often.
    """

    def __init__(self, tree: Tree, script: PurePosixPath, parse: Callable[[PurePosixPath], Parsed | None]) -> None:
        self.script = script
        self.parse = parse
        self._tree = tree
        self._folders = tuple(dict.fromkeys((script.parent, _TOP)))
        self._names: dict[PurePosixPath, Names] = {}
        self._facts: dict[object, Any] = {}

    def names(self, file: PurePosixPath) -> Names:
        """The names of a file; none when it cannot be read."""
        if file not in self._names:
            parsed = self.parse(file)
            self._names[file] = names_of(parsed.tree) if parsed is not None else Names({}, dynamic=True)
        return self._names[file]

    def once(self, key: object, find: Callable[[], Found]) -> Found:
        """What was found out about this code under a key, looked for the first time that it is asked."""
        if key not in self._facts:
            self._facts[key] = find()
        found: Found = self._facts[key]
        return found

    def meaning(self, file: PurePosixPath, expression: ast.AST | None) -> Meaning | None:
        """What a name, or names joined by dots, stands for at a file's top level; None when that is not known.

        A name that stands for another name is followed to the end.
        """
        names = dotted(expression)
        if not names:
            return None
        found = self._follow(file, names[0], _MOST_STEPS)
        for name in names[1:]:
            match found:
                case Outside(outer):
                    found = Outside(f"{outer}.{name}")
                case LocalModule(module):
                    inner = self._submodule(module, name)
                    found = self._follow(module, name, _MOST_STEPS) or (LocalModule(inner) if inner else None)
                case _:
                    return None
        return found

    def named(self, file: PurePosixPath, name: str) -> Meaning | None:
        """What a name stands for at a file's top level."""
        return self._follow(file, name, _MOST_STEPS)

    def module_of(self, imported: Imported, importer: PurePosixPath) -> PurePosixPath | None:
        """The project's own file that an import executes last, its members left aside; None for other modules."""
        bare = Imported(imported.level, imported.name)
        files = local_files(bare, importer=importer, folders=self._folders, tree=self._tree)
        if not files:
            return None
        last = files[-1]
        stem = last.parent.name if last.name == "__init__.py" else last.stem
        if imported.name:
            return last if stem == imported.name[-1] else None
        return last

    def member_of(self, imported: Imported, importer: PurePosixPath) -> PurePosixPath | None:
        """The project's own module that is the member of an import (``from package import module``), if it is one."""
        bare = Imported(imported.level, imported.name)
        without = local_files(bare, importer=importer, folders=self._folders, tree=self._tree)
        files = local_files(imported, importer=importer, folders=self._folders, tree=self._tree)
        return files[-1] if len(files) > len(without) else None

    def is_local(self, imported: Imported, importer: PurePosixPath) -> bool:
        """Whether an import leads into the project's own files, also into a folder without a file of its own."""
        if imported.level:
            return True
        head = Imported(0, imported.name[:1])
        if local_files(head, importer=importer, folders=self._folders, tree=self._tree):
            return True
        return any(self._tree.is_package(folder / imported.name[0]) for folder in self._folders)

    def _follow(self, file: PurePosixPath, name: str, left: int) -> Meaning | None:
        names = self.names(file)
        binding = names.last(name)
        if left <= 0:
            return None
        if binding is None:
            return self._from_star(file, name, left) if names.stars else _builtin(name)
        if binding.imported is not None:
            return self._imported(file, binding.imported, left)
        if isinstance(binding.value, ast.Name) and binding.value.id != name:
            return self._follow(file, binding.value.id, left - 1)
        return Defined(file, name, binding)

    def _imported(self, file: PurePosixPath, imported: Imported, left: int) -> Meaning | None:
        if not imported.members:
            module = self.module_of(imported, file)
            if module is None:
                return None if self.is_local(imported, file) else Outside(".".join(imported.name))
            return LocalModule(module)
        if not self.is_local(imported, file):
            return Outside(".".join((*imported.name, *imported.members)))
        module = self.module_of(imported, file)
        if module is not None and module != file and self.names(module).last(imported.members[0]) is not None:
            return self._follow(module, imported.members[0], left - 1)
        member = self.member_of(imported, file)
        return LocalModule(member) if member is not None else None

    def _from_star(self, file: PurePosixPath, name: str, left: int) -> Meaning | None:
        for star in self.names(file).stars:
            module = self.module_of(star, file) if self.is_local(star, file) else None
            if module is not None and module != file and not name.startswith("_"):
                found = self._follow(module, name, left - 1)
                if isinstance(found, Defined | LocalModule):
                    return found
            elif star.name == ("pauta",):
                return Outside(f"pauta.{name}")
        return None

    def _submodule(self, module: PurePosixPath, name: str) -> PurePosixPath | None:
        if module.name != "__init__.py":
            return None
        return self.member_of(Imported(1, (), (name,)), module)


def _builtin(name: str) -> Outside | None:
    import builtins

    return Outside(name) if hasattr(builtins, name) else None

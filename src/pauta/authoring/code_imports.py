"""Imports that cannot succeed, and those of Prefect: what to write instead."""

from __future__ import annotations

import ast
import pkgutil
import sys
from importlib.util import find_spec
from pathlib import PurePosixPath

from pauta.authoring.code import LocalModule
from pauta.authoring.code_findings import CheckedFile
from pauta.authoring.imports import Imported
from pauta.authoring.installed import importable, public_names
from pauta.authoring.nearest import nearest
from pauta.authoring.scopes import Use
from pauta.domain.problems import Scalar, shorten

_PREFECT = "prefect"
_PAUTA = "pauta"


def check_imports(file: CheckedFile) -> None:
    """FLW-056 for modules and names that are not there, FLW-058 for Prefect's."""
    for use in file.scopes.imports:
        node = use.node
        if isinstance(node, ast.Import):
            for alias in node.names:
                _module(file, use, alias, tuple(alias.name.split(".")))
        elif isinstance(node, ast.ImportFrom):
            _members(file, use, node)
    _attributes(file)


def _module(file: CheckedFile, use: Use, at: ast.AST, name: tuple[str, ...]) -> None:
    """A module by its whole name; only its first part is looked for: the rest may be made while it is loaded."""
    if file.code.is_local(Imported(0, name), file.path) or use.doubtful or use.caught:
        return
    if name[0] == _PREFECT:
        file.note("FLW-058", at, certain=file.here and not importable(_PREFECT), values={"line": "import pauta"})
    elif file.here and not importable(name[0]):
        near = nearest(name[0], sys.stdlib_module_names, cutoff=0.8)
        near = near or nearest(name[0], (module.name for module in pkgutil.iter_modules()), cutoff=0.8)
        line = {"line": f"pip install {name[0]}"}
        values: dict[str, Scalar] = {"name": name[0], **({"suggestion": near[0]} if near else line)}
        file.warning("FLW-056", at, "near" if near else "", values)


def _members(file: CheckedFile, use: Use, node: ast.ImportFrom) -> None:
    imported = Imported(node.level, tuple((node.module or "").split(".")) if node.module else ())
    if file.code.is_local(imported, file.path):
        module = file.code.module_of(imported, file.path)
        for alias in node.names if module is not None else ():
            member = Imported(imported.level, imported.name, (alias.name,))
            there = file.code.member_of(member, file.path) is not None
            if module is not None and not there and not (use.doubtful or use.caught):
                _member(file, alias, module, alias.name)
    elif imported.name[0] == _PREFECT:
        for alias in node.names:
            _prefect(file, alias)
    elif imported.name == (_PAUTA,):
        for alias in node.names:
            if not _gives(alias.name):
                _lacks(
                    file,
                    alias,
                    _PAUTA,
                    alias.name,
                    known=sorted(public_names()),
                    certain=not (use.doubtful or use.caught),
                )
    else:
        _module(file, use, node, imported.name)


def _gives(name: str) -> bool:
    """Whether ``from pauta import …`` has this."""
    if name in public_names() or name == "*" or name.startswith("__"):
        return True
    return find_spec(f"{_PAUTA}.{name}") is not None


def _member(file: CheckedFile, at: ast.AST, module: PurePosixPath, name: str) -> None:
    """A name that one of the project's own modules should have."""
    names = file.code.names(module)
    usual = name == "*" or (name.startswith("__") and name.endswith("__"))
    if not usual and names.complete and name not in names.bound and name not in names.changed:
        _lacks(file, at, str(module), name, known=list(names.bound), certain=True)


def _lacks(file: CheckedFile, at: ast.AST, module: str, name: str, *, known: list[str], certain: bool) -> None:
    near = nearest(name, known)
    values: dict[str, Scalar] = {"module": shorten(module), "name": shorten(name)}
    if near:
        file.note("FLW-056", at, "member_near", certain=certain, values={**values, "suggestion": near[0]})
    else:
        file.note("FLW-056", at, "member", certain=certain, values=values)


def _prefect(file: CheckedFile, alias: ast.alias) -> None:
    certain = file.here and not importable(_PREFECT)
    name = alias.name
    if name in public_names():
        shown = f"{name} as {alias.asname}" if alias.asname else name
        file.note("FLW-058", alias, certain=certain, values={"line": f"from pauta import {shown}"})
    else:
        file.note("FLW-058", alias, "other", certain=certain, values={"name": shorten(name)})


def _attributes(file: CheckedFile) -> None:
    """``tools.fetch`` where the project's own module ``tools`` has no ``fetch``."""
    if len(file.files) < 2:
        return
    readings = {id(use.node): use for use in file.scopes.names}
    for node in ast.walk(file.parsed.tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        use = readings.get(id(node.value))
        if use is None or use.doubtful or not isinstance(node.value, ast.Name):
            continue
        if use.scope.find(node.value.id) is not file.scopes.module:
            continue
        found = file.code.meaning(file.path, node.value)
        if not isinstance(found, LocalModule) or found.file == file.path:
            continue
        if file.code.names(file.path).only(node.value.id) is None or file.code.meaning(file.path, node) is not None:
            continue
        _member(file, node, found.file, node.attr)

"""Classes as a file has them: which of their methods a call means, where that is certain."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import PurePosixPath

from pauta.authoring.bindings import FUNCTIONS
from pauta.authoring.code import Code, Defined, Outside

_MOST_BASES = 20


@dataclass(frozen=True, slots=True)
class Method:
    """A method.

    Attributes:
        node: Its definition.
        file: Where it is written.
        owner: Name of its class.
        bound: Whether a call of it on an object fills its first parameter.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef
    file: PurePosixPath
    owner: str
    bound: bool = True


def class_named(code: Code, file: PurePosixPath, expression: ast.AST) -> Defined | None:
    """The class that an expression at a file's top level always stands for; None for decorated ones."""
    found = code.meaning(file, expression)
    if not isinstance(found, Defined) or not isinstance(found.binding.value, ast.ClassDef):
        return None
    if code.names(found.file).only(found.name) is None or found.binding.value.decorator_list:
        return None
    return found


def method_of(code: Code, owner: Defined, name: str) -> Method | None:
    """The method that calling a name on an object of just this class means; None when that is not certain."""
    for defined in _line(code, owner) or ():
        node = defined.binding.value
        if not isinstance(node, ast.ClassDef):
            return None
        bound = [statement for statement in node.body if _binds(statement, name)]
        if bound:
            method = bound[0]
            plain = len(bound) == 1 and isinstance(method, FUNCTIONS)
            return _usable(method, defined) if plain and not _sets(code, node, name) else None
        if _sets(code, node, name):
            return None
    return None


def constructor_of(code: Code, owner: Defined) -> Method | None:
    """The ``__init__`` of a class, if making an object of it calls that and nothing else."""
    line = _line(code, owner)
    if line is None:
        return None
    for defined in line:
        node = defined.binding.value
        if not isinstance(node, ast.ClassDef) or node.keywords or any(_binds(s, "__new__") for s in node.body):
            return None
    return method_of(code, owner, "__init__")


def is_stub(method: Method) -> bool:
    """Whether a method only says what others are to do: classes that build on its own do it with other parameters."""
    body = [s for s in method.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return all(isinstance(statement, ast.Pass | ast.Raise) for statement in body)


def builds_on(code: Code, files: list[PurePosixPath], name: str) -> bool:
    """Whether a class of these files builds on a class of this name."""
    return name in code.once("bases", lambda: _bases_in(code, files))


def _bases_in(code: Code, files: list[PurePosixPath]) -> set[str]:
    trees = [parsed.tree for parsed in map(code.parse, files) if parsed is not None]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {_last(base) for node in classes for base in node.bases}


def _line(code: Code, owner: Defined) -> list[Defined] | None:
    """A class and those that it builds on, in the order in which methods are looked for; None when one is unknown."""
    line: list[Defined] = []
    current = owner
    while len(line) < _MOST_BASES:
        node = current.binding.value
        line.append(current)
        if not isinstance(node, ast.ClassDef) or node.keywords:
            return None
        bases = [base for base in node.bases if code.meaning(current.file, base) != Outside("object")]
        if not bases:
            return line
        found = class_named(code, current.file, bases[0]) if len(bases) == 1 else None
        if found is None:
            return None
        current = found
    return None


def _usable(method: ast.stmt, defined: Defined) -> Method | None:
    assert isinstance(method, FUNCTIONS)  # noqa: S101  (the caller has looked)
    decorators = [_last(decorator) for decorator in method.decorator_list]
    if not decorators:
        return Method(method, defined.file, defined.name)
    if decorators in (["staticmethod"], ["classmethod"]):
        return Method(method, defined.file, defined.name, bound=decorators == ["classmethod"])
    return None


def _binds(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return statement.name == name
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name == name:
            return True
    return False


def _sets(code: Code, node: ast.ClassDef, name: str) -> bool:
    """Whether some object of the class may be given something else of that name."""
    changed = code.once(("sets", node), lambda: _set_in(node))
    return changed is None or name in changed


def _set_in(node: ast.ClassDef) -> frozenset[str] | None:
    """Names of attributes that the methods of a class set; None when they may be any."""
    names = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            if inner.attr in ("__dict__", "__setattr__"):
                return None
            if isinstance(inner.ctx, ast.Store | ast.Del):
                names.add(inner.attr)
        elif isinstance(inner, ast.Name) and inner.id in ("setattr", "vars"):
            return None
    return frozenset(names)


def _last(expression: ast.expr) -> str:
    if isinstance(expression, ast.Subscript):
        return _last(expression.value)
    return expression.attr if isinstance(expression, ast.Attribute) else getattr(expression, "id", "")

"""Functions as a file has them: plain ones, flows and tasks, whatever way they were decorated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pauta.authoring.bindings import FUNCTIONS
from pauta.authoring.code import Code, Defined, Outside

FLOW = "flow"
TASK = "task"
_KINDS = {"pauta.flow": FLOW, "pauta.task": TASK, "prefect.flow": FLOW, "prefect.task": TASK}
"""What a decorator makes of a function. Prefect's are told to be replaced, see `code_flows`."""
_MOST_STEPS = 10
_TRANSPARENT = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a flow or task: its expression, and the file in which names of it are looked up."""

    value: ast.expr
    file: PurePosixPath


@dataclass(frozen=True, slots=True)
class Function:
    """A function.

    Attributes:
        name: Under which its file knows it.
        file: Where it is written.
        node: Its definition.
        kind: ``flow``, ``task``, or empty for any other function.
        options: Of a flow or task, as they were given.
        altered: Another decorator stands over it too, which may change what it takes.
    """

    name: str
    file: PurePosixPath
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    kind: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)
    altered: bool = False

    @property
    def line(self) -> int:
        """Where its ``def`` stands."""
        return self.node.lineno

    @property
    def arguments(self) -> ast.arguments:
        """What it takes."""
        return self.node.args

    @property
    def is_async(self) -> bool:
        """Whether it is an ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def yields(self) -> ast.AST | None:
        """The first ``yield`` that makes it a generator."""
        if isinstance(self.node, ast.Lambda):
            return None
        return next((n for n in within(self.node.body) if isinstance(n, ast.Yield | ast.YieldFrom)), None)

    @property
    def docstring(self) -> str:
        """What it says of itself."""
        if isinstance(self.node, ast.Lambda):
            return ""
        return ast.get_docstring(self.node) or ""


@dataclass(frozen=True, slots=True)
class _Decoration:
    kind: str
    options: Mapping[str, Option] = field(default_factory=dict)

    def having(self, call: ast.Call, file: PurePosixPath) -> _Decoration:
        given = {k.arg: Option(k.value, file) for k in call.keywords if k.arg is not None}
        return replace(self, options={**self.options, **given})


def function_of(code: Code, file: PurePosixPath, expression: ast.AST | None) -> Function | None:
    """The function that an expression at a file's top level stands for, if it can be seen."""
    return _Finder(code).of(file, expression, _MOST_STEPS)


def function_named(code: Code, file: PurePosixPath, name: str) -> Function | None:
    """The function of a name at a file's top level."""
    return function_of(code, file, ast.Name(name, ast.Load()))


def functions_in(code: Code, file: PurePosixPath) -> Iterator[Function]:
    """Functions that a file itself makes at its top level, under the names that they have in the end."""
    for name, bindings in code.names(file).bound.items():
        last = bindings[-1]
        if last.imported is None and last.value is not None and not isinstance(last.value, ast.Name | ast.ClassDef):
            found = function_named(code, file, name)
            if found is not None:
                yield found


def decorator_kind(code: Code, file: PurePosixPath, expression: ast.AST) -> str:
    """``flow`` or ``task`` when an expression is one of these decorators; else empty."""
    found = _Finder(code).decoration(file, expression, _MOST_STEPS)
    return found.kind if found is not None else ""


def within(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of a function's body that belong to itself, not to functions and classes inside of it."""
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            stack += reversed(list(ast.iter_child_nodes(node)))


class _Finder:
    """Follows names and decorators."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def of(self, file: PurePosixPath, expression: ast.AST | None, left: int) -> Function | None:
        if left <= 0:
            return None
        if isinstance(expression, ast.Attribute) and expression.attr == "fn":
            inner = self.of(file, expression.value, left - 1)
            if inner is not None and inner.kind:
                return replace(inner, kind="", options={})
        found = self._code.meaning(file, expression)
        if isinstance(found, Defined):
            return self._defined(found, left)
        if isinstance(expression, ast.Lambda):
            return Function("<lambda>", file, expression)
        return self._wrapped(file, expression, left) if isinstance(expression, ast.Call) else None

    def decoration(self, file: PurePosixPath, expression: ast.AST, left: int) -> _Decoration | None:
        """The decorator that an expression is, with the options that it was given."""
        if left <= 0:
            return None
        if isinstance(expression, ast.Call):
            return self._told(file, expression, left)
        match self._code.meaning(file, expression):
            case Outside(name) if name in _KINDS:
                return _Decoration(_KINDS[name])
            case Defined(home, _, binding) if isinstance(binding.value, ast.Call):
                return self.decoration(home, binding.value, left - 1)
        return None

    def _told(self, file: PurePosixPath, call: ast.Call, left: int) -> _Decoration | None:
        """``flow(name="x")``, ``partial(flow, name="x")``."""
        inner = self.decoration(file, call.func, left - 1) if not call.args else None
        if len(call.args) == 1 and self._code.meaning(file, call.func) == Outside("functools.partial"):
            inner = self.decoration(file, call.args[0], left - 1)
        return inner.having(call, file) if inner is not None else None

    def _defined(self, found: Defined, left: int) -> Function | None:
        node = found.binding.value
        if not isinstance(node, FUNCTIONS):
            made = (
                self.of(found.file, node, left - 1) if isinstance(node, ast.Call | ast.Lambda | ast.Attribute) else None
            )
            return replace(made, name=found.name) if made is not None else None
        function = Function(found.name, found.file, node)
        for decorator in reversed(node.decorator_list):
            decoration = self.decoration(found.file, decorator, left)
            if decoration is not None:
                function = replace(function, kind=decoration.kind, options=decoration.options)
            elif self._code.meaning(found.file, decorator) not in [Outside(name) for name in _TRANSPARENT]:
                function = replace(function, altered=True)
        return function

    def _wrapped(self, file: PurePosixPath, call: ast.Call, left: int) -> Function | None:
        """``flow(name="x")(fn)``, ``flow(fn, name="x")``, ``known.with_options(retries=2)``."""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "with_options":
            inner = self.of(file, call.func.value, left - 1)
            if inner is None or not inner.kind:
                return None
            decoration = _Decoration(inner.kind, inner.options).having(call, file)
            return replace(inner, options=decoration.options)
        outer = self.decoration(file, call.func, left - 1)
        if outer is None or len(call.args) != 1:
            return None
        inner = self.of(file, call.args[0], left - 1)
        return replace(inner, kind=outer.kind, options=outer.having(call, file).options) if inner is not None else None

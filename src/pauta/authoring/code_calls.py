"""Calls of the project's own functions, tasks and methods with arguments that they do not take."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pauta.authoring.bindings import FUNCTIONS, dotted
from pauta.authoring.classes import Method, builds_on, class_named, constructor_of, is_stub, method_of
from pauta.authoring.code import Defined
from pauta.authoring.code_findings import CheckedFile
from pauta.authoring.fitting import given_by, misfits, shown
from pauta.authoring.functions import Function, function_of
from pauta.authoring.scopes import Scope, Use

_OF_CALLS = frozenset({"wait_for", "return_state"})
"""What can be said at any call of a flow or task besides its own arguments."""
_LATER = frozenset({"submit", "map"})


@dataclass(frozen=True, slots=True)
class _Callee:
    name: str
    arguments: ast.arguments
    file: PurePosixPath
    line: int
    bound: bool = False
    kind: str = ""


def check_calls(file: CheckedFile) -> None:
    """FLW-057 for each argument of a call that its function does not take, and for each that it lacks."""
    finder = _Callees(file)
    for use in file.scopes.calls:
        call = use.node
        callee = finder.of(use) if isinstance(call, ast.Call) else None
        if callee is None or not isinstance(call, ast.Call):
            continue
        given = given_by(call, spread=finder.spread(call, use.scope))
        more = _OF_CALLS if callee.kind else ()
        facts = {
            "call": shown(callee.name, callee.arguments, bound=callee.bound),
            "where": f"{callee.file}:{callee.line}",
        }
        for misfit in misfits(callee.arguments, given, call, bound=callee.bound, more=more):
            values = {**facts, **misfit.values}
            file.note("FLW-057", misfit.node, misfit.variant, certain=not use.doubtful, values=values)


class _Callees:
    """Which function a call means, where nothing can make it another one."""

    def __init__(self, file: CheckedFile) -> None:
        self._file = file
        self._code = file.code
        self._values = dict(_assigned_values(file.parsed.tree))
        self._reads: dict[tuple[int, str], int] = {}
        for use in file.scopes.names:
            if isinstance(use.node, ast.Name):
                owner = use.scope.find(use.node.id)
                key = id(owner), use.node.id
                self._reads[key] = self._reads.get(key, 0) + 1

    def of(self, use: Use) -> _Callee | None:
        assert isinstance(use.node, ast.Call)  # noqa: S101  (of the calls)
        function = use.node.func
        if isinstance(function, ast.Name):
            owner = use.scope.find(function.id)
            if owner is not None and owner is not self._file.scopes.module:
                return self._nested(owner, function.id)
        if dotted(function) and self._is_global(function, use.scope):
            found = self._global(function)
            if found is not None:
                return found
        if not isinstance(function, ast.Attribute):
            return None
        if function.attr in _LATER and self._is_global(function.value, use.scope):
            found = self._global(function.value)
            return found if found is not None and found.kind else None
        return self._method(function, use.scope)

    def spread(self, call: ast.Call, scope: Scope) -> Mapping[int, Mapping[str, ast.AST]]:
        """The names behind each ``**`` of a call, where they can be seen."""
        out: dict[int, Mapping[str, ast.AST]] = {}
        for keyword in call.keywords:
            value: ast.AST | None = keyword.value
            if keyword.arg is not None:
                continue
            if isinstance(value, ast.Name):
                value = self._only_value(value.id, scope, reads=1)
            names = _keys(value)
            if names is not None:
                out[id(keyword.value)] = dict.fromkeys(names, keyword.value)
        return out

    # ---- functions ----------------------------------------------------------------------------

    def _nested(self, owner: Scope, name: str) -> _Callee | None:
        bound = owner.bound.get(name, [])
        if owner.is_class or len(bound) != 1 or not isinstance(bound[0], FUNCTIONS) or bound[0].decorator_list:
            return None
        return _Callee(name, bound[0].args, self._file.path, bound[0].lineno)

    def _is_global(self, expression: ast.AST, scope: Scope) -> bool:
        names = dotted(expression)
        return bool(names) and scope.find(names[0]) is self._file.scopes.module

    def _global(self, expression: ast.AST) -> _Callee | None:
        if self._code.names(self._file.path).only(dotted(expression)[0]) is None:
            return None
        function = function_of(self._code, self._file.path, expression)
        if function is not None:
            return self._plain(function, expression)
        owner = class_named(self._code, self._file.path, expression)
        maker = constructor_of(self._code, owner) if owner is not None else None
        if owner is None or maker is None:
            return None
        return _Callee(owner.name, maker.node.args, maker.file, maker.node.lineno, bound=True)

    def _plain(self, function: Function, expression: ast.AST) -> _Callee | None:
        found = self._code.meaning(self._file.path, expression)
        if isinstance(found, Defined) and self._code.names(found.file).only(found.name) is None:
            return None
        if function.altered or (isinstance(function.node, FUNCTIONS) and _is_method_like(function)):
            return None
        return _Callee(function.name, function.arguments, function.file, function.line, kind=function.kind)

    # ---- methods ------------------------------------------------------------------------------

    def _method(self, function: ast.Attribute, scope: Scope) -> _Callee | None:
        target = function.value
        own = self._own_class(target, scope)
        if own is not None:
            method = method_of(self._code, own, function.attr)
            sure = method is not None and not is_stub(method) and not builds_on(self._code, self._file.files, own.name)
            return _callee(method) if sure else None
        made = target if isinstance(target, ast.Call) else None
        if isinstance(target, ast.Name):
            value = self._only_value(target.id, scope)
            made = value if isinstance(value, ast.Call) else None
        if made is None or not self._is_global(made.func, scope):
            return None
        if self._code.names(self._file.path).only(dotted(made.func)[0]) is None:
            return None
        owner = class_named(self._code, self._file.path, made.func)
        return _callee(method_of(self._code, owner, function.attr)) if owner is not None else None

    def _own_class(self, target: ast.AST, scope: Scope) -> Defined | None:
        """The class whose method this is, when the target is its ``self``."""
        if not isinstance(target, ast.Name):
            return None
        owner = scope.find(target.id)
        if owner is None or not isinstance(owner.node, FUNCTIONS) or owner.parent is None:
            return None
        arguments = owner.node.args
        first = next(iter((*arguments.posonlyargs, *arguments.args)), None)
        holder = owner.parent
        if first is None or first.arg != target.id or not holder.is_class or len(owner.bound[target.id]) != 1:
            return None
        if owner.node.decorator_list or holder.parent is not self._file.scopes.module:
            return None
        name = holder.node.name  # type: ignore[attr-defined]
        return class_named(self._code, self._file.path, ast.Name(name, ast.Load()))

    def _only_value(self, name: str, scope: Scope, *, reads: int | None = None) -> ast.AST | None:
        """What a variable is assigned, if it is assigned once (and read so many times)."""
        owner = scope.find(name)
        bound = owner.bound.get(name, []) if owner is not None else []
        if owner is None or len(bound) != 1 or owner.is_class:
            return None
        if reads is not None and self._reads.get((id(owner), name), 0) != reads:
            return None
        return self._values.get(id(bound[0]))


def _callee(method: Method | None) -> _Callee | None:
    if method is None:
        return None
    name = f"{method.owner}.{method.node.name}"
    return _Callee(name, method.node.args, method.file, method.node.lineno, bound=method.bound)


def _is_method_like(function: Function) -> bool:
    """``staticmethod`` and ``classmethod`` outside of a class change what a function takes."""
    assert isinstance(function.node, FUNCTIONS)  # noqa: S101  (the caller has looked)
    return any(dotted(decorator)[-1:] == ("classmethod",) for decorator in function.node.decorator_list)


def _assigned_values(tree: ast.Module) -> Iterator[tuple[int, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield id(node.targets[0]), node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield id(node.target), node.value


def _keys(value: ast.AST | None) -> list[str] | None:
    """The keys of a dict that is written out; None when not all of them can be seen."""
    if isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        texts = [key for key in keys if isinstance(key, str)]
        return texts if len(texts) == len(keys) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict" and not value.args:
        names = [keyword.arg for keyword in value.keywords if keyword.arg is not None]
        return names if len(names) == len(value.keywords) else None
    return None

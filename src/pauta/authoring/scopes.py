"""Who binds which name: the scopes of a module, and where each of its names is looked up."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pauta.authoring.bindings import FUNCTIONS

_EXPECTED = frozenset(
    {"NameError", "UnboundLocalError", "TypeError", "AttributeError", "ImportError", "ModuleNotFoundError"}
)
_ENVIRONMENT = frozenset({"version_info", "hexversion", "PY2", "PY3", "TYPE_CHECKING", "platform", "version"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(eq=False, slots=True)
class Scope:
    """A module, a function, a class or a comprehension.

    Attributes:
        node: What it is of.
        parent: The scope around it.
        bound: Name → the nodes that bind it here.
        outer: Names that it takes from the module (``global``) or from a function around it (``nonlocal``).
    """

    node: ast.AST
    parent: Scope | None = None
    bound: dict[str, list[ast.AST]] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)

    @property
    def is_class(self) -> bool:
        """Whether functions inside of it cannot see its names."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        return self if self.parent is None else self.parent.module

    def find(self, name: str) -> Scope | None:
        """The scope that binds a name as it is seen from here; None when no scope does."""
        if self.outer.get(name) == "global":
            return self.module if name in self.module.bound else None
        if name in self.bound and name not in self.outer:
            return self
        scope = self.parent
        sees_class = isinstance(self.node, _COMPREHENSIONS)
        while scope is not None:
            if name in scope.bound and name not in scope.outer and (sees_class or not scope.is_class):
                return scope
            sees_class = sees_class and isinstance(scope.node, _COMPREHENSIONS)
            scope = scope.parent
        return None


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is read, or a call.

    Attributes:
        node: Where.
        scope: In which scope.
        doubtful: Whether it is executed depends on Python's version, or its failing is expected.
        caught: Its failing is caught, with any other.
        at_load: It is executed when the module is loaded.
    """

    node: ast.AST
    scope: Scope
    doubtful: bool
    at_load: bool
    caught: bool = False


@dataclass(slots=True)
class Scopes:
    """All scopes of a module.

    Attributes:
        module: The outermost one.
        names: Every reading of a name.
        calls: Every call.
        imports: Every import.
        templates: Every text that has braces in it.
        of: Scope by the id of the function, class or comprehension.
    """

    module: Scope
    names: list[Use] = field(default_factory=list)
    calls: list[Use] = field(default_factory=list)
    imports: list[Use] = field(default_factory=list)
    templates: list[Use] = field(default_factory=list)
    of: dict[int, Scope] = field(default_factory=dict)

    def functions(self) -> Iterator[Scope]:
        """Scopes of functions."""
        return (scope for scope in self.of.values() if isinstance(scope.node, FUNCTIONS))


def scopes_of(tree: ast.Module) -> Scopes:
    """The scopes of a module."""
    module = Scope(tree)
    walker = _Walker(Scopes(module, of={id(tree): module}))
    walker.all(tree.body, _Where(module))
    return walker.found


@dataclass(frozen=True, slots=True)
class _Where:
    scope: Scope
    doubtful: bool = False
    at_load: bool = True
    caught: bool = False

    def inside(self, scope: Scope, *, later: bool = False) -> _Where:
        return _Where(scope, at_load=False) if later else replace(self, scope=scope)

    def doubted(self, doubtful: bool) -> _Where:
        return replace(self, doubtful=True) if doubtful else self

    def use(self, node: ast.AST) -> Use:
        return Use(node, self.scope, self.doubtful, self.at_load, self.caught)


class _Walker:
    def __init__(self, found: Scopes) -> None:
        self.found = found

    def all(self, nodes: Iterable[ast.AST | None], where: _Where) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node, where)

    def visit(self, node: ast.AST, where: _Where) -> None:
        special = getattr(self, f"_{type(node).__name__}", None)
        if special is not None:
            special(node, where)
        else:
            self.all(ast.iter_child_nodes(node), where)

    def _scope(self, node: ast.AST, where: _Where) -> Scope:
        scope = self.found.of[id(node)] = Scope(node, where.scope)
        return scope

    def _bind(self, name: str, node: ast.AST, where: _Where) -> None:
        scope = where.scope
        kind = scope.outer.get(name)
        if kind == "global":
            scope = scope.module
        elif kind == "nonlocal" and scope.parent is not None:
            scope = scope.parent.find(name) or scope
        scope.bound.setdefault(name, []).append(node)

    # ---- what makes a scope -------------------------------------------------------------------

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, where: _Where) -> None:
        self._bind(node.name, node, where)
        self.all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults], where)
        where = self._typed(node, where)
        arguments = _arguments(node.args)
        self.all([*(argument.annotation for argument in arguments), node.returns], where)
        inner = where.inside(self._scope(node, where), later=True)
        for argument in arguments:
            inner.scope.bound.setdefault(argument.arg, []).append(argument)
        _declare_outer(node.body, inner.scope)
        self.all(node.body, inner)

    _AsyncFunctionDef = _FunctionDef

    def _Lambda(self, node: ast.Lambda, where: _Where) -> None:
        self.all([*node.args.defaults, *node.args.kw_defaults], where)
        inner = where.inside(self._scope(node, where), later=True)
        for argument in _arguments(node.args):
            inner.scope.bound.setdefault(argument.arg, []).append(argument)
        self.visit(node.body, inner)

    def _ClassDef(self, node: ast.ClassDef, where: _Where) -> None:
        self._bind(node.name, node, where)
        self.all(node.decorator_list, where)
        where = self._typed(node, where)
        self.all([*node.bases, *(keyword.value for keyword in node.keywords)], where)
        inner = where.inside(self._scope(node, where))
        _declare_outer(node.body, inner.scope)
        self.all(node.body, inner)

    def _typed(self, node: ast.AST, where: _Where) -> _Where:
        """The scope of type parameters, where there are any (Python 3.12)."""
        parameters = getattr(node, "type_params", ())
        if not parameters:
            return where
        inner = where.inside(Scope(node, where.scope))
        for parameter in parameters:
            inner.scope.bound[parameter.name] = [parameter]
        self.all(parameters, inner)
        return inner

    def _comprehension(self, node: ast.AST, where: _Where) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter, where)
        inner = where.inside(self._scope(node, where))
        for position, generator in enumerate(generators):
            self.visit(generator.target, inner)
            self.all([*([generator.iter] if position else []), *generator.ifs], inner)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)  # type: ignore[attr-defined]
        self.all(parts, inner)

    _ListComp = _SetComp = _DictComp = _GeneratorExp = _comprehension

    # ---- what binds or reads a name -----------------------------------------------------------

    def _Name(self, node: ast.Name, where: _Where) -> None:
        if isinstance(node.ctx, ast.Load):
            self.found.names.append(where.use(node))
        else:
            self._bind(node.id, node, where)

    def _Constant(self, node: ast.Constant, where: _Where) -> None:
        if isinstance(node.value, str) and "{" in node.value:
            self.found.templates.append(where.use(node))

    def _AugAssign(self, node: ast.AugAssign, where: _Where) -> None:
        if isinstance(node.target, ast.Name):  # it is read, then bound
            self.found.names.append(where.use(node.target))
        self.all([node.value, node.target], where)

    def _NamedExpr(self, node: ast.NamedExpr, where: _Where) -> None:
        self.visit(node.value, where)
        scope = where.scope
        while isinstance(scope.node, _COMPREHENSIONS) and scope.parent is not None:
            scope = scope.parent
        self.visit(node.target, where.inside(scope))

    def _alias(self, node: ast.alias, where: _Where) -> None:
        self._bind(node.asname or node.name.partition(".")[0], node, where)

    def _Import(self, node: ast.Import | ast.ImportFrom, where: _Where) -> None:
        self.found.imports.append(where.use(node))
        self.all(node.names, where)

    _ImportFrom = _Import

    def _ExceptHandler(self, node: ast.ExceptHandler, where: _Where) -> None:
        if node.name:
            self._bind(node.name, node, where)
        self.all([node.type, *node.body], where)

    def _pattern(self, node: ast.AST, where: _Where) -> None:
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            self._bind(name, node, where)
        self.all(ast.iter_child_nodes(node), where)

    _MatchAs = _MatchStar = _MatchMapping = _pattern

    def _Call(self, node: ast.Call, where: _Where) -> None:
        self.found.calls.append(where.use(node))
        self.all(ast.iter_child_nodes(node), where)

    # ---- what makes a use doubtful ------------------------------------------------------------

    def _Try(self, node: ast.Try, where: _Where) -> None:
        expected = any(h.type is not None and _names_in(h.type) & _EXPECTED for h in node.handlers)
        inner = where.doubted(expected)
        self.all(node.body, replace(inner, caught=True) if node.handlers else inner)
        self.all([*node.handlers, *node.orelse, *node.finalbody], where)

    _TryStar = _Try

    def _With(self, node: ast.With | ast.AsyncWith, where: _Where) -> None:
        self.all(node.items, where)
        caught = any(_names_in(item.context_expr) & {"raises", "suppress", "assertRaises"} for item in node.items)
        self.all(node.body, where.doubted(caught))

    _AsyncWith = _With

    def _If(self, node: ast.If, where: _Where) -> None:
        self.visit(node.test, where)
        inner = where.doubted(bool(_names_in(node.test) & _ENVIRONMENT))
        self.all(node.body, replace(inner, at_load=False) if _is_main(node.test) else inner)
        self.all(node.orelse, inner)

    def _IfExp(self, node: ast.IfExp, where: _Where) -> None:
        self.visit(node.test, where)
        self.all([node.body, node.orelse], where.doubted(bool(_names_in(node.test) & _ENVIRONMENT)))


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    more = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *more]


def _declare_outer(body: list[ast.stmt], scope: Scope) -> None:
    """``global`` and ``nonlocal`` hold for the whole function, wherever they stand."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            kind = "global" if isinstance(node, ast.Global) else "nonlocal"
            scope.outer.update(dict.fromkeys(node.names, kind))
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.expr)):
            stack += ast.iter_child_nodes(node)


def _names_in(node: ast.AST) -> set[str]:
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return names | {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}


def _is_main(test: ast.expr) -> bool:
    return "__name__" in _names_in(test)

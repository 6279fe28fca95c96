"""Variables that are read before anything was assigned to them: reading them cannot but fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from pauta.authoring.bindings import FUNCTIONS
from pauta.authoring.scopes import Scope, Scopes

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Early:
    """A reading of a name that no assignment can have come before.

    Attributes:
        node: The reading.
        first: The first assignment after it.
        scope: The function, or the module, whose variable it is.
    """

    node: ast.Name
    first: ast.AST
    scope: Scope


def read_too_early(scopes: Scopes) -> Iterator[Early]:
    """All such readings of a module and its functions.

    Only what is certain: nothing inside of a loop in which the name is assigned to, nothing that closures, ``del``,
    ``exec`` or caught errors have a say in.
    """
    excused = {id(use.node) for use in scopes.names if use.doubtful or use.caught}
    closures = {name for scope in scopes.of.values() for name in scope.outer}
    for scope in [scopes.module, *scopes.functions()]:
        order = _Order()
        body: list[ast.stmt] = scope.node.body  # type: ignore[attr-defined]
        order.all(body)
        if order.peeks or (scope.parent is None and order.stars):
            continue
        for name, readings in order.readings.items():
            if name in closures or not _is_own(scope, name):
                continue
            stores = order.stores.get(name)
            if not stores:
                continue
            first_at, first = stores[0]
            for at, node, loops in readings:
                repeated = any(loops & store_loops for store_loops in order.loops_of.get(name, ()))
                if at < first_at and not repeated and id(node) not in excused:
                    yield Early(node, first, scope)
                    break


def _is_own(scope: Scope, name: str) -> bool:
    """Whether a name can only be this scope's variable: no argument, and no builtin that stands in for it."""
    if name in scope.outer or any(isinstance(node, ast.arg) for node in scope.bound.get(name, ())):
        return False
    if scope.parent is not None:
        return name in scope.bound
    import builtins

    return not hasattr(builtins, name) and not name.startswith("__")


@dataclass
class _Order:
    """What a body reads and assigns, in the order in which Python does it."""

    readings: dict[str, list[tuple[int, ast.Name, frozenset[int]]]] = field(default_factory=dict)
    stores: dict[str, list[tuple[int, ast.AST]]] = field(default_factory=dict)
    loops_of: dict[str, list[frozenset[int]]] = field(default_factory=dict)
    peeks: bool = False
    stars: bool = False
    _at: int = 0
    _loops: frozenset[int] = frozenset()

    def all(self, nodes: object) -> None:
        for node in nodes:  # type: ignore[attr-defined]
            if node is not None:
                self.visit(node)

    def visit(self, node: ast.AST) -> None:
        special = getattr(self, f"_{type(node).__name__}", None)
        if special is not None:
            special(node)
        else:
            self.all(ast.iter_child_nodes(node))

    def _store(self, name: str, node: ast.AST) -> None:
        self._at += 1
        self.stores.setdefault(name, []).append((self._at, node))
        self.loops_of.setdefault(name, []).append(self._loops)

    def _Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._store(node.id, node)
            return
        self._read(node)
        self.peeks = self.peeks or node.id in ("locals", "vars", "globals", "exec", "eval")

    def _read(self, node: ast.Name) -> None:
        self._at += 1
        self.readings.setdefault(node.id, []).append((self._at, node, self._loops))

    def _Assign(self, node: ast.Assign) -> None:
        self.all([node.value, *node.targets])

    def _AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target)
        self.all([node.value, node.target])

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:  # without a value it assigns nothing
            self.all([node.value, node.target])

    def _NamedExpr(self, node: ast.NamedExpr) -> None:
        self.all([node.value, node.target])

    def _For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        before, self._loops = self._loops, self._loops | {id(node)}
        self.all([node.target, *node.body])
        self._loops = before
        self.all(node.orelse)

    _AsyncFor = _For

    def _While(self, node: ast.While) -> None:
        before, self._loops = self._loops, self._loops | {id(node)}
        self.all([node.test, *node.body])
        self._loops = before
        self.all(node.orelse)

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        self._store(node.name, node)

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef) -> None:
        self.all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self._store(node.name, node)

    def _Lambda(self, node: ast.Lambda) -> None:
        self.all([*node.args.defaults, *node.args.kw_defaults])

    def _comprehension(self, node: ast.AST) -> None:
        self.visit(node.generators[0].iter)  # type: ignore[attr-defined]
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                self._store(inner.target.id, inner)

    _ListComp = _SetComp = _DictComp = _GeneratorExp = _comprehension

    def _ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self._store(node.name, node)
        self.all(node.body)

    def _alias(self, node: ast.alias) -> None:
        self.stars = self.stars or node.name == "*"
        self._store(node.asname or node.name.partition(".")[0], node)

    def _pattern(self, node: ast.AST) -> None:
        self.all(ast.iter_child_nodes(node))
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            self._store(name, node)

    _MatchAs = _MatchStar = _MatchMapping = _pattern

    def _Global(self, node: ast.Global | ast.Nonlocal) -> None:
        """Names of other scopes are looked at there."""

    _Nonlocal = _Global


def enclosing_function(scope: Scope) -> str:
    """The name of the function that a scope is of; empty for a module."""
    return scope.node.name if isinstance(scope.node, FUNCTIONS) else ""

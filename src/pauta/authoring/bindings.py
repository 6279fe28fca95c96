"""What the names of a module stand for, as far as its top level shows it without being run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pauta.authoring.imports import Imported

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DYNAMIC = frozenset({"globals", "exec", "vars", "locals", "builtins", "__builtins__", "__dict__"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One statement at a module's top level that gives a name its meaning.

    Attributes:
        line: Where it is.
        value: The function, the class, or the expression that is assigned; None when it cannot be seen.
        imported: The import that binds it. Without members it binds the module itself.
        sure: Nothing decides whether it is executed: no ``if``, ``try`` or loop stands around it.
    """

    line: int
    value: ast.AST | None = None
    imported: Imported | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a module's top level binds.

    Attributes:
        bound: Name → all that bind it, in the order of the lines.
        stars: Imports of everything from a module.
        dynamic: The module looks up or makes names while it runs, so that no list of them is complete.
        changed: Names that functions bind anew, with ``global``.
    """

    bound: Mapping[str, Sequence[Binding]]
    stars: Sequence[Imported] = ()
    dynamic: bool = False
    changed: frozenset[str] = field(default_factory=frozenset)

    def last(self, name: str) -> Binding | None:
        """What a name stands for once the module was executed."""
        found = self.bound.get(name)
        return found[-1] if found else None

    def only(self, name: str) -> Binding | None:
        """What a name stands for if that never changes and depends on nothing."""
        found = self.bound.get(name, ())
        if len(found) != 1 or name in self.changed or self.dynamic:
            return None
        return found[0] if found[0].sure else None

    @property
    def complete(self) -> bool:
        """Whether the module can have no names but these."""
        return not self.stars and not self.dynamic and "__getattr__" not in self.bound


def names_of(tree: ast.Module) -> Names:
    """The names that a module binds."""
    bound: dict[str, list[Binding]] = {}
    stars = []
    sure = set(map(id, tree.body))
    for statement in top_level(tree.body):
        for name, binding in _bindings(statement, sure=id(statement) in sure):
            if name == "*" and binding.imported is not None:
                stars.append(binding.imported)
            else:
                bound.setdefault(name, []).append(binding)
    changed = {n for node in ast.walk(tree) if isinstance(node, ast.Global) for n in node.names}
    return Names(bound, stars, _is_dynamic(tree), frozenset(changed))


def top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported, those inside ``if``, ``try``, ``with`` … included."""
    for statement in body:
        yield statement
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            continue
        for part in ("body", "orelse", "finalbody"):
            yield from top_level(getattr(statement, part, ()))
        for inner in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from top_level(inner.body)


def dotted(expression: ast.AST | None) -> tuple[str, ...]:
    """``pd.DataFrame`` as its names; empty for any other expression."""
    names: list[str] = []
    while isinstance(expression, ast.Attribute):
        names.append(expression.attr)
        expression = expression.value
    if not isinstance(expression, ast.Name):
        return ()
    return (expression.id, *reversed(names))


def stored_in(target: ast.AST) -> Iterator[str]:
    """Names that an assignment to this target binds."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _bindings(statement: ast.stmt, *, sure: bool) -> Iterator[tuple[str, Binding]]:
    line = statement.lineno
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        yield statement.name, Binding(line, statement, sure=sure)
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            whole = tuple(alias.name.split("."))
            name = alias.asname or whole[0]
            yield name, Binding(line, imported=Imported(0, whole if alias.asname else whole[:1]), sure=sure)
    elif isinstance(statement, ast.ImportFrom):
        module = tuple(statement.module.split(".")) if statement.module else ()
        for alias in statement.names:
            imported = Imported(statement.level, module, (alias.name,))
            yield alias.asname or alias.name, Binding(line, imported=imported, sure=sure)
    else:
        yield from _assignments(statement, sure=sure)


def _assignments(statement: ast.stmt, *, sure: bool) -> Iterator[tuple[str, Binding]]:
    line = statement.lineno
    if isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name) and statement.value is not None:
            yield statement.target.id, Binding(line, statement.value, sure=sure)
        return
    if isinstance(statement, ast.Assign):
        plain = [target for target in statement.targets if isinstance(target, ast.Name)]
        yield from ((target.id, Binding(line, statement.value, sure=sure)) for target in plain)
        others: list[ast.AST] = [target for target in statement.targets if not isinstance(target, ast.Name)]
    else:
        others = list(_parts(statement))
    for other in others:
        yield from ((name, Binding(line, sure=False)) for name in stored_in(other))


def _parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """What belongs to a statement itself, not to the statements inside of it."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.match_case):
            for node in ast.walk(child.pattern):
                name = getattr(node, "name", None) or getattr(node, "rest", None)
                if isinstance(name, str):
                    yield ast.Name(name, ast.Store())
        elif isinstance(child, ast.excepthandler):
            if getattr(child, "name", None):
                yield ast.Name(child.name, ast.Store())  # type: ignore[attr-defined]
        elif not isinstance(child, ast.stmt):
            yield child


def _is_dynamic(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id in _DYNAMIC:
                return True
        elif isinstance(node, ast.Attribute):
            if node.attr in _DYNAMIC or (node.attr == "modules" and dotted(node)[:1] == ("sys",)):
                return True
        elif isinstance(node, ast.alias) and node.name.partition(".")[0] == "builtins":
            return True
    return False

"""Mistakes with flows and tasks: called while the file is loaded, generators, options that do not exist."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pauta.authoring.bindings import dotted
from pauta.authoring.code_findings import CheckedFile
from pauta.authoring.functions import FLOW, TASK, Function, function_named, function_of, functions_in
from pauta.authoring.nearest import nearest
from pauta.authoring.scopes import Use
from pauta.domain.problems import Scalar, shorten

_BOTH = (
    "name", "description", "version", "retries", "retry_delay", "retry_delay_seconds", "retry_jitter", "timeout",
    "timeout_seconds", "tags", "log_prints", "on_failure", "on_completion", "memory", "result",
)  # fmt: skip
OPTIONS = {
    FLOW: (*_BOTH, "max_workers", "validate"),
    TASK: (*_BOTH, "cache", "cache_for", "effects", "limit", "pool", "executor"),
}
"""What a flow and a task can be told. The decorators check it again, with values, when the file is loaded."""
_RUNNING = frozenset({"submit", "map", "serve", "deploy"})


def check_flows(file: CheckedFile) -> None:
    """FLW-059, FLW-053, FLW-001, FLW-060, where a file's own flows and tasks are concerned."""
    for use in file.scopes.calls:
        if use.at_load and not use.doubtful:
            _called_at_load(file, use)
    for function in functions_in(file.code, file.path):
        if function.kind and function.file == file.path:
            _definition(file, function)
    _twice(file)


def _called_at_load(file: CheckedFile, use: Use) -> None:
    call = use.node
    target = call.func if isinstance(call, ast.Call) else None
    if isinstance(target, ast.Attribute) and target.attr in _RUNNING:
        target = target.value
        while isinstance(target, ast.Call) and isinstance(target.func, ast.Attribute):
            target = target.func.value  # full_flow.from_source(…).deploy(…)
    names = dotted(target)
    if not names or use.scope.find(names[0]) is not file.scopes.module:
        return
    function = function_of(file.code, file.path, target)
    if function is not None and function.kind:
        file.error("FLW-059", call, function.kind, {"name": shorten(".".join(names))})


def _definition(file: CheckedFile, function: Function) -> None:
    found = function.yields
    if found is not None:
        file.error("FLW-053", found, function.kind, {"name": shorten(function.name), "kind": function.kind})
    for name, option in function.options.items():
        if name not in OPTIONS[function.kind] and option.file == file.path:
            _unknown_option(file, function, name, option.value)


def _unknown_option(file: CheckedFile, function: Function, name: str, at: ast.expr) -> None:
    known = OPTIONS[function.kind]
    other = TASK if function.kind == FLOW else FLOW
    values: dict[str, Scalar] = {"option": shorten(name), "what": function.kind, "known": ", ".join(known)}
    if name in OPTIONS[other]:
        file.error("FLW-001", at, f"of_{other}s", values)
        return
    near = nearest(name, known)
    # What Prefect has, the decorator itself has more to say of.
    if near:
        file.error("FLW-001", at, "near", {**values, "nearest": near[0]})
    else:
        file.error("FLW-001", at, "", values)


def _twice(file: CheckedFile) -> None:
    for name, bindings in file.code.names(file.path).bound.items():
        nodes = [b for b in bindings if b.sure and isinstance(b.value, ast.FunctionDef | ast.AsyncFunctionDef)]
        if len(nodes) < 2 or not _is_flow(file, name) or _overwritten_on_purpose(nodes):
            continue
        kind = function_named(file.code, file.path, name)
        for former in nodes[:-1]:
            node = former.value
            if node is not None:
                values: dict[str, Scalar] = {"name": shorten(name), "line": nodes[-1].line}
                file.warning("FLW-060", node, f"twice_{kind.kind if kind else 'function'}", values)


def _is_flow(file: CheckedFile, name: str) -> bool:
    found = function_named(file.code, file.path, name)
    return found is not None and bool(found.kind)


def _overwritten_on_purpose(bindings: Iterable[object]) -> bool:
    """A name that is ``_`` and the like says that nobody needs it."""
    return all(getattr(getattr(b, "value", None), "name", "").strip("_") == "" for b in bindings)

"""Slips that Python does not see: texts with braces that nobody fills in, misspelt parameters of DataFrame methods."""

from __future__ import annotations

import ast
import re

from pauta.authoring.annotations import asked_by
from pauta.authoring.code import Outside
from pauta.authoring.code_findings import CheckedFile
from pauta.authoring.nearest import likely_slips
from pauta.authoring.scopes import Scope, Use

_BRACES = re.compile(r"(?<!\{)\{([A-Za-z_]\w*)\}(?!\})")
_PASSES_ON = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.BinOp, ast.IfExp, ast.keyword, ast.JoinedStr)
_FILL_IN = frozenset({
    "format", "format_map", "Template", "substitute", "replace", "sub", "compile", "match", "search", "fullmatch",
    "findall", "split", "join", "from_template", "PromptTemplate", "partial", "add_argument", "option", "text",
    "execute", "bindparam", "get", "post", "put", "delete", "patch", "route", "warn", "startswith", "endswith", "find",
    "count", "index", "ExtraArgs", "getLogger", "log",
})  # fmt: skip
_FRAME_PARAMETERS = {
    "to_csv": "path_or_buf sep na_rep float_format columns header index index_label mode encoding compression quoting "
    "quotechar lineterminator chunksize date_format doublequote escapechar decimal errors storage_options",
    "to_parquet": "path engine compression index partition_cols storage_options",
    "to_excel": "excel_writer sheet_name na_rep float_format columns header index index_label startrow startcol engine "
    "merge_cells inf_rep freeze_panes storage_options engine_kwargs autofilter",
    "sort_values": "by axis ascending inplace kind na_position ignore_index key",
    "drop_duplicates": "subset keep inplace ignore_index",
    "reset_index": "name level drop inplace col_level col_fill allow_duplicates names",
    "set_index": "keys drop append inplace verify_integrity",
}
_REMOVED = {"append": "pd.concat([df, more])", "iteritems": "df.items()"}


def check_slips(file: CheckedFile) -> None:
    """FLW-060 and FLW-057, all of them warnings."""
    unfilled = [(use, name) for use in file.scopes.templates if (name := _variable_in(use)) is not None]
    if unfilled:
        parents = {id(child): node for node in ast.walk(file.parsed.tree) for child in ast.iter_child_nodes(node)}
        for use, name in unfilled:
            if _is_said(use.node, parents):
                file.warning("FLW-060", use.node, "braces", {"name": name})
    for use in file.scopes.calls:
        _frame_call(file, use)


def _variable_in(use: Use) -> str | None:
    """The first name in braces that is a variable of a function."""
    text = use.node.value if isinstance(use.node, ast.Constant) else ""
    for name in _BRACES.findall(str(text)):
        owner = use.scope.find(name)
        if owner is not None and owner.parent is not None:
            return str(name)
    return None


def _is_said(node: ast.AST, parents: dict[int, ast.AST]) -> bool:
    """Whether a text goes as it is into a call, an answer or an error."""
    parent = parents.get(id(node))
    while isinstance(parent, _PASSES_ON):
        if isinstance(parent, ast.JoinedStr) or (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod)):
            return False
        node, parent = parent, parents.get(id(parent))
    if isinstance(parent, ast.Return | ast.Raise):
        return True
    if not isinstance(parent, ast.Call) or node is parent.func:
        return False
    name = parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "")
    return name not in _FILL_IN


def _frame_call(file: CheckedFile, use: Use) -> None:
    call = use.node
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    method = call.func.attr
    known = _FRAME_PARAMETERS.get(method, "").split()
    names = [keyword.arg for keyword in call.keywords if keyword.arg is not None and keyword.arg not in known]
    slips = likely_slips(names, known) if known and names else {}
    for keyword in call.keywords:
        if keyword.arg in slips:
            values = {"method": method, "name": keyword.arg, "suggestion": slips[keyword.arg]}
            file.warning("FLW-057", keyword, "keyword", values)
    if (
        method in _REMOVED
        and not use.doubtful
        and isinstance(call.func.value, ast.Name)
        and _is_frame(file, use, call.func.value.id)
    ):
        file.warning("FLW-057", call, "removed", {"method": method, "instead": _REMOVED[method]})


def _is_frame(file: CheckedFile, use: Use, name: str) -> bool:
    """Whether a variable holds a pandas DataFrame, as far as its scope shows it."""
    owner = use.scope.find(name)
    arguments = [n for n in (owner.bound.get(name, ()) if owner is not None else ()) if isinstance(n, ast.arg)]
    for argument in arguments:
        if argument.annotation is not None and asked_by(file.code, file.path, argument.annotation).frame:
            return file.code.meaning(file.path, argument.annotation) == Outside("pandas.DataFrame")
    return any(_makes_frame(file, value) for value in _values_of(owner, name, file))


def _values_of(owner: Scope | None, name: str, file: CheckedFile) -> list[ast.expr]:
    bound = {id(node) for node in owner.bound.get(name, ())} if owner is not None else set()
    return [
        node.value
        for node in ast.walk(file.parsed.tree)
        if isinstance(node, ast.Assign) and any(id(target) in bound for target in node.targets)
    ]


def _makes_frame(file: CheckedFile, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    found = file.code.meaning(file.path, value.func)
    name = found.name if isinstance(found, Outside) else ""
    return name in ("pandas.DataFrame", "pandas.concat") or name.startswith("pandas.read_")

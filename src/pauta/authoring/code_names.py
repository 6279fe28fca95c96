"""Names that nothing defines, and names that are read before they have a value."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Any

from pyflakes import checker, messages

from pauta.authoring.bindings import FUNCTIONS
from pauta.authoring.code import Defined
from pauta.authoring.code_findings import CheckedFile
from pauta.authoring.code_order import Early, enclosing_function, read_too_early
from pauta.authoring.functions import function_named
from pauta.authoring.installed import importable, public_names
from pauta.authoring.nearest import nearest
from pauta.authoring.scopes import Scope, Use
from pauta.domain.problems import Scalar, shorten

_NOTEBOOK = frozenset(
    {"get_ipython", "display", "__file__", "__path__", "__builtins__", "__annotations__", "reveal_type"}
)
_USUAL = {
    "pd": "import pandas as pd", "np": "import numpy as np", "pl": "import polars as pl", "pa": "import pyarrow as pa",
    "plt": "import matplotlib.pyplot as plt", "sns": "import seaborn as sns", "xgb": "import xgboost as xgb",
    "dt": "import datetime as dt", "BaseModel": "from pydantic import BaseModel", "Path": "from pathlib import Path",
    "datetime": "from datetime import datetime", "timedelta": "from datetime import timedelta",
    "date": "from datetime import date", "Any": "from typing import Any", "Optional": "from typing import Optional",
    "List": "from typing import List", "Dict": "from typing import Dict", "Literal": "from typing import Literal",
    "Enum": "from enum import Enum", "dataclass": "from dataclasses import dataclass",
    "DataFrame": "from pandas import DataFrame", "Decimal": "from decimal import Decimal",
    "defaultdict": "from collections import defaultdict", "Counter": "from collections import Counter",
    "partial": "from functools import partial", "sleep": "from time import sleep", "httpx": "import httpx",
    "requests": "import requests", "aiohttp": "import aiohttp", "sklearn": "import sklearn",
    "tqdm": "from tqdm import tqdm", "BeautifulSoup": "from bs4 import BeautifulSoup",
}  # fmt: skip
_FORMATS = (
    messages.PercentFormatPositionalCountMismatch, messages.PercentFormatMissingArgument,
    messages.PercentFormatExpectedMapping, messages.PercentFormatMixedPositionalAndNamed,
    messages.PercentFormatInvalidFormat, messages.StringDotFormatMissingArgument,
    messages.StringDotFormatMixingAutomatic, messages.StringDotFormatInvalidFormat,
)  # fmt: skip


def check_names(file: CheckedFile) -> None:
    """FLW-054 for names that nothing defines, FLW-055 for those read too early, FLW-060 for texts and formats."""
    found = _Pyflakes(file.parsed.tree, filename=file.path.name)
    uses = {(use.node.lineno, use.node.col_offset, use.node.id): use for use in file.scopes.names}  # type: ignore[attr-defined]
    dynamic = file.code.names(file.path).dynamic
    for message, postponed in found.told:
        if isinstance(message, messages.UndefinedName):
            name = str(message.message_args[0])
            use = uses.get((message.lineno, message.col, name))
            _undefined(file, message, name, use, doubtful=dynamic or postponed)
        elif isinstance(message, _FORMATS):
            reason = str(message.message % message.message_args)
            file.warning("FLW-060", _spot(message), "format", {"reason": shorten(reason, 160)})
    for early in read_too_early(file.scopes):
        _too_early(file, early)


class _Pyflakes(checker.Checker):  # type: ignore[misc]
    """Keeps with each message whether it is about an annotation that is never evaluated by itself."""

    def __init__(self, tree: ast.Module, filename: str) -> None:
        self.told: list[tuple[Any, bool]] = []
        super().__init__(tree, filename=filename)

    def report(self, messageClass: Any, *args: Any, **kwargs: Any) -> None:
        super().report(messageClass, *args, **kwargs)
        self.told.append((self.messages[-1], bool(self._in_postponed_annotation)))


def _undefined(file: CheckedFile, message: Any, name: str, use: Use | None, *, doubtful: bool) -> None:
    if name in _NOTEBOOK or (name.startswith("__") and name.endswith("__")):
        return
    scope = use.scope if use is not None else file.scopes.module
    if scope.find(name) is not None:
        return  # bound somewhere: whether too late, `read_too_early` tells
    # An annotation that is only a text is evaluated when a flow's arguments are validated, and never otherwise.
    certain = not doubtful and use is not None and not use.doubtful
    variant, values = _remedy(file, name, scope)
    file.note("FLW-054", _spot(message), variant, certain=certain, values={"name": shorten(name), **values})


def _remedy(file: CheckedFile, name: str, scope: Scope) -> tuple[str, dict[str, Scalar]]:
    """What to do about an unknown name: import it, or write it right."""
    line = ""
    if name in public_names():
        line = f"from pauta import {name}"
    elif name in _USUAL:
        line = _USUAL[name]
    elif importable(name):
        line = f"import {name}"
    known = {n for one in _around(scope) for n in one.bound} | {n for n in dir(builtins) if not n.startswith("_")}
    near = nearest(name, sorted(known if line else known | public_names()), cutoff=0.75)
    if line:
        return ("import_near", {"line": line, "suggestion": near[0]}) if near else ("import", {"line": line})
    if near and near[0] in public_names() and near[0] not in known:
        return "import_near", {"line": f"from pauta import {near[0]}", "suggestion": near[0]}
    return ("near", {"suggestion": near[0]}) if near else ("", {})


def _around(scope: Scope | None) -> Iterator[Scope]:
    first = True
    while scope is not None:
        if first or not scope.is_class:
            yield scope
        first = False
        scope = scope.parent


def _too_early(file: CheckedFile, early: Early) -> None:
    name = early.node.id
    line = getattr(early.first, "lineno", 1)
    values: dict[str, Scalar] = {"name": shorten(name), "line": line}
    outer = file.code.named(file.path, name) if early.scope.parent is not None else None
    if outer is None or name not in file.code.names(file.path).bound:
        file.error("FLW-055", early.node, "", values)
        return
    function = function_named(file.code, file.path, name)
    binding = file.code.names(file.path).last(name)
    kind = function.kind if function is not None else ""
    if not kind:
        plain = isinstance(outer, Defined) and isinstance(outer.binding.value, FUNCTIONS)
        kind = "function" if plain else "name"
    where = binding.line if binding is not None else 1
    values |= {"function": shorten(enclosing_function(early.scope)), "outer": where}
    file.error("FLW-055", early.node, f"hides_{kind}", values)


def _spot(message: Any) -> ast.AST:
    return ast.Pass(lineno=message.lineno, col_offset=message.col)

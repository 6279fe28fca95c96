"""Scripts as modules: compiled once for each content, executed afresh for each step."""

from __future__ import annotations

import io
import linecache
import os
import re
import sys
import tokenize
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from pauta.domain.wire import StepOrder

_NOT_A_NAME = re.compile(r"\W")


class NoExecute(Exception):
    """The script, once loaded, has nothing to call by the name of ``execute``."""


class Scripts:
    """The scripts of one bundle.

    Attributes:
        shown: Path of a file → the path that tracebacks show for it.
    """

    def __init__(self, bundle: str) -> None:
        self._bundle = bundle
        self._compiled: dict[tuple[str, str], CodeType] = {}
        self._helpers = frozenset(os.listdir(bundle)) if os.path.isdir(bundle) else frozenset()
        self._registered: dict[str, ModuleType] = {}
        self._names: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        self._beside = bundle
        self.restore_path()

    def load(self, step: StepOrder) -> Callable[..., Any]:
        """Execute a step's script as a new module; its ``execute``.

        Raises:
            NoExecute: There is none.
            BaseException: Whatever the script's top level raises, SyntaxError included.
        """
        execute = self.module(step).__dict__.get("execute")
        if not callable(execute):
            raise NoExecute
        return execute  # type: ignore[no-any-return]

    def module(self, step: StepOrder) -> ModuleType:
        """Execute a step's script as a new module.

        Raises:
            BaseException: Whatever the script's top level raises, SyntaxError included.
        """
        path = os.path.join(self._bundle, step.script)
        self._stand_beside(os.path.dirname(path))
        code = self._code(path, step.shown_as)
        name = self._names.get(step.name) or self._name(step.name)
        module = ModuleType(name)
        module.__file__ = path
        self._registered[name] = sys.modules[name] = module
        exec(code, module.__dict__)  # noqa: S102 - running the user's script is what this process is for
        return module

    def forget(self) -> None:
        """Take the modules of steps that have ended out of `sys.modules`, so that their data can go."""
        for name, module in self._registered.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
        self._registered.clear()

    def restore_path(self) -> None:
        """Have the script's own folder and the bundle first on the import path again."""
        wanted = [self._beside] if self._beside == self._bundle else [self._beside, self._bundle]
        if sys.path[: len(wanted)] != wanted:
            sys.path[:] = wanted + [entry for entry in sys.path if entry not in wanted]

    def _stand_beside(self, folder: str) -> None:
        """Import from a script's own folder first, as Python does for a script that is started.

        Another folder may have another module of the same name: those of the bundle are imported anew.
        """
        if folder == self._beside:
            return
        if self._beside != self._bundle and self._beside in sys.path:
            sys.path.remove(self._beside)
        self._beside = folder
        self.restore_path()
        inside = os.path.join(self._bundle, "")
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(inside):
                del sys.modules[name]

    def _code(self, path: str, shown_as: str) -> CodeType:
        # A bundle is named by what is in it and never changes.
        known = self._compiled.get((path, shown_as))
        if known is not None:
            return known
        with open(path, "rb") as file:
            source = file.read()
        self.shown[path] = shown_as
        # Tracebacks look up source lines by the name given here, which is no file of this folder.
        linecache.cache[shown_as] = (len(source), None, _lines(source), shown_as)
        code = compile(source, shown_as, "exec", dont_inherit=True)
        self._compiled[path, shown_as] = code
        return code

    def _name(self, step: str) -> str:
        """A module name that hides no package and no module of the user's."""
        name = "step_" + _NOT_A_NAME.sub("_", step)
        while f"{name}.py" in self._helpers or name in self._helpers or name in sys.modules:
            name += "_"
        self._names[step] = name
        return name


def _lines(source: bytes) -> list[str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding, "replace").splitlines(keepends=True)
    except (SyntaxError, LookupError):
        return source.decode("utf-8", "replace").splitlines(keepends=True)

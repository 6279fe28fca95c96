"""Loads the examples' scripts and generators by their files, as plain Python: no Pauta in between."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def load(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module by its file. It finds its neighbours, and nothing of it stays in ``sys.modules``."""
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(path.parent))
        before = set(sys.modules)
        spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(EXAMPLES):
                del sys.modules[name]
    return module


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """``example("flights/scripts/join_tables.py")`` is that script as a module."""
    return lambda path: load(EXAMPLES / path, monkeypatch)


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder with the examples."""
    return EXAMPLES

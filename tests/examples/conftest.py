"""What the tests of the examples share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from example_files import EXAMPLES, load
from example_project import Project


@pytest.fixture
def example() -> Callable[[str], ModuleType]:
    """``example("flights/scripts/join_tables.py")`` is that script as a module."""
    return lambda path: load(EXAMPLES / path)


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder with the examples."""
    return EXAMPLES


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh project folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)

"""The command line as a person or a program meets it, over a fake project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from answers import Answer
from fake_project import FakeProject
from typer.testing import CliRunner

import pauta.assembly
from pauta.cli.app import app


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProject:
    """The project that commands open, in an empty folder that has a document."""
    fake = FakeProject(folder=tmp_path)

    @contextmanager
    def open_project(folder: Path, *, wait_for_lock: Callable[[str], bool] | None, language: str) -> Iterator[Any]:
        fake.asked.append(("open", {"folder": folder, "wait_for_lock": wait_for_lock, "language": language}))
        yield fake

    monkeypatch.setattr(pauta.assembly, "open_project", open_project)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.json").write_text("{}")
    return fake


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Call the program with these words; keyword arguments are environment variables."""
    for name in ("PAUTA_LANG", "PAUTA_DEBUG", "LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, **environment: str) -> Answer:
        result = CliRunner().invoke(app, list(words), env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run

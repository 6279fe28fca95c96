"""A project folder to write documents and scripts into and to run them from, for tests of whole runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pauta.assembly import open_project
from pauta.assembly.project import Project
from pauta.services.views import RunView


class Bench:
    """A project folder with helpers to write documents and scripts and to run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project: Project | None = None

    def __enter__(self) -> Bench:
        return self

    def close(self) -> None:
        if self.project is not None:
            self.project.close()
            self.project = None

    def script(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(text)

    def document(self, *steps: Mapping[str, Any], **more: Any) -> Path:
        path = self.folder / "pipeline.json"
        full = [{"file_path": f"{s['name']}.py", **s} for s in steps]
        path.write_text(json.dumps({"model_name": "p", "prediction_steps": full, **more}))
        return path

    def open(self) -> Project:
        if self.project is None:
            opened = open_project(self.folder)
            assert isinstance(opened, Project)
            self.project = opened
        return self.project

    def run(self, document: Path, *, use_cache: bool = True, interrupted: Callable[[], int] = lambda: 0) -> RunView:
        project = self.open()
        prepared = project.prepare(document, scripts=None, inputs={}, parameters={}, only=None)
        run = project.submit(prepared, use_cache=use_cache)
        return project.execute(run, slots=2, watcher=None, interrupted=interrupted)

"""Runs the installed command on an example, in a process and a project folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder. Its records are in there and nowhere else."""

    folder: Path

    def pauta(self, *arguments: str | Path, code: int = 0) -> str:
        """What the command prints on standard output.

        Raises:
            AssertionError: It ended with another code.
        """
        command = [sys.executable, "-m", "pauta", *map(str, arguments), "--project", str(self.folder)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PAUTA_")}
        done = subprocess.run(
            command, cwd=self.folder, env=env | {"PAUTA_LANG": "en"}, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=LONGEST_SECONDS,
        )  # fmt: skip
        assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run(self, *arguments: str | Path) -> dict[str, Any]:
        """The one object that ``pauta run --json`` prints."""
        return json.loads(self.pauta("run", *arguments, "--json"))


def steps(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps of a run by name."""
    return {step["name"]: step for step in run["steps"]}


def taken_from_cache(run: dict[str, Any]) -> set[str]:
    """Names of the steps that were not run."""
    return {step["name"] for step in run["steps"] if step["cached"]}

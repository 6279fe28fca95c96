"""`pauta worker start`: a worker that reaches its server over HTTP and shares no files with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pauta import __version__
from pauta.adapters import clock
from pauta.adapters.api_connection import Connection
from pauta.adapters.folder_objects import FolderObjects
from pauta.adapters.http_counter import HttpCounter
from pauta.adapters.http_link import Link
from pauta.adapters.http_objects import HttpObjects
from pauta.adapters.process_launcher import ProcessLauncher
from pauta.assembly import SERVER_TOKEN, SERVER_URL
from pauta.assembly.owners import is_gone, owner_here
from pauta.assembly.settings import load_settings
from pauta.assembly.warmth import Warmth
from pauta.domain.problems import InvalidInput, Problem
from pauta.domain.settings import Secret, WorkerSettings
from pauta.domain.work_requests import Registered, Registration
from pauta.ports.watcher import Nobody
from pauta.worker.crew import Crew
from pauta.worker.departing import Departing
from pauta.worker.feed import Feed, WaitingFeed
from pauta.worker.place import Place
from pauta.worker.service import Worker

GIVE_UP = 5 / 6
"""Part of a lease after which a worker that could not renew it gives up: 25 of 30 seconds."""
_PATIENCE_SECONDS = 60.0
_DRAIN_SECONDS = 600.0


def start_worker(folder: Path, flags: Mapping[str, Any], *, say: Callable[[str], None]) -> int:
    """Work for a server until told to end.

    Args:
        folder: Where ``pauta.toml`` is looked for.
        flags: ``server``, ``token_file``, ``name``, ``pools``, ``tags``, ``slots``; empty ones leave it to the
            settings.
        say: Where lines for the person who started it go.

    Returns:
        The exit code: 0 when it was asked to end.

    Raises:
        InvalidInput: ATT-022 without an address or a token; CFG-… when settings do not fit.
        PautaError: The server refuses the worker, or is not there.
    """
    settings = worker_settings(folder, flags, os.environ)
    with RemoteWorker(settings, home=worker_home(os.environ)) as remote:
        registered = remote.register(patience=_PATIENCE_SECONDS)
        say(f"{remote.name}: {settings.server} · {', '.join(settings.pools)} · {registered.owner}")
        remote.run(drain_seconds=_DRAIN_SECONDS)
    return 0


def worker_settings(folder: Path, flags: Mapping[str, Any], environ: Mapping[str, str]) -> WorkerSettings:
    """The settings of a worker: flags before the environment before ``pauta.toml``.

    Raises:
        InvalidInput: ATT-022 without an address or a token.
    """
    settings = load_settings(folder, environ=environ).settings.worker
    given = {key: flags[key] for key in ("server", "name", "pools", "tags", "slots") if flags.get(key)}
    settings = replace(settings, **given)
    server = settings.server or environ.get(SERVER_URL)
    token_file = flags.get("token_file")
    token = token_file.read_text().strip() if token_file is not None else settings.token or environ.get(SERVER_TOKEN)
    if not server or not token:
        raise InvalidInput(Problem("ATT-022"))
    return replace(settings, server=server, token=Secret(token))


def worker_home(environ: Mapping[str, str]) -> Path:
    """Where workers of this user keep what they fetched."""
    cache = environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "pauta" / "worker"


class RemoteWorker(AbstractContextManager["RemoteWorker"]):
    """A worker, from its introduction to its good-bye.

    Args:
        settings: With the server's address and the token.
        home: Folder for what it fetches and makes; workers of one user share it.
    """

    def __init__(self, settings: WorkerSettings, *, home: Path) -> None:
        self._settings = settings
        self._home = home
        self._mine = home / "work" / owner_here().replace(":", "_")
        self._connection = Connection(settings.server or "", settings.token or "")
        self._link = Link(self._connection, chance=lambda: clock.random_bits(53) / 2**53)
        self._cache = FolderObjects(home / "objects")
        self._objects = HttpObjects(self._connection, self._cache)
        self._slots = settings.slots or os.cpu_count() or 1
        self._known: Registered | None = None
        self._launcher: ProcessLauncher | None = None
        self._departing = Departing()
        self.name = settings.name or socket.gethostname()
        self.counter = HttpCounter(self._link, self._objects, me=self._introduction())
        self.worker = Worker(self._crew, launcher=lambda: self._launcher, departing=self._departing)
        self.counter.on_drain = lambda: self.worker.drain(_DRAIN_SECONDS)

    def _introduction(self) -> Registration:
        return Registration(
            nonce=f"{clock.random_bits(64):016x}",
            name=self.name,
            pools=self._settings.pools,
            tags=self._settings.tags,
            capacity=self._slots,
            host=socket.gethostname(),
            process=os.getpid(),
            version=__version__,
        )

    def __exit__(self, *_: object) -> None:
        self._link.close()
        self._connection.close()
        self._cache.close()
        shutil.rmtree(self._mine, ignore_errors=True)

    def register(self, *, patience: float) -> Registered:
        """Introduce it; see `HttpCounter.register`."""
        self._known = self.counter.register(patience=patience)
        return self._known

    def run(self, *, drain_seconds: float) -> None:
        """Work until TERM or INT, then let what runs finish; asked again, give it back at once."""
        self._tidy()
        with _signals(self.worker, drain_seconds):
            self.worker.work()
        self.counter.leave()

    def _tidy(self) -> None:
        """Remove what workers left that are gone; when none else lives, what nobody took for days."""
        others = [folder for folder in (self._home / "work").glob("*") if folder != self._mine]
        for folder in others:
            if is_gone(folder.name.replace("_", ":")):
                shutil.rmtree(folder, ignore_errors=True)
        if not any(folder.exists() for folder in others):
            self._objects.tidy(now=clock.now())

    def _crew(self) -> Crew:
        known = self._known or self.register(patience=_PATIENCE_SECONDS)
        return Crew(
            counter=self.counter,
            feed=self._feed,
            launcher=self._start_launcher,
            objects=self._cache,
            place=Place(
                work=self._mine,
                bundles=self._home / "bundles",
                objects=self._home / "objects",
                slots=self._slots,
                departing=self._departing,
                secret=os.environ.get,
                warm=Warmth(self._cache).wanted,
                spare=self._settings.spare,
                beat_seconds=known.heartbeat_seconds,
                give_up_seconds=known.lease_seconds * GIVE_UP,
            ),
            watch=lambda run: Nobody(),
            now=clock.now,
        )

    def _feed(self, nudge: Callable[[], None]) -> Feed:
        return WaitingFeed(self.counter, nudge=nudge, heed=self.worker.nudge)

    def _start_launcher(self) -> ProcessLauncher:
        self._launcher = ProcessLauncher()
        return self._launcher


def _signals(worker: Worker, drain_seconds: float) -> AbstractContextManager[object]:
    """While it works, TERM and INT ask for the end; the second time nothing is waited for."""
    stack = ExitStack()
    times = 0

    def obey(*_: object) -> None:
        nonlocal times
        times += 1
        worker.drain(drain_seconds if times == 1 else 0.0)

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):  # not the main thread: whoever started it ends it
            stack.callback(signal.signal, number, signal.signal(number, obey))
    return stack

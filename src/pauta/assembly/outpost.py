"""What a worker far from its server is made of: a connection, a cache of its own, a counter, a crew."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
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
from pauta.assembly.warmth import Warmth
from pauta.domain.problems import InvalidInput, Problem
from pauta.domain.settings import Secret, Settings, WorkerSettings
from pauta.domain.work_requests import Registered, Registration
from pauta.ports.watcher import Nobody
from pauta.worker.crew import Crew
from pauta.worker.departing import Departing
from pauta.worker.feed import Feed, Hold
from pauta.worker.place import Place

GIVE_UP = 5 / 6
"""Part of a lease after which a worker that could not renew it gives up: 25 of 30 seconds."""
PATIENCE_SECONDS = 60.0
"""So long a worker that starts waits for a server that is not there yet."""

_CONNECTIONS = 8
"""One waits for work, one reports, one renews, the others fetch."""


def reachable(settings: Settings, environ: Mapping[str, str]) -> WorkerSettings:
    """The worker's settings, with the server's address and the token from the environment if need be.

    Raises:
        InvalidInput: ATT-022 without an address or a token.
    """
    server = settings.worker.server or environ.get(SERVER_URL)
    token = settings.worker.token or environ.get(SERVER_TOKEN)
    if not server or not token:
        raise InvalidInput(Problem("ATT-022"))
    return replace(settings.worker, server=server, token=Secret(token))


def worker_home(environ: Mapping[str, str]) -> Path:
    """Where workers of this user keep what they fetched."""
    cache = environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "pauta" / "worker"


class Outpost(AbstractContextManager["Outpost"]):
    """A worker's belongings, from its introduction to its good-bye.

    Args:
        settings: With the server's address and the token.
        home: Folder for what it fetches and makes; workers of one user share it.
        name: Shown in the list of workers.
        slots: Most stages at a time.
    """

    def __init__(self, settings: WorkerSettings, *, home: Path, name: str, slots: int) -> None:
        self._settings = settings
        self._home = home
        self._slots = slots
        self._connection = Connection(settings.server or "", settings.token or "", connections=_CONNECTIONS)
        self._link = Link(self._connection, chance=lambda: clock.random_bits(53) / 2**53)
        self._cache = FolderObjects(home / "objects")
        self._objects = HttpObjects(self._connection, self._cache)
        self._known: Registered | None = None
        me = _introduction(settings, name=name, slots=slots)
        self._mine = home / "work" / owner_here().replace(":", "_") / me.nonce
        self.name = name
        self.launcher: ProcessLauncher | None = None
        self.departing = Departing()
        self.counter = HttpCounter(self._link, self._objects, me=me)

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        self._link.close()
        self._connection.close()
        self._cache.close()
        shutil.rmtree(self._mine, ignore_errors=True)

    def register(self, *, patience: float = PATIENCE_SECONDS) -> Registered:
        """Introduce it; see `HttpCounter.register`."""
        self._known = self.counter.register(patience=patience)
        return self._known

    def tidy(self) -> None:
        """Remove what workers left that are gone; when none else lives, what nobody took for days."""
        others = [folder for folder in (self._home / "work").glob("*") if folder != self._mine.parent]
        for folder in others:
            if is_gone(folder.name.replace("_", ":")):
                shutil.rmtree(folder, ignore_errors=True)
        if not any(folder.exists() for folder in others):
            self._objects.tidy(now=clock.now())

    def crew(self, feed: Callable[[Callable[[], None], Hold], Feed]) -> Crew:
        """A crew that claims through this feed."""
        known = self._known or self.register()
        return Crew(
            counter=self.counter,
            feed=feed,
            launcher=self._launcher,
            objects=self._cache,
            place=Place(
                work=self._mine,
                bundles=self._home / "bundles",
                objects=self._home / "objects",
                slots=self._slots,
                departing=self.departing,
                secret=os.environ.get,
                warm=Warmth(self._cache).wanted,
                spare=self._settings.spare,
                beat_seconds=known.heartbeat_seconds,
                give_up_seconds=known.lease_seconds * GIVE_UP,
            ),
            watch=lambda run: Nobody(),
            now=clock.now,
        )

    def _launcher(self) -> ProcessLauncher:
        if self.launcher is None:
            self.launcher = ProcessLauncher()
        return self.launcher


def _introduction(settings: WorkerSettings, *, name: str, slots: int) -> Registration:
    return Registration(
        nonce=f"{clock.random_bits(64):016x}",
        name=name,
        pools=settings.pools,
        tags=settings.tags,
        capacity=slots,
        host=socket.gethostname(),
        process=os.getpid(),
        version=__version__,
    )

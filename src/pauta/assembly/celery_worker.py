"""What happens in a worker of Celery's when a message comes: it claims at the server, and runs what it was given.

Each process of Celery's pool (or thread, with ``-P threads``) keeps a station for each work pool: connection, cache,
a warm parent of script processes. The message is forgotten as soon as it is read; the lease is the server's.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pauta.assembly.outpost import Outpost, reachable, worker_home
from pauta.assembly.settings import load_settings
from pauta.domain.problems import InvalidInput, PautaError, Problem
from pauta.domain.settings import Settings, WorkerSettings
from pauta.domain.work import Recorded
from pauta.ports.counter import Counter
from pauta.worker.feed import Hold

if TYPE_CHECKING:
    from celery import Celery

_log = logging.getLogger("pauta.worker")
_MOST_STATIONS = 8
_PATIENCE_SECONDS = 0.5


def worker_app() -> Celery:
    """The application that ``celery -A pauta.celery worker`` runs.

    Raises:
        InvalidInput: CEL-005 without a broker's address; CFG-… when settings do not fit.
    """
    from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown

    from pauta.adapters.celery_app import TASK, make_app

    settings = _settings()
    if settings.celery.broker_url is None:
        raise InvalidInput(Problem("CEL-005"))
    app = make_app(settings.celery.broker_url)
    stations = Stations(settings)

    def run_stage(pool: str, stage: str) -> None:
        """Claim stages of this pool and run them, until there are none. `stage` is for people to read."""
        stations.run(str(pool))

    def get_ready(**_: Any) -> None:
        stations.warm_up()

    def leave(**_: Any) -> None:
        stations.close()

    app.task(name=TASK)(run_stage)
    worker_process_init.connect(get_ready, weak=False)
    worker_process_shutdown.connect(leave, weak=False)
    worker_shutdown.connect(leave, weak=False)
    return app


@cache
def _settings() -> Settings:
    return load_settings(Path.cwd(), environ=os.environ).settings


class Stations:
    """The stations of this process. A forked child begins with none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process = 0
        self._own = threading.local()
        self._every: list[Station] = []

    def run(self, pool: str) -> None:
        """Work on a pool's stages until nothing of it can be claimed."""
        try:
            self._station(pool).run()
        except PautaError as error:
            # Whatever it is, the stage is announced again.
            _log.warning("%s", error)

    def warm_up(self) -> None:
        """Start what the first message would have to wait for, for the pools that the settings name."""
        self._begin()
        pools = self._settings.worker.pools
        try:
            for pool in pools if pools != WorkerSettings().pools else ():
                self._station(pool)
        except PautaError as error:
            _log.warning("%s", error)

    def close(self) -> None:
        """Say good-bye everywhere."""
        if self._process == os.getpid():
            for station in self._every:
                station.close()
            self._every.clear()

    def _begin(self) -> None:
        if self._process != os.getpid():
            self._process, self._own, self._every = os.getpid(), threading.local(), []
            atexit.register(self.close)

    def _station(self, pool: str) -> Station:
        self._begin()
        known: dict[str, Station] = self._own.__dict__.setdefault("stations", {})
        if pool not in known:
            while len(known) >= _MOST_STATIONS:
                old = known.pop(next(iter(known)))
                self._every.remove(old)
                old.close()
            known[pool] = Station(self._settings, pool)
            self._every.append(known[pool])
        return known[pool]


class Station:
    """One warm place to run stages of a pool, one at a time."""

    def __init__(self, settings: Settings, pool: str) -> None:
        worker = replace(reachable(settings, os.environ), pools=(pool,))
        name = worker.name or f"celery@{socket.gethostname()}"
        self._outpost = Outpost(worker, home=worker_home(os.environ), name=name, slots=1)
        self._over = threading.Event()
        try:
            known = self._outpost.register(patience=_PATIENCE_SECONDS)
        except PautaError:
            self._outpost.close()
            raise
        self._feed = AskedFeed(self._outpost.counter)
        self._crew = self._outpost.crew(lambda nudge, hold: self._feed.holding(hold))
        self._crew.fill()  # nothing is claimed before a message comes, but a spare process is made
        self._pulse = threading.Thread(target=self._live, args=(known.heartbeat_seconds,), daemon=True)
        self._pulse.start()

    def run(self) -> None:
        """Claim and run until nothing can be claimed.

        Raises:
            PautaError: The server cannot be reached and nothing runs here.
        """
        crew, feed = self._crew, self._feed
        crew.claims = not self._outpost.counter.draining
        feed.open()
        while crew.claims or crew.is_busy:
            try:
                crew.fill()
                if not crew.is_busy and feed.is_exhausted:
                    break
                crew.turn()
            except PautaError as error:
                if not crew.is_busy:
                    raise
                _log.warning("%s", error)
                time.sleep(_PATIENCE_SECONDS)
        feed.shut()
        crew.record()

    def close(self) -> None:
        """End its processes and say good-bye."""
        self._over.set()
        self._crew.close()
        if self._outpost.launcher is not None:
            self._outpost.departing.wait(self._outpost.launcher)
            self._outpost.launcher.close()
        self._outpost.counter.leave()
        self._outpost.close()

    def _live(self, beat_seconds: float) -> None:
        """Tell the server that the worker is there, also while no message comes."""
        while not self._over.wait(beat_seconds):
            if self._feed.is_exhausted:
                try:
                    self._outpost.counter.renew(())
                except PautaError as error:
                    _log.warning("%s", error)


class AskedFeed:
    """`worker.feed.Feed` that claims only while a message is being worked off, and until there is nothing."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._hold: Hold | None = None
        self._is_open = False
        self._is_worth_asking = False

    def holding(self, hold: Hold) -> AskedFeed:
        """Itself, once it knows who renews what it claims."""
        self._hold = hold
        return self

    def open(self) -> None:
        """A message has come."""
        self._is_open = self._is_worth_asking = True

    def shut(self) -> None:
        """It is worked off."""
        self._is_open = False

    @property
    def is_exhausted(self) -> bool:
        """Whether the last claim gave nothing, and nothing happened since."""
        return not self._is_open or not self._is_worth_asking

    def ask(self, room: int) -> Sequence[Recorded]:
        """See `Feed`."""
        if self.is_exhausted:
            return ()
        asked_at = time.monotonic()
        answers = self._counter.claim(room=room)
        if self._hold is not None:
            self._hold(answers, since=asked_at)
        self._is_worth_asking = any(answer.assignments or answer.steps for answer in answers)
        return answers

    def hint(self) -> None:
        """See `Feed`."""
        self._is_worth_asking = True

    def close(self) -> None:
        """See `Feed`."""
        self._is_open = False

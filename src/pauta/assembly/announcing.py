"""A server's messages to pools of kind ``celery``: sent by a thread, so that no broker ever holds up a request."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from pauta.assembly.standing_worker import listen
from pauta.domain.problems import PautaError, Problem
from pauta.domain.settings import Settings
from pauta.ports.announcer import Announcer
from pauta.services.announce import Announcing
from pauta.services.control import Control

_log = logging.getLogger("pauta.server")


def announcing(control: Control, settings: Settings) -> Announcements:
    """What announces stages by the settings; start it, and stop it in the end."""
    return Announcements(control, settings, announcer=lambda: _announcer(settings))


def _announcer(settings: Settings) -> Announcer:
    from pauta.adapters.celery_announcer import CeleryAnnouncer
    from pauta.adapters.celery_app import make_app

    app = make_app(settings.celery.broker_url or "")
    return CeleryAnnouncer(app, expires_seconds=2 * settings.celery.sweep_seconds)


class Announcements:
    """Looks whenever a pool's bell rings, and every `sweep_seconds` besides."""

    def __init__(self, control: Control, settings: Settings, *, announcer: Callable[[], Announcer]) -> None:
        self._control = control
        self._settings = settings
        self._make_announcer = announcer
        self._wake = threading.Event()
        self._over = False
        self._deaf: dict[str, Callable[[], None]] = {}
        self._thread = threading.Thread(target=self._go, name="announcements", daemon=True)
        self._warned = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when it has."""
        self._over = True
        self._wake.set()
        self._thread.join()
        for stop_listening in self._deaf.values():
            stop_listening()

    def _go(self) -> None:
        announcer = self._make_announcer() if self._settings.celery.broker_url is not None else _Silence()
        announcing = Announcing(
            self._control, announcer, sweep_seconds=self._settings.celery.sweep_seconds, monotonic=time.monotonic
        )
        try:
            while not self._over:
                self._wake.clear()
                self._look(announcing)
                self._wake.wait(self._settings.celery.sweep_seconds)
        finally:
            announcer.close()

    def _look(self, announcing: Announcing) -> None:
        try:
            for pool in announcing.pools():
                if pool.name not in self._deaf:
                    self._deaf[pool.name] = listen(self._control.bell, (pool.name,), self._wake.set)
            announcing.look()
        except PautaError as error:
            if not self._warned:
                _log.warning("%s", error)
            self._warned = True
        else:
            self._warned = False


class _Silence:
    """There is no broker."""

    def announce(self, queue: str, *, pool: str, hints: object) -> None:
        """Say so, once."""
        raise PautaError(Problem("CEL-005"))

    def close(self) -> None:
        """Nothing to let go of."""

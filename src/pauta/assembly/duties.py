"""What a server does by the clock, by its settings."""

from __future__ import annotations

import time
from collections.abc import Callable

from pauta.domain.settings import Settings
from pauta.scheduler.duties import Duties, Duty
from pauta.services.control import Control
from pauta.services.reaping import Reaper

_LOST_BEATS = 3


def duties_of(control: Control, settings: Settings) -> Duties:
    """All duties that the settings ask for."""
    duties: list[Duty] = []
    if settings.server.reaper:
        duties.append(Duty("reaper", settings.queue.reaper_seconds, _reaping(control, settings)))
    return Duties(duties)


def _reaping(control: Control, settings: Settings) -> Callable[[], object]:
    reaper = Reaper(
        control.store,
        control.desk,
        lease_seconds=settings.queue.lease_seconds,
        lost_seconds=settings.queue.heartbeat_seconds * _LOST_BEATS,
        monotonic=time.monotonic,
    )
    return lambda: reaper.look(now=control.now())

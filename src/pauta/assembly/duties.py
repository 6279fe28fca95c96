"""What a server does by the clock, by its settings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol

from pauta.adapters.apprise_notifier import AppriseNotifier
from pauta.adapters.webhook import Webhook
from pauta.assembly.announcing import announcing
from pauta.domain.problems import Problem
from pauta.domain.settings import Settings
from pauta.scheduler.cleaning import Cleaning
from pauta.scheduler.duties import Duties, Duty
from pauta.scheduler.loop import Scheduler
from pauta.scheduler.notices import NoticeSender
from pauta.scheduler.watch import Watch
from pauta.services.arrivals import Arrivals
from pauta.services.audit_heads import export_head
from pauta.services.control import Control
from pauta.services.notify import Postman
from pauta.services.reaping import Reaper

_log = logging.getLogger("pauta.server")
_LOST_BEATS = 3
_NOTICE_SECONDS = 2.0
_BELL_SECONDS = 2.0
_HEAD_SECONDS = 3600.0
_CLEANING_SECONDS = 600.0
"""How often it is asked whether the time for cleaning has come: every so many hours, over all servers."""


class _Going(Protocol):
    """Something that goes on in threads of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End; returns when it has."""


class Household(AbstractContextManager["Household"]):
    """All that a server does beside answering and working, for as long as the block lasts."""

    def __init__(self, control: Control, settings: Settings, *, url: str) -> None:
        self._going = _all(control, settings, url)
        self._stack = ExitStack()

    def __enter__(self) -> Household:
        """Begin with all of it."""
        for going in self._going:
            going.start()
            self._stack.callback(going.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _all(control: Control, settings: Settings, url: str) -> list[_Going]:
    going: list[_Going] = [Duties(list(_duties(control, settings, url))), announcing(control, settings)]
    if settings.server.scheduler:
        following = Duties([Duty("completions", 0.0, _following(control))])
        going += [Scheduler(control, tell=_warn), Watch(Arrivals(control)), following]
    return going


def _duties(control: Control, settings: Settings, url: str) -> list[Duty]:
    duties = [
        Duty("notices", _NOTICE_SECONDS, _sender(control, settings, url).send_due),
        Duty("head of the audit log", _HEAD_SECONDS, lambda: export_head(control)),
    ]
    if settings.server.reaper:
        duties.append(Duty("reaper", settings.queue.reaper_seconds, _reaping(control, settings)))
    if settings.server.retention:
        duties.append(Duty("retention", _CLEANING_SECONDS, Cleaning(control, settings.retention).clean_when_due))
    return duties


def _following(control: Control) -> Callable[[], object]:
    """Look for deployments that wait for others as soon as a run has ended."""
    arrivals = Arrivals(control)
    seen = control.bell.wait("runs", seen=0, timeout=0)

    def follow() -> None:
        nonlocal seen
        rung = control.bell.wait("runs", seen=seen, timeout=_BELL_SECONDS)
        if rung != seen:
            seen = rung
            arrivals.completions()

    return follow


def _sender(control: Control, settings: Settings, url: str) -> NoticeSender:
    postmen: dict[str, Postman] = {
        "webhook": Webhook(networks=settings.server.webhook_networks),
        "apprise": AppriseNotifier(),
    }
    language = settings.language or "en"
    return NoticeSender(
        control, postmen, link=lambda run: f"{settings.server.url or url}/runs/{run}", language=language
    )


def _reaping(control: Control, settings: Settings) -> Callable[[], object]:
    reaper = Reaper(
        control.store,
        control.desk,
        lease_seconds=settings.queue.lease_seconds,
        lost_seconds=settings.queue.heartbeat_seconds * _LOST_BEATS,
        monotonic=time.monotonic,
    )
    return lambda: reaper.look(now=control.now())


def _warn(problem: Problem) -> None:
    _log.warning("%s", problem.line())

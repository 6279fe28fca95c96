"""The server's own worker: a crew beside the desk, in a thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from pauta.adapters.process_launcher import ProcessLauncher
from pauta.assembly.owners import owner_here
from pauta.assembly.warmth import Warmth
from pauta.domain.settings import Settings
from pauta.ports.bell import Bell
from pauta.ports.watcher import Nobody
from pauta.services.control import Control
from pauta.services.desk_counter import DeskCounter
from pauta.worker.crew import Crew
from pauta.worker.departing import Departing
from pauta.worker.feed import DirectFeed
from pauta.worker.place import Place
from pauta.worker.service import Worker

_LISTEN_SECONDS = 30.0
_GIVE_UP = 5 / 6
"""Part of a lease after which a worker that could not renew it gives up: 25 of 30 seconds."""


def standing_worker(control: Control, settings: Settings) -> Worker:
    """A worker on this machine that claims at the desk itself."""
    departing = Departing()
    launchers: list[ProcessLauncher] = []

    def launcher() -> ProcessLauncher:
        launchers.append(ProcessLauncher())
        return launchers[0]

    def crew() -> Crew:
        counter = DeskCounter(control.desk, owner=owner_here(), pools=settings.worker.pools)
        return Crew(
            counter=counter,
            feed=lambda nudge: DirectFeed(counter),
            launcher=launcher,
            objects=control.objects,
            place=Place(
                work=control.records / "work",
                bundles=control.records / "bundles",
                objects=control.records / "objects",
                slots=settings.worker.slots or os.cpu_count() or 1,
                departing=departing,
                secret=control.look_up,
                warm=Warmth(control.objects).wanted,
                spare=settings.worker.spare,
                beat_seconds=settings.queue.heartbeat_seconds,
                give_up_seconds=settings.queue.lease_seconds * _GIVE_UP,
            ),
            watch=lambda run: Nobody(),
            now=control.now,
        )

    return Worker(crew, launcher=lambda: launchers[0] if launchers else None, departing=departing)


def listen(bell: Bell, pools: tuple[str, ...], nudge: Callable[[], None]) -> Callable[[], None]:
    """Have a worker nudged whenever one of its pools is rung; gives what ends it."""
    over = threading.Event()

    def follow(subject: str) -> None:
        seen = bell.wait(subject, seen=0, timeout=0.0)
        while not over.is_set():
            rung = bell.wait(subject, seen=seen, timeout=_LISTEN_SECONDS)
            if rung != seen and not over.is_set():
                nudge()
            seen = rung

    for pool in pools:
        threading.Thread(target=follow, args=(f"pool:{pool}",), name=f"bell {pool}", daemon=True).start()
    return over.set

"""The server's own worker: a crew beside the desk, in a thread."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from pauta.adapters.process_launcher import ProcessLauncher
from pauta.assembly.owners import owner_here
from pauta.assembly.stores import counter_for
from pauta.assembly.warmth import Warmth
from pauta.domain.deploying import WorkerRecord, WorkerState
from pauta.domain.problems import StoreFault
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
        desk = DeskCounter(control.desk, owner=owner_here(), pools=settings.worker.pools)
        counter = counter_for(desk, control.objects, beat_seconds=settings.queue.heartbeat_seconds)
        return Crew(
            counter=counter,
            feed=lambda nudge, hold: DirectFeed(counter, hold=hold),
            launcher=launcher,
            objects=control.objects,
            place=Place(
                work=control.records / "work",
                bundles=control.records / "bundles",
                objects=control.records / "objects",
                slots=slots_of(settings),
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


class Presence:
    """The server's own worker among the workers that people see, ask to drain, and see leave."""

    def __init__(self, control: Control, settings: Settings, worker: Worker) -> None:
        self._control = control
        self._settings = settings
        self._worker = worker
        self._since = control.now()

    def tell(self) -> None:
        """It is there; if somebody asked it to drain, it takes nothing new from now on."""
        with self._control.store.transaction() as tx:
            present = tx.workers.get(owner_here())
            drains = present is not None and present.state is WorkerState.DRAINING
            tx.workers.put(self._record(WorkerState.DRAINING if drains else WorkerState.ACTIVE))
        if drains and self._worker.crew is not None:
            self._worker.crew.claims = False

    def leave(self) -> None:
        """It ends with its server."""
        with suppress(StoreFault), self._control.store.transaction() as tx:
            tx.workers.put(self._record(WorkerState.LEFT))

    def _record(self, state: WorkerState) -> WorkerRecord:
        worker = self._settings.worker
        return WorkerRecord(
            owner=owner_here(),
            name=worker.name or "server",
            pools=worker.pools,
            tags=worker.tags,
            capacity=slots_of(self._settings),
            host=socket.gethostname(),
            process=os.getpid(),
            version=self._control.version,
            started_at=self._since,
            seen_at=self._control.now(),
            state=state,
        )


def slots_of(settings: Settings) -> int:
    """Most processes at a time."""
    return settings.worker.slots or os.cpu_count() or 1


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

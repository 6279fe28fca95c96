"""Decides on the picture of a run and saves, again when somebody else was quicker; then tells everybody concerned."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, NotFound, Problem, StoreFault
from pauta.domain.runs import Run
from pauta.domain.states import RunState
from pauta.ports.objects import Objects
from pauta.ports.store import Store, Transaction
from pauta.services.children import Arrange, begin_runs, no_others, orphans_of, requests_of, tell_parent
from pauta.services.pictures import Picture, Pictures
from pauta.services.race import LostRace
from pauta.services.sheet import Sheet

LEASE = timedelta(seconds=30)
RACES = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """What the desk gets from the world: the time, chance in [0, 1), bits for ids, and how long a lease lasts."""

    now: Callable[[], datetime]
    chance: Callable[[], float]
    random_bits: Callable[[int], int]
    lease: timedelta = LEASE


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who else wants to know.

    Attributes:
        changed: Called inside the transaction in which a run's state changes: what must go on record with it.
        ring: Called after it, with a bell's subject.
        arrange: Makes the runs of pipelines and deployments that flows ask for.
    """

    changed: Callable[[Transaction, Run, datetime], None] = _nothing
    ring: Callable[[str], None] = _nothing
    arrange: Arrange = no_others


class Saver:
    """The saving half of the desk.

    Args:
        store: The records.
        objects: What results refer to.
        pictures: What is known of runs.
        machine: Time and chance.
        hooks: Who else wants to know.
        cancel: Cancels a run that nobody waits for any more.

    Attributes:
        turn: Held while something is decided and saved.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        pictures: Pictures,
        *,
        machine: Machine,
        hooks: Hooks,
        cancel: Callable[[RunId], object],
    ) -> None:
        self._store = store
        self._objects = objects
        self._pictures = pictures
        self._machine = machine
        self._hooks = hooks
        self._cancel = cancel
        self.turn = threading.RLock()
        self._woken: list[Run] = []
        self._pools: list[str] = []

    def settle(
        self,
        run_id: RunId,
        act: Callable[[Picture], Iterable[int]],
        *,
        note: Callable[[Transaction], object] = _nothing,
    ) -> Sheet:
        """Decide on the picture of a run, save, and begin again with a fresh picture when a race was lost.

        `note` puts on record, in the transaction that saves, what belongs to it.
        """
        with self.turn:
            for _ in range(RACES):
                try:
                    sheet = self._settle_once(run_id, act, note)
                except BaseException as error:
                    self._pictures.forget(run_id)
                    if not is_race(error):
                        raise
                    continue
                self.ring(sheet, changed=True)
                if sheet.run.ended_at is not None:
                    self._pictures.forget(run_id)
                self.follow_family(sheet)
                return sheet
            raise too_many_races(run_id)

    def _settle_once(
        self, run_id: RunId, act: Callable[[Picture], Iterable[int]], note: Callable[[Transaction], object]
    ) -> Sheet:
        picture = self._pictures.known(run_id)
        if picture is None:
            with self._store.transaction() as tx:
                picture = self._pictures.of(tx, run_id)
        sheet = picture.sheet
        state = sheet.run.state
        touched = list(act(picture))
        wanted = requests_of(sheet, arrange=self._hooks.arrange) if sheet.ledger.spawns else []
        if sheet.ends or wanted:
            self._objects.sync(sorted(picture.unsynced))
        now = self._machine.now()
        with self._store.transaction(durable=sheet.ends) as tx:
            self._pools += begin_runs(tx, sheet, wanted, now=now, random_bits=self._machine.random_bits)
            sheet.save(tx, touched=touched, now=now)
            self.tell(tx, sheet, state, now=now)
            note(tx)
        return sheet

    def tell(self, tx: Transaction, sheet: Sheet, before: RunState, *, now: datetime) -> None:
        """Put on record with a change of the run's state what follows from it elsewhere."""
        if sheet.run.state is before:
            return
        self._hooks.changed(tx, sheet.run, now)
        if sheet.run.parent is not None and sheet.run.ended_at is not None:
            woken = tell_parent(tx, sheet, now=now)
            self._woken += [woken] if woken is not None else []

    def follow_family(self, sheet: Sheet) -> None:
        """What the end of a run means for the flow that waits for it, and for those that it began itself."""
        pools, self._pools = self._pools, []
        woken, self._woken = self._woken, []
        for flow in woken:
            self._pictures.forget(flow.id)
            self._hooks.ring(f"run:{flow.id}")
            pools.append(flow.pool)
        for pool in dict.fromkeys(pools):
            self._hooks.ring(f"pool:{pool}")
        for child in orphans_of(sheet):
            with suppress(Conflict, NotFound):  # it has ended, or was removed
                self._cancel(child)

    def ring(self, sheet: Sheet, *, changed: bool) -> None:
        """Tell those who wait for something of this run."""
        if changed:
            self._hooks.ring(f"run:{sheet.run.id}")
        if sheet.take_freed():
            self._hooks.ring(f"pool:{sheet.run.pool}")
        if sheet.is_over:
            self._hooks.ring("runs")

    def confirm(self, picture: Picture) -> None:
        """Make the end of a run, which a claim brought about, survive a loss of power."""
        self._objects.sync(sorted(picture.unsynced))
        picture.sheet.note("run_kept", now=self._machine.now())
        with self._store.transaction(durable=True) as tx:
            picture.sheet.save(tx, now=self._machine.now())

    def forget(self, runs: Iterable[RunId]) -> None:
        """These pictures are wrong."""
        for run_id in runs:
            self._pictures.forget(run_id)


def is_race(error: BaseException) -> bool:
    """Whether it is worth another try: somebody else was quicker, or the database undid one of two that collided."""
    collided = isinstance(error, StoreFault) and error.problems[0].code == "DB-013"
    return collided or isinstance(error, LostRace)


def too_many_races(run_id: RunId) -> Conflict:
    """RUN-015."""
    return Conflict(Problem("RUN-015", {"run": run_id}))

"""The desk: workers claim stages here and report what became of them. Each verb decides, then saves once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Conflict, Problem, StoreFault
from pauta.domain.runs import Run, Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STEPS, RunState, StageState, StepState
from pauta.domain.work import Heard, Recorded
from pauta.engine.events import Renewed, Reopened, RunCancelAsked
from pauta.ports.objects import Objects
from pauta.ports.store import Store, Transaction
from pauta.services.claiming import Claimer
from pauta.services.pictures import Picture, Pictures, objects_of, step_named, steps_from
from pauta.services.recording import Recorder
from pauta.services.sheet import LostRace, Sheet
from pauta.services.taking import Taker

__all__ = ["LEASE", "Desk", "Hooks", "Machine", "objects_of", "step_named", "steps_from"]

LEASE = timedelta(seconds=30)
_RACES = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """What the desk gets from the world: the time and chance in [0, 1), and how long a lease lasts."""

    now: Callable[[], datetime]
    chance: Callable[[], float]
    lease: timedelta = LEASE


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who else wants to know.

    Attributes:
        changed: Called inside the transaction in which a run's state changes: what must go on record with it.
        ring: Called after it, with a bell's subject.
    """

    changed: Callable[[Transaction, Run, datetime], None] = _nothing
    ring: Callable[[str], None] = _nothing


class Desk:
    """Claims, reports, cancels. One desk serves all runs of a process; safe to use from several threads.

    What it knows of a run is only a picture: every save checks that the rows are still as in it; if not, the
    picture is read anew and the decision is taken again.
    """

    def __init__(
        self, store: Store, objects: Objects, *, machine: Machine, runtime: str, hooks: Hooks | None = None
    ) -> None:
        self._store = store
        self._objects = objects
        self._machine = machine
        self._hooks = hooks or Hooks()
        self._pictures = Pictures(store, runtime=runtime)
        self._recorder = Recorder(chance=machine.chance, runtime=runtime, reason=self._reason)
        self._claimer = Claimer(self._pictures, Taker(objects, runtime=runtime), lease=machine.lease)
        self._turn = threading.RLock()

    # ---- claiming -----------------------------------------------------------------------------

    def claim(self, *, owner: str, limit: int, run_id: RunId) -> Recorded:
        """Take up to `limit` stages of a run. Steps that need not run are completed from the cache on the way.

        Returns the assignments; `over` tells that the run ended by this. An empty answer with `over` False
        means that nothing may be claimed now.
        """

        def find(tx: Transaction, now: datetime) -> Mapping[RunId, list[Stage]]:
            self._pictures.of(tx, run_id)
            return {run_id: tx.stages.claimable(now=now, limit=limit, run_id=run_id)}

        return self._claim(find, owner=owner, durable=False)[0]

    def claim_any(self, *, owner: str, pools: Sequence[str], limit: int, durable: bool = False) -> list[Recorded]:
        """Take up to `limit` stages of any run that queues in these pools (P10), one answer for each run.

        Args:
            owner: Names the worker in leases.
            pools: From these.
            limit: Most stages.
            durable: The claim survives a loss of power, so that no two attempts ever have one fence. For
                workers that outlive this machine.
        """

        def find(tx: Transaction, now: datetime) -> Mapping[RunId, list[Stage]]:
            return self._claimer.front(tx, pools=pools, now=now, room=limit)

        return self._claim(find, owner=owner, durable=durable)

    def _claim(
        self, find: Callable[[Transaction, datetime], Mapping[RunId, list[Stage]]], *, owner: str, durable: bool
    ) -> list[Recorded]:
        with self._turn:
            for _ in range(_RACES):
                found: Mapping[RunId, list[Stage]] = {}
                try:
                    now = self._machine.now()
                    with self._store.transaction(durable=durable) as tx:
                        found = find(tx, now)
                        answers = [self._take(tx, run_id, rows, owner=owner, now=now) for run_id, rows in found.items()]
                except BaseException as error:
                    self._forget(found)
                    if not _is_race(error):
                        raise
                    continue
                for answer in answers:
                    self._follow_up(answer)
                return answers
            raise _too_many_races(next(iter(found), RunId("")))

    def _take(self, tx: Transaction, run_id: RunId, rows: Sequence[Stage], *, owner: str, now: datetime) -> Recorded:
        picture = self._claimer.fresh(tx, run_id, rows)
        state = picture.sheet.run.state
        assignments = self._claimer.take(tx, picture, [row.no for row in rows], owner=owner, now=now)
        sheet = picture.sheet
        self._tell(tx, sheet, state, now=now)
        return Recorded(
            run_id,
            steps=_final(sheet.take_changed_steps()),
            assignments=tuple(assignments),
            stop=tuple(sheet.take_stops()),
            over=sheet.is_over,
        )

    def _follow_up(self, answer: Recorded) -> None:
        picture = self._pictures.known(answer.run_id)
        if picture is None:
            return
        if answer.over and picture.sheet.run.ended_at is not None and (answer.steps or answer.assignments):
            self._confirm(picture)
        self._ring(picture.sheet, changed=bool(answer.steps or answer.assignments))
        if picture.sheet.run.ended_at is not None:
            self._pictures.forget(answer.run_id)

    # ---- reporting ----------------------------------------------------------------------------

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        """Record what happened, in order, in one transaction.

        What comes from an attempt that no longer counts is refused, kept in the history as ``late_result``,
        and changes nothing (P4).
        """

        def act(picture: Picture) -> Iterable[int]:
            self._recorder.begin()
            for item in heard:
                self._recorder.hear(picture.sheet, item, now=self._machine.now())
            self._recorder.end(picture.sheet)
            picture.unsynced.update(self._recorder.stored)
            return self._recorder.touched

        with self._turn:
            sheet = self._settle(run_id, act)
            return Recorded(
                run_id,
                steps=_final(sheet.take_changed_steps()),
                retries=tuple(self._recorder.retries),
                stop=tuple(sheet.take_stops()),
                refused=tuple(self._recorder.refused),
                over=sheet.is_over,
            )

    def renew(self, run_id: RunId, held: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Extend the leases of these (stage, fence); the stages whose lease is lost: stop them."""
        lost: list[int] = []

        def act(picture: Picture) -> Iterable[int]:
            now = self._machine.now()
            lost.clear()
            for stage_no, fence in held:
                if picture.sheet.give(stage_no, Renewed(fence, now + self._machine.lease), now=now) is not None:
                    lost.append(stage_no)
            return lost

        self._settle(run_id, act)
        return tuple(lost)

    def is_cancelled(self, run_id: RunId) -> bool:
        """Whether somebody cancelled the run: what still runs of it is to be stopped."""
        with self._store.transaction() as tx:
            run = tx.runs.get(run_id)
        return run is None or run.cancel_requested_at is not None

    # ---- what people ask ----------------------------------------------------------------------

    def cancel(self, run_id: RunId) -> Recorded:
        """Cancel a run: nothing new starts; the stages in `stop` are to be ended by whoever runs them.

        Raises:
            NotFound: RUN-001.
            Conflict: RUN-005 when the run is final already.
        """

        def act(picture: Picture) -> Iterable[int]:
            sheet = picture.sheet
            if sheet.run.state in FINAL_RUNS:
                raise Conflict(Problem("RUN-005", {"run": run_id, "state": sheet.run.state.value}))
            if sheet.run.cancel_requested_at is None:
                sheet.tell(RunCancelAsked(), now=self._machine.now())
            return ()

        with self._turn:
            sheet = self._settle(run_id, act)
            self._hooks.ring(f"pool:{sheet.run.pool}")  # its workers ask what is to be stopped
            return Recorded(
                run_id,
                steps=_final(sheet.take_changed_steps()),
                stop=tuple(sheet.take_stops()),
                over=sheet.is_over,
            )

    def reopen(self, run_id: RunId) -> Recorded:
        """A person asked to go on with a held run: its held stages are tried again, deaths count anew.

        Raises:
            NotFound: RUN-001.
            Conflict: RUN-006 when the run is not held.
        """

        def act(picture: Picture) -> Iterable[int]:
            run = picture.sheet.run
            if run.state is not RunState.HELD:
                raise Conflict(Problem("RUN-006", {"run": run_id, "state": run.state.value}))
            _reopen(picture.sheet, now=self._machine.now())
            return ()

        with self._turn:
            # A refusal saves nothing that would show the picture to be old, so that it is read anew.
            self._pictures.forget(run_id)
            sheet = self._settle(run_id, act)
        return Recorded(run_id, steps=_final(sheet.take_changed_steps()), over=sheet.is_over)

    def take_over(self, run_id: RunId, *, reopen: bool) -> Recorded:
        """The worker that ran this run is known to be gone: free what it held, at once.

        Args:
            run_id: The run.
            reopen: A person asked to go on: held stages are tried again, deaths count anew.
        """

        def act(picture: Picture) -> Iterable[int]:
            sheet, now = picture.sheet, self._machine.now()
            for stage in list(sheet.stages):
                if stage.state is StageState.RUNNING:
                    self._recorder.interrupt(sheet, stage, now=now)
            if reopen:
                _reopen(sheet, now=now)
            return ()

        with self._turn:
            self._pictures.forget(run_id)
            sheet = self._settle(run_id, act)
            return Recorded(run_id, steps=_final(sheet.take_changed_steps()), over=sheet.is_over)

    def expire(self, run_id: RunId, stage_no: int, *, fence: int, stamp: datetime | None) -> bool:
        """Free a stage whose lease nobody renewed since it was seen with this fence and end.

        Looks again under lock at what was read: a renewal that came meanwhile wins (P14).

        Returns:
            Whether the stage was freed.
        """
        with self._turn:
            self._pictures.forget(run_id)
            now = self._machine.now()
            with self._store.transaction() as tx:
                stage = tx.stages.locked(run_id, stage_no)
                as_seen = stage is not None and stage.state is StageState.RUNNING
                if stage is None or not as_seen or stage.fence != fence or stage.lease_until != stamp:
                    return False
                picture = self._pictures.of(tx, run_id)
                state = picture.sheet.run.state
                self._recorder.begin()
                self._recorder.interrupt(picture.sheet, stage, now=now, lost=True)
                picture.sheet.save(tx, now=now)
                self._tell(tx, picture.sheet, state, now=now)
            self._ring(picture.sheet, changed=True)
            if picture.sheet.run.ended_at is not None:
                self._confirm(picture)
            return True

    # ---- saving -------------------------------------------------------------------------------

    def _settle(self, run_id: RunId, act: Callable[[Picture], Iterable[int]]) -> Sheet:
        """Decide on the picture of a run, save, and begin again with a fresh picture when a race was lost."""
        with self._turn:
            for _ in range(_RACES):
                try:
                    sheet = self._settle_once(run_id, act)
                except BaseException as error:
                    self._pictures.forget(run_id)
                    if not _is_race(error):
                        raise
                    continue
                self._ring(sheet, changed=True)
                if sheet.run.ended_at is not None:
                    self._pictures.forget(run_id)
                return sheet
            raise _too_many_races(run_id)

    def _settle_once(self, run_id: RunId, act: Callable[[Picture], Iterable[int]]) -> Sheet:
        picture = self._pictures.known(run_id)
        if picture is None:
            with self._store.transaction() as tx:
                picture = self._pictures.of(tx, run_id)
        sheet = picture.sheet
        state = sheet.run.state
        touched = list(act(picture))
        if sheet.ends:
            self._objects.sync(sorted(picture.unsynced))
        now = self._machine.now()
        with self._store.transaction(durable=sheet.ends) as tx:
            sheet.save(tx, touched=touched, now=now)
            self._tell(tx, sheet, state, now=now)
        return sheet

    def _tell(self, tx: Transaction, sheet: Sheet, before: RunState, *, now: datetime) -> None:
        if sheet.run.state is not before:
            self._hooks.changed(tx, sheet.run, now)

    def _ring(self, sheet: Sheet, *, changed: bool) -> None:
        if changed:
            self._hooks.ring(f"run:{sheet.run.id}")
        if sheet.take_freed():
            self._hooks.ring(f"pool:{sheet.run.pool}")
        if sheet.is_over:
            self._hooks.ring("runs")

    def _confirm(self, picture: Picture) -> None:
        """Make the end of a run, which a claim brought about, survive a loss of power."""
        self._objects.sync(sorted(picture.unsynced))
        picture.sheet.note("run_kept", now=self._machine.now())
        with self._store.transaction(durable=True) as tx:
            picture.sheet.save(tx, now=self._machine.now())

    def _forget(self, runs: Iterable[RunId]) -> None:
        for run_id in runs:
            self._pictures.forget(run_id)

    def _reason(self, sheet: Sheet, no: int, inputs: Mapping[str, Address], taken_from: RunId | None) -> str:
        picture = self._pictures.known(sheet.run.id)
        if picture is None:
            raise LookupError(f"run {sheet.run.id} has no picture")
        asked = no in picture.forced
        return picture.past.reason(sheet, no, inputs, taken_from=taken_from, asked=asked).encode()


def _reopen(sheet: Sheet, *, now: datetime) -> None:
    for stage in list(sheet.stages):
        if stage.state is StageState.HELD:
            sheet.give(stage.no, Reopened(), now=now)
            for no in sheet.steps_of(stage.no):
                if sheet.step(no).state is StepState.HELD:
                    sheet.put_step(replace(sheet.step(no), state=StepState.PENDING))


def _final(steps: Iterable[StepRecord]) -> tuple[StepRecord, ...]:
    return tuple(s for s in steps if s.state in FINAL_STEPS or s.state is StepState.HELD)


def _is_race(error: BaseException) -> bool:
    """Whether it is worth another try: somebody else was quicker, or the database undid one of two that collided."""
    collided = isinstance(error, StoreFault) and error.problems[0].code == "DB-013"
    return collided or isinstance(error, LostRace)


def _too_many_races(run_id: RunId) -> Conflict:
    return Conflict(Problem("RUN-015", {"run": run_id}))

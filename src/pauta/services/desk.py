"""The desk: workers claim stages here and report what became of them. Each verb decides, then saves once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from pauta.domain.ids import Address, RunId
from pauta.domain.plan import Plan, PlannedStep
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import Run, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STEPS, StageState, StepState
from pauta.domain.work import Assignment, Heard, Recorded
from pauta.engine.dependents import downstream_of
from pauta.engine.events import Claimed, Finished, Renewed, Reopened, RunCancelAsked
from pauta.ports.objects import Objects
from pauta.ports.store import Store, Transaction
from pauta.services.history import Past
from pauta.services.orders import order_stage
from pauta.services.recording import Recorder
from pauta.services.sheet import LostRace, Sheet
from pauta.services.taking import Taker

LEASE = timedelta(seconds=30)
_RACES = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """What the desk gets from the world: the time and chance in [0, 1)."""

    now: Callable[[], datetime]
    chance: Callable[[], float]


class Desk:
    """Claims, reports, cancels. One desk may serve many runs; what it knows of a run is only a picture.

    Every save checks that the rows are still as in the picture; if not, the picture is read anew and the
    decision is taken again.
    """

    def __init__(self, store: Store, objects: Objects, *, machine: Machine, runtime: str) -> None:
        self._store = store
        self._objects = objects
        self._machine = machine
        self._taker = Taker(objects, runtime=runtime)
        self._recorder = Recorder(chance=machine.chance, runtime=runtime, reason=self._reason)
        self._sheets: dict[RunId, Sheet] = {}
        self._unsynced: dict[RunId, set[Address]] = {}
        self._earlier: dict[RunId, Mapping[int, StepRecord]] = {}
        self._forced: dict[RunId, frozenset[int]] = {}
        self._pasts: dict[RunId, Past] = {}
        self._runtime = runtime

    # ---- claiming -----------------------------------------------------------------------------

    def claim(self, *, owner: str, limit: int, run_id: RunId) -> Recorded:
        """Take up to `limit` stages of a run. Steps that need not run are completed from the cache on the way.

        Returns the assignments; `over` tells that the run ended by this. An empty answer with `over` False
        means that nothing may be claimed now.
        """
        for _ in range(_RACES):
            try:
                recorded = self._claim(owner=owner, limit=limit, run_id=run_id)
            except LostRace:
                self._forget(run_id)
                continue
            except BaseException:
                self._forget(run_id)
                raise
            if recorded.over and self._sheets[run_id].run.ended_at is not None:
                self._confirm(run_id)
            return recorded
        raise _too_many_races(run_id)

    def _claim(self, *, owner: str, limit: int, run_id: RunId) -> Recorded:
        now = self._machine.now()
        assignments: list[Assignment] = []
        with self._store.transaction() as tx:
            sheet = self._sheet(tx, run_id)
            stages = tx.stages.claimable(now=now, limit=limit, run_id=run_id)
            if stages and sheet.run.ended_at is None:
                forced = self._forced_steps(sheet)
                nos = [s.no for s in stages]
                shelf = self._taker.shelf(tx, sheet, nos, earlier=self._earlier_steps(tx, sheet), forced=forced)
                for no in nos:
                    if sheet.give(no, Claimed(owner, now + LEASE), now=now) is not None:
                        continue
                    rest = self._taker.take(tx, sheet, no, shelf=shelf, forced=forced, now=now)
                    self._expect(run_id, sheet, no, without=rest)
                    if rest:
                        order = order_stage(sheet, no, rest, taker=self._taker, shelf=shelf, forced=forced)
                        assignments.append(Assignment(order, sheet.bundle))
                    else:
                        sheet.give(no, Finished(sheet.stage(no).fence), now=now)
                sheet.save(tx, now=now)
        return Recorded(
            run_id,
            steps=_final(sheet.take_changed_steps()),
            assignments=tuple(assignments),
            stop=tuple(sheet.take_stops()),
            over=sheet.is_over,
        )

    def _expect(self, run_id: RunId, sheet: Sheet, stage_no: int, *, without: Sequence[int]) -> None:
        """Objects of results taken from the cache must be on the disk before the run is called complete."""
        addresses = self._unsynced.setdefault(run_id, set())
        for no in set(sheet.steps_of(stage_no)).difference(without):
            addresses.update(objects_of(sheet.step(no)))

    # ---- reporting ----------------------------------------------------------------------------

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        """Record what happened, in order, in one transaction.

        What comes from an attempt that no longer counts is refused, kept in the history as ``late_result``,
        and changes nothing (P4).
        """

        def act(sheet: Sheet) -> Iterable[int]:
            self._recorder.begin()
            for item in heard:
                self._recorder.hear(sheet, item, now=self._machine.now())
            self._recorder.end(sheet)
            self._unsynced.setdefault(run_id, set()).update(self._recorder.stored)
            return self._recorder.touched

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

        def act(sheet: Sheet) -> Iterable[int]:
            now = self._machine.now()
            lost.clear()
            for stage_no, fence in held:
                if sheet.give(stage_no, Renewed(fence, now + LEASE), now=now) is not None:
                    lost.append(stage_no)
            return ()

        self._settle(run_id, act)
        return tuple(lost)

    # ---- what people ask ----------------------------------------------------------------------

    def cancel(self, run_id: RunId) -> Recorded:
        """Cancel a run: nothing new starts; the stages in `stop` are to be ended by whoever runs them.

        Raises:
            NotFound: RUN-001.
            Conflict: RUN-005 when the run is final already.
        """

        def act(sheet: Sheet) -> Iterable[int]:
            if sheet.run.state in FINAL_RUNS:
                raise Conflict(Problem("RUN-005", {"run": run_id, "state": sheet.run.state.value}))
            if sheet.run.cancel_requested_at is None:
                sheet.tell(RunCancelAsked(), now=self._machine.now())
            return ()

        sheet = self._settle(run_id, act)
        return Recorded(
            run_id,
            steps=_final(sheet.take_changed_steps()),
            stop=tuple(sheet.take_stops()),
            over=sheet.is_over,
        )

    def take_over(self, run_id: RunId, *, reopen: bool) -> Recorded:
        """The worker that ran this run is known to be gone: free what it held, at once.

        Args:
            run_id: The run.
            reopen: A person asked to go on: held stages are tried again, deaths count anew.
        """

        def act(sheet: Sheet) -> Iterable[int]:
            now = self._machine.now()
            for stage in list(sheet.stages):
                if stage.state is StageState.RUNNING:
                    self._recorder.interrupt(sheet, stage, now=now)
            if reopen:
                for stage in list(sheet.stages):
                    if stage.state is StageState.HELD:
                        sheet.give(stage.no, Reopened(), now=now)
                        _reopen_steps(sheet, stage.no)
            return ()

        self._forget(run_id)
        sheet = self._settle(run_id, act)
        return Recorded(run_id, steps=_final(sheet.take_changed_steps()), over=sheet.is_over)

    # ---- the picture --------------------------------------------------------------------------

    def _settle(self, run_id: RunId, act: Callable[[Sheet], Iterable[int]]) -> Sheet:
        """Decide on the picture of a run, save, and begin again with a fresh picture when a race was lost."""
        for _ in range(_RACES):
            try:
                sheet = self._sheets.get(run_id)
                if sheet is None:
                    with self._store.transaction() as tx:
                        sheet = self._sheet(tx, run_id)
                touched = list(act(sheet))
                if sheet.ends:
                    self._objects.sync(sorted(self._unsynced.pop(run_id, ())))
                with self._store.transaction(durable=sheet.ends) as tx:
                    sheet.save(tx, touched=touched, now=self._machine.now())
            except LostRace:
                self._forget(run_id)
                continue
            except BaseException:
                self._forget(run_id)
                raise
            return sheet
        raise _too_many_races(run_id)

    def _sheet(self, tx: Transaction, run_id: RunId) -> Sheet:
        if run_id not in self._sheets:
            run = tx.runs.get(run_id)
            if run is None:
                raise NotFound(Problem("RUN-001", {"run": run_id}))
            self._sheets[run_id] = Sheet.load(tx, run)
            self._pasts[run_id] = Past.when_needed(
                self._store, pipeline=run.pipeline, run_id=run_id, runtime=self._runtime
            )
        return self._sheets[run_id]

    def _forget(self, run_id: RunId) -> None:
        self._sheets.pop(run_id, None)

    def _confirm(self, run_id: RunId) -> None:
        """Make the end of a run, which a claim brought about, survive a loss of power."""
        self._objects.sync(sorted(self._unsynced.pop(run_id, ())))
        sheet = self._sheets[run_id]
        sheet.note("run_kept", now=self._machine.now())
        with self._store.transaction(durable=True) as tx:
            sheet.save(tx, now=self._machine.now())

    def _earlier_steps(self, tx: Transaction, sheet: Sheet) -> Mapping[int, StepRecord]:
        """Completed steps of the run that this one runs again *from a step*, by number, but those after it."""
        run = sheet.run
        if run.of is None or run.options.from_step is None:
            return {}
        if run.id not in self._earlier:
            forced = self._forced_steps(sheet)
            self._earlier[run.id] = {
                s.no: s for s in tx.steps.of_run(run.of) if s.state is StepState.COMPLETED and s.no not in forced
            }
        return self._earlier[run.id]

    def _reason(self, sheet: Sheet, no: int, inputs: Mapping[str, Address], taken_from: RunId | None) -> str:
        past = self._pasts[sheet.run.id]
        asked = no in self._forced_steps(sheet)
        return past.reason(sheet, no, inputs, taken_from=taken_from, asked=asked).encode()

    def _forced_steps(self, sheet: Sheet) -> frozenset[int]:
        run = sheet.run
        if run.options.from_step is None:
            return frozenset()
        if run.id not in self._forced:
            self._forced[run.id] = steps_from(run, sheet.plan, run.options.from_step)
        return self._forced[run.id]


def steps_from(run: Run, plan: Plan, step_name: str) -> frozenset[int]:
    """The numbers of a step and of all that depend on it.

    Raises:
        NotFound: RUN-003 when the plan has no such step.
    """
    no = step_named(run, plan, step_name).no
    return downstream_of(plan, no) | {no}


def step_named(run: Run, plan: Plan, name: str) -> PlannedStep:
    """The step of this name.

    Raises:
        NotFound: RUN-003.
    """
    for step in plan.steps:
        if step.name == name:
            return step
    known = ", ".join(s.name for s in plan.steps[:20])
    raise NotFound(Problem("RUN-003", {"run": run.id, "step": name, "known": known}))


def _reopen_steps(sheet: Sheet, stage_no: int) -> None:
    for no in sheet.steps_of(stage_no):
        if sheet.step(no).state is StepState.HELD:
            sheet.put_step(replace(sheet.step(no), state=StepState.PENDING))


def _final(steps: Iterable[StepRecord]) -> tuple[StepRecord, ...]:
    return tuple(s for s in steps if s.state in FINAL_STEPS or s.state is StepState.HELD)


def objects_of(step: StepRecord) -> list[Address]:
    """Addresses of the stored objects that a step gave."""
    output = [step.output.address] if step.output is not None and not step.output.inline and step.output.size else []
    return [*output, *(f.address for f in step.files)]


def _too_many_races(run_id: RunId) -> Conflict:
    return Conflict(Problem("RUN-015", {"run": run_id}))

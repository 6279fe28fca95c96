"""The desk: workers claim stages here and report what became of them. Each verb decides, then saves once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from pauta.domain.calls import Arguments
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Conflict, Problem
from pauta.domain.runs import Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STEPS, RunState, StageState, StepState
from pauta.domain.wire import CachedCall
from pauta.domain.work import Heard, Recorded
from pauta.engine.events import Answered, Renewed, Reopened, RunCancelAsked
from pauta.ports.objects import Objects
from pauta.ports.store import Store, Transaction
from pauta.services.claiming import Claimer
from pauta.services.pictures import Picture, Pictures, objects_of, step_named, steps_from
from pauta.services.recording import Recorder
from pauta.services.recording_calls import answer_call, as_call, objects_of_cached
from pauta.services.saving import LEASE, RACES, Hooks, Machine, Saver, is_race, too_many_races
from pauta.services.sheet import Sheet
from pauta.services.taking import Taker

__all__ = ["LEASE", "Desk", "Hooks", "Machine", "objects_of", "step_named", "steps_from"]


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
        self._saver = Saver(store, objects, self._pictures, machine=machine, hooks=self._hooks, cancel=self.cancel)
        self._recorder = Recorder(chance=machine.chance, runtime=runtime, reason=self._reason)
        self._claimer = Claimer(self._pictures, Taker(objects, runtime=runtime), lease=machine.lease)
        self._turn = self._saver.turn

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

    def claim_family(self, *, owner: str, limit: int, run_id: RunId) -> list[Recorded]:
        """`claim` of a run and of those that its flows began, theirs included: one answer for each, its own first."""

        def find(tx: Transaction, now: datetime) -> Mapping[RunId, list[Stage]]:
            found: dict[RunId, list[Stage]] = {}
            family, left = [run_id], limit
            for member in family:
                sheet = self._pictures.of(tx, member).sheet
                if member == run_id or sheet.run.ended_at is None:
                    found[member] = tx.stages.claimable(now=now, limit=left, run_id=member) if left else []
                    left -= len(found[member])
                family.extend(sheet.ledger.children())
            return found

        return self._claim(find, owner=owner, durable=False)

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
            for _ in range(RACES):
                found: Mapping[RunId, list[Stage]] = {}
                try:
                    now = self._machine.now()
                    with self._store.transaction(durable=durable) as tx:
                        found = find(tx, now)
                        answers = [self._take(tx, run_id, rows, owner=owner, now=now) for run_id, rows in found.items()]
                except BaseException as error:
                    self._saver.forget(found)
                    if not is_race(error):
                        raise
                    continue
                for answer in answers:
                    self._follow_up(answer)
                return answers
            raise too_many_races(next(iter(found), RunId("")))

    def _take(self, tx: Transaction, run_id: RunId, rows: Sequence[Stage], *, owner: str, now: datetime) -> Recorded:
        picture = self._claimer.fresh(tx, run_id, rows)
        state = picture.sheet.run.state
        assignments = self._claimer.take(tx, picture, [row.no for row in rows], owner=owner, now=now)
        sheet = picture.sheet
        self._saver.tell(tx, sheet, state, now=now)
        return Recorded(
            run_id,
            steps=_final(sheet.take_changed_steps()),
            calls=sheet.ledger.take_changed(),
            assignments=tuple(assignments),
            stop=tuple(sheet.take_stops()),
            over=sheet.is_over,
        )

    def _follow_up(self, answer: Recorded) -> None:
        picture = self._pictures.known(answer.run_id)
        if picture is None:
            return
        if answer.over and picture.sheet.run.ended_at is not None and (answer.steps or answer.assignments):
            self._saver.confirm(picture)
        self._saver.ring(picture.sheet, changed=bool(answer.steps or answer.assignments))
        if picture.sheet.run.ended_at is not None:
            self._pictures.forget(answer.run_id)
        self._saver.follow_family(picture.sheet)

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
            sheet = self._saver.settle(run_id, act)
            return Recorded(
                run_id,
                steps=_final(sheet.take_changed_steps()),
                calls=sheet.ledger.take_changed(),
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

        self._saver.settle(run_id, act)
        return tuple(lost)

    def recall(self, keys: Sequence[str]) -> dict[str, CachedCall]:
        """What the cache holds of task results under these keys, as long as it is all there."""
        with self._store.transaction() as tx:
            entries = tx.cache.get_many(keys)
        found = {key: as_call(entry, now=self._machine.now()) for key, entry in entries.items()}
        there = self._objects.exists
        return {k: c for k, c in found.items() if c is not None and all(map(there, objects_of_cached(c)))}

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
            sheet = self._saver.settle(run_id, act)
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
            sheet = self._saver.settle(run_id, act)
        return Recorded(run_id, steps=_final(sheet.take_changed_steps()), over=sheet.is_over)

    def answer(
        self,
        run_id: RunId,
        call_no: int,
        result: Arguments,
        *,
        by: str,
        message: str = "",
        note: Callable[[Transaction], object] = lambda _: None,
    ) -> None:
        """A person answers a call that waits: its flow goes on.

        Args:
            run_id, call_no: Which.
            result: The answer.
            by: Who answers.
            message: What they say to it.
            note: Called in the transaction that records the answer: what is to be on record if and only if it is.

        Raises:
            NotFound: RUN-001; FLW-086 when there is no such call.
            Conflict: FLW-085 when it does not wait, or not any more.
        """

        def act(picture: Picture) -> Iterable[int]:
            return [answer_call(picture.sheet, call_no, result, by=by, message=message, now=self._machine.now())]

        with self._turn:
            self._pictures.forget(run_id)
            self._saver.settle(run_id, act, note=note)

    def wake(self, run_id: RunId, stage_no: int) -> None:
        """A paused stage whose calls all have their answers goes on, should nobody have told it (P2)."""

        def act(picture: Picture) -> Iterable[int]:
            while picture.sheet.stage(stage_no).state is StageState.PAUSED:
                picture.sheet.give(stage_no, Answered(), now=self._machine.now())
            return [stage_no]

        with self._turn:
            self._pictures.forget(run_id)
            self._saver.settle(run_id, act)

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
            sheet = self._saver.settle(run_id, act)
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
                self._saver.tell(tx, picture.sheet, state, now=now)
            self._saver.ring(picture.sheet, changed=True)
            if picture.sheet.run.ended_at is not None:
                self._saver.confirm(picture)
            self._saver.follow_family(picture.sheet)
            return True

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

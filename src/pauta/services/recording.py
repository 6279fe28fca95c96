"""Puts on record what workers report: under the fence of the attempt that counts, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Problem
from pauta.domain.runs import CacheEntry, Stage
from pauta.domain.states import FINAL_STAGES, FINAL_STEPS, StageState, StepState
from pauta.domain.wire import (
    CallAwaits,
    CallEnded,
    CallStarted,
    StageDone,
    StageSuspended,
    StepFailed,
    StepFinished,
    StepStarted,
)
from pauta.domain.work import AttemptDied, Heard, Lines, Retry
from pauta.engine import events
from pauta.engine.cachekey import key_of
from pauta.engine.dependents import stages_skipped_by
from pauta.services.recording_calls import entry_of_task, hear_call, hear_suspension
from pauta.services.sheet import Sheet

ReasonGiver = Callable[[Sheet, int, Mapping[str, Address], RunId | None], str]
"""Says why a step ran: sheet, step number, what it took, the run it was taken from if it was."""

_MEANT = frozenset({"cancelled", "released"})


class Recorder:
    """Applies one batch of reports to a sheet.

    Attributes:
        touched: Stages of which something was recorded or refused: saving checks that they are as they were read.
        retries: Steps to be tried again.
        refused: Stages of which a report came too late.
        stored: Objects that now belong to the run.
    """

    def __init__(self, *, chance: Callable[[], float], runtime: str, reason: ReasonGiver) -> None:
        self._chance = chance
        self._runtime = runtime
        self._reason = reason
        self.begin()

    def begin(self) -> None:
        """Forget the batch before."""
        self.touched: set[int] = set()
        self.retries: list[Retry] = []
        self.refused: list[int] = []
        self.stored: set[Address] = set()
        self._begun: dict[int, StepStarted] = {}

    def end(self, sheet: Sheet) -> None:
        """The batch is heard: the steps that began in it and have not ended are running."""
        for no in list(self._begun):
            sheet.put_step(replace(sheet.step(no), state=StepState.RUNNING, **self._start_of(sheet, no)))

    def _start_of(self, sheet: Sheet, no: int) -> dict[str, Any]:
        """What a step's beginning changes in its record; nothing when that was recorded before."""
        started = self._begun.pop(no, None)
        if started is None:
            return {}
        if sheet.step(no).state is StepState.PAUSED:
            return {}  # it goes on
        began = datetime.fromtimestamp(started.at, UTC)
        return {"attempts": sheet.step(no).attempts + 1, "started_at": began}

    def hear(self, sheet: Sheet, item: Heard, *, now: datetime) -> None:
        """Record one report."""
        if isinstance(item, Lines):
            sheet.keep_lines(item.step, item.fence, item.lines)
            return
        if _is_repeated(sheet, item):
            return
        self.touched.add(item.stage)
        if sheet.holds(item.stage, item.fence):
            self._record(sheet, item, now=now)
        else:
            self._refuse(sheet, item, now=now)

    def _record(self, sheet: Sheet, item: Heard, *, now: datetime) -> None:
        match item:
            case StepStarted():
                self._begun[item.step] = item
            case StepFinished():
                self._finished(sheet, item, now=now)
            case StepFailed():
                self.end(sheet)
                record = sheet.step(item.step)
                sheet.put_step(replace(record, seconds=item.seconds, files=item.files))
                self.stored.update(f.address for f in item.files)
                self._fail(sheet, item.stage, item.fence, item.step, problem=item.problem, now=now)
            case CallStarted() | CallEnded() | CallAwaits():
                hear_call(sheet, item, self.stored, now=now)
            case StageDone():
                sheet.give(item.stage, events.Finished(item.fence), now=now)
            case StageSuspended():
                self.end(sheet)
                hear_suspension(sheet, item, now=now)
            case AttemptDied():
                self.end(sheet)
                self._died(sheet, item, now=now)

    def _refuse(self, sheet: Sheet, item: Heard, *, now: datetime) -> None:
        if not isinstance(item, Lines):
            sheet.note("late_result", now=now, stage_no=item.stage, report=type(item).__name__, fence=item.fence)
            self.refused.append(item.stage)

    def _finished(self, sheet: Sheet, item: StepFinished, *, now: datetime) -> None:
        record = sheet.step(item.step)
        stage = sheet.stage(item.stage)
        recipe = sheet.recipe(item.step, runtime=self._runtime)
        inputs = {name: Address(address) for name, address in item.inputs.items()}
        key = key_of(recipe, inputs) if recipe is not None else None
        taken = RunId(item.cached_from) if item.cached_from else None
        done = replace(
            record,
            state=StepState.COMPLETED,
            ended_at=now,
            seconds=item.seconds,
            **self._start_of(sheet, item.step),
            cached_from=taken,
            cache_key=key,
            reason=self._reason(sheet, item.step, inputs, taken),
            output=item.output,
            files=item.files,
            models=item.models,
            metrics=item.metrics,
            problem=None,
            objects=item.objects,
            message=item.message,
        )
        sheet.put_step(done)
        if stage.tries or stage.deaths:
            sheet.give(item.stage, events.StepSucceeded(item.fence), now=now)
        if item.output is not None:
            if not item.output.inline and item.output.size:
                self.stored.add(item.output.address)
            if item.profile is not None:
                sheet.keep_profile(item.output.address, item.profile)
        for address, profile in item.profiles.items():
            sheet.keep_profile(Address(address), profile)
        self.stored.update(f.address for f in item.files)
        self.stored.update(o.address for o in item.objects if not o.inline and o.size)
        if (entry := entry_of_task(sheet, done, now=now)) is not None:
            sheet.remember(entry)
        if recipe is not None and key is not None and taken is None:
            sheet.remember(
                CacheEntry(
                    key=key,
                    recipe=recipe,
                    inputs=inputs,
                    run_id=sheet.run.id,
                    step_no=item.step,
                    made_at=now,
                    output=item.output,
                    files=item.files,
                    models=item.models,
                    metrics=item.metrics,
                    objects=item.objects,
                )
            )

    def _fail(self, sheet: Sheet, stage_no: int, fence: int, step_no: int, *, problem: Problem, now: datetime) -> None:
        """A step failed by its own doing: it waits for its next try, or the stage ends with it."""
        policy = sheet.planned(step_no).policy
        sheet.ledger.set_back(step_no)
        failed = replace(sheet.step(step_no), state=StepState.FAILED, ended_at=now, problem=problem)
        sheet.put_step(failed)
        happened = events.StepFailed(fence, retries=policy.retries, on_failure=policy.on_failure, chance=self._chance())
        sheet.give(stage_no, happened, now=now)
        sheet.add_to_attempt(stage_no, fence, problem=problem)
        stage = sheet.stage(stage_no)
        if stage.state is StageState.SCHEDULED:
            self._wait_again(sheet, stage, step_no, problem=problem)
            return
        for other in stages_skipped_by(sheet.plan, step_no):
            if sheet.stage(other).state in (StageState.PENDING, StageState.READY, StageState.SCHEDULED):
                sheet.give(other, events.Passed(), now=now)

    def _wait_again(self, sheet: Sheet, stage: Stage, step_no: int, *, problem: Problem) -> None:
        record = sheet.step(step_no)
        sheet.ledger.ask_again(step_no)
        sheet.put_step(replace(record, state=StepState.PENDING, ended_at=None, problem=problem))
        self.retries.append(Retry(step_no, problem, stage.not_before, record.attempts))

    def _died(self, sheet: Sheet, item: AttemptDied, *, now: datetime) -> None:
        if item.cause == "timeout" and item.step is not None:
            record = sheet.step(item.step)
            sheet.put_step(replace(record, seconds=item.seconds))
            self._set_back(sheet, item.stage, but=item.step)
            self._fail(sheet, item.stage, item.fence, item.step, problem=item.problem, now=now)
        elif item.cause == "cancelled" or sheet.run.cancel_requested_at is not None:
            sheet.give(item.stage, events.Stopped(item.fence), now=now)
        else:
            self._lose(sheet, item, now=now)
        sheet.add_to_attempt(item.stage, item.fence, process=item.process)

    def _lose(self, sheet: Sheet, item: AttemptDied, *, now: datetime) -> None:
        """The attempt is lost: its stage is tried again, or held when it died too often."""
        open_steps = [no for no in sheet.steps_of(item.stage) if sheet.step(no).state not in FINAL_STEPS]
        if not open_steps:
            # All its work is on record; only the word that the stage is done was lost.
            sheet.give(item.stage, events.Finished(item.fence), now=now)
            return
        begun = item.cause not in _MEANT
        sheet.give(item.stage, events.Died(item.fence, begun=begun), now=now)
        sheet.add_to_attempt(item.stage, item.fence, problem=item.problem)
        state = sheet.stage(item.stage).state
        if state in FINAL_STAGES:
            return  # the run is ending: its steps were skipped or cancelled with the stage
        held = state is StageState.HELD
        self._set_back(sheet, item.stage, but=None)
        if not begun:
            return
        # A process that died before it began anything is counted too: else it would be started for ever.
        record = sheet.step(item.step if item.step in open_steps else open_steps[0])
        left = StepState.HELD if held else StepState.PENDING
        sheet.put_step(replace(record, state=left, seconds=item.seconds, problem=item.problem))
        if not held:
            self.retries.append(Retry(record.no, item.problem, None, record.attempts))

    def _set_back(self, sheet: Sheet, stage_no: int, *, but: int | None) -> None:
        for no in sheet.steps_of(stage_no):
            sheet.ledger.set_back(no)
            if no != but and sheet.step(no).state is StepState.RUNNING:
                sheet.put_step(replace(sheet.step(no), state=StepState.PENDING))

    def interrupt(self, sheet: Sheet, stage: Stage, *, now: datetime, lost: bool = False) -> None:
        """The worker of a running stage is gone, and its process with it.

        Args:
            sheet: The run.
            stage: The stage, as it is on record.
            now: The time.
            lost: Nobody knows how far it came (its lease ran out): counted as a death even if no step is known
                to have begun, so that a stage that takes its worker down each time is held in the end (P9).
        """
        running = [no for no in sheet.steps_of(stage.no) if sheet.step(no).state is StepState.RUNNING]
        gone = AttemptDied(
            stage.no,
            stage.fence,
            step=running[-1] if running else None,
            cause="died" if running or lost else "released",
            problem=Problem("RUN-014", {"owner": stage.owner}),
        )
        self._died(sheet, gone, now=now)


def _is_repeated(sheet: Sheet, item: Heard) -> bool:
    """Whether this very attempt told it before: the answer was lost, so it is told again (P13)."""
    if isinstance(item, Lines):
        return False
    stage = sheet.stage(item.stage)
    if stage.fence != item.fence:
        return False
    if isinstance(item, StageSuspended):
        return stage.state is not StageState.RUNNING
    if isinstance(item, StepFinished | StepFailed):
        return sheet.step(item.step).state in FINAL_STEPS
    if isinstance(item, StepStarted):
        return sheet.step(item.step).state in FINAL_STEPS or sheet.step(item.step).state is StepState.RUNNING
    return isinstance(item, StageDone) and stage.state is StageState.COMPLETED

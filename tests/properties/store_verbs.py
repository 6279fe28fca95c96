"""What services do with a store, in small, for the random lives of `test_store_stateful`."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pauta.domain.outputs import FileRef
from pauta.domain.runs import Event, Stage
from pauta.domain.states import FINAL_STAGES, StageState, StepState
from pauta.engine import events
from pauta.engine.decide import decide, decide_run
from pauta.engine.settle import settle
from pauta.ports.store import Transaction
from store_samples import address, attempt, entry, frame, value

FINAL_STEP = {
    StageState.COMPLETED: StepState.COMPLETED,
    StageState.FAILED: StepState.FAILED,
    StageState.CANCELLED: StepState.CANCELLED,
    StageState.SKIPPED: StepState.SKIPPED,
}


class Verbs:
    """What services do with a store, in small: load, decide, save with the commands, all in one transaction."""

    def __init__(self, tx: Transaction, now: Any) -> None:
        self.tx = tx
        self.now = now

    def give(self, stage: Stage, event: events.StageEvent) -> str:
        """Give a stage an event; what came of it, in a word."""
        decided = decide(stage, event, now=self.now)
        if isinstance(decided, events.Refusal):
            self.tx.events.append([Event(stage.run_id, self.now, "late_result", stage.no)])
            return decided.reason
        if not self.tx.stages.save(stage, decided.stage):
            return "lost"
        after = decided.stage
        if after.state in FINAL_STEP:
            self._end_step(after)
        for command in decided.commands:
            self._carry_out(after, command)
        self._settle(after)
        return after.state.value

    def _end_step(self, stage: Stage) -> None:
        (step,) = self.tx.steps.get(stage.run_id, [stage.no])
        done = stage.state is StageState.COMPLETED
        key = f"k{stage.no}"
        hit = self.tx.cache.get(key) if done else None
        taken: dict[str, Any]
        if hit is not None:
            taken = {"cached_from": hit.run_id, "cache_key": key, "output": hit.output}
        else:
            taken = {"output": (frame(1 + stage.no) if stage.no % 2 else value(stage.no)) if done else None}
        left = FileRef("log.txt", address(1000 * int(stage.run_id[2:]) + stage.no), 1)  # its own, never cached
        ended = replace(step, state=FINAL_STEP[stage.state], attempts=stage.fence, files=(left,), **taken)
        self.tx.steps.put([ended])
        if done and hit is None:
            made = entry(key, "r", run_id=stage.run_id, step_no=stage.no, output=taken["output"])
            self.tx.cache.put([made])

    def _carry_out(self, stage: Stage, command: events.StageCommand) -> None:
        if isinstance(command, events.OpenAttempt):
            self.tx.attempts.add(attempt(stage.run_id, stage.no, stage.fence))
        elif isinstance(command, events.CloseAttempt):
            begun = attempt(stage.run_id, stage.no, command.fence)
            self.tx.attempts.close(replace(begun, ended_at=self.now, outcome=command.outcome))
        elif isinstance(command, events.TellRun):
            self.tell(stage, command.event)

    def tell(self, stage: Stage, event: events.RunEvent) -> None:
        """Give the stage's run an event, and pass on what ends."""
        run = self.tx.runs.get(stage.run_id)
        assert run is not None
        decided = decide_run(run, event, now=self.now)
        assert isinstance(decided, events.RunDecision)
        assert self.tx.runs.save(run, decided.run)
        for command in decided.commands:
            self.spread(stage.run_id, command)
        if isinstance(event, events.StageEnded):
            self._free(stage)

    def spread(self, of: Any, command: events.RunCommand) -> None:
        """Carry a run's command to its stages."""
        if isinstance(command, events.EndRun):
            return
        for found in self.tx.stages.of_run(of):
            stage = self.tx.stages.get(of, found.no)
            assert stage is not None
            if stage.state in FINAL_STAGES:
                continue
            if isinstance(command, events.CancelStages):
                self.give(stage, events.CancelAsked())
            elif stage.state in (StageState.PENDING, StageState.READY, StageState.SCHEDULED, StageState.PAUSED):
                self.give(stage, events.Passed())

    def _free(self, ended: Stage) -> None:
        for freed in self.tx.stages.count_down(ended.run_id, [ended.no]):
            stage = self.tx.stages.get(freed.run_id, freed.no)
            if stage is not None and stage.state is StageState.PENDING:
                good = all(s.state is StageState.COMPLETED for s in self._before(stage))
                self.give(stage, events.InputsReady() if good else events.Passed())

    def _before(self, stage: Stage) -> list[Stage]:
        plan = self.tx.runs.plan(stage.run_id)
        assert plan is not None
        return self.tx.stages.get_many(stage.run_id, plan.stages[stage.no].needs)

    def _settle(self, stage: Stage) -> None:
        run, now = self.tx.runs.get(stage.run_id), self.tx.stages.get(stage.run_id, stage.no)
        if run is None or now is None:
            return
        event = settle(now, run)
        if event is not None:
            self.give(now, event)

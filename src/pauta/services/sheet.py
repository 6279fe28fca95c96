"""A run on the desk: its records in memory, the decisions taken on them, and what is to be saved.

Decisions are taken here without the store; `Sheet.save` then puts everything that changed in one transaction,
each row only if it still is as it was read. When one is not, `LostRace` undoes the transaction and the sheet is
thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from pauta.domain.calls import Call
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import FileRef
from pauta.domain.plan import FROM_INPUT, Plan, PlannedStep
from pauta.domain.runs import Attempt, CacheEntry, Event, LogChunk, LogLine, Run, Stage, StepRecord
from pauta.domain.states import FINAL_STAGES, FINAL_STEPS, RunState, StageState, StepState
from pauta.engine.cachekey import recipe_of
from pauta.engine.decide import decide, decide_run
from pauta.engine.events import (
    CancelAsked,
    CancelStages,
    CloseAttempt,
    EndRun,
    InputsReady,
    OpenAttempt,
    Passed,
    PassStages,
    Refusal,
    RunEvent,
    StageEnded,
    StageEvent,
    StopProcess,
    TellRun,
)
from pauta.engine.settle import settle
from pauta.ports.store import Transaction
from pauta.services.bundles import bundle_of, has_flows
from pauta.services.ledger import Ledger
from pauta.services.race import LostRace

_PASSABLE = frozenset(StageState) - FINAL_STAGES - {StageState.RUNNING}


@dataclass(slots=True)
class _Unsaved:
    """What changed since the last save."""

    run_before: Run | None = None
    stages_before: dict[int, Stage] = field(default_factory=dict)
    steps: set[int] = field(default_factory=set)
    opened: dict[tuple[int, int], Attempt] = field(default_factory=dict)
    closed: dict[tuple[int, int], Attempt] = field(default_factory=dict)
    ended_stages: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    cache: list[CacheEntry] = field(default_factory=list)
    logs: list[LogChunk] = field(default_factory=list)
    profiles: dict[Address, dict[str, Any]] = field(default_factory=dict)


class Sheet:
    """One run's records and the plan they follow.

    Attributes:
        run: The run as decided so far.
        plan: Its plan.
        ledger: The calls of its flows.
        to_stop: Stages whose running process is to be ended; emptied by `take_stops`.
    """

    def __init__(
        self,
        run: Run,
        plan: Plan,
        *,
        stages: Sequence[Stage],
        steps: Sequence[StepRecord],
        last_line: int,
        calls: Sequence[Call] = (),
    ) -> None:
        self.run = run
        self.plan = plan
        self.ledger = Ledger(run.id, calls)
        self.to_stop: list[int] = []
        self._orphans: list[RunId] = []
        self._stages = list(stages)
        self._steps = list(steps)
        self._next_line = last_line + 1
        self._new = _Unsaved()
        self._changed_steps: list[int] = []
        self._freed = False
        self._visible: dict[int, tuple[FileRef, ...]] = {}
        self._recipes: dict[int, str] = {}
        self._bundle: Mapping[str, Address] | None = None

    @classmethod
    def load(cls, tx: Transaction, run: Run) -> Sheet:
        """Read a run's records."""
        plan = tx.runs.plan(run.id)
        if plan is None:
            raise LookupError(f"run {run.id} has no plan")
        return cls(
            run,
            plan,
            stages=tx.stages.of_run(run.id),
            steps=tx.steps.of_run(run.id),
            last_line=tx.logs.last(run.id),
            calls=tx.calls.of_run(run.id) if has_flows(plan) else (),
        )

    # ---- reading ------------------------------------------------------------------------------

    def stage(self, no: int) -> Stage:
        """A stage as decided so far."""
        return self._stages[no]

    def step(self, no: int) -> StepRecord:
        """A step as decided so far."""
        return self._steps[no]

    @property
    def steps(self) -> Sequence[StepRecord]:
        """All steps by number."""
        return self._steps

    @property
    def stages(self) -> Sequence[Stage]:
        """All stages by number."""
        return self._stages

    def planned(self, no: int) -> PlannedStep:
        """A step of the plan."""
        return self.plan.steps[no]

    def stage_of(self, step_no: int) -> int:
        """The number of a step's stage."""
        return self._steps[step_no].stage_no

    def steps_of(self, stage_no: int) -> tuple[int, ...]:
        """The numbers of a stage's steps, in the order they run."""
        return self.plan.stages[stage_no].steps

    def recipe(self, no: int, *, runtime: str) -> str | None:
        """The cache key of a step without its inputs; None when its results may not be re-used."""
        step = self.plan.steps[no]
        if not step.policy.cache:
            return None
        if no not in self._recipes:
            self._recipes[no] = recipe_of(step, runtime=runtime)
        return self._recipes[no]

    @property
    def bundle(self) -> Mapping[str, Address]:
        """Every script and local module that the plan runs: path relative to the scripts' folder → address."""
        if self._bundle is None:
            self._bundle = bundle_of(self.plan)
        return self._bundle

    def holds(self, stage_no: int, fence: int) -> bool:
        """Whether this attempt is the one that counts."""
        stage = self._stages[stage_no]
        return stage.state is StageState.RUNNING and stage.fence == fence

    def addresses(self, step: PlannedStep) -> dict[str, Address] | None:
        """What the step takes: frame name → address, and ``file:PATH`` → address for the files it sees.

        None when something it takes has not been made.
        """
        found: dict[str, Address] = {}
        for taken in step.takes:
            output = self.run.inputs.get(taken.name) if taken.source == FROM_INPUT else self._steps[taken.source].output
            if output is None:
                return None
            found[taken.name] = output.address
        for file in self.visible_files(step.no):
            found[f"file:{file.path}"] = file.address
        return found

    def visible_files(self, no: int) -> tuple[FileRef, ...]:
        """Files of all steps that the step depends on, directly or not; of one path the newest."""
        order = [no]
        while order:
            current = order[-1]
            missing = [n for n in self.plan.steps[current].needs if n not in self._visible]
            if missing and current not in self._visible:
                order.extend(missing)
                continue
            order.pop()
            if current not in self._visible:
                self._visible[current] = self._gather(current)
        return self._visible[no]

    def _gather(self, no: int) -> tuple[FileRef, ...]:
        gathered: dict[str, FileRef] = {}
        for need in sorted(self.plan.steps[no].needs):
            for file in (*self._visible[need], *self._steps[need].files):
                gathered[file.path] = file
        return tuple(gathered.values())

    # ---- deciding -----------------------------------------------------------------------------

    def give(self, stage_no: int, event: StageEvent, *, now: datetime) -> Refusal | None:
        """Let something happen to a stage; a refusal is kept in the history as ``late_result``."""
        before = self._stages[stage_no]
        outcome = decide(before, event, now=now)
        if isinstance(outcome, Refusal):
            details = {"event": type(event).__name__, "reason": outcome.reason, "fence": getattr(event, "fence", None)}
            self.note("late_result", now=now, stage_no=stage_no, **details)
            return outcome
        self._new.stages_before.setdefault(stage_no, before)
        self._stages[stage_no] = outcome.stage
        self._freed = self._freed or _may_be_claimed(outcome.stage)
        for command in outcome.commands:
            self._follow(stage_no, command, now=now)
        due = settle(self._stages[stage_no], self.run)
        return self.give(stage_no, due, now=now) if due is not None else None

    def _follow(self, stage_no: int, command: object, *, now: datetime) -> None:
        stage = self._stages[stage_no]
        match command:
            case OpenAttempt():
                opened = Attempt(self.run.id, stage_no, stage.fence, owner=stage.owner or "", started_at=now)
                self._new.opened[stage_no, stage.fence] = opened
            case CloseAttempt(fence=fence, outcome=outcome):
                key = stage_no, fence
                known = self._new.opened.get(key) or Attempt(self.run.id, stage_no, fence, owner="", started_at=now)
                self._new.closed[key] = replace(known, ended_at=now, outcome=outcome)
            case StopProcess():
                self.to_stop.append(stage_no)
            case TellRun(event=event):
                if isinstance(event, StageEnded):
                    self._end_stage(stage_no, event.state, now=now)
                self.tell(event, now=now)

    def _end_stage(self, stage_no: int, state: StageState, *, now: datetime) -> None:
        """A stage is final: what it did not run is skipped or cancelled with it."""
        self._new.ended_stages.append(stage_no)
        left = StepState.CANCELLED if state is StageState.CANCELLED else StepState.SKIPPED
        for no in self.steps_of(stage_no):
            if self._steps[no].state not in FINAL_STEPS:
                self.put_step(replace(self._steps[no], state=left, ended_at=now))
            if len(self.ledger):
                self._orphans.extend(self.ledger.end(no, now=now))

    def tell(self, event: RunEvent, *, now: datetime) -> Refusal | None:
        """Let something happen to the run."""
        outcome = decide_run(self.run, event, now=now)
        if isinstance(outcome, Refusal):
            return outcome
        if self._new.run_before is None:
            self._new.run_before = self.run
        self.run = outcome.run
        for command in outcome.commands:
            match command:
                case CancelStages():
                    self._give_all(CancelAsked(), (s.no for s in self._stages if s.state not in FINAL_STAGES), now=now)
                case PassStages():
                    self._give_all(Passed(), (s.no for s in self._stages if s.state in _PASSABLE), now=now)
                case EndRun():
                    self.note("run_ended", now=now, state=self.run.state.value)
        return None

    def _give_all(self, event: StageEvent, stage_nos: Iterable[int], *, now: datetime) -> None:
        for no in list(stage_nos):
            if self._stages[no].state not in FINAL_STAGES:
                self.give(no, event, now=now)

    def put_step(self, step: StepRecord) -> None:
        """Set a step's record."""
        self._steps[step.no] = step
        self._new.steps.add(step.no)
        self._changed_steps.append(step.no)

    def note(self, kind: str, *, now: datetime, stage_no: int | None = None, **details: Any) -> None:
        """Add a line to the run's history."""
        self._new.events.append(Event(self.run.id, now, kind, stage_no=stage_no, details=details))

    def remember(self, entry: CacheEntry) -> None:
        """Keep a result for the cache."""
        self._new.cache.append(entry)

    def keep_profile(self, address: Address, profile: dict[str, Any]) -> None:
        """Keep a frame's profile and preview."""
        self._new.profiles[address] = profile

    def keep_lines(self, step_no: int, fence: int, lines: Sequence[LogLine]) -> None:
        """Keep log lines of a step."""
        self._new.logs.append(LogChunk(self.run.id, step_no, fence, first=self._next_line, lines=tuple(lines)))
        self._next_line += len(lines)

    def add_to_attempt(self, stage_no: int, fence: int, **facts: Any) -> None:
        """Add facts (`problem`, `process`) to how an attempt ended."""
        key = stage_no, fence
        if key in self._new.closed:
            self._new.closed[key] = replace(self._new.closed[key], **facts)

    # ---- saving -------------------------------------------------------------------------------

    @property
    def ends(self) -> bool:
        """Whether saving will end the run."""
        before = self._new.run_before
        return before is not None and self.run.ended_at is not None and before.ended_at is None

    def take_changed_steps(self) -> list[StepRecord]:
        """Steps whose record was set since the last call, in order, each once in its newest form."""
        numbers, self._changed_steps = dict.fromkeys(self._changed_steps), []
        return [self._steps[no] for no in numbers]

    def take_freed(self) -> bool:
        """Whether a stage became ready since the last call, or waits for a time from now on."""
        freed, self._freed = self._freed, False
        return freed

    def take_orphans(self) -> list[RunId]:
        """Runs that nobody waits for any more, since the last call."""
        orphans, self._orphans = self._orphans, []
        return orphans

    def take_stops(self) -> list[int]:
        """Stages whose process is to be ended, since the last call."""
        stops, self.to_stop = self.to_stop, []
        return stops

    def save(self, tx: Transaction, *, touched: Iterable[int] = (), now: datetime) -> None:
        """Put what changed.

        Args:
            tx: The transaction.
            touched: Stages of which results are recorded or refused: each must still be as it was read.
            now: The time, for stages that become ready.

        Raises:
            LostRace: Somebody else changed a row since it was read. The sheet is of no use any more.
        """
        new, self._new = self._new, _Unsaved()
        self._save_stages(tx, new.stages_before, touched)
        if new.ended_stages:
            self._free(tx, new.ended_stages, now=now)
            self._save_stages(tx, self._new.stages_before, ())
            self._new.stages_before = {}
        self.ledger.save(tx)
        if new.opened:
            tx.attempts.add_many(list(new.opened.values()))
        if new.closed:
            tx.attempts.close_many(list(new.closed.values()))
        if new.steps:
            tx.steps.put([self._steps[no] for no in sorted(new.steps)])
        self._save_beside(tx, new)
        if new.run_before is not None and not tx.runs.save(new.run_before, self.run):
            raise LostRace
        self._new = _Unsaved()

    def _save_stages(self, tx: Transaction, before: dict[int, Stage], touched: Iterable[int]) -> None:
        changes = [(old, self._stages[no]) for no, old in before.items()]
        changes.extend((self._stages[no], self._stages[no]) for no in touched if no not in before)
        if len(changes) == 1:
            if not tx.stages.save(*changes[0]):
                raise LostRace
        elif changes and not tx.stages.save_many(changes):
            raise LostRace

    def _free(self, tx: Transaction, ended: Sequence[int], *, now: datetime) -> None:
        """Let the stages that waited for these become ready."""
        for freed in tx.stages.count_down(self.run.id, list(dict.fromkeys(ended))):
            if self._stages[freed.no].state is StageState.PENDING:
                self._stages[freed.no] = freed
                self.give(freed.no, InputsReady(), now=now)

    def _save_beside(self, tx: Transaction, new: _Unsaved) -> None:
        if new.cache:
            tx.cache.put(new.cache)
        if new.logs:
            if tx.logs.last(self.run.id) != new.logs[0].first - 1:
                raise LostRace
            tx.logs.append(new.logs)
        if new.events:
            tx.events.append(new.events)
        for address, profile in new.profiles.items():
            tx.objects.put_profile(address, profile)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself: the run is final or held."""
        return self.run.ended_at is not None or self.run.state is RunState.HELD


def _may_be_claimed(stage: Stage) -> bool:
    """Whether those who wait for work have to look again: it is ready, or its time is now among those to come."""
    timed = stage.state in (StageState.SCHEDULED, StageState.PAUSED) and stage.not_before is not None
    return stage.state is StageState.READY or timed

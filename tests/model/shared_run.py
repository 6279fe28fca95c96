"""One run in a store that several workers share: what an event does to all of it, decided by the real engine.

A `World` is everything that the store holds. Time is abstract: `NOW` stands still, a lease either lies ahead of
it or behind it, and so does the time before which a retry may not start.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.runs import Run, Stage
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine.audit import faults
from pauta.engine.decide import MAX_DEATHS, decide
from pauta.engine.events import (
    CancelAsked,
    CancelStages,
    Claimed,
    CloseAttempt,
    Decision,
    EndRun,
    InputsReady,
    LeaseExpired,
    OpenAttempt,
    Passed,
    PassStages,
    Refusal,
    RunDecision,
    RunEvent,
    StageEvent,
    TellRun,
)
from pauta.engine.run_moves import decide_run
from pauta.engine.settle import settle
from pauta.engine.transitions import FENCED

NOW = datetime(2025, 1, 1, tzinfo=UTC)
LIVE = NOW + timedelta(seconds=30)
LAPSED = NOW - timedelta(seconds=1)
RETRIES = RetryPolicy(times=1)
DUTIES = frozenset(FENCED)
_GOING = frozenset({StageState.READY, StageState.SCHEDULED, StageState.RUNNING, StageState.PAUSED})


class Broken(Exception):
    """A promise does not hold. The text names it."""


def same_row(now: Stage, seen: Stage) -> bool:
    """The comparison of the store's compare-and-set."""
    return now.state is seen.state and now.fence == seen.fence


@dataclass(frozen=True)
class Guards:
    """What the system rests on; a mutant has one of them replaced."""

    decide: Callable[..., Decision | Refusal] = decide
    decide_run: Callable[..., RunDecision | Refusal] = decide_run
    settle: Callable[[Stage, Run], StageEvent | None] = settle
    same_row: Callable[[Stage, Stage], bool] = same_row


@dataclass(frozen=True)
class Shape:
    """The graph of the run. `needs` maps a stage to the ones before it, `on_failure` is by stage.

    `waits` is what a flow in any stage may wait for: so many answers, and until when.
    """

    name: str
    needs: dict[int, tuple[int, ...]]
    on_failure: tuple[OnFailure, ...]
    waits: tuple[tuple[int, datetime | None], ...] = ()

    @property
    def size(self) -> int:
        return len(self.on_failure)

    def after(self, no: int) -> list[int]:
        return [later for later, before in self.needs.items() if no in before]


@dataclass(frozen=True, slots=True)
class World:
    """What the store holds, and what was recorded on the way.

    `opened` is the fence of the attempt that is open, by stage (0: none); `completions` how often a stage was
    completed; `counted` whether its failure counts against the run.
    """

    run: Run
    stages: tuple[Stage, ...]
    opened: tuple[int, ...]
    completions: tuple[int, ...]
    counted: tuple[bool, ...]

    def key(self) -> tuple[object, ...]:
        """What tells worlds apart, as something that can be hashed."""
        run = self.run
        counts = (run.state, run.open_stages, run.failed_stages, run.held_stages, run.paused_stages, run.stopping)
        times = (run.started_at, run.ended_at, run.cancel_requested_at)
        return (counts, times, self.stages, self.opened, self.completions, self.counted)

    def changed(self, no: int, stage: Stage) -> World:
        return dataclasses.replace(self, stages=(*self.stages[:no], stage, *self.stages[no + 1 :]))


def first_world(shape: Shape) -> World:
    """A run that was just accepted."""
    run_id = RunId("r")
    stages = tuple(
        Stage(run_id, no, StageState.PENDING if shape.needs.get(no) else StageState.READY, len(shape.needs.get(no, ())))
        for no in range(shape.size)
    )
    run = Run(run_id, "p", RunState.PENDING, NOW, open_stages=shape.size)
    nothing = (0,) * shape.size
    return World(run, stages, nothing, nothing, (False,) * shape.size)


@dataclass
class Transaction:
    """One transaction: an event with all that follows from it, all or nothing."""

    shape: Shape
    guards: Guards
    run: Run
    stages: list[Stage]
    opened: list[int]
    completions: list[int]
    counted: list[bool]
    was_final: bool
    ended: int = 0

    @classmethod
    def on(cls, world: World, shape: Shape, guards: Guards) -> Transaction:
        lists = (list(world.stages), list(world.opened), list(world.completions), list(world.counted))
        return cls(shape, guards, world.run, *lists, was_final=world.run.state in FINAL_RUNS)

    def result(self) -> World:
        """The store after the commit."""
        if self.ended != (self.run.state in FINAL_RUNS and not self.was_final):
            raise Broken("P2: the end of the run was not told, or told more than once")
        return World(self.run, tuple(self.stages), tuple(self.opened), tuple(self.completions), tuple(self.counted))

    def give(self, no: int, event: StageEvent) -> bool:
        """Give a stage an event; False when it was refused."""
        outcome = self.guards.decide(self.stages[no], event, now=NOW)
        if isinstance(outcome, Refusal):
            return False
        self.stages[no] = outcome.stage
        for command in outcome.commands:
            self._carry_out(no, command)
        if self.stages[no].state in FINAL_STAGES:
            self._go_on_from(no)
        follow_up = self.guards.settle(self.stages[no], self.run)
        if follow_up is not None:
            self.give(no, follow_up)
        return True

    def tell(self, event: RunEvent) -> bool:
        """Give the run an event; False when it was refused."""
        outcome = self.guards.decide_run(self.run, event, now=NOW)
        if isinstance(outcome, Refusal):
            return False
        self.run = outcome.run
        for command in outcome.commands:
            if isinstance(command, EndRun):
                self.ended += 1
            elif isinstance(command, CancelStages):
                self._give_all(CancelAsked(), left_alone=FINAL_STAGES)
            elif isinstance(command, PassStages):
                self._give_all(Passed(), left_alone=FINAL_STAGES | {StageState.RUNNING})
        return True

    def _carry_out(self, no: int, command: object) -> None:
        stage = self.stages[no]
        if isinstance(command, OpenAttempt):
            if self.opened[no]:
                raise Broken("P4: an attempt was opened while another was open")
            self.opened[no] = stage.fence
        elif isinstance(command, CloseAttempt):
            if self.opened[no] != command.fence:
                raise Broken("P4: an attempt was closed that was not open")
            self.opened[no] = 0
        elif isinstance(command, TellRun):
            if stage.state is StageState.FAILED:
                self.counted[no] = self.shape.on_failure[no] is not OnFailure.CONTINUE
            if not self.tell(command.event):
                raise Broken("P5: a final run was told something of its stages")

    def _give_all(self, event: StageEvent, *, left_alone: frozenset[StageState]) -> None:
        for no in range(len(self.stages)):
            if self.stages[no].state not in left_alone:
                self.give(no, event)

    def _go_on_from(self, no: int) -> None:
        """The stage has ended: those after it become ready, or are passed over."""
        state = self.stages[no].state
        self.completions[no] += state is StageState.COMPLETED
        for later in self.shape.after(no):
            stage = self.stages[later]
            if stage.state is not StageState.PENDING:
                continue
            self.stages[later] = stage = replace(stage, waiting_for=stage.waiting_for - 1)
            if state in (StageState.FAILED, StageState.SKIPPED):
                self.give(later, Passed())
            elif stage.waiting_for == 0 and state is StageState.COMPLETED:
                self.give(later, InputsReady())


def check_world(world: World) -> None:
    """What must be true at every instant. Raises `Broken`."""
    run = world.run
    if found := faults(run, world.stages):
        raise Broken(f"P2: {', '.join(found)}")
    ending = run.stopping or run.cancel_requested_at is not None
    for no, stage in enumerate(world.stages):
        if world.completions[no] != (stage.state is StageState.COMPLETED):
            raise Broken("P3: completed more than once, or not recorded")
        if world.opened[no] != (stage.fence if stage.state is StageState.RUNNING else 0):
            raise Broken("P4: the open attempt is not the running one")
        _check_stage(stage, ending=ending)
    if run.failed_stages != sum(world.counted):
        raise Broken("P2: failed_stages")
    if run.state in FINAL_RUNS and run.state is not _right_end(world):
        raise Broken("P2: the run ended in the wrong state")


def _check_stage(stage: Stage, *, ending: bool) -> None:
    running = stage.state is StageState.RUNNING
    if (stage.owner is not None) != running:
        raise Broken("P4: an owner without a running attempt, or the other way round")
    if stage.deaths >= MAX_DEATHS and stage.state in _GOING:
        raise Broken("P9: a step that died too often may start again")
    if stage.tries > RETRIES.times and stage.state is not StageState.FAILED:
        raise Broken("P6: tried more often than its retries allow")
    if ending and not running and stage.state not in FINAL_STAGES:
        raise Broken("P8: a stage may still start although its run is ending")


def _right_end(world: World) -> RunState:
    if any(world.counted):
        return RunState.FAILED
    cut = any(stage.state is StageState.CANCELLED for stage in world.stages)
    return RunState.CANCELLED if cut else RunState.COMPLETED


def check_move(before: World, after: World) -> None:
    """What must be true of every change. Raises `Broken`."""
    for was, now in zip(before.stages, after.stages, strict=True):
        if was.state in FINAL_STAGES and was != now:
            raise Broken("P5: a final stage changed")
        if now.fence < was.fence:
            raise Broken("P5: a fence fell")
    if before.run.state in FINAL_RUNS and before.run != after.run:
        raise Broken("P5: a final run changed")


def check_accepted(before: World, no: int, event: StageEvent) -> None:
    """What must be true when a stage accepted this event. Raises `Broken`."""
    stage = before.stages[no]
    kind = type(event)
    if kind in DUTIES and (stage.state is not StageState.RUNNING or event.fence != stage.fence):
        raise Broken(f"P4: {kind.__name__} of an attempt that no longer counts was accepted")
    if kind is LeaseExpired and stage.lease_until is not None and stage.lease_until >= NOW:
        raise Broken("P4: a lease was taken away that had been renewed")
    if kind is Claimed:
        if before.completions[no]:
            raise Broken("P3: a completed stage was claimed")
        if stage.not_before is not None and stage.not_before > NOW:
            raise Broken("a retry began before its time")
        if stage.state is StageState.PAUSED and stage.not_before is None:
            raise Broken("a flow went on before its answer")

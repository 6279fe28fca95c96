"""Walks breadth-first through every state that several workers, a reaper and a person can bring one run into.

A state is the store's `World`, what the reaper has seen, and what each worker believes. Workers are alike, so the
order of their beliefs does not matter. A worker:

- *looks* at a stage that may be claimed, and later *claims* it as it saw it, by compare-and-set;
- believes that it holds an attempt until it has reported its end and got the answer. The answer may be lost, then
  it reports again; the report may be lost with the worker; and any amount of time may pass before it, so that a
  report with an old fence comes at any time.

The reaper looks at a lapsed lease, and later acts on the fence that it saw. Worlds, beliefs and what an event does
to a world are numbered and remembered, which is sound because the engine is pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace
from shared_run import (
    LAPSED,
    LIVE,
    NOW,
    RETRIES,
    Broken,
    Guards,
    Shape,
    Transaction,
    World,
    check_accepted,
    check_move,
    check_world,
    first_world,
)

from pauta.domain.states import StageState
from pauta.engine.events import (
    Answered,
    Claimed,
    Died,
    Finished,
    LeaseExpired,
    Released,
    Renewed,
    Reopened,
    RunCancelAsked,
    StageEvent,
    StepFailed,
    StepSucceeded,
    Stopped,
    Suspended,
)

CLAIM = Claimed("w", LIVE)
_CLAIMED_FROM = frozenset({StageState.READY, StageState.SCHEDULED, StageState.PAUSED})
IDLE = 0

State = tuple[int, ...]  # world, what the reaper saw, beliefs of the workers in order


@dataclass(frozen=True)
class Limits:
    """How far the walk goes: workers, attempts of a stage, and states (None: all)."""

    workers: int = 3
    attempts: tuple[int, ...] = (4, 4)
    states: int | None = None


@dataclass(frozen=True)
class Saw:
    """A worker has seen a stage that may be claimed."""

    no: int
    stage: int  # number of the row as it was


@dataclass(frozen=True)
class Holds:
    """A worker believes that it runs this attempt."""

    no: int
    fence: int


@dataclass
class Found:
    """What a walk came to. `broken` is the first promise that did not hold, `path` the shortest way there."""

    states: int
    moves: int
    worlds: int
    ends: int
    broken: str | None = None
    path: list[str] = field(default_factory=list)


class Numbered:
    """Values by number, and numbers by value."""

    def __init__(self) -> None:
        self.values: list = []
        self._numbers: dict = {}

    def number(self, value: object, key: object = None) -> int:
        """Number of the value; `key` stands for it where it cannot be hashed itself."""
        key = value if key is None else key
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.values)
            self.values.append(value)
        return found


class Walk:
    """One exhaustive walk."""

    def __init__(self, shape: Shape, limits: Limits, guards: Guards | None = None) -> None:
        self.shape = shape
        self.limits = limits
        self.guards = guards or Guards()
        self.worlds = Numbered()
        self.rows = Numbered()
        self.beliefs = Numbered()
        self.beliefs.number("idle")
        self._reaped: dict[tuple[int, int], int] = {}
        self._claimed: dict[tuple[int, int], tuple[int, int]] = {}
        self._own: dict[int, list[tuple[str, int]]] = {}
        self._looks: dict[int, list[tuple[str, int]]] = {}
        self._reports: dict[tuple[int, int], list[tuple[str, int, int]]] = {}
        self._reaps: dict[int, list[int]] = {}

    def run(self) -> Found:
        """Visit every state, or stop at the first broken promise."""
        start: State = (self._world(first_world(self.shape)), 0, *(IDLE for _ in range(self.limits.workers)))
        came_from: dict[State, tuple[State, str] | None] = {start: None}
        queue = deque([start])
        moves = 0
        state, label = start, ""
        try:
            while queue:
                state = queue.popleft()
                for label, after in self._moves(state):
                    moves += 1
                    if after not in came_from:
                        came_from[after] = (state, label)
                        queue.append(after)
                if self.limits.states is not None and len(came_from) >= self.limits.states:
                    break
        except Broken as broken:
            path = [*_path(came_from, state), str(broken)]
            return Found(len(came_from), moves, len(self.worlds.values), 0, str(broken), path)
        ends = sum(1 for world in self.worlds.values if world.run.ended_at is not None)
        return Found(len(came_from), moves, len(self.worlds.values), ends)

    # ---- what may happen next ------------------------------------------------------------------

    def _moves(self, state: State) -> Iterator[tuple[str, State]]:
        world, reaper, *workers = state
        for label, after in self._own_moves(world):
            yield label, (after, reaper, *workers)
        if reaper:
            yield "reap", (self._reap(world, reaper), 0, *workers)
        else:
            for seen in self._reapable(world):
                yield "reaper looks", (world, seen, *workers)
        before = -1
        for place, belief in enumerate(workers):
            if belief == before:
                continue  # alike
            before = belief
            others = workers[:place] + workers[place + 1 :]
            for label, after, next_belief in self._worker_moves(world, belief, others):
                yield label, (after, reaper, *sorted([*others, next_belief]))

    def _worker_moves(self, world: int, belief: int, others: list[int]) -> Iterator[tuple[str, int, int]]:
        if belief == IDLE:
            for label, saw in self._lookable(world):
                yield label, world, saw
            return
        yield "vanish", world, IDLE
        what = self.beliefs.values[belief]
        if isinstance(what, Saw):
            after, holds = self._claim(world, belief, what)
            if holds == IDLE:
                yield "claim lost", world, IDLE
            else:
                if holds in others:
                    raise Broken("P4: two workers hold the same attempt")
                yield "claim", after, holds
        else:
            yield from self._reports_of(world, belief, what)

    def _reports_of(self, world: int, belief: int, what: Holds) -> list[tuple[str, int, int]]:
        key = (world, belief)
        found = self._reports.get(key)
        if found is None:
            found = self._reports[key] = []
            for event in self._events_of(world, what):
                after = self._give(world, what.no, event)
                label = f"{type(event).__name__} {what.no}.{what.fence}"
                if type(event) not in (Renewed, StepSucceeded):
                    found.append((label, after, IDLE))
                if after != world:
                    found.append((f"{label} (answer lost)", after, belief))
        return found

    def _events_of(self, world: int, what: Holds) -> list[StageEvent]:
        fence = what.fence
        events: list[StageEvent] = [
            Renewed(fence, LIVE),
            StepSucceeded(fence),
            Finished(fence),
            StepFailed(fence, RETRIES, self.shape.on_failure[what.no], 0.5),
            Died(fence, begun=True),
            Died(fence, begun=False),
            Released(fence),
            *(Suspended(fence, answers, until) for answers, until in self.shape.waits),
        ]
        if self.worlds.values[world].run.cancel_requested_at is not None:
            events.append(Stopped(fence))
        return events

    def _own_moves(self, number: int) -> list[tuple[str, int]]:
        """Time passes, and a person decides."""
        found = self._own.get(number)
        if found is None:
            found = self._own[number] = []
            world: World = self.worlds.values[number]
            for no, stage in enumerate(world.stages):
                if stage.state is StageState.RUNNING and stage.lease_until == LIVE:
                    found.append(
                        (f"lease {no} lapses", self._world(world.changed(no, replace(stage, lease_until=LAPSED))))
                    )
                if stage.state is StageState.SCHEDULED and stage.not_before != NOW:
                    found.append((f"retry {no} is due", self._world(world.changed(no, replace(stage, not_before=NOW)))))
                if stage.state is StageState.PAUSED:
                    found.append((f"answer {no}", self._give(number, no, Answered())))
                    if stage.not_before not in (None, NOW):
                        due = self._world(world.changed(no, replace(stage, not_before=NOW)))
                        found.append((f"time of {no} comes", due))
                if stage.state is StageState.HELD:
                    found.append((f"reopen {no}", self._give(number, no, Reopened())))
            transaction = Transaction.on(world, self.shape, self.guards)
            if transaction.tell(RunCancelAsked()):
                found.append(("cancel", self._moved(number, transaction.result())))
        return found

    def _lookable(self, number: int) -> list[tuple[str, int]]:
        found = self._looks.get(number)
        if found is None:
            found = self._looks[number] = [
                (f"look {no}", self.beliefs.number(Saw(no, self.rows.number(stage))))
                for no, stage in enumerate(self.worlds.values[number].stages)
                if stage.state in _CLAIMED_FROM and stage.fence < self.limits.attempts[no]
            ]
        return found

    def _reapable(self, number: int) -> list[int]:
        found = self._reaps.get(number)
        if found is None:
            found = self._reaps[number] = [
                1 + no * 16 + stage.fence
                for no, stage in enumerate(self.worlds.values[number].stages)
                if stage.state is StageState.RUNNING and stage.lease_until == LAPSED
            ]
        return found

    # ---- what an event does to a world ---------------------------------------------------------

    def _give(self, number: int, no: int, event: StageEvent) -> int:
        world: World = self.worlds.values[number]
        transaction = Transaction.on(world, self.shape, self.guards)
        if not transaction.give(no, event):
            return number
        check_accepted(world, no, event)
        return self._moved(number, transaction.result())

    def _claim(self, number: int, belief: int, saw: Saw) -> tuple[int, int]:
        """The world after a claim of what was seen, and what the worker believes then; idle when it lost."""
        key = (number, belief)
        found = self._claimed.get(key)
        if found is None:
            found = self._claimed[key] = self._claim_anew(number, saw)
        return found

    def _claim_anew(self, number: int, saw: Saw) -> tuple[int, int]:
        world: World = self.worlds.values[number]
        seen = self.rows.values[saw.stage]
        if not self.guards.same_row(world.stages[saw.no], seen):
            return number, IDLE
        transaction = Transaction.on(world.changed(saw.no, seen), self.shape, self.guards)
        if not transaction.give(saw.no, CLAIM):
            return number, IDLE
        check_accepted(world, saw.no, CLAIM)
        holds = self.beliefs.number(Holds(saw.no, transaction.stages[saw.no].fence))
        return self._moved(number, transaction.result()), holds

    def _reap(self, number: int, seen: int) -> int:
        key = (number, seen)
        after = self._reaped.get(key)
        if after is None:
            no, fence = divmod(seen - 1, 16)
            after = self._reaped[key] = self._give(number, no, LeaseExpired(fence))
        return after

    def _moved(self, number: int, after: World) -> int:
        check_move(self.worlds.values[number], after)
        return self._world(after)

    def _world(self, world: World) -> int:
        known = len(self.worlds.values)
        number = self.worlds.number(world, world.key())
        if number == known:
            check_world(world)
        return number


def _path(came_from: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    labels = []
    step = came_from[state]
    while step is not None:
        state, label = step
        labels.append(label)
        step = came_from[state]
    return labels[::-1]

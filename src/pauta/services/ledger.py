"""The calls of a run's flows, as decided so far, and which of them are to be saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from pauta.domain.calls import Call, CallKind, CallState, Spawn
from pauta.domain.calls_again import asked_again
from pauta.domain.ids import RunId
from pauta.ports.store import Transaction
from pauta.services.race import LostRace

_OPEN = frozenset({CallState.RUNNING, CallState.PENDING, CallState.PAUSED})


@dataclass(slots=True)
class Spawned:
    """A run that a call asks for, to be begun in the transaction that saves the call."""

    call: Call
    spawn: Spawn


class Ledger:
    """The calls of one run, by number.

    Attributes:
        spawns: Runs to be begun with the next save.
    """

    def __init__(self, run_id: RunId, calls: Iterable[Call]) -> None:
        self._run_id = run_id
        self._calls = {call.no: call for call in calls}
        self._unsaved: set[int] = set()
        self._changed: dict[int, None] = {}
        self._as_read: dict[int, CallState] = {}
        self._bodies: dict[int | None, dict[int, None]] = {}
        for call in self._calls.values():
            self._bodies.setdefault(call.parent, {})[call.no] = None
        self.spawns: list[Spawned] = []

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, no: int) -> Call | None:
        """A call as decided so far."""
        return self._calls.get(no)

    def of_step(self, step: int) -> tuple[Call, ...]:
        """The calls of a step's flow, by number."""
        return tuple(self._calls[no] for no in sorted(self._calls) if self._calls[no].step == step)

    def put(self, call: Call) -> None:
        """Set a call."""
        before = self._calls.get(call.no)
        if before is not None and before.state is CallState.PAUSED and call.no not in self._unsaved:
            self._as_read.setdefault(call.no, before.state)
        if before is None:
            self._bodies.setdefault(call.parent, {})[call.no] = None
        self._calls[call.no] = call
        self._unsaved.add(call.no)
        if call.state not in (CallState.RUNNING, CallState.PENDING):
            self._changed[call.no] = None

    def expect(self, nos: Iterable[int]) -> None:
        """Saving checks that these calls are on record as they are here: what follows was decided by them."""
        for no in nos:
            if no in self._calls and no not in self._unsaved:
                self._as_read.setdefault(no, self._calls[no].state)

    def set_back(self, step: int) -> None:
        """The process of the flow is gone: what ran in it will be made again."""
        for call in self.of_step(step):
            if call.state is CallState.RUNNING:
                self.put(replace(call, state=CallState.PENDING))

    def ask_again(self, step: int, body: int | None = None) -> None:
        """A body failed and is tried again: what failed in it is made again, until then it stands.

        Args:
            step: The flow's step.
            body: The call whose body it is; None: the flow itself.
        """
        for call in list(asked_again(lambda no: self._made_in(step, no), body)):
            self.put(call)

    def _made_in(self, step: int, body: int | None) -> list[Call]:
        return [call for no in self._bodies.get(body, ()) if (call := self._calls[no]).step == step]

    def end(self, step: int, *, now: datetime) -> list[RunId]:
        """The flow is over: what is still open of it is cancelled. The runs that it had begun and not awaited."""
        left = []
        for call in self.of_step(step):
            if call.state in _OPEN:
                if call.kind is CallKind.RUN and call.child is not None and call.state is CallState.PAUSED:
                    left.append(call.child)
                self.put(replace(call, state=CallState.CANCELLED, ended_at=now))
        return left

    def children(self) -> list[RunId]:
        """Runs that calls wait for."""
        return [c.child for c in self._calls.values() if c.state is CallState.PAUSED and c.child is not None]

    def take_changed(self) -> tuple[Call, ...]:
        """Calls that ended, or began to wait, since the last time, in order, each once in its newest form."""
        numbers, self._changed = self._changed, {}
        return tuple(self._calls[no] for no in numbers)

    def save(self, tx: Transaction) -> None:
        """Put what changed.

        Raises:
            LostRace: A call on which this rests has its answer meanwhile.
        """
        unsaved, self._unsaved = self._unsaved, set()
        as_read, self._as_read = self._as_read, {}
        if as_read:
            present = {call.no: call.state for call in tx.calls.get(self._run_id, sorted(as_read))}
            if any(present.get(no) is not state for no, state in as_read.items()):
                raise LostRace
        if unsaved:
            tx.calls.put([self._calls[no] for no in sorted(unsaved)])

"""A call of a task that is a run of its own: queued, leased and tried again like any run, on whatever machine."""

from __future__ import annotations

from typing import Any, TypeVar

from pauta.domain.calls import Awaited, Spawn
from pauta.flows.delays import planned_delays
from pauta.flows.future import Awaiting
from pauta.flows.parameters import hints_of
from pauta.flows.states import State
from pauta.flows.submitted import Submitted

T = TypeVar("T")


class Apart(Submitted[T], Awaiting[T]):
    """The future of a call that is a run of its own. A thread of the flow stores its arguments and asks for the run."""

    is_asked = False

    def look_up(self) -> bool:
        """As of any submitted task; one that was asked for before needs nothing more."""
        return super().look_up() or self.is_asked

    def _look_up(self) -> State[Any] | None:
        state = super()._look_up()
        self.no = self._call.no
        self.is_asked = self._call.is_paused
        return state

    def _done(self) -> None:
        if not self.is_asked:
            self._call.ask(Awaited(), self._spawn())
            self.is_asked = True

    def _spawn(self) -> Spawn:
        task, call = self._call.function, self._call
        options = task.options
        packed = self.engine.site.parcels.pack(call.arguments, name=task.name, hint=hints_of(task))
        return Spawn(
            entry=task.__name__,
            arguments=packed.arguments,
            pool=options.pool,
            limits=options.limit,
            retries=options.retries,
            delays=planned_delays(options, name=task.name),
            timeout_seconds=options.timeout,
            memory_bytes=options.memory,
            cache_key=call.cache_key,
            cache_seconds=options.cache_for,
        )

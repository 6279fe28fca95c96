"""A call of a task that is a run of its own: queued, leased and tried again like any run, on whatever machine."""

from __future__ import annotations

from typing import Any, TypeVar

from pauta.domain.calls import Awaited, Spawn
from pauta.flows.delays import planned_delays
from pauta.flows.future import Awaiting
from pauta.flows.parameters import hints_of
from pauta.flows.states import Cancelled, State
from pauta.flows.submitted import Submitted

T = TypeVar("T")


class Apart(Submitted[T], Awaiting[T]):
    """The future of a call that is a run of its own. A thread of the flow stores its arguments and asks for the run."""

    is_asked = False

    def _came(self) -> State[Any] | None:
        call = self._call
        if call.scope.is_over:
            return Cancelled("it was not run, because its flow failed")
        state = call.prepare()
        self.ended_at = call.ended_at
        if state is None:
            if not call.is_paused:
                call.ask(Awaited(), self._spawn())
            self.no = call.no
            self.is_asked = True
        return state

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
        )

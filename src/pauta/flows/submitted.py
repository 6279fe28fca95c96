"""A call of a task that was submitted: it runs in a thread of the flow once the futures that it needs are done."""

from __future__ import annotations

import threading
from contextvars import Context
from typing import Any, TypeVar

from pauta.flows.body import BodyCall
from pauta.flows.future import Future
from pauta.flows.outcome import state_of_error
from pauta.flows.site import Suspend
from pauta.flows.states import Cancelled, State
from pauta.flows.threads import Lane

T = TypeVar("T")


class Submitted(Future[T]):
    """The future of a call that runs in a thread of the flow."""

    def __init__(self, call: BodyCall, needs: tuple[Future[Any], ...], context: Context) -> None:
        super().__init__(call.engine, call.function.name)
        self._call = call
        self._context = context
        self._is_prepared = False
        self._needs = tuple(need for need in needs if not need.done())
        self._open = len(self._needs)
        self._lock = threading.Lock()

    def is_ready(self) -> bool:
        """Whether it can begin at once; otherwise it begins by itself once all that it needs is done."""
        if not self._needs:
            return True
        for need in self._needs:
            need.when_done(self._one_is_done)
        return False

    @property
    def lane(self) -> Lane:
        """Where it queues."""
        return self._call.scope.lane

    def go(self) -> float | None:
        """Try it once, in the thread that calls this. When it is to be tried again, if it is."""
        return self._context.run(self._go)

    def _go(self) -> float | None:
        self.is_running = True
        try:
            came = self._came()
        except Suspend:
            came = Cancelled("its flow gave its worker back")
        except BaseException as error:
            came = state_of_error(error, what="task", name=self.name)
        finally:
            self.is_running = False
        if isinstance(came, State):
            self.finish(came)
            return None
        return came

    def _came(self) -> State[Any] | float | None:
        call = self._call
        if call.scope.is_over:
            return Cancelled("it was not run, because its flow failed")
        if not self._is_prepared:
            self._is_prepared = True
            state = call.prepare()
            if state is not None:
                self.ended_at = call.ended_at
                return state
        return call.attempt()

    def _one_is_done(self, need: Future[Any]) -> None:
        with self._lock:
            self._open -= 1
            is_last = self._open == 0
        if is_last:
            self.engine.pool.put([self])

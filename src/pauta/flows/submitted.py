"""A call of a task that was submitted: it runs in a thread of the flow once the futures that it needs are done."""

from __future__ import annotations

import threading
from collections.abc import Callable
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

    def look_up(self) -> bool:
        """Find it on record, in the thread of the body that submits it.

        So results that are there come in the order in which they came before, and cost no thread. Whether there is
        nothing left to do for it.
        """
        self._context.run(self._guarded, self._look_up)
        return self.final is not None

    def _go(self) -> float | None:
        self.is_running = True
        try:
            return self._guarded(self._come)
        finally:
            self.is_running = False

    def _guarded(self, come: Callable[[], State[Any] | float | None]) -> float | None:
        """Finish with what comes, whatever it is; a time is when to try again."""
        came: State[Any] | float | None
        try:
            came = come()
        except Suspend:
            came = Cancelled("its flow gave its worker back")
        except BaseException as error:
            came = state_of_error(error, what="task", name=self.name)
        if not isinstance(came, State):
            return came
        self.finish(came)
        return None

    def _look_up(self) -> State[Any] | None:
        self._is_prepared = True
        state = self._call.prepare()
        self.ended_at = self._call.ended_at
        return state

    def _come(self) -> State[Any] | float | None:
        if self._call.scope.is_over:
            return Cancelled("it was not run, because its flow failed")
        if not self._is_prepared and (state := self._look_up()) is not None:
            return state
        return self._done()

    def _done(self) -> State[Any] | float | None:
        """What comes of one try."""
        return self._call.attempt()

    def _one_is_done(self, need: Future[Any]) -> None:
        with self._lock:
            self._open -= 1
            is_last = self._open == 0
        if is_last:
            self.engine.pool.put([self])

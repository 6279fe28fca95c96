"""Waiting for futures: in place while something goes on here, by giving the worker back when nothing does."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from pauta.domain.problems import Problem, StepFault
from pauta.flows.future import Awaiting, Future, futures_of, in_order_of_end
from pauta.flows.places import calling_place
from pauta.flows.scope import Engine, current
from pauta.flows.site import Suspension
from pauta.flows.threads import Blocked

T = TypeVar("T")

LONGEST_NAP = 30.0
"""Seconds that a flow sleeps with its worker while nothing goes on; for longer waits it gives it back."""


class Waited(NamedTuple):
    """What `wait` gives."""

    done: set[Future[Any]]
    not_done: set[Future[Any]]


def wait(futures: Iterable[Future[Any]], timeout: float | None = None) -> Waited:
    """Wait until all of these have come to their ends, or for so many seconds."""
    waited = futures_of(futures)
    if waited:
        wait_for_futures(waited[0].engine, waited, timeout=timeout)
    return Waited({f for f in waited if f.done()}, {f for f in waited if not f.done()})


def as_completed(futures: Iterable[Future[T]], timeout: float | None = None) -> Iterator[Future[T]]:
    """These futures one by one, as they come to their ends.

    Args:
        futures: Futures of one flow.
        timeout: Longest time in seconds to wait for the next one.

    Raises:
        TimeoutError: The next one was not there in time.
    """
    left = futures_of(futures)
    while left:
        done = list(in_order_of_end(left))
        if not done:
            wait_for_futures(left[0].engine, left, any_of=True, timeout=timeout)
            done = list(in_order_of_end(left))
        if not done:
            raise TimeoutError(f"none of {len(left)} tasks has ended within {timeout} s")
        yield done[0]
        left.remove(done[0])


def wait_for_futures(
    engine: Engine, futures: Sequence[Future[Any]], *, any_of: bool = False, timeout: float | None = None
) -> None:
    """Return when all of these are done, or one of them.

    Args:
        engine: Of the flow.
        futures: What is waited for.
        any_of: Whether one is enough.
        timeout: Longest time, in seconds.

    Raises:
        Suspend: Nothing goes on here, and what is waited for comes from elsewhere or much later.
        StepFault: FLW-038, this cannot be waited for here.
    """
    pending = [future for future in futures if not future.done()]
    if not pending or (any_of and len(pending) < len(futures)):
        return
    if any(future.needs_loop for future in pending) and engine.is_loop_running():
        raise StepFault(Problem("FLW-038", {"name": pending[0].name}, "loop", calling_place()))
    clock = engine.site.clock
    deadline = clock.now() + timeout if timeout is not None else None
    waiter = _Waiter(1 if any_of else len(pending), engine.pool.block())
    try:
        for future in pending:
            future.when_done(waiter.count)
        with engine.pool.watched(waiter.wake.set):
            _wait(engine, pending, waiter, any_of=any_of, deadline=deadline)
    finally:
        waiter.go_on()


def _wait(
    engine: Engine, pending: Sequence[Future[Any]], waiter: _Waiter, *, any_of: bool, deadline: float | None
) -> None:
    clock = engine.site.clock
    while True:
        waiter.wake.clear()
        is_still = engine.pool.is_still()
        # What was done before the pool came to rest is counted by now: the order of these two questions matters.
        if waiter.open <= 0 or (deadline is not None and clock.now() >= deadline):
            return
        if is_still and engine.in_flow_thread():
            rest(engine, pending, any_of=any_of, deadline=deadline)
        else:
            due = expire(engine, pending)
            ends = [time for time in (due, deadline) if time is not None]
            waiter.wake.wait(max(0.0, min(ends) - clock.now()) if ends else None)


def rest(engine: Engine, pending: Sequence[Future[Any]], *, any_of: bool, deadline: float | None) -> None:
    """Nothing goes on here: sleep until something is due, or give the worker back.

    Args:
        engine: Of the flow.
        pending: What the flow waits for.
        any_of: Whether one of them is enough.
        deadline: Until when it waits, in seconds since 1970; then it does not give its worker back.

    Raises:
        Suspend: What is waited for comes from elsewhere, or much later.
        StepFault: FLW-038, it comes from elsewhere and cannot be waited for here.
    """
    awaited = {item for future in pending for item in future.awaited()}
    times = [item.until for item in awaited if item.until is not None]
    due = min(times, default=None)
    retry = engine.pool.next_due()
    now = engine.site.clock.now()
    nap = max((item.nap for item in awaited if item.until == due), default=0.0)
    is_long = (due is None or due - now > nap) and (retry is None or retry - now > LONGEST_NAP)
    ends = [time for time in (due, retry, deadline) if time is not None]
    if is_long and deadline is None and (awaited or ends) and may_suspend(engine):
        calls = tuple(sorted(item.no for item in awaited if item.no is not None))
        engine.unwind(Suspension(calls, any_of=any_of and len(calls) > 1, until=min(ends, default=None)))
    if not ends:
        names = ", ".join(sorted({future.name for future in pending}))
        raise StepFault(Problem("FLW-038", {"name": names}, "stuck", calling_place()))
    engine.site.clock.sleep(max(0.0, min(ends) - now))
    engine.pool.kick()
    expire(engine, pending)


def expire(engine: Engine, pending: Iterable[Future[Any]]) -> float | None:
    """End what has come to its time. When the next will."""
    now, left = engine.site.clock.now(), []
    for item in {item for future in pending for item in future.awaited()}:
        if item.until is not None and item.until <= now:
            item.expire()
        elif item.until is not None:
            left.append(item.until)
    return min(left, default=None)


def nap(engine: Engine, due: float) -> None:
    """Let the calling thread wait before it tries something again; a flow gives its worker back if that is long.

    Args:
        engine: Of the flow.
        due: Until when, in seconds since 1970.

    Raises:
        Suspend: It is long.
    """
    if engine.in_flow_thread():
        wait_for_futures(engine, [Awaiting(engine, "retry", until=due, nap=LONGEST_NAP)])
    else:
        engine.site.clock.sleep(max(0.0, due - engine.site.clock.now()))


def may_suspend(engine: Engine) -> bool:
    """Whether the calling code stands where the flow can be unwound, with nothing lost."""
    scope = current.get()
    in_task = scope is not None and scope.is_task
    return engine.site.suspends and not in_task and not engine.pool.is_waited_in and engine.in_flow_thread()


class _Waiter:
    """Counts what is still to come. Each future's callback comes once, from any thread."""

    def __init__(self, open_: int, blocked: Blocked | None) -> None:
        self.open = open_
        self.wake = threading.Event()
        self._blocked = blocked
        self._lock = threading.Lock()

    def count(self, future: Future[Any]) -> None:
        with self._lock:
            self.open -= 1
        if self.open <= 0:
            self.go_on()
            self.wake.set()

    def go_on(self) -> None:
        if self._blocked is not None:
            self._blocked.end()

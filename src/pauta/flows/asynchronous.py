"""Async bodies: their loop, which sees when a flow only waits for the world, and calls that are awaited."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from pauta.domain.calls import CallKind
from pauta.domain.problems import PautaError, Problem, StepFault
from pauta.flows.body import BodyCall
from pauta.flows.future import Awaiting, Future
from pauta.flows.outcome import state_of_error
from pauta.flows.outliving import leave_if_forked
from pauta.flows.places import calling_place
from pauta.flows.resolving import futures_in
from pauta.flows.run import checked, final, tell_hooks
from pauta.flows.running import out_of_time, settle
from pauta.flows.scope import Engine, Scope, current
from pauta.flows.shelf import Shelf
from pauta.flows.site import Site, Suspend
from pauta.flows.states import Cancelled, State
from pauta.flows.timing import OutOfTime
from pauta.flows.waiting import LONGEST_NAP, expire, rest

T = TypeVar("T")

_UNWINDING = 10.0
"""Seconds that the tasks of a loop have for their ``finally`` blocks when it ends."""


class FlowLoop(asyncio.SelectorEventLoop):
    """A loop that knows when nothing can go on in it any more.

    That is so when no callback is ready, no timer is set, no file or socket is watched, no executor and no thread of
    the flow works: then every asyncio task waits, directly or by gathering others, for what comes from elsewhere.

    Attributes:
        engine: Of the flow.
        awaited: What asyncio tasks wait for now.
    """

    def __init__(self, engine: Engine) -> None:
        self._watching = _Selector(self)
        self._executing = 0
        self._own = 0
        self.engine = engine
        self.awaited: dict[asyncio.Future[None], Future[Any]] = {}
        self.is_ending = False
        super().__init__(self._watching)
        self._own = len(self._watching.get_map())

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """As any loop does; counted, because the loop is not at rest meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self._executing += 1
        future.add_done_callback(self._has_executed)
        return future

    def _has_executed(self, future: Any) -> None:
        self._executing -= 1

    def before_waiting(self, timeout: float | None) -> float | None:
        """The loop has nothing to do for so long (None: until something happens). How long it is to wait at most.

        Raises:
            Suspend: The flow gives its worker back.
        """
        engine = self.engine
        if self.is_ending or not engine.in_flow_thread():
            return timeout
        if engine.unwinding is not None:
            raise Suspend(engine.unwinding)
        pending = list(self.awaited.values())
        if timeout is None and pending and self._is_at_rest():
            if any(future.done() for future in pending):
                return 0.0  # a thread brought it before it came to rest; the word is on its way
            rest(engine, pending, any_of=len(pending) > 1, deadline=None)
            return 0.0
        due = expire(engine, pending)
        left = max(0.0, due - engine.site.clock.now()) if due is not None else None
        return min((t for t in (timeout, left) if t is not None), default=None)

    def _is_at_rest(self) -> bool:
        watches = len(self._watching.get_map()) > self._own
        children = any(thread.name.startswith("waitpid-") for thread in threading.enumerate())
        return not (watches or children or self._executing) and self.engine.pool.is_still()


class _Selector(selectors.DefaultSelector):
    """Asks the loop before it waits."""

    def __init__(self, loop: FlowLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout > 0:
            timeout = self._loop.before_waiting(timeout)
        return super().select(timeout)


class OnLoop(Future[T]):
    """The future of an async task that was submitted in an async body: it runs on the flow's loop."""

    needs_loop = True

    def __init__(self, call: BodyCall, needs: tuple[Future[Any], ...]) -> None:
        super().__init__(call.engine, call.function.name)
        self._needs = needs
        self._task = asyncio.get_running_loop().create_task(self._run(call))
        self._task.add_done_callback(self._has_ended)

    def cancel(self) -> None:
        """Stop it where it awaits something."""
        self._task.cancel()

    async def _run(self, call: BodyCall) -> State[Any]:
        self.is_running = True
        return await _ended(call, self._needs)

    def _has_ended(self, task: asyncio.Task[State[Any]]) -> None:
        self.is_running = False
        if task.cancelled():
            self.finish(Cancelled("it was stopped"))
        elif (error := task.exception()) is not None:
            self.finish(state_of_error(error, what="task", name=self.name))
        else:
            self.finish(task.result())


def run_to_end(scope: Scope, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own, in this thread.

    Args:
        scope: The body that it is.
        coroutine: What an async function gave.

    Raises:
        Suspend: The flow gives its worker back.
        StepFault: FLW-038, a loop runs here already.
    """
    if scope.engine.is_loop_running():
        coroutine.close()
        raise StepFault(Problem("FLW-038", {"name": scope.name}, "nested", calling_place()))
    loop = FlowLoop(scope.engine)
    try:
        with scope.engine.pool.watched(lambda: _tell(loop, _nothing)):
            return loop.run_until_complete(loop.create_task(_whole(scope, coroutine)))
    finally:
        _wind_up(loop)


async def _whole(scope: Scope, coroutine: Coroutine[Any, Any, T]) -> T:
    """A body, and what it submitted."""
    value = await coroutine
    await until_all_done(scope.futures)
    return value


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Have a loop call this, from whatever thread; one that has ended needs to hear nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)


def _nothing() -> None:
    """Only wakes."""


def _wind_up(loop: FlowLoop) -> None:
    loop.is_ending = True
    left = asyncio.all_tasks(loop)
    try:
        for task in left:
            task.cancel()
        if left:
            with suppress(KeyboardInterrupt):  # the one that ends the loop is on its way already
                loop.run_until_complete(asyncio.wait(left, timeout=_UNWINDING))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        for task in left:
            if task.done() and not task.cancelled():
                task.exception()  # asked for, so that nobody is told that nobody asked
        loop.close()


async def call_here(
    scope: Scope,
    function: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    kind: CallKind,
    return_state: bool,
) -> Any:
    """Call an async task or flow from an async body.

    Returns:
        Its value, or its final state.

    Raises:
        Exception: What its body raised, unless its state is wanted.
    """
    call = BodyCall(scope, function, args, kwargs, kind=kind)
    needs = tuple(futures_in([args, kwargs])) if scope.engine.has_futures else ()
    state = await _ended(call, needs)
    if return_state:
        scope.engine.has_futures = True
        return state
    return state.result()


async def run_flow_here(
    flow: Any, arguments: Mapping[str, Any], site: Site, *, will_retry: bool, shelf: Shelf | None
) -> State[Any]:
    """Run an async flow on the loop that runs, at a site that keeps its worker; see `run.run_flow`."""
    engine = Engine(site, max_workers=flow.options.max_workers, shelf=shelf)
    scope = Scope(engine, flow.name, is_async=True, keeps=shelf is not None)
    token = current.set(scope)
    try:
        state = await run_body_here(scope, flow, checked(flow, arguments), flow.options.timeout)
    except PautaError as error:
        state = state_of_error(error, what=flow.what, name=flow.name)
    finally:
        current.reset(token)
        engine.pool.close()
    state = final(engine, flow, state)
    tell_hooks(flow, arguments, state, will_retry=will_retry)
    return state


async def _ended(call: BodyCall, needs: Sequence[Future[Any]]) -> State[Any]:
    """The final state of a call."""
    try:
        return await _tried(call, needs)
    except asyncio.CancelledError:
        if not _is_ending():
            call.stop()
        raise


def _is_ending() -> bool:
    """Whether the loop stops all that is left in it, rather than the flow's body some of it."""
    return getattr(asyncio.get_running_loop(), "is_ending", False)


async def _tried(call: BodyCall, needs: Sequence[Future[Any]]) -> State[Any]:
    await until_all_done(needs)
    state = call.prepare()
    while state is None:
        came = await _attempt(call)
        if isinstance(came, State):
            state = came
        else:
            await until_done(Awaiting(call.engine, "retry", until=came, nap=LONGEST_NAP))
    return state


async def _attempt(call: BodyCall) -> State[Any] | float:
    call.begin()
    inner = call.inner()
    token = current.set(inner)
    try:
        with call.engine.site.within(call.no):
            state = await run_body_here(inner, call.function, call.own_arguments(), call.options.timeout)
    finally:
        current.reset(token)
    return call.end(state)


async def run_body_here(scope: Scope, function: Any, arguments: Mapping[str, Any], timeout: float | None) -> State[Any]:
    """The async twin of `running.run_body`, on the loop that runs."""
    value: Any = None
    error: BaseException | None = None
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            args, kwargs = function.unbound(arguments)
            value = await function.fn(*args, **kwargs)
            await until_all_done(scope.futures)
    except BaseException as raised:
        leave_if_forked(scope.engine.is_child, raised)
        stops = Suspend | KeyboardInterrupt | GeneratorExit | OutOfTime | asyncio.CancelledError
        if isinstance(raised, stops):
            raise
        error = raised
    leave_if_forked(scope.engine.is_child, error)
    if limit.expired():
        error = out_of_time(function, timeout)
    if error is not None:
        for future in scope.futures:
            if isinstance(future, OnLoop):
                future.cancel()
    return settle(scope, function, value, error)


async def until_all_done(futures: Sequence[Future[Any]]) -> None:
    """Wait for all of these, and for those that are added meanwhile."""
    done = 0
    while done < len(futures):
        await until_done(futures[done])
        done += 1


async def until_done(future: Future[Any]) -> None:
    """Wait for a future, on any loop; on a flow's own it may give its worker back."""
    if future.done():
        return
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not ended.done():
            ended.set_result(None)

    future.when_done(lambda _: _tell(loop, end))
    if not isinstance(loop, FlowLoop):
        _set_timers(loop, future)
        await ended
        return
    loop.awaited[ended] = future
    try:
        await ended
    finally:
        del loop.awaited[ended]


def _set_timers(loop: asyncio.AbstractEventLoop, future: Future[Any]) -> None:
    """On a loop of the user's own, times come by its timers."""
    for item in future.awaited():
        if item.until is not None:
            loop.call_later(max(0.0, item.until - item.engine.site.clock.now()), item.expire)

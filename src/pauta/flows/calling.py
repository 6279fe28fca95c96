"""What `Task` and `Flow` do when they are called: here, in a thread, for each element, or as runs of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import copy_context
from typing import Any

from pauta.domain.calls import CallKind
from pauta.domain.problems import InvalidInput, Problem, StepFault
from pauta.flows import direct, late
from pauta.flows.apart import Apart
from pauta.flows.body import BodyCall
from pauta.flows.future import Future, FutureList
from pauta.flows.mapping import calls_of_map
from pauta.flows.places import calling_place
from pauta.flows.resolving import futures_in
from pauta.flows.scope import Scope, current
from pauta.flows.states import State
from pauta.flows.submitted import Submitted
from pauta.flows.waiting import nap, wait_for_futures


def call_task(task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, return_state: bool) -> Any:
    """Call a task in the body in which the caller stands.

    Args:
        task: The `Task`.
        args, kwargs: Its arguments.
        return_state: Whether to give its final state instead of its value.

    Returns:
        That; of an async task in an async body something to await for it.

    Raises:
        InvalidInput: FLW-030, the caller stands in no flow.
        Exception: What the task's body raised, or `TaskFailed`.
    """
    scope = _scope(task)
    if _is_apart(scope, task):
        [future] = begin(scope, task, [(args, kwargs)])
        return _awaited(future, return_state) if task.is_async and scope.is_async else _given(future, return_state)
    if task.is_async and scope.is_async:
        return late.asynchronous().call_here(scope, task, args, kwargs, kind=CallKind.TASK, return_state=return_state)
    return give(scope, _run(scope, task, args, kwargs, kind=CallKind.TASK), return_state)


def submit_task(
    task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, wait_for: Any, return_state: bool
) -> Any:
    """Begin a call of a task, in a thread of the flow or elsewhere.

    Returns:
        Its future; with `return_state` its final state, which is waited for.

    Raises:
        InvalidInput: FLW-030.
    """
    [future] = begin(_scope(task), task, [(args, kwargs)], wait_for)
    return future.settled() if return_state else future


def map_task(task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, wait_for: Any, return_state: bool) -> Any:
    """Begin one call of a task for each element of its arguments.

    Returns:
        Their futures; with `return_state` their final states, which are waited for.

    Raises:
        InvalidInput: FLW-030; FLW-036, the arguments have different lengths.
    """
    scope = _scope(task)
    futures: FutureList[Any] = FutureList(begin(scope, task, calls_of_map(task, args, kwargs), wait_for))
    if not return_state:
        return futures
    futures.wait()
    return [future.settled() for future in futures]


def call_flow(flow: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, return_state: bool) -> Any:
    """Call a flow: as a subflow of the one in which the caller stands, else here, in memory.

    Args:
        flow: The `Flow`.
        args, kwargs: Its arguments.
        return_state: Whether to give its final state instead of its value.

    Returns:
        That; of an async flow something to await for it, unless the caller's body is a synchronous one.

    Raises:
        Exception: What the flow's body raised, or `FlowFailed`.
    """
    scope = current.get()
    if scope is None:
        return direct.call_directly(flow, args, kwargs, return_state=return_state)
    if flow.is_async and scope.is_async:
        return late.asynchronous().call_here(scope, flow, args, kwargs, kind=CallKind.FLOW, return_state=return_state)
    return give(scope, _run(scope, flow, args, kwargs, kind=CallKind.FLOW), return_state)


def begin(
    scope: Scope, task: Any, calls: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]], wait_for: Any = ()
) -> list[Future[Any]]:
    """Begin calls of one task. They are put to the threads together."""
    apart = _is_apart(scope, task)
    after = tuple(wait_for) if isinstance(wait_for, list | tuple | set | FutureList) else (wait_for,)
    futures: list[Future[Any]] = []
    ready: list[Any] = []
    for args, kwargs in calls:
        needs = tuple(futures_in([args, kwargs, after])) if scope.engine.has_futures else ()
        future: Future[Any]
        if task.is_async and scope.is_async and not apart:
            future = late.asynchronous().OnLoop(
                BodyCall(scope, task, args, kwargs, kind=CallKind.TASK, after=after), needs
            )
        else:
            kind = Apart if apart else Submitted
            call = BodyCall(scope, task, args, kwargs, kind=CallKind.RUN if apart else CallKind.TASK, after=after)
            future = kind(call, needs, copy_context())
            if future.is_ready() and (scope.past.is_empty or not future.look_up()):
                ready.append(future)
        futures.append(future)
    scope.futures += futures
    scope.engine.pool.put(ready)
    return futures


def give(scope: Scope, state: State[Any], return_state: bool) -> Any:
    """What a caller gets of a final state.

    Raises:
        Exception: The failure, unless the state itself is wanted.
    """
    if return_state:
        scope.engine.has_futures = True  # states may be arguments from now on
        return state
    return state.result()


def _run(
    scope: Scope, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, kind: CallKind
) -> State[Any]:
    engine = scope.engine
    call = BodyCall(scope, function, args, kwargs, kind=kind)
    if engine.has_futures and (needs := futures_in([args, kwargs])):
        wait_for_futures(engine, needs)
    state = call.prepare()
    while state is None:
        came = call.attempt()
        if isinstance(came, State):
            state = came
        else:
            nap(engine, came)
    return state


def _scope(task: Any) -> Scope:
    scope = current.get()
    if scope is None:
        raise InvalidInput(Problem("FLW-030", {"name": task.name, "fn": task.__name__}, place=calling_place()))
    return scope


def _is_apart(scope: Scope, task: Any) -> bool:
    if not task.options.is_apart or not scope.engine.site.suspends:
        return False
    if scope.is_task:
        raise StepFault(Problem("FLW-038", {"name": task.name}, "apart", calling_place()))
    return True


def _given(future: Future[Any], return_state: bool) -> Any:
    state = future.settled()
    return state if return_state else state.result()


async def _awaited(future: Future[Any], return_state: bool) -> Any:
    await late.asynchronous().until_done(future)
    return _given(future, return_state)

"""Runs one body to its end, in this thread: the function itself, its time limit, what it submitted, what it left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.domain.problems import Problem, StepFault
from pauta.flows import late
from pauta.flows.future import Future
from pauta.flows.outcome import state_of_error, state_of_value
from pauta.flows.outliving import leave_if_forked
from pauta.flows.places import place_of
from pauta.flows.scope import Scope
from pauta.flows.site import Suspend
from pauta.flows.states import Cancelled, Origin, State, StateKind
from pauta.flows.timing import OutOfTime, time_limit
from pauta.flows.waiting import wait_for_futures

_PLAIN = frozenset({type(None), str, int, float, bool, bytes})


def run_body(scope: Scope, function: Any, arguments: Mapping[str, Any], *, timeout: float | None) -> State[Any]:
    """The state that a body comes to. All that it submitted has ended then.

    Args:
        scope: The body.
        function: The task or flow.
        arguments: By parameter.
        timeout: Longest time in seconds.

    Raises:
        Suspend: The flow gives its worker back.
        KeyboardInterrupt: It is stopped.
    """
    value: Any = None
    error: BaseException | None = None
    try:
        if timeout is None:
            value = _called(scope, function, arguments)
            wait_for_all(scope)
        else:
            with time_limit(timeout) as limit:
                value = _called(scope, function, arguments)
                wait_for_all(scope)
            if limit.passed:
                error = out_of_time(function, timeout)
    except BaseException as raised:
        leave_if_forked(scope.engine.is_child, raised)
        if isinstance(raised, Suspend | KeyboardInterrupt | GeneratorExit | OutOfTime):
            raise  # of the whole flow, or of a body further out
        error = raised
    leave_if_forked(scope.engine.is_child, error)
    return settle(scope, function, value, error)


def settle(scope: Scope, function: Any, value: Any, error: BaseException | None) -> State[Any]:
    """The state that follows from how a body ended; what it had submitted and is not begun is not run after an error.

    Raises:
        Suspend: What was submitted has yet to be waited for.
    """
    if error is not None:
        abandon(scope)
        state = state_of_error(error, what=function.what, name=function.name)
    else:
        state = _plainly(scope, function, value) or _derived(scope, function, value)
    if scope.is_task:
        scope.engine.watchman.look(function.name)
    elif error is None:
        scope.tell_of_left()
    return state


def wait_for_all(scope: Scope) -> None:
    """Wait for what a body submitted, and for what came of that."""
    done = 0
    while done < len(scope.futures):
        done = len(scope.futures)
        wait_for_futures(scope.engine, scope.futures)


def abandon(scope: Scope) -> None:
    """After an error: take back what the body submitted and has not begun, and wait for the rest."""
    scope.is_over = True
    if not scope.futures:
        return
    own = {id(future) for future in scope.futures}
    for job in scope.engine.pool.drop(lambda job: id(job) in own):
        if isinstance(job, Future):
            job.finish(Cancelled("it was not run, because its flow failed"))
    begun = [future for future in scope.futures if future.is_running]
    wait_for_futures(scope.engine, begun)


def out_of_time(function: Any, seconds: float | None) -> StepFault:
    """FLW-033: a body took too long."""
    values = {"what": function.what, "name": function.name, "seconds": f"{seconds:g}"}
    return StepFault(Problem("FLW-033", values, variant=function.what, place=place_of(function.fn)))


def _called(scope: Scope, function: Any, arguments: Mapping[str, Any]) -> Any:
    if scope.engine.site.disturb is not None:
        scope.engine.site.disturb(function.name, scope.no)
    args, kwargs = function.unbound(arguments)
    value = function.fn(*args, **kwargs)
    if not function.is_async:
        return value
    return late.asynchronous().run_to_end(scope, value)


def _plainly(scope: Scope, function: Any, value: Any) -> State[Any] | None:
    """The state of most bodies: completed, with a value in which no state can be hidden."""
    if type(value) not in _PLAIN or scope.futures:
        return None
    return State(StateKind.COMPLETED, "", value, "Completed", origin=Origin(function.what, function.name))


def _derived(scope: Scope, function: Any, value: Any) -> State[Any]:
    unasked = [future.final for future in scope.futures if not future.was_asked and future.final is not None]
    return state_of_value(value, what=function.what, name=function.name, unasked=unasked)

"""Runs a flow, or one task that is a run of its own, at a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.domain.problems import PautaError
from pauta.flows.failing import with_problem
from pauta.flows.hooks import RunFacts, call_hooks, hooks_for
from pauta.flows.outcome import state_of_error
from pauta.flows.running import run_body
from pauta.flows.scope import Engine, Scope, current
from pauta.flows.shelf import Shelf
from pauta.flows.site import Site, Suspend, Suspension
from pauta.flows.states import State


def run_flow(
    flow: Any,
    arguments: Mapping[str, Any],
    site: Site,
    *,
    will_retry: bool = False,
    timeout: float | None = None,
    shelf: Shelf | None = None,
) -> State[Any] | Suspension:
    """Run a flow's body, in this thread; calls that are on record are not made again.

    Args:
        flow: The `Flow`.
        arguments: By parameter; frames are open.
        site: Its surroundings.
        will_retry: Whether it is tried again if it fails, so that its hooks do not hear of a failure yet.
        timeout: Longest time in seconds, where nobody else sees to that.
        shelf: Where its calls are kept for its next try in this process, with those of the tries before.

    Returns:
        Its final state; or what it waits for, when it gives its worker back.

    Raises:
        KeyboardInterrupt: It is stopped.
    """
    engine = Engine(site, max_workers=flow.options.max_workers, shelf=shelf)
    scope = Scope(engine, flow.name, is_async=flow.is_async, keeps=shelf is not None)
    came = _run(scope, flow, arguments, timeout=timeout)
    if isinstance(came, State):
        tell_hooks(flow, arguments, came, will_retry=will_retry)
    return came


def run_task(task: Any, arguments: Mapping[str, Any], site: Site) -> State[Any]:
    """Run one try of a task that is a run of its own; tries and time limits are the queue's.

    Args:
        task: The `Task`.
        arguments: By parameter.
        site: Its surroundings.

    Returns:
        Its state after this try.

    Raises:
        KeyboardInterrupt: It is stopped.
    """
    scope = Scope(Engine(site), task.name, is_task=True, is_async=task.is_async)
    came = _run(scope, task, arguments, timeout=None)
    assert isinstance(came, State)  # noqa: S101 - a task does not wait for the world
    return came


def _run(
    scope: Scope, function: Any, arguments: Mapping[str, Any], *, timeout: float | None
) -> State[Any] | Suspension:
    engine = scope.engine
    token = current.set(scope)
    try:
        state = run_body(scope, function, checked(function, arguments), timeout=timeout)
    except Suspend as error:
        return error.suspension
    except PautaError as error:
        state = state_of_error(error, what=function.what, name=function.name)
    finally:
        current.reset(token)
        engine.pool.close()
    return engine.unwinding or final(engine, function, state)


def checked(function: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by parameter, with defaults; those of a flow converted by its annotations.

    Raises:
        InvalidInput: FLW-005, FLW-006.
    """
    kwargs = dict(arguments)
    args: tuple[Any, ...] = ()
    if function.shape.only_placed or function.shape.rest or function.shape.others:
        args, kwargs = _laid_out(function.shape, kwargs)
    bound: dict[str, Any] = function.bound(args, kwargs)
    checks = function.what == "flow" and function.options.validate
    return function.checker.checked(bound) if checks else bound


def final(engine: Engine, function: Any, state: State[Any]) -> State[Any]:
    """The state that goes on record: that of the engine's own failure if there is one, with its problem."""
    if engine.broken is not None:
        state = state_of_error(engine.broken, what=function.what, name=function.name)
    if state.is_completed():
        return state
    return with_problem(engine, function, state)


def tell_hooks(flow: Any, arguments: Mapping[str, Any], state: State[Any], *, will_retry: bool) -> None:
    """Call the hooks of a flow that has ended for good."""
    if state.is_completed() or not will_retry:
        call_hooks(hooks_for(flow.options, state), flow, RunFacts(name=flow.name, parameters=arguments), state)


def _laid_out(shape: Any, given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments by parameter as those of a call."""
    rest, others = given.pop(shape.rest, ()), given.pop(shape.others, {})
    by_place = shape.placed if rest else shape.placed[: shape.only_placed]
    args = tuple(given.pop(name) for name in by_place if name in given)
    return (*args, *rest), {**given, **others}

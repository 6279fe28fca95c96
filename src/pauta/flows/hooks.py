"""Hooks: functions of the user's that are called when a task or a flow has ended. They never change how it ended."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pauta.domain.problems import Problem, shorten
from pauta.flows.states import State

_MOST = 3
"""The task or flow, facts on its run, its state."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a hook is told of a call of a task, or of the run of a flow.

    Attributes:
        id: Of the run; empty outside of one.
        name: Of the task or flow.
        number: Of the call in its run; None for the flow that was started itself.
        attempt: How often it was tried, from 1.
        parameters: What it was given, by name.
    """

    id: str = ""
    name: str = ""
    number: int | None = None
    attempt: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)


def hooks_for(options: Any, state: State[Any]) -> tuple[Callable[..., Any], ...]:
    """The hooks that a final state calls for: those of completion, or those of failure for anything else."""
    hooks: tuple[Callable[..., Any], ...] = options.on_completion if state.is_completed() else options.on_failure
    return hooks


def call_hooks(
    hooks: Iterable[Callable[..., Any]],
    thing: Any,
    run: RunFacts,
    state: State[Any],
    *,
    warn: Callable[[str], None] | None = None,
) -> None:
    """Call hooks one after the other; what one raises is a warning.

    Args:
        hooks: Functions that take ``(thing, run, state)``, or only the first of these.
        thing: The task or flow.
        run: Facts on the call.
        state: How it ended.
        warn: Takes the warning's text; None: the log.
    """
    for hook in hooks:
        try:
            given = hook(*(thing, run, state)[: _wanted(hook)])
            if inspect.iscoroutine(given):
                _finish(given)
        except Exception as error:
            reason = shorten(f"{type(error).__name__}: {error}", 300)
            name = getattr(hook, "__name__", None) or type(hook).__name__
            problem = Problem("FLW-009", {"hook": name, "name": thing.name, "reason": reason})
            (warn or _warn)(problem.line())


def _wanted(hook: Callable[..., Any]) -> int:
    """How many arguments a hook takes by their place."""
    try:
        parameters = inspect.signature(hook).parameters.values()
    except (TypeError, ValueError):
        return _MOST
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return _MOST
    return min(_MOST, sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters))


def _finish(coroutine: Any) -> None:
    """Run a hook that is async to its end, in a thread of its own: this one may have a loop that is running."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def _warn(text: str) -> None:
    from pauta.flows.logger import get_run_logger

    get_run_logger().warning(text)

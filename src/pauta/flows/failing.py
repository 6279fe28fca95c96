"""What a call that failed says of it, and what it answers when it is found on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pauta.domain.calls import Call
from pauta.domain.problems import Problem
from pauta.flows.failures import failure_of_call, on_record
from pauta.flows.places import calling_place
from pauta.flows.scope import Engine
from pauta.flows.states import Origin, State, problem_of


def with_problem(engine: Engine, function: Any, state: State[Any]) -> State[Any]:
    """The state of a task or flow that did not complete, with the problem that goes on record."""
    problem = state.problem
    if problem is None:
        problem = engine.complain(state.data) if isinstance(state.data, BaseException) else problem_of(state)
    return replace(state, problem=on_record(problem, state, home=function.fn.__module__))


def answer_of_failed(engine: Engine, known: Call, origin: Origin, fn: Callable[..., Any] | None) -> State[Any]:
    """The state of a call of which the record says that it failed, the same as it was then.

    A warning is given where the exception is of another class now.

    Args:
        engine: Of the flow.
        known: The call.
        origin: What it was.
        fn: The function that failed; None: it was none.
    """
    home = getattr(getattr(fn, "__func__", fn), "__globals__", {})
    state, wanted = failure_of_call(known, origin, home)
    if wanted:
        given = type(state.data).__qualname__ if state.data is not None else "TaskFailed"
        values = {"name": known.name, "wanted": wanted, "given": given}
        engine.warn(Problem("FLW-043", values, place=calling_place()))
    return state

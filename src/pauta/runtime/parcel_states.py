"""States within values: ``$state`` ``[kind, message, name, data, origin, problem]``.

An exception that a state carries is not stored as one: the state read back has the problem in its place, and raises
that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from pauta.domain.problems import PautaError, Problem, shorten
from pauta.flows.states import Origin, State, StateKind
from pauta.runtime.parcel_tags import Reader, Tagger

STATE = "$state"


def write_state(state: State[Any], tagger: Tagger) -> list[Any]:
    """What the tag of a state holds."""
    state = without_exception(state)
    origin = None if state.origin is None else [state.origin.what, state.origin.name]
    problem = None if state.problem is None else msgspec.to_builtins(state.problem)
    parts = map(tagger.write, (state.kind.value, state.message, state.name))
    return [*parts, tagger.fields({"data": state.data})["data"], *map(tagger.write, (origin, problem))]


def read_state(content: Any, reader: Reader) -> State[Any]:
    """The state again."""
    kind, message, name, data, origin, problem = content
    said = reader.read(problem)
    return State(
        StateKind(kind),
        reader.read(message),
        reader.read(data),
        reader.read(name),
        origin=None if origin is None else Origin(*reader.read(origin)),
        problem=None if said is None else msgspec.convert(said, Problem),
    )


def without_exception(state: State[Any]) -> State[Any]:
    """The same state with a problem in place of an exception."""
    error = state.data
    if not isinstance(error, BaseException):
        return state
    return replace(state, data=None, problem=state.problem or _problem_of(error))


def _problem_of(error: BaseException) -> Problem:
    if isinstance(error, PautaError):
        return error.problems[0]
    message = shorten(error, 200)
    return Problem("SCR-021", {"type": type(error).__name__, "message": message}, "" if message else "plain")

"""What becomes of a flow or a task, from what its body returned or raised. Pure, but that futures are waited for.

- An exception: failed. A state: that one.
- Futures or states, alone or in lists, tuples, sets and dicts: failed if one of them did not complete, and the message
  says how many and which; otherwise completed, with their results in their places.
- Nothing: completed, unless a submitted task failed and nobody asked for its result.
- Any other value: completed, with that value.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

from pauta.domain.problems import PautaError, Problem, shorten
from pauta.flows.states import (
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Origin,
    RunFailed,
    Settles,
    State,
    StateKind,
    of,
)

_SHOWN = 5
_DEPTH = 32
_HOLDERS = (list, tuple, set, frozenset, dict)
_PLAIN = frozenset({str, int, float, bool, bytes})


def state_of_error(error: BaseException, *, what: str, name: str) -> State[Any]:
    """The state of a body that raised.

    Args:
        error: What it raised; it becomes the state's data.
        what: ``"task"`` or ``"flow"``.
        name: Its name.
    """
    if isinstance(error, PautaError):
        problem = error.problems[0]
        cancelled = isinstance(error, RunFailed) and error.state.is_cancelled()
        state = (Cancelled if cancelled else Failed)(problem.message(), error)
        return of(replace(state, problem=problem), what, name)
    if _is_cancellation(error):
        return of(Cancelled(_said(error), error), what, name)
    return of((Failed if isinstance(error, Exception) else Crashed)(_said(error), error), what, name)


def state_of_value(value: Any, *, what: str, name: str, unasked: Sequence[State[Any]] = ()) -> State[Any]:
    """The state of a body that returned.

    Args:
        value: What it returned.
        what: ``"task"`` or ``"flow"``.
        name: Its name.
        unasked: Final states of the tasks it submitted whose results nobody asked for.
    """
    origin = Origin(what, name)
    if type(value) in _PLAIN:
        return State(StateKind.COMPLETED, "", value, origin=origin)
    if isinstance(value, GeneratorType | AsyncGeneratorType | CoroutineType):
        return _of_no_value(value, origin)
    if isinstance(value, State | Settles):
        return _of_returned(value if isinstance(value, State) else value.settled(), origin)
    if value is None:
        failed = [state for state in unasked if not state.is_completed()]
        return _unasked(failed, origin) if failed else of(Completed(), what, name)
    found: list[tuple[str, State[Any]]] = []
    settled = _settled(value, found, 0)
    failed = [state for _, state in found if not state.is_completed()]
    if failed:
        which = _which((n, s) for n, s in found if not s.is_completed())
        problem = Problem("FLW-011", {"count": len(failed), "total": len(found), "which": which})
        return _gathered(failed, origin, problem)
    return State(StateKind.COMPLETED, "", settled, origin=origin)


def _is_cancellation(error: BaseException) -> bool:
    """Whether an awaited body was cancelled; asyncio, which is slow to import, is there if it was."""
    loops = sys.modules.get("asyncio")
    return loops is not None and isinstance(error, loops.CancelledError)


def _of_returned(state: State[Any], origin: Origin) -> State[Any]:
    """A state that was returned; one that is not final cannot be how something ended."""
    if state.is_final():
        return state if state.origin is not None else replace(state, origin=origin)
    problem = Problem("FLW-015", {"name": origin.name, "state": state.name})
    return _failed(problem, origin)


def _of_no_value(value: Any, origin: Origin) -> State[Any]:
    waits = isinstance(value, CoroutineType)
    if waits:
        # It will never be awaited, and is not to complain of that on top.
        value.close()
    return _failed(Problem("FLW-014", {"name": origin.name}, variant="coroutine" if waits else ""), origin)


def _failed(problem: Problem, origin: Origin) -> State[Any]:
    return State(StateKind.FAILED, problem.message(), origin=origin, problem=problem)


def _unasked(failed: Sequence[State[Any]], origin: Origin) -> State[Any]:
    which = _which((_name(state), state) for state in failed)
    return _gathered(failed, origin, Problem("FLW-012", {"count": len(failed), "which": which}))


def _gathered(failed: Sequence[State[Any]], origin: Origin, problem: Problem) -> State[Any]:
    """The state that follows from others, of which these did not complete."""
    kind = StateKind.CANCELLED if all(state.is_cancelled() for state in failed) else StateKind.FAILED
    causes = (state.data if isinstance(state.data, BaseException) else state.cause for state in failed)
    cause = next((cause for cause in causes if cause is not None), None)
    return State(kind, problem.message(), origin=origin, problem=problem, cause=cause)


def _settled(value: Any, found: list[tuple[str, State[Any]]], depth: int) -> Any:
    """The value with results in place of futures and states, whose states are added to `found`."""
    if isinstance(value, Settles | State):
        name, state = (value.name, value.settled()) if isinstance(value, Settles) else (_name(value), value)
        found.append((name, state))
        return state.data
    if not isinstance(value, _HOLDERS) or depth > _DEPTH:
        return value
    items = value.values() if isinstance(value, dict) else value
    # Most values hold none of them; looking at types alone is quick even where there are millions.
    if not any(issubclass(kind, (State, Settles, *_HOLDERS)) for kind in set(map(type, items))):
        return value
    before = len(found)
    settled = [_settled(item, found, depth + 1) for item in items]
    return _like(value, settled) if len(found) > before else value


def _like(value: Any, items: list[Any]) -> Any:
    if isinstance(value, dict):
        return dict(zip(value, items, strict=True))
    if isinstance(value, tuple):
        return type(value)._make(items) if hasattr(value, "_make") else tuple(items)
    # The results of a set of futures may be lists, which no set can hold.
    return items


def _which(states: Iterable[tuple[str, State[Any]]]) -> str:
    texts = [f'"{name}": {state.message}' if state.message else f'"{name}"' for name, state in states]
    rest = len(texts) - _SHOWN
    return "; ".join(shorten(text, 160) for text in texts[:_SHOWN]) + (f"; +{rest}" if rest > 0 else "")


def _name(state: State[Any]) -> str:
    return state.origin.name if state.origin is not None else state.name


def _said(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    return shorten(f"{type(error).__name__}: {text}" if text else type(error).__name__, 1_000)

"""States as values: what a flow or a task came to, with a message and what it gave.

A body may return one, and then it decides what becomes of the flow or the task:
``return Failed("no new post was added")``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pauta.domain.problems import Place, Problem, StepFault, shorten
from pauta.flows.places import calling_place

T = TypeVar("T")


class StateKind(StrEnum):
    """What a state is. A kind equals its text: ``state.kind == "failed"``."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


FINAL = frozenset({StateKind.COMPLETED, StateKind.FAILED, StateKind.CANCELLED, StateKind.CRASHED})
"""The kinds after which nothing comes."""

_NAMES = {kind: kind.value.capitalize() for kind in StateKind}


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose state it is.

    Attributes:
        what: ``"task"`` or ``"flow"``.
        name: Its name.
    """

    what: str
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class State(Generic[T]):
    """What a flow or a task came to, or where it stands.

    Attributes:
        kind: What it is.
        message: A sentence for people.
        data: What was given; of a failure the exception, where there was one.
        name: How it is called: the kind, unless another name was given.
        origin: Whose state it is, once that is known. Does not count when states are compared.
        problem: The failure as it is put on record, once that is known. Does not count when states are compared.
        cause: The exception behind a failure that follows from others. Does not count when states are compared.
        place: File and line that made it, if it is none of success. Does not count when states are compared.
    """

    kind: StateKind
    message: str = ""
    data: T | None = None
    name: str = ""
    origin: Origin | None = field(default=None, kw_only=True)
    problem: Problem | None = field(default=None, kw_only=True)
    cause: BaseException | None = field(default=None, kw_only=True)
    place: Place | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if type(self.kind) is not StateKind:
            object.__setattr__(self, "kind", StateKind(self.kind))
        if not self.name:
            object.__setattr__(self, "name", _NAMES[self.kind])

    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self.kind in FINAL

    def is_completed(self) -> bool:
        """Whether all went well."""
        return self.kind is StateKind.COMPLETED

    def is_failed(self) -> bool:
        """Whether it failed by its own doing."""
        return self.kind is StateKind.FAILED

    def is_cancelled(self) -> bool:
        """Whether somebody stopped it."""
        return self.kind is StateKind.CANCELLED

    def is_crashed(self) -> bool:
        """Whether its process died."""
        return self.kind is StateKind.CRASHED

    def is_paused(self) -> bool:
        """Whether it waits for a person, a time or another run."""
        return self.kind is StateKind.PAUSED

    def is_running(self) -> bool:
        """Whether it is running."""
        return self.kind is StateKind.RUNNING

    def is_pending(self) -> bool:
        """Whether it has yet to begin."""
        return self.kind is StateKind.PENDING

    def is_scheduled(self) -> bool:
        """Whether it begins at a later time."""
        return self.kind is StateKind.SCHEDULED

    def result(self, raise_on_failure: bool = True) -> Any:
        """What was given.

        Args:
            raise_on_failure: Whether a state that is not completed raises; otherwise it gives its data, which is
                the exception where there was one, or else what would have been raised.

        Raises:
            RunFailed: FLW-010, it is not completed (`TaskFailed` or `FlowFailed` when it is known whose it is).
            Exception: The exception that the body raised.
        """
        if raise_on_failure and not self.is_completed():
            raise failure_of(self)
        return self.data if self.is_completed() or self.data is not None else failure_of(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        mine, others = (self.kind, self.name, self.message), (other.kind, other.name, other.message)
        return mine == others and _same(self.data, other.data)

    def __hash__(self) -> int:
        return hash((self.kind, self.name, self.message))

    def __repr__(self) -> str:
        said = [repr(self.message)] if self.message else []
        if self.data is not None:
            said.append(f"data={shorten(_shown(self.data))}")
        if self.name != _NAMES[self.kind]:
            said.append(f"name={self.name!r}")
        return f"{_NAMES[self.kind]}({', '.join(said)})"


class RunFailed(StepFault):
    """A flow or a task ended in a state that is not `Completed`, without an exception of its own.

    Attributes:
        state: That state.
    """

    def __init__(self, state: State[Any], problem: Problem) -> None:
        super().__init__(problem)
        self.state = state


class TaskFailed(RunFailed):
    """A task returned a state that is not `Completed`."""


class FlowFailed(RunFailed):
    """A flow came to a state that is not `Completed`."""


class Settles(ABC):
    """What comes to a state sooner or later, such as the future of a task.

    Attributes:
        name: Of the task.
    """

    name: str

    @abstractmethod
    def settled(self) -> State[Any]:
        """The final state; waits for it."""


def failure_of(state: State[Any]) -> BaseException:
    """What is raised for a state that is not completed: the body's own exception, or a `RunFailed`."""
    if isinstance(state.data, BaseException):
        return state.data
    kind = {"task": TaskFailed, "flow": FlowFailed}.get(state.origin.what, RunFailed) if state.origin else RunFailed
    failure = kind(state, problem_of(state))
    failure.__cause__ = state.cause
    return failure


def problem_of(state: State[Any]) -> Problem:
    """A state that is not completed, as a problem: FLW-010 unless it says which."""
    if state.problem is not None:
        return state.problem
    origin = state.origin or Origin("", "")
    values = {"name": origin.name, "state": state.name, "said": shorten(state.message, 400)}
    variant = origin.what or "state"
    return Problem("FLW-010", values, variant if state.message else f"{variant}_silent", state.place)


def of(state: State[T], what: str, name: str) -> State[T]:
    """The state, known to be that of a task or a flow; one that is known already stays as it is."""
    return state if state.origin is not None else replace(state, origin=Origin(what, name))


def _same(mine: Any, other: Any) -> bool:
    """Whether two values are equal; arrays and frames, whose comparison is no yes or no, only when they are one."""
    if mine is other:
        return True
    try:
        return bool(mine == other)
    except Exception:
        return False


def _shown(data: Any) -> str:
    try:
        return repr(data)
    except Exception:
        return f"<{type(data).__name__}>"


def Completed(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """All went well."""
    return State(StateKind.COMPLETED, message, data, name)


def Failed(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """It failed, by its own doing."""
    return State(StateKind.FAILED, message, data, name, place=calling_place())


def Cancelled(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """Somebody stopped it."""
    return State(StateKind.CANCELLED, message, data, name, place=calling_place())


def Crashed(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """Its process died."""
    return State(StateKind.CRASHED, message, data, name, place=calling_place())


def Paused(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """It waits for a person, a time or another run."""
    return State(StateKind.PAUSED, message, data, name)


def Pending(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """It has yet to begin."""
    return State(StateKind.PENDING, message, data, name)


def Running(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """It is running."""
    return State(StateKind.RUNNING, message, data, name)


def Scheduled(message: str = "", data: T | None = None, *, name: str = "") -> State[T]:
    """It begins at a later time."""
    return State(StateKind.SCHEDULED, message, data, name)

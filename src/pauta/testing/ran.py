"""What became of a flow in a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pauta.domain.calls import Call, CallState
from pauta.domain.problems import Problem
from pauta.flows.states import State


class Unanswered(AssertionError):
    """The flow waits for somebody, and the test has no answer."""


@dataclass(frozen=True)
class Ran:
    """A flow that came to its end.

    Attributes:
        state: Its final state, with the value or what went wrong.
        calls: What it called, by number; see `pauta.domain.calls.Call`.
        attempts: How often its body was begun for a try: 1, and one more for each retry and crash.
        seconds: How long it took by the test's clock.
        begun: Names of tasks and subflows in the order in which their bodies began, each try once.
        repeated: Names of calls whose bodies began although they had ended on record: always none.
    """

    state: State[Any]
    calls: Sequence[Call]
    attempts: int
    seconds: float
    begun: Sequence[str]
    repeated: Sequence[str] = ()

    @property
    def value(self) -> Any:
        """What the flow gave.

        Raises:
            Exception: What it failed of.
        """
        return self.state.result()

    @property
    def problem(self) -> Problem | None:
        """What went wrong, with its code and its place in the flow's file."""
        return self.state.problem

    @property
    def names(self) -> list[str]:
        """Names of the calls that completed, in the order of their numbers."""
        return [call.name for call in self.calls if call.state is CallState.COMPLETED]

    def calls_of(self, name: str) -> list[Call]:
        """The calls of this name."""
        return [call for call in self.calls if call.name == name]

    def count(self, name: str) -> int:
        """How many calls of this name completed."""
        return self.names.count(name)

    def times_begun(self, name: str) -> int:
        """How often a body of this name began, retries and repetitions included."""
        return list(self.begun).count(name)

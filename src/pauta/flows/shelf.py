"""The calls of a flow that are on record, by the body in which they were made; and those that are kept meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pauta.domain.calls import Call, CallState
from pauta.domain.calls_again import asked_again
from pauta.domain.ids import RunId

if TYPE_CHECKING:
    from pauta.flows.scope import Scope, Slot


def made(scope: Scope, slot: Slot, no: int, state: CallState, **more: Any) -> Call:
    """A call as it would be on record."""
    step = scope.engine.site.step
    return Call(RunId(""), no, step, scope.no, slot.kind, slot.name, slot.index, slot.position, state, **more)


class Shelf:
    """Calls by body; that of the flow itself is None.

    What is kept while the flow runs is for bodies that are tried again in this process. Used from any thread: each
    body's calls are put and replaced one by one.
    """

    __slots__ = ("_bodies",)

    def __init__(self, calls: Iterable[Call]) -> None:
        self._bodies: dict[int | None, dict[int, Call]] = {}
        for call in calls:
            self.keep(call)

    def keep(self, call: Call) -> None:
        """Put a call, in place of what was known of it."""
        self._bodies.setdefault(call.parent, {})[call.no] = call

    def of(self, body: int | None) -> list[Call]:
        """The calls of a body."""
        return list(self._bodies.get(body, {}).values())

    def ask_again(self, body: int | None) -> None:
        """A body failed and is tried again: so are the calls in it that failed."""
        for call in asked_again(self.of, body):
            self.keep(call)

    def all(self) -> list[Call]:
        """Every call."""
        return [call for calls in list(self._bodies.values()) for call in list(calls.values())]

"""What cannot happen in the engine: each is a mistake of the caller, not of a user."""

from __future__ import annotations


class IllegalMove(Exception):
    """An event was given to something whose state has no row for it in the table of transitions.

    Attributes:
        state: The state it was in.
        event: Name of the event's class.
        reached: The state that a rule wanted to go to although the table does not list it, or None.
    """

    def __init__(self, *, state: str, event: str, reached: str | None = None) -> None:
        self.state = state
        self.event = event
        self.reached = reached
        end = f" to {reached!r}" if reached else ""
        super().__init__(f"no move from state {state!r} by {event}{end}")


class Unplannable(Exception):
    """The steps given to the planner were not checked before: a frame without a maker, or a cycle."""

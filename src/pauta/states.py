"""States as values, for whoever imports them from here: `Completed`, `Failed` and the others."""

from pauta.flows.states import (
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateKind,
)

__all__ = [
    "Cancelled",
    "Completed",
    "Crashed",
    "Failed",
    "Paused",
    "Pending",
    "Running",
    "Scheduled",
    "State",
    "StateKind",
]

"""Runs of a deployment that have ended, as events that set off another."""

from __future__ import annotations

from pauta.domain.deploying import Trigger
from pauta.domain.runs import Run
from pauta.services.control import Control

MOST_LOOKED_AT = 500
"""Newest runs in the states asked for; an older one that ends late sets off only when its end is told at once."""


def ended_events(control: Control, trigger: Trigger) -> list[tuple[str, Run]]:
    """Runs that a completion trigger is about and that ended since it was made, newest first."""
    with control.store.transaction() as tx:
        runs = tx.runs.newest(
            limit=MOST_LOOKED_AT,
            states=list(trigger.settings["states"]),
            deployment=trigger.settings["deployment"],
        )
    return [(event_of(run), run) for run in runs if run.ended_at is not None and run.ended_at >= trigger.created_at]


def event_of(run: Run) -> str:
    """The name under which a run's end sets a trigger off once. A run that ends again, after a resume, counts anew."""
    ended = run.ended_at.isoformat() if run.ended_at is not None else ""
    return f"run {run.id} {run.state.value} {ended}"

"""What a stage that stands still is given because its run is ending."""

from __future__ import annotations

from pauta.domain.runs import Run, Stage
from pauta.domain.states import FINAL_STAGES, StageState
from pauta.engine.events import CancelAsked, Passed


def settle(stage: Stage, run: Run) -> CancelAsked | Passed | None:
    """The event that a stage must get now, or None when it may stay as it is.

    An attempt may hand its stage back (it died, failed with retries left, was released) after its run was
    cancelled or began to stop. Such a stage must not start again. So this is asked after every saved decision
    about a stage, with the run as it is then, and again before a claim: whoever comes first settles it.
    """
    if stage.state is StageState.RUNNING or stage.state in FINAL_STAGES:
        return None
    if run.cancel_requested_at is not None:
        return CancelAsked()
    if run.stopping:
        return Passed()
    return None

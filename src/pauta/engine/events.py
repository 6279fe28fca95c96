"""What can happen to a stage or a run (past tense), and what is to be done then (imperative).

They are structs rather than dataclasses because there are many, and every command pays for making their classes.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.runs import Run, Stage
from pauta.domain.states import AttemptOutcome, RunState, StageState

# ---- what happens to a stage -------------------------------------------------------------------


class InputsReady(Struct, frozen=True):
    """Every stage it needs has ended well enough: it may be claimed."""


class Claimed(Struct, frozen=True):
    """A worker took it. The new fence is the old one plus 1."""

    owner: str
    lease_until: datetime


class Renewed(Struct, frozen=True):
    """Its holder lives."""

    fence: int
    lease_until: datetime


class StepSucceeded(Struct, frozen=True):
    """A step of it was completed under this fence: tries and deaths count anew for the next step."""

    fence: int


class Finished(Struct, frozen=True):
    """All its steps are completed (or failed with ``continue``)."""

    fence: int


class StepFailed(Struct, frozen=True):
    """A step of it failed by its own doing. `chance` in [0, 1) is the random share for the jitter."""

    fence: int
    retries: RetryPolicy
    on_failure: OnFailure
    chance: float


class Died(Struct, frozen=True):
    """Its process died, or its worker did. `begun` tells whether a step's body had begun."""

    fence: int
    begun: bool


class LeaseExpired(Struct, frozen=True):
    """Nobody renewed the lease that was seen with this fence."""

    fence: int


class Released(Struct, frozen=True):
    """Its holder gives it back untouched."""

    fence: int


class Suspended(Struct, frozen=True):
    """Its flow gives its worker back, until so many `answers` came or until a time."""

    fence: int
    answers: int
    until: datetime | None


class Answered(Struct, frozen=True):
    """One of the calls for which a flow waits, or may come to wait, has its answer."""


class CancelAsked(Struct, frozen=True):
    """A person cancels the run: a stage that is not running ends at once, a running one is told to stop."""


class Stopped(Struct, frozen=True):
    """The attempt was ended because the run is being cancelled."""

    fence: int


class Passed(Struct, frozen=True):
    """It will not run: what it needs failed, or the run is stopping."""


class Reopened(Struct, frozen=True):
    """A person decided that a held stage is tried again."""


StageEvent = (
    InputsReady | Claimed | Renewed | StepSucceeded | Finished | StepFailed | Died | LeaseExpired | Released
    | Suspended | Answered | CancelAsked | Stopped | Passed | Reopened
)  # fmt: skip

# ---- what is to be done ------------------------------------------------------------------------


class OpenAttempt(Struct, frozen=True):
    """Record that the attempt with the stage's new fence begins."""


class CloseAttempt(Struct, frozen=True):
    """Record how the attempt with this fence ended."""

    fence: int
    outcome: AttemptOutcome


class StopProcess(Struct, frozen=True):
    """Have the running process of the stage ended."""


class TellRun(Struct, frozen=True):
    """Give the run what happened to its stage."""

    event: RunEvent


StageCommand = OpenAttempt | CloseAttempt | StopProcess | TellRun


class Decision(Struct, frozen=True):
    """The stage as it is to be saved, and what goes with it in the same transaction."""

    stage: Stage
    commands: tuple[StageCommand, ...] = ()


class Refusal(Struct, frozen=True):
    """The event came from an attempt that no longer counts, or too early: nothing changes.

    `reason` is ``stale`` (older fence), ``ended`` (final state), ``not_due``. The refusal of a run (always
    ``ended``) carries the run's state and fence 0.
    """

    reason: str
    state: StageState | RunState
    fence: int


# ---- runs --------------------------------------------------------------------------------------


class StageClaimed(Struct, frozen=True):
    """A stage of the run was claimed. `was_paused` tells that the time had come for which it waited."""

    was_paused: bool = False


class StageEnded(Struct, frozen=True):
    """A stage became final. `on_failure` is that of the step that failed, when one did.

    `was_held` and `was_paused` tell what it was until then.
    """

    state: StageState
    on_failure: OnFailure | None = None
    was_held: bool = False
    was_paused: bool = False


class StagePaused(Struct, frozen=True):
    """A stage is paused."""


class StageWoken(Struct, frozen=True):
    """A paused stage goes on."""


class StageHeld(Struct, frozen=True):
    """A stage is held."""


class StageReopened(Struct, frozen=True):
    """A held stage may be claimed again."""


class RunCancelAsked(Struct, frozen=True):
    """A person cancels the run."""


RunEvent = StageClaimed | StageEnded | StageHeld | StageReopened | StagePaused | StageWoken | RunCancelAsked


class CancelStages(Struct, frozen=True):
    """Give `CancelAsked` to every stage of the run that is not final."""


class PassStages(Struct, frozen=True):
    """Give `Passed` to every stage of the run that is neither final nor running: the run is stopping."""


class EndRun(Struct, frozen=True):
    """The run is final now: commit durably, tell whoever waits."""


RunCommand = CancelStages | PassStages | EndRun


class RunDecision(Struct, frozen=True):
    """The run as it is to be saved, and what goes with it in the same transaction."""

    run: Run
    commands: tuple[RunCommand, ...] = ()

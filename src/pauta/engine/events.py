"""What can happen to a stage or a run (past tense), and what is to be done then (imperative)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.runs import Run, Stage
from pauta.domain.states import AttemptOutcome, RunState, StageState

# ---- what happens to a stage -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InputsReady:
    """Every stage it needs has ended well enough: it may be claimed."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A worker took it. The new fence is the old one plus 1."""

    owner: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Renewed:
    """Its holder lives."""

    fence: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """A step of it was completed under this fence: tries and deaths count anew for the next step."""

    fence: int


@dataclass(frozen=True, slots=True)
class Finished:
    """All its steps are completed (or failed with ``continue``)."""

    fence: int


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step of it failed by its own doing. `chance` in [0, 1) is the random share for the jitter."""

    fence: int
    retries: RetryPolicy
    on_failure: OnFailure
    chance: float


@dataclass(frozen=True, slots=True)
class Died:
    """Its process died, or its worker did. `begun` tells whether a step's body had begun."""

    fence: int
    begun: bool


@dataclass(frozen=True, slots=True)
class LeaseExpired:
    """Nobody renewed the lease that was seen with this fence."""

    fence: int


@dataclass(frozen=True, slots=True)
class Released:
    """Its holder gives it back untouched."""

    fence: int


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """A person cancels the run: a stage that is not running ends at once, a running one is told to stop."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The attempt was ended because the run is being cancelled."""

    fence: int


@dataclass(frozen=True, slots=True)
class Passed:
    """It will not run: what it needs failed, or the run is stopping."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A person decided that a held stage is tried again."""


StageEvent = (
    InputsReady | Claimed | Renewed | StepSucceeded | Finished | StepFailed | Died | LeaseExpired | Released
    | CancelAsked | Stopped | Passed | Reopened
)  # fmt: skip

# ---- what is to be done ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """Record that the attempt with the stage's new fence begins."""


@dataclass(frozen=True, slots=True)
class CloseAttempt:
    """Record how the attempt with this fence ended."""

    fence: int
    outcome: AttemptOutcome


@dataclass(frozen=True, slots=True)
class StopProcess:
    """Have the running process of the stage ended."""


@dataclass(frozen=True, slots=True)
class TellRun:
    """Give the run `StageEnded`, `StageHeld` or `StageReopened`."""

    event: RunEvent


StageCommand = OpenAttempt | CloseAttempt | StopProcess | TellRun


@dataclass(frozen=True, slots=True)
class Decision:
    """The stage as it is to be saved, and what goes with it in the same transaction."""

    stage: Stage
    commands: tuple[StageCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The event came from an attempt that no longer counts, or too early: nothing changes.

    `reason` is ``stale`` (older fence), ``ended`` (final state), ``not_due``. The refusal of a run (always
    ``ended``) carries the run's state and fence 0.
    """

    reason: str
    state: StageState | RunState
    fence: int


# ---- runs --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageClaimed:
    """A stage of the run was claimed."""


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage became final. `on_failure` is that of the step that failed, when one did.

    `was_held` tells that it was held until then.
    """

    state: StageState
    on_failure: OnFailure | None = None
    was_held: bool = False


@dataclass(frozen=True, slots=True)
class StageHeld:
    """A stage is held."""


@dataclass(frozen=True, slots=True)
class StageReopened:
    """A held stage may be claimed again."""


@dataclass(frozen=True, slots=True)
class RunCancelAsked:
    """A person cancels the run."""


RunEvent = StageClaimed | StageEnded | StageHeld | StageReopened | RunCancelAsked


@dataclass(frozen=True, slots=True)
class CancelStages:
    """Give `CancelAsked` to every stage of the run that is not final."""


@dataclass(frozen=True, slots=True)
class PassStages:
    """Give `Passed` to every stage of the run that is neither final nor running: the run is stopping."""


@dataclass(frozen=True, slots=True)
class EndRun:
    """The run is final now: commit durably, tell whoever waits."""


RunCommand = CancelStages | PassStages | EndRun


@dataclass(frozen=True, slots=True)
class RunDecision:
    """The run as it is to be saved, and what goes with it in the same transaction."""

    run: Run
    commands: tuple[RunCommand, ...] = field(default=())

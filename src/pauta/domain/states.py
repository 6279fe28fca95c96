"""The states of runs, stages and steps, and which of them are final."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands."""

    SCHEDULED = "scheduled"  # accepted, to begin at a later time
    PENDING = "pending"  # accepted, no stage of it was claimed yet
    RUNNING = "running"
    PAUSED = "paused"  # waits for a person, a time or other runs, holds no worker
    HELD = "held"  # a step died too often; a person decides
    COMPLETED = "completed"
    FAILED = "failed"
    CRASHED = "crashed"  # its records or objects were lost; cannot go on
    CANCELLED = "cancelled"


class StageState(StrEnum):
    """Where a stage, the unit that is queued and leased, stands."""

    PENDING = "pending"  # waits for stages before it
    READY = "ready"  # may be claimed
    SCHEDULED = "scheduled"  # may be claimed after `not_before`: a retry waits
    RUNNING = "running"  # one attempt holds the lease
    PAUSED = "paused"  # gave its worker back: waits for a person, a time or other runs
    HELD = "held"  # died twice; a person decides
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"  # something it needs failed


class StepState(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    HELD = "held"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class AttemptOutcome(StrEnum):
    """How one attempt of a stage ended."""

    COMPLETED = "completed"
    FAILED = "failed"  # a step raised, timed out or gave something that cannot be kept
    CRASHED = "crashed"  # its process died, or its lease ran out
    CANCELLED = "cancelled"
    RELEASED = "released"  # given back untouched
    PAUSED = "paused"  # given back by a flow that waits


FINAL_RUNS = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CRASHED, RunState.CANCELLED})
FINAL_STAGES = frozenset({StageState.COMPLETED, StageState.FAILED, StageState.CANCELLED, StageState.SKIPPED})
FINAL_STEPS = frozenset({StepState.COMPLETED, StepState.FAILED, StepState.CANCELLED, StepState.SKIPPED})

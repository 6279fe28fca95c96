"""Runs, stages, steps and attempts as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import FileRef, ModelRecord, Output
from pauta.domain.problems import Problem
from pauta.domain.states import AttemptOutcome, RunState, StageState, StepState

DEFAULT_POOL = "default"


class PipelineRef(Struct, frozen=True):
    """A published version of a pipeline."""

    name: str
    version: int


class ParentCall(Struct, frozen=True):
    """The call of a flow for which a run was begun."""

    run: RunId
    call: int


class RunOptions(Struct, frozen=True):
    """How a run was asked for. `document` is the document's path, `scripts` its scripts' folder, as given.

    `asked` has a digest of every part of the request that came with an idempotency key, by the part's name.
    """

    use_cache: bool = True
    only: str | None = None
    slots: int | None = None
    document: str | None = None
    scripts: str | None = None
    from_step: str | None = None
    asked: Mapping[str, str] | None = None


class Run(Struct, frozen=True):
    """One execution of one pipeline version with given inputs and parameters.

    `open_stages` counts the stages that are not final; the run ends when it is 0. `failed_stages` counts the
    failed ones whose failure fails the run. `of` is the run that this one runs again. `document` tells which
    published version of the pipeline it runs, if it runs one.

    Where it queues: `pool` says which workers may take it, `priority` who comes first (higher numbers before
    lower ones), `deployment` whose it is, `limits` under which keys its leases are counted. `asked_by` tells who
    asked for it: a token's name, ``schedule NAME``, ``trigger NAME``, or None for a command. `parent` is the call
    of a flow that waits for it.
    """

    id: RunId
    pipeline: str
    state: RunState
    created_at: datetime
    open_stages: int
    failed_stages: int = 0
    held_stages: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    stopping: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Output] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    of: RunId | None = None
    idempotency_key: str | None = None
    problem: Problem | None = None
    pool: str = DEFAULT_POOL
    priority: int = 0
    deployment: str | None = None
    limits: tuple[str, ...] = ()
    asked_by: str | None = None
    document: PipelineRef | None = None
    paused_stages: int = 0
    parent: ParentCall | None = None

    @property
    def lane(self) -> str:
        """Who shares fairly with whom: the deployment, or else the pipeline."""
        return self.deployment or self.pipeline

    @property
    def limit_keys(self) -> tuple[str, ...]:
        """Keys under which each of its leases is counted (P10)."""
        return limit_keys(self.pool, self.deployment, self.limits)


def limit_keys(pool: str, deployment: str | None, limits: tuple[str, ...]) -> tuple[str, ...]:
    """Keys under which the leases of a run are counted that queues there."""
    own = (f"deployment:{deployment}",) if deployment else ()
    return (f"pool:{pool}", *own, *limits)


class Stage(Struct, frozen=True):
    """The unit that is queued and leased.

    Attributes:
        waiting_for: Number of stages before it that have not ended; of a paused one the number of answers.
        fence: Number of the newest attempt, 0 before the first; never decreases.
        tries: Attempts that ended by a step's own failure since that step was first tried.
        deaths: Attempts whose process died or whose lease ran out, since the last person's decision.
        owner: Who holds the lease: boot id and process of the worker.
        lease_until: When the lease ends.
        not_before: Earliest time for the next attempt, when scheduled or paused; None when paused: no time.
    """

    run_id: RunId
    no: int
    state: StageState
    waiting_for: int = 0
    fence: int = 0
    tries: int = 0
    deaths: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    not_before: datetime | None = None


class StepRecord(Struct, frozen=True):
    """What is known of one step of a run.

    Attributes:
        seconds: Time in the script's own body, in its last attempt.
        cached_from: The run whose result was taken, when it was taken from the cache.
        cache_key: Key under which the result can be found again.
        reason: Why it ran or did not, in words of the engine's `reasons`.
        metrics: Metrics that the script logged, last value of each.
        objects: Of a flow or a task: stored outputs to which its value refers (`calls.Arguments`).
        message: Of the state that a flow or a task returned.
    """

    run_id: RunId
    no: int
    name: str
    stage_no: int
    state: StepState = StepState.PENDING
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    cached_from: RunId | None = None
    cache_key: str | None = None
    reason: str | None = None
    output: Output | None = None
    files: tuple[FileRef, ...] = ()
    models: tuple[ModelRecord, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    problem: Problem | None = None
    objects: tuple[Output, ...] = ()
    message: str = ""

    @property
    def cached(self) -> bool:
        """Whether the result was taken from the cache."""
        return self.cached_from is not None


class Attempt(Struct, frozen=True):
    """One try of a stage, known by its fence number. `process` is the id of the script's process."""

    run_id: RunId
    stage_no: int
    fence: int
    owner: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    problem: Problem | None = None
    process: int | None = None


class CacheEntry(Struct, frozen=True):
    """A result that can stand in for running a step.

    Attributes:
        key: Full key: recipe and input addresses.
        recipe: Key without the inputs: script version, keyword arguments, environment. Candidates for an
            early stop of recomputation are looked up by it.
        inputs: Input addresses by frame name.
        objects: Of a task's result: stored outputs to which its value refers.
        until: After this the entry is not to be used.
    """

    key: str
    recipe: str
    inputs: Mapping[str, Address]
    run_id: RunId
    step_no: int
    made_at: datetime
    output: Output | None
    files: tuple[FileRef, ...] = ()
    models: tuple[ModelRecord, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    objects: tuple[Output, ...] = ()
    until: datetime | None = None


class LogLine(Struct, frozen=True):
    """One line of a step's log. `stream` is ``stdout``, ``stderr``, ``log``, ``warning`` or ``pauta``."""

    at: datetime
    level: str
    text: str
    stream: str = "stdout"
    logger: str = ""


class LogChunk(Struct, frozen=True):
    """Consecutive log lines of one attempt of one step; `first` numbers the first line within the run."""

    run_id: RunId
    step_no: int
    fence: int
    first: int
    lines: tuple[LogLine, ...]


class Event(Struct, frozen=True):
    """One line of a run's history. `kind` is past tense: ``claimed``, ``step_completed``, ``late_result`` …"""

    run_id: RunId
    at: datetime
    kind: str
    stage_no: int | None = None
    step_no: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

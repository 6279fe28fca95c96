"""Calls: what a flow did while it ran. Each task call, subflow, wait and run begun by a flow is one, on record.

A call is known by a number that is unique in its run: the numbers of the calls of step ``s`` begin at
``(s + 1) * CALLS_PER_STEP``, so that several flows of one run number theirs without asking each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import FileRef, Output
from pauta.domain.problems import Problem

CALLS_PER_STEP = 1_000_000
"""A flow makes fewer calls than this (FLW-031 when it would make more); a plan has fewer steps."""


class CallKind(StrEnum):
    """What was called."""

    TASK = "task"  # a task, in the flow's own process
    FLOW = "flow"  # a subflow, in the flow's own process
    RUN = "run"  # a run of its own: a task on a pool, a pipeline, a deployment
    SLEEP = "sleep"
    INPUT = "input"  # a person gives a value
    APPROVAL = "approval"  # a person with a role says yes or no


class CallState(StrEnum):
    """Where a call stands. Only `completed` is final: a flow that is tried again repeats the others."""

    RUNNING = "running"
    PENDING = "pending"  # its process is gone: it will be made again
    PAUSED = "paused"  # waits for a person, a time or another run
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Awaited(Struct, frozen=True):
    """What a paused call waits for.

    Attributes:
        until: When it ends by itself: the end of a sleep, the last moment for an answer. Seconds since 1970.
        prompt: What a person is asked.
        schema: JSON Schema of the answer (`CallKind.INPUT`); None: any JSON value.
        roles: Who may answer (`CallKind.APPROVAL`); empty: whoever may answer at all.
    """

    until: float | None = None
    prompt: str = ""
    schema: Mapping[str, Any] | None = None
    roles: tuple[str, ...] = ()


class Arguments(Struct, frozen=True):
    """What a call was given, or gave back: a value with the frames in it.

    Attributes:
        value: The value as `runtime.parcels` writes it: JSON in which what JSON has not is tagged.
        objects: Stored objects that the value refers to by their position, such as frames.
    """

    value: Output
    objects: tuple[Output, ...] = ()


class Spawn(Struct, frozen=True):
    """The run that a call of kind `run` asks for: exactly one of `entry`, `pipeline` and `deployment` is set.

    Attributes:
        entry: A task of the flow's own script, by its name there; it gets `arguments`.
        pipeline: A published pipeline, `version` or its active one; it gets `inputs` and `parameters`.
        deployment: A deployment; it gets `parameters`.
        pool: Where the run queues; empty: where the flow's own does.
        limits: Further keys under which its leases are counted.
        retries, delays: Of a task: how often it is tried again, and the seconds before each try (the last stays).
        timeout_seconds, memory_bytes: Of a task.
        cache_key: Of a task: under what the cache is to hold what it gives; empty: it is not to.
        cache_seconds: How long from its end on; None: as long as it is kept.
    """

    entry: str = ""
    arguments: Arguments | None = None
    pipeline: str = ""
    version: int | None = None
    deployment: str = ""
    inputs: Mapping[str, Output] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pool: str = ""
    priority: int | None = None
    limits: tuple[str, ...] = ()
    retries: int = 0
    delays: tuple[float, ...] = ()
    timeout_seconds: float | None = None
    memory_bytes: int | None = None
    cache_key: str = ""
    cache_seconds: float | None = None


class Call(Struct, frozen=True):
    """One call of a flow.

    Attributes:
        no: Its number in the run, see the module.
        step: The step whose script is the flow.
        parent: The call in whose body it was made (a subflow, a task that calls tasks); None: the flow itself.
        name: Name of the task or flow; ``sleep``, ``input``; of a run: the task, pipeline or deployment.
        index: How many calls of this name its parent had made before it.
        position: How many calls its parent had made before it.
        attempts: How often it was tried so far.
        digest: Hash over all it was given; two calls with the same one were given the same.
        given: Argument → address of what was given, shortened to 16 digits, for messages and lineage.
        result: What it gave, when completed.
        message: Of the state that it returned, or that tells what it waits for.
        outputs: Of a run of a pipeline: what it gave, by name.
        child: The run that it began.
        by: Who answered it.
        tags: Of the task.
    """

    run_id: RunId
    no: int
    step: int
    parent: int | None
    kind: CallKind
    name: str
    index: int
    position: int
    state: CallState
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    digest: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    result: Arguments | None = None
    files: tuple[FileRef, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    problem: Problem | None = None
    awaited: Awaited | None = None
    outputs: Mapping[str, Arguments] = field(default_factory=dict)
    child: RunId | None = None
    cached_from: RunId | None = None
    by: str | None = None
    tags: tuple[str, ...] = ()


def first_call_of(step: int) -> int:
    """The number of the first call of a step."""
    return (step + 1) * CALLS_PER_STEP


def is_call(no: int) -> bool:
    """Whether this is the number of a call, and not of a step."""
    return no >= CALLS_PER_STEP


def step_of(no: int) -> int:
    """The step to which a number belongs: itself, or the step that made the call."""
    return no // CALLS_PER_STEP - 1 if is_call(no) else no


def stored_in(arguments: Arguments | None) -> list[Address]:
    """Addresses of the stored objects that a value needs."""
    outputs = (arguments.value, *arguments.objects) if arguments is not None else ()
    return [o.address for o in outputs if not o.inline and o.size]


def objects_of_call(call: Call) -> list[Output]:
    """Every stored output that a call refers to."""
    values = [*([call.result] if call.result is not None else ()), *call.outputs.values()]
    return [o for value in values for o in (value.value, *value.objects) if not o.inline and o.size]

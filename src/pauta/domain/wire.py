"""What a worker and a script's process say to each other: one JSON object a line, never a pickle.

The worker sends `Order`s, the runtime answers with `Report`s. Both sides encode and decode with
`encode` and the two decoders here, so an unknown message or field is an error at the pipe, not later.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pauta.domain.calls import Arguments, Awaited, Call, CallKind, Spawn
from pauta.domain.outputs import FileRef, ModelRecord, Output
from pauta.domain.problems import Problem


class Message(msgspec.Struct, frozen=True, tag_field="t", forbid_unknown_fields=True):
    """Base of all messages."""


class TakeOrder(msgspec.Struct, frozen=True):
    """A frame for a step: from an earlier step of this stage (`step`), or a stored `output`.

    `trusted` is the identity (inode, size, mtime_ns, ctime_ns) of the object's file when its writer is known
    and just wrote it, so that it need not be hashed again before use; None asks for the full check.
    `objects` are those that a flow's value refers to, see `Arguments`.
    """

    name: str
    step: int | None = None
    output: Output | None = None
    trusted: tuple[int, int, int, int] | None = None
    objects: tuple[Output, ...] = ()


class Candidate(msgspec.Struct, frozen=True):
    """A stored result that stands in for the step if its inputs turn out to have these addresses."""

    key: str
    inputs: dict[str, str]
    run_id: str
    output: Output | None
    files: tuple[FileRef, ...] = ()
    models: tuple[ModelRecord, ...] = ()
    metrics: dict[str, float] = {}
    objects: tuple[Output, ...] = ()


class FlowOrder(msgspec.Struct, frozen=True):
    """What a step needs besides that is a flow, or one call of a task.

    Attributes:
        entry: Name of the function in the script.
        is_task: It is one call of a task, given `arguments`; else a flow, given the step's frames and ``kwargs``.
        arguments: See `is_task`.
        calls: What is on record of the flow's earlier attempts, by number.
        now: The time at which it was claimed, by the clock of the records: what is due at it is due.
        pool: Where it queued.
        retries_left: How often it is tried again should it fail.
        version: Of its script with the modules that it imports, part of the cache keys of its tasks.
    """

    entry: str
    is_task: bool = False
    arguments: Arguments | None = None
    calls: tuple[Call, ...] = ()
    now: float = 0.0
    pool: str = ""
    retries_left: int = 0
    version: str = ""


class StepOrder(msgspec.Struct, frozen=True):
    """One step to run.

    Attributes:
        script: Path of the pinned source file in the run's bundle.
        shown_as: Path to show in tracebacks.
        recipe: Cache key without inputs (see `CacheEntry.recipe`), empty when the step is not cached.
        effects: The step has effects: do not begin it before all earlier steps are acknowledged, and go on
            only after it is acknowledged itself.
        files: Files of the steps it depends on that ran elsewhere, to be laid in the working folder before it.
        files_from: Numbers of earlier steps of this stage whose files it sees too.
        attempt: Number of this try of the step, from 1.
        key: Idempotency key, the same over all attempts.
    """

    no: int
    name: str
    script: str
    shown_as: str
    takes: tuple[TakeOrder, ...]
    gives: str | None
    kwargs: dict[str, Any]
    timeout_seconds: float | None
    memory_bytes: int | None
    env: dict[str, str]
    min_rows: int
    recipe: str
    effects: bool
    attempt: int
    key: str
    candidates: tuple[Candidate, ...] = ()
    files: tuple[FileRef, ...] = ()
    files_from: tuple[int, ...] = ()
    flow: FlowOrder | None = None


class RunStage(Message, frozen=True, tag="run_stage"):
    """Run these steps one after the other. `stage` and `fence` are echoed in every report."""

    run: str
    stage: int
    fence: int
    steps: tuple[StepOrder, ...]
    objects: str  # root folder of the object store
    bundle: str  # folder with the run's pinned scripts, put first on sys.path
    model_path: str | None = None


class CachedCall(msgspec.Struct, frozen=True):
    """A result of a task that the cache holds, and the run that made it."""

    run_id: str
    result: Arguments
    files: tuple[FileRef, ...] = ()


class Acknowledge(Message, frozen=True, tag="ack"):
    """The reports of all steps up to `step` of this stage are recorded.

    With `call`: of its flow everything up to a `CallStarted` or `CallEnded` of this call that asked for the word;
    each that asked gets one.
    """

    stage: int
    fence: int
    step: int
    call: int | None = None


class Recalled(Message, frozen=True, tag="recalled"):
    """The answer to `CacheAsked`: the results that the cache holds under these keys."""

    stage: int
    fence: int
    step: int
    found: dict[str, CachedCall]


class Leave(Message, frozen=True, tag="leave"):
    """No further stage comes: end."""


Order = RunStage | Acknowledge | Recalled | Leave


class StepStarted(Message, frozen=True, tag="started"):
    """The body of a step begins. `at` is seconds since 1970."""

    stage: int
    fence: int
    step: int
    at: float


class StepReturned(Message, frozen=True, tag="returned"):
    """The body of a step has returned; its output is being stored while the next step may begin."""

    stage: int
    fence: int
    step: int
    seconds: float


class StepFinished(Message, frozen=True, tag="finished"):
    """A step is done and its output stored. `cached_from` names a run when a candidate stood in."""

    stage: int
    fence: int
    step: int
    seconds: float
    at: float
    output: Output | None
    inputs: dict[str, str]  # frame name → address actually used
    files: tuple[FileRef, ...] = ()
    models: tuple[ModelRecord, ...] = ()
    metrics: dict[str, float] = {}
    profile: dict[str, Any] | None = None  # profile and preview of a new frame
    profiles: dict[str, dict[str, Any]] = {}  # the same of the frames in a flow's value, by address
    stored: tuple[int, int, int, int] | None = None  # identity of the written file, see TakeOrder.trusted
    cached_from: str | None = None
    cache_key: str | None = None
    objects: tuple[Output, ...] = ()  # of a flow or task: what its value refers to, see `Arguments`
    message: str = ""  # of the state that a flow or task returned


class StepFailed(Message, frozen=True, tag="failed"):
    """A step failed by its own doing; nothing after it in this stage was run."""

    stage: int
    fence: int
    step: int
    seconds: float
    at: float
    problem: Problem
    files: tuple[FileRef, ...] = ()


class StageDone(Message, frozen=True, tag="stage_done"):
    """Every step of the stage is reported; the process waits for the next order."""

    stage: int
    fence: int


class CallStarted(Message, frozen=True, tag="call_started"):
    """A flow calls a task or a subflow: the call's first message in this attempt of it.

    `step` is the flow's step; the other fields are those of `Call`. With `wait` somebody waits for the word that it,
    and all before it, is on record: one `Acknowledge` with this call.
    """

    stage: int
    fence: int
    step: int
    no: int
    parent: int | None
    kind: CallKind
    name: str
    index: int
    position: int
    attempt: int
    at: float
    digest: str = ""
    given: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    wait: bool = False


class CallEnded(Message, frozen=True, tag="call_ended"):
    """A call is completed (without `problem`), or failed: for good, or for this attempt of the call.

    Attributes:
        cancelled: Neither: its flow wanted no more of it. It is made again if it is called again.
        wait: Somebody waits for the word that it is on record (`Acknowledge` with this call).
        retry_at: It will be tried again then, by the flow itself.
        cache_key: The result may be taken for another call with this key, until `cache_until` if that is given.
        cached_from: The run whose result was taken, when it came from the cache.
    """

    stage: int
    fence: int
    step: int
    no: int
    seconds: float
    at: float
    result: Arguments | None = None
    files: tuple[FileRef, ...] = ()
    metrics: dict[str, float] = {}
    profiles: dict[str, dict[str, Any]] = {}  # address of a new frame → its profile and preview
    message: str = ""
    problem: Problem | None = None
    retry_at: float | None = None
    cache_key: str | None = None
    cache_until: float | None = None
    cached_from: str | None = None
    wait: bool = False
    cancelled: bool = False


class CallAwaits(Message, frozen=True, tag="call_awaits"):
    """A call waits for a person, a time, or a run that is to be begun for it (`spawn`)."""

    stage: int
    fence: int
    step: int
    no: int
    parent: int | None
    kind: CallKind
    name: str
    index: int
    position: int
    attempt: int
    at: float
    awaited: Awaited
    digest: str = ""
    given: dict[str, str] = {}
    message: str = ""
    spawn: Spawn | None = None
    tags: tuple[str, ...] = ()


class CacheAsked(Message, frozen=True, tag="cache_asked"):
    """What does the cache hold under these keys? The process waits for `Recalled`."""

    stage: int
    fence: int
    step: int
    keys: tuple[str, ...]


class StageSuspended(Message, frozen=True, tag="suspended"):
    """The flow gives its worker back until what it waits for is there. Its process leaves.

    Attributes:
        awaits: Calls that it waits for: for all of them, or for any one if `any_of`.
        until: Or until then, seconds since 1970.
        seconds: How long this attempt's body took.
    """

    stage: int
    fence: int
    step: int
    awaits: tuple[int, ...]
    any_of: bool = False
    until: float | None = None
    seconds: float = 0.0


class Logged(Message, frozen=True, tag="log"):
    """A structured log line (``logging``, ``warnings``). Plain output comes over its own pipes."""

    step: int
    at: float
    level: str
    text: str
    logger: str = ""
    stream: str = "log"


class Progressed(Message, frozen=True, tag="progress"):
    """`pauta.progress()`: `done` of `total` (None: unknown), with a short text."""

    step: int
    done: float
    total: float | None = None
    text: str = ""


class Measured(Message, frozen=True, tag="metric"):
    """`pauta.log_metric()`: one value of a metric; `number` is its position (epoch), None when single."""

    step: int
    name: str
    value: float
    number: int | None = None


CallReport = CallStarted | CallEnded | CallAwaits
"""What the engine of flows says through `flows.site.Site.tell`."""
Report = (
    StepStarted | StepReturned | StepFinished | StepFailed | StageDone | CallReport | CacheAsked | StageSuspended
    | Logged | Progressed | Measured
)  # fmt: skip

_encoder = msgspec.json.Encoder()
_orders = msgspec.json.Decoder(Order)
_reports = msgspec.json.Decoder(Report)


def encode(message: Message) -> bytes:
    """A message as one line of JSON with its line end."""
    return _encoder.encode(message) + b"\n"


def decode_order(line: bytes) -> Order:
    """Raises: msgspec.ValidationError, msgspec.DecodeError when the line is not an order."""
    order: Order = _orders.decode(line)
    return order


def decode_report(line: bytes) -> Report:
    """Raises: msgspec.ValidationError, msgspec.DecodeError when the line is not a report."""
    report: Report = _reports.decode(line)
    return report

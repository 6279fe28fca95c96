"""The store of runs: the only truth. Every change of state is a compare-and-set inside a transaction.

Rules that every implementation keeps, and the contract tests check:

- A transaction is all or nothing; an exception inside it leaves the store as it was.
- A final row (run, stage, step) never changes its state again and `fence` never decreases: the store itself
  refuses it (`StoreFault` DB-010), whatever the caller does.
- ``transaction(durable=True)`` returns only when its changes would survive a loss of power; without it they
  survive the death of any process.
- Times come in as arguments; no statement asks the database for the time. They are aware and come back UTC.
- What may well happen is a return value (`False`, `None`, an empty list), not an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pauta.domain.ids import Address, RunId
from pauta.domain.plan import Plan
from pauta.domain.runs import Attempt, CacheEntry, Event, LogChunk, Run, Stage, StepRecord
from pauta.ports.call_rows import CallRows
from pauta.ports.control_rows import (
    AuditRows,
    DeploymentRows,
    MetaRows,
    NoticeRows,
    PipelineRows,
    PoolRows,
    ScheduleRows,
    TokenRows,
    TriggerRows,
    WorkerRows,
)


class Queued(NamedTuple):
    """A stage at the front of the queue, and what it is counted under."""

    stage: Stage
    pool: str
    priority: int
    lane: str
    limit_keys: tuple[str, ...]


class Leased(NamedTuple):
    """A running stage, and what it is counted under. `stamp` changes with every renewal (lease_until)."""

    run_id: RunId
    no: int
    fence: int
    owner: str
    stamp: datetime | None
    pool: str
    lane: str
    limit_keys: tuple[str, ...]


class RunRows(Protocol):
    """Runs and their plans."""

    def add(self, run: Run, plan: Plan, stages: Sequence[Stage], steps: Sequence[StepRecord]) -> bool:
        """Record a new run whole. False, and nothing recorded, when its id or idempotency key exists."""
        ...

    def get(self, run_id: RunId) -> Run | None:
        """The run, or None."""
        ...

    def plan(self, run_id: RunId) -> Plan | None:
        """The run's plan, exactly as it was recorded."""
        ...

    def by_key(self, idempotency_key: str) -> Run | None:
        """The run accepted under this key, or None."""
        ...

    def find(self, prefix: str) -> list[RunId]:
        """Ids that begin with `prefix`, newest first, at most 20."""
        ...

    def newest(
        self,
        *,
        limit: int = 50,
        before: RunId | None = None,
        states: Sequence[str] = (),
        pipeline: str | None = None,
        deployment: str | None = None,
        top_level: bool = False,
    ) -> list[Run]:
        """Runs, newest first (ids sort by time), those older than `before`; `top_level` without those of flows."""
        ...

    def children(self, run_id: RunId) -> list[Run]:
        """The runs that flows of this run began, oldest first."""
        ...

    def by_document(self, name: str, version: int, *, limit: int = 1) -> list[RunId]:
        """Runs of a published version, newest first."""
        ...

    def states(self) -> Mapping[str, int]:
        """Number of runs by state."""
        ...

    def sources(self) -> Mapping[RunId, Set[RunId]]:
        """Every run that refers to other runs → those: the one it runs again, and those whose results it took."""
        ...

    def save(self, before: Run, after: Run) -> bool:
        """Put `after` if state, counts and `cancel_requested_at` still are as in `before`."""
        ...


class StageRows(Protocol):
    """Stages: the queue."""

    def get(self, run_id: RunId, no: int) -> Stage | None:
        """The stage, or None."""
        ...

    def get_many(self, run_id: RunId, nos: Sequence[int]) -> list[Stage]:
        """These stages of a run, by number; missing ones are left out."""
        ...

    def of_run(self, run_id: RunId) -> list[Stage]:
        """All stages of a run by number."""
        ...

    def save(self, before: Stage, after: Stage) -> bool:
        """Put `after` if state and fence still are as in `before`; of a paused stage also `waiting_for`.

        One statement; False means: lost the race. Otherwise `waiting_for` is changed by the difference.
        """
        ...

    def save_many(self, changes: Sequence[tuple[Stage, Stage]]) -> bool:
        """`save` for many stages at once, as one round trip. False when any of them lost its race.

        After False the transaction must be given up (raise inside the block), as some may have been put.
        """
        ...

    def claimable(self, *, now: datetime, limit: int, run_id: RunId | None = None) -> list[Stage]:
        """Stages that are ready, or scheduled or paused and due, oldest run first, then by number.

        On PostgreSQL the rows are locked and rows locked by others are passed over, so that many claimers
        do not meet on the same ones.
        """
        ...

    def answered(self, *, limit: int = 100) -> list[Stage]:
        """Paused stages without a time of which no call is paused, though nobody woke them: a safety net (P2)."""
        ...

    def expired(self, *, now: datetime, limit: int = 100) -> list[Stage]:
        """Running stages whose lease ended before `now`."""
        ...

    def running(self, *, owner: str | None = None, run_id: RunId | None = None) -> list[Stage]:
        """Running stages, of one owner or run if given."""
        ...

    def heads(self, *, pools: Sequence[str], now: datetime, lanes: int, each: int) -> list[Queued]:
        """The front of the queue of these pools: of up to `lanes` lanes the first `each` stages.

        A stage queues when it is ready, or scheduled or paused and due, and its run's pool is one of these. A lane
        is the run's (`Run.lane`); within one the order is priority (highest first), run, number. When there are more
        lanes than asked for, those with the highest priority come, then those whose first stage is oldest.
        Cost must not grow with the length of the queue. On PostgreSQL rows are locked, locked ones passed over.
        """
        ...

    def leased(self) -> list[Leased]:
        """Every running stage, with what it is counted under."""
        ...

    def locked(self, run_id: RunId, no: int) -> Stage | None:
        """The stage, which nobody else can change before this transaction ends."""
        ...

    def depth(self, *, now: datetime) -> Mapping[str, int]:
        """Number of queued stages by pool; those that wait for another try count too, whatever their time."""
        ...

    def stuck(self, *, now: datetime, limit: int = 100) -> list[RunId]:
        """Runs that are neither final, held nor paused and have no stage that is ready, scheduled or running (P2)."""
        ...

    def next_due(self, run_id: RunId | None = None) -> datetime | None:
        """Earliest `not_before` of scheduled and paused stages."""
        ...

    def count_down(self, run_id: RunId, upstream: Sequence[int]) -> list[Stage]:
        """These stages have ended: lower `waiting_for` of all stages that need them, once for each.

        Returns the pending stages whose `waiting_for` is now 0. The edges were recorded with the plan.
        """
        ...


class StepRows(Protocol):
    """Steps and their results."""

    def of_run(self, run_id: RunId) -> list[StepRecord]:
        """All steps of a run by number."""
        ...

    def get(self, run_id: RunId, nos: Sequence[int]) -> list[StepRecord]:
        """These steps, in the order asked."""
        ...

    def put(self, steps: Sequence[StepRecord]) -> None:
        """Put these rows over the present ones. Raises `StoreFault` DB-010 if a final row would change state."""
        ...


class AttemptRows(Protocol):
    """Attempts of stages."""

    def add(self, attempt: Attempt) -> None:
        """Record the beginning of an attempt."""
        ...

    def close(self, attempt: Attempt) -> None:
        """Record how it ended."""
        ...

    def add_many(self, attempts: Sequence[Attempt]) -> None:
        """`add` for many, in one round trip."""
        ...

    def close_many(self, attempts: Sequence[Attempt]) -> None:
        """`close` for many, in one round trip: end, outcome, problem and process are put, the rest stays."""
        ...

    def of_run(self, run_id: RunId) -> list[Attempt]:
        """All attempts of a run by stage and fence."""
        ...


class CacheRows(Protocol):
    """Results that can stand in for running."""

    def get(self, key: str) -> CacheEntry | None:
        """The entry with this full key, or None."""
        ...

    def get_many(self, keys: Sequence[str]) -> Mapping[str, CacheEntry]:
        """Those of these keys that exist."""
        ...

    def by_recipe(self, recipe: str, *, limit: int = 8) -> list[CacheEntry]:
        """Entries with this recipe, newest first."""
        ...

    def by_recipes(self, recipes: Sequence[str], *, limit: int = 8) -> Mapping[str, Sequence[CacheEntry]]:
        """`by_recipe` for many recipes in few round trips; recipes without an entry are left out."""
        ...

    def put(self, entries: Sequence[CacheEntry]) -> None:
        """Record entries; one with an existing key replaces it."""
        ...

    def forget(self, addresses: Sequence[Address]) -> int:
        """Drop entries whose output or files have one of these addresses (objects lost or collected)."""
        ...


class LogRows(Protocol):
    """Log lines, in chunks."""

    def append(self, chunks: Sequence[LogChunk]) -> None:
        """Keep chunks; their order is their `first`."""
        ...

    def read(
        self, run_id: RunId, *, step_no: int | None = None, after: int = -1, limit_lines: int = 10_000
    ) -> list[LogChunk]:
        """Chunks with lines numbered above `after`, in order, until `limit_lines` lines are read."""
        ...

    def last(self, run_id: RunId) -> int:
        """Number of the newest line of a run, -1 when there is none."""
        ...

    def drop(self, run_id: RunId) -> int:
        """Remove all lines of a run; the number of bytes they took."""
        ...


class EventRows(Protocol):
    """History: appended, never changed."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events."""
        ...

    def of_run(self, run_id: RunId) -> list[Event]:
        """All events of a run in the order they were added."""
        ...


class ObjectRows(Protocol):
    """What the records know of stored objects."""

    def put_profile(self, address: Address, profile: Mapping[str, Any]) -> None:
        """Keep a frame's profile and preview (at most 256 KiB of JSON); the same address twice keeps the first."""
        ...

    def profile(self, address: Address) -> Mapping[str, Any] | None:
        """A frame's profile and preview."""
        ...

    def imported(self, key: str) -> Mapping[str, Any] | None:
        """What `remember_import` kept under this key: the frame that an input file was read into."""
        ...

    def remember_import(self, key: str, output: Mapping[str, Any]) -> None:
        """Keep that the input file with this key (hash of bytes, schema, reader's version) gave this output."""
        ...

    def referenced(self) -> Iterable[Address]:
        """Every address that some run, step, script or cache entry refers to (may repeat)."""
        ...

    def drop_run(self, run_id: RunId) -> bool:
        """Remove a final run with all its rows. False when it is not final or not there."""
        ...


class Transaction(Protocol):
    """One transaction over all rows."""

    @property
    def runs(self) -> RunRows: ...
    @property
    def stages(self) -> StageRows: ...
    @property
    def steps(self) -> StepRows: ...
    @property
    def calls(self) -> CallRows: ...
    @property
    def attempts(self) -> AttemptRows: ...
    @property
    def cache(self) -> CacheRows: ...
    @property
    def logs(self) -> LogRows: ...
    @property
    def events(self) -> EventRows: ...
    @property
    def objects(self) -> ObjectRows: ...
    @property
    def pipelines(self) -> PipelineRows: ...
    @property
    def deployments(self) -> DeploymentRows: ...
    @property
    def schedules(self) -> ScheduleRows: ...
    @property
    def triggers(self) -> TriggerRows: ...
    @property
    def pools(self) -> PoolRows: ...
    @property
    def workers(self) -> WorkerRows: ...
    @property
    def tokens(self) -> TokenRows: ...
    @property
    def audit(self) -> AuditRows: ...
    @property
    def notices(self) -> NoticeRows: ...
    @property
    def meta(self) -> MetaRows: ...


class Store(Protocol):
    """Opens transactions. Safe to use from several threads; transactions of one process come one at a time."""

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """Begin a transaction; it is committed at the end of the block, or undone by an exception.

        Raises:
            StoreFault: The database cannot be used (DB-…): busy, damaged, full, gone.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...

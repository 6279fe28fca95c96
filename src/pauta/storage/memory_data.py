"""The tables of the store in memory, and the journal by which a transaction is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from msgspec.structs import replace

from pauta.domain.access import AuditRow, Token
from pauta.domain.calls import Call
from pauta.domain.deploying import Deployment, Limit, Notice, Pool, Trigger, WorkerRecord
from pauta.domain.ids import Address, RunId
from pauta.domain.pipelines import Activation, PipelineVersion
from pauta.domain.plan import Plan
from pauta.domain.runs import Attempt, CacheEntry, Event, LogChunk, LogLine, Run, Stage, StepRecord
from pauta.domain.schedules import Firing, Schedule
from pauta.storage.turns import Hold

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", Run, Stage, StepRecord, Call, Attempt, CacheEntry, Event, LogLine)

_TIMES = {
    Run: ("created_at", "started_at", "ended_at", "cancel_requested_at"),
    Stage: ("lease_until", "not_before"),
    StepRecord: ("started_at", "ended_at"),
    Call: ("started_at", "ended_at"),
    Attempt: ("started_at", "ended_at"),
    CacheEntry: ("made_at", "until"),
    Event: ("at",),
    LogLine: ("at",),
}


@dataclass(slots=True)
class Tables:
    """All rows. `needs` maps a run's stage to those that still wait for it, `call_marks` a call to its last change."""

    runs: dict[RunId, Run] = field(default_factory=dict)
    keys: dict[str, RunId] = field(default_factory=dict)
    plans: dict[RunId, Plan] = field(default_factory=dict)
    stages: dict[RunId, dict[int, Stage]] = field(default_factory=dict)
    needs: dict[RunId, dict[int, tuple[int, ...]]] = field(default_factory=dict)
    steps: dict[RunId, dict[int, StepRecord]] = field(default_factory=dict)
    calls: dict[RunId, dict[int, Call]] = field(default_factory=dict)
    call_marks: dict[RunId, dict[int, int]] = field(default_factory=dict)
    marks: Iterator[int] = field(default_factory=lambda: count(1))
    attempts: dict[RunId, dict[tuple[int, int], Attempt]] = field(default_factory=dict)
    logs: dict[RunId, dict[int, LogChunk]] = field(default_factory=dict)
    events: dict[RunId, dict[int, Event]] = field(default_factory=dict)
    references: dict[RunId, dict[Address, None]] = field(default_factory=dict)
    cache: dict[str, CacheEntry] = field(default_factory=dict)
    profiles: dict[Address, Mapping[str, Any]] = field(default_factory=dict)
    imported: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: dict[tuple[str, int], PipelineVersion] = field(default_factory=dict)
    activations: dict[int, Activation] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    forms: dict[int, Deployment] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    firings: dict[tuple[str, str, int], Firing] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    trigger_events: dict[tuple[str, str], None] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    claims: dict[str, frozenset[tuple[datetime, RunId, int, int]]] = field(default_factory=dict)
    workers: dict[str, WorkerRecord] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    audit: dict[int, AuditRow] = field(default_factory=dict)
    audit_tip: dict[int, tuple[int, str]] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)


class Journal(Hold):
    """A transaction in memory: every change notes how to take it back."""

    __slots__ = ("_undo", "tables")

    def __init__(self, tables: Tables) -> None:
        super().__init__()
        self.tables = tables
        self._undo: list[Callable[[], object]] = []

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a row."""
        if key in table:
            old = table[key]
            self._undo.append(lambda: table.__setitem__(key, old))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Remove a row, if it is there."""
        if key in table:
            old = table.pop(key)
            self._undo.append(lambda: table.__setitem__(key, old))

    def undo(self) -> None:
        """Take everything back, the last change first."""
        while self._undo:
            self._undo.pop()()


def in_utc(record: R) -> R:
    """The record with its times in UTC, as every store gives them back."""
    moved: dict[str, Any] = {}
    for name in _TIMES[type(record)]:
        at: datetime | None = getattr(record, name)
        if at is not None and at.tzinfo is not UTC:
            moved[name] = at.astimezone(UTC)
    return replace(record, **moved) if moved else record

"""Schedules: when a deployment is to run, and every firing that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from pauta.domain.ids import RunId
from pauta.domain.problems import Problem


class TimingKind(StrEnum):
    """How a timing is written."""

    CRON = "cron"  # five fields, as Debian's cron reads them
    INTERVAL = "interval"  # every so many seconds, counted from an anchor
    RRULE = "rrule"  # RFC 5545


class Gap(StrEnum):
    """What becomes of a local time that a clock change leaves out."""

    RUN_AFTER = "run_after"
    SKIP = "skip"


class Fold(StrEnum):
    """Which of the two a local time means that a clock change repeats."""

    FIRST = "first"
    LAST = "last"
    BOTH = "both"


class Missed(StrEnum):
    """What becomes of firings that came due while nobody could fire them (P17)."""

    LATEST = "latest"
    ALL = "all"
    NONE = "none"


class Timing(Struct, frozen=True, forbid_unknown_fields=True):
    """A time plan.

    Attributes:
        kind: How `text` is written.
        text: The cron expression or RRULE; empty for an interval.
        seconds: Length of an interval.
        zone: IANA name of the time zone in which it is meant.
        anchor: Where intervals and rules count from; the schedule's creation when None.
        gap: For local times that do not exist.
        fold: For local times that happen twice.
        missed: Policy for missed firings.
        missed_limit: With `Missed.ALL`, at most so many, the newest.
        missed_window_seconds: Older ones are never caught up.
        jitter_seconds: Each firing is put off by a random share of this.
        starts_at: Nothing fires before.
        ends_at: Nothing fires at or after.
    """

    kind: TimingKind
    text: str = ""
    seconds: float | None = None
    zone: str = "UTC"
    anchor: datetime | None = None
    gap: Gap = Gap.RUN_AFTER
    fold: Fold = Fold.FIRST
    missed: Missed = Missed.LATEST
    missed_limit: int = 10
    missed_window_seconds: float = 86_400
    jitter_seconds: float = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class ScheduleState(StrEnum):
    """Whether a schedule fires."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"  # by the program, with a problem: its zone is gone
    ENDED = "ended"  # nothing comes any more


class Occurrence(Struct, frozen=True):
    """One time at which a schedule is due.

    Attributes:
        at: The instant, UTC.
        local: The intended local time as ISO text without offset (``2026-03-08T02:30:00``): with `fold` the
            identity of the firing.
        fold: 1 for the second of a repeated local time.
        mark: ``gap`` when that local time does not exist and it runs after, ``fold`` when it happens twice.
    """

    at: datetime
    local: str
    fold: int = 0
    mark: str = ""


class Schedule(Struct, frozen=True):
    """A schedule of a deployment.

    `version` grows with every change by a person: a firing planned under an older one does not happen (P20).
    `next` is the occurrence that comes next, `fire_at` when it fires (later than `next.at` by the jitter).
    """

    id: str
    deployment: str
    name: str
    timing: Timing
    created_at: datetime
    state: ScheduleState = ScheduleState.ACTIVE
    version: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)
    next: Occurrence | None = None
    fire_at: datetime | None = None
    problem: Problem | None = None


class Firing(Struct, frozen=True):
    """What became of one occurrence. One row for each (schedule, local, fold), for ever (P16).

    `outcome` is ``fired`` with a run, or ``skipped`` with a `reason`: ``missed``, ``window``, ``paused``,
    ``refused``. `zone_data` is the version of the zone data it was computed with.
    """

    schedule_id: str
    local: str
    fold: int
    due_at: datetime
    fired_at: datetime
    outcome: str
    run_id: RunId | None = None
    reason: str = ""
    zone_data: str = ""
    schedule_version: int = 1

"""Fires schedules: each due occurrence becomes one run, or a line that tells why not (P16, P17, P20).

Any number of schedulers may do this at a time. What was prepared is put on record in one transaction that moves the
schedule on only if nobody else did, and holds one row for each (schedule, local time, fold) for ever. A scheduler
that dies before its commit has done nothing; one that dies after it has done everything.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from pauta.domain.deploying import Deployment, Switch
from pauta.domain.ids import RunId
from pauta.domain.problems import InvalidInput, PautaError, Problem, StoreFault, shorten
from pauta.domain.schedules import Firing, Occurrence, Schedule, ScheduleState
from pauta.engine.due_missed import ON_TIME, LeftOut, Verdict, judge
from pauta.ports.store import Transaction
from pauta.services.accept import Ready, announce, prepare_run, record
from pauta.services.accept_asked import Asked
from pauta.services.control import Control
from pauta.services.firing_zone_data import zone_data_version
from pauta.services.schedules import with_next

FIRED, SKIPPED = "fired", "skipped"
BEFORE = " before "
"""Between a reason and the local time up to which a row stands for all: ``window before 2026-03-08T02:30:00``."""

_LAST = "schedules.last_firing"
_CLOCK_SLACK = timedelta(minutes=5)
_log = logging.getLogger("pauta.scheduler")


class Fired(Struct, frozen=True):
    """What came of one schedule that was due.

    Attributes:
        runs: Runs that were accepted.
        skipped: Occurrences left out by policy, because the deployment is paused, or refused.
        moved: It was not there any more as it was seen: another scheduler or a person was first.
        at: When it was done; None when nothing was.
    """

    runs: tuple[RunId, ...] = ()
    skipped: int = 0
    moved: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An occurrence with the run that it becomes, or why it becomes none."""

    occurrence: Occurrence
    ready: Ready | None = None
    reason: str = ""
    problem: Problem | None = None


class _Moved(Exception):
    """Schedule or deployment are no longer as they were seen; the transaction is undone."""


class _Doubled(Exception):
    """An occurrence was fired before; the transaction is undone."""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence.local)
        self.occurrence = occurrence


def due_schedules(control: Control, *, limit: int) -> list[Schedule]:
    """Schedules that are due now, earliest first."""
    with control.store.transaction() as tx:
        return tx.schedules.due(now=control.now(), limit=limit)


def next_fire(control: Control) -> datetime | None:
    """When the next schedule is due."""
    with control.store.transaction() as tx:
        return tx.schedules.next_fire()


def fire(control: Control, seen: Schedule) -> Fired:
    """Fire a schedule that is due, if it still is as it was seen.

    Raises:
        StoreFault: The database cannot be used, or only just now a run cannot be prepared: try again.
    """
    now = control.now()
    with control.store.transaction() as tx:
        schedule = tx.schedules.get(seen.id)
        deployment = tx.deployments.get(seen.deployment)
    if schedule is None or deployment is None or not _as_seen(schedule, seen) or schedule.next is None:
        return Fired(moved=True)
    try:
        verdict = judge(schedule.timing, schedule.next, now=now, anchor=schedule.created_at)
    except InvalidInput as error:  # its zone is gone: no other zone would be right
        return _stop(control, schedule, error.problems[0])
    prepared = [_prepare(control, schedule, deployment, occurrence, now=now) for occurrence in verdict.fire]
    try:
        return _settle(control, schedule, deployment, verdict, prepared, now=now)
    except _Moved:
        return Fired(moved=True)


def _as_seen(schedule: Schedule, seen: Schedule) -> bool:
    return schedule.state is ScheduleState.ACTIVE and schedule.version == seen.version and schedule.next == seen.next


def _prepare(
    control: Control, schedule: Schedule, deployment: Deployment, occurrence: Occurrence, *, now: datetime
) -> _Prepared:
    if deployment.state is Switch.PAUSED:
        return _Prepared(occurrence, reason="paused")
    asked = Asked(
        deployment=deployment.name,
        parameters=schedule.parameters,
        by=f"schedule {schedule.name}",
        by_person=False,
    )
    try:
        return _Prepared(occurrence, ready=prepare_run(control, asked))
    except StoreFault as error:
        if now - occurrence.at <= ON_TIME:  # perhaps it passes; it stays due
            raise
        return _Prepared(occurrence, reason="refused", problem=error.problems[0])
    except PautaError as error:
        return _Prepared(occurrence, reason="refused", problem=error.problems[0])
    except Exception as error:
        # Whatever it is: this one is told and left out, or the scheduler would come back to it for ever.
        _log.exception("schedule %s cannot fire", schedule.id)
        problem = Problem("SCH-010", {"detail": shorten(f"{type(error).__name__}: {error}")})
        return _Prepared(occurrence, reason="refused", problem=problem)


def _settle(
    control: Control,
    schedule: Schedule,
    deployment: Deployment,
    verdict: Verdict,
    prepared: list[_Prepared],
    *,
    now: datetime,
) -> Fired:
    """Put everything on record at once, then wake the workers."""
    problem = next((p.problem for p in reversed(prepared) if p.problem is not None), None)
    after = with_next(replace(schedule, problem=problem), verdict.next, random_bits=control.random_bits)
    while True:
        try:
            with control.store.transaction(durable=True) as tx:
                if not tx.schedules.put(schedule, after) or not _unchanged(tx, deployment):
                    raise _Moved
                runs = [_put(tx, schedule, p, now=now) for p in prepared]
                for left in verdict.left_out:
                    tx.schedules.fire(_left_out(schedule, left, now=now))
            break
        except _Doubled as doubled:
            prepared = [p for p in prepared if p.occurrence != doubled.occurrence]
    for p in prepared:
        if p.ready is not None:
            announce(control, p.ready)
    started = tuple(run_id for run_id in runs if run_id is not None)
    return Fired(started, skipped=len(verdict.left_out) + len(runs) - len(started), at=now)


def _unchanged(tx: Transaction, deployment: Deployment) -> bool:
    present = tx.deployments.get(deployment.name)
    return present is not None and present.version == deployment.version and present.state is deployment.state


def _put(tx: Transaction, schedule: Schedule, prepared: _Prepared, *, now: datetime) -> RunId | None:
    run_id = record(tx, prepared.ready, now=now) if prepared.ready is not None else None
    outcome = FIRED if run_id is not None else SKIPPED
    firing = _firing(schedule, prepared.occurrence, now=now, outcome=outcome, reason=prepared.reason, run_id=run_id)
    if not tx.schedules.fire(firing):
        raise _Doubled(prepared.occurrence)
    return run_id


def _left_out(schedule: Schedule, left: LeftOut, *, now: datetime) -> Firing:
    reason = f"{left.reason}{BEFORE}{left.before}" if left.before else left.reason
    return _firing(schedule, left.occurrence, now=now, outcome=SKIPPED, reason=reason, run_id=None)


def _firing(
    schedule: Schedule, occurrence: Occurrence, *, now: datetime, outcome: str, reason: str, run_id: RunId | None
) -> Firing:
    return Firing(
        schedule_id=schedule.id,
        local=occurrence.local,
        fold=occurrence.fold,
        due_at=occurrence.at,
        fired_at=now,
        outcome=outcome,
        run_id=run_id,
        reason=reason,
        zone_data=zone_data_version(),
        schedule_version=schedule.version,
    )


def _stop(control: Control, schedule: Schedule, problem: Problem) -> Fired:
    after = replace(schedule, state=ScheduleState.STOPPED, next=None, fire_at=None, problem=problem)
    with control.store.transaction(durable=True) as tx:
        done = tx.schedules.put(schedule, after)
    _log.warning("schedule %s (%s) is stopped: %s", schedule.name, schedule.id, problem.line())
    return Fired(moved=not done)


def note_last(control: Control, results: list[Fired]) -> None:
    """Keep when something was fired last, for `clock_problem`."""
    newest = max((r.at for r in results if r.at is not None), default=None)
    if newest is not None:
        with control.store.transaction() as tx:
            tx.meta.put(_LAST, newest.isoformat())


def clock_problem(control: Control) -> Problem | None:
    """CFG-014 when the clock is well before the last firing: schedules wait until it has passed that (B75)."""
    with control.store.transaction() as tx:
        last = tx.meta.get(_LAST)
    now = control.now()
    if last is None or datetime.fromisoformat(last) - now <= _CLOCK_SLACK:
        return None
    return Problem("CFG-014", {"now": now.isoformat(timespec="seconds"), "last": last[:19]})

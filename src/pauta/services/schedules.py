"""Schedules of deployments: made, changed, paused, removed, each change a new version (P20)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pauta.domain.deploying import Deployment
from pauta.domain.ids import new_run_id
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem, shorten
from pauta.domain.schedules import Firing, Occurrence, Schedule, ScheduleState, Timing
from pauta.engine.due import check_timing, next_after, next_few
from pauta.engine.due_missed import put_off
from pauta.engine.timing_zones import aware, zone_named
from pauta.ports.store import Transaction
from pauta.services.accept_terms import fill_parameters
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.deployments_finding import find_deployment
from pauta.services.published import checked_version, find_version

BELL = "schedules"
"""Rung when something about schedules or triggers changes."""

SERVER = Behalf("server")
"""The server itself, which may do everything and leaves no audit rows."""

MOST_SHOWN = 100
_RACES = 8
_NAME = re.compile(r"\w(?:[\w .-]{0,98}[\w.-])?").fullmatch


class Change(Struct, frozen=True):
    """What is to be different about a schedule; None leaves it as it is.

    `version`: what the caller saw; the change is refused when it is another by now.
    """

    name: str | None = None
    timing: Timing | None = None
    parameters: Mapping[str, Any] | None = None
    version: int | None = None


def create_schedule(
    control: Control,
    deployment: str,
    *,
    name: str,
    timing: Timing,
    parameters: Mapping[str, Any] | None = None,
    behalf: Behalf = SERVER,
) -> Schedule:
    """Make a schedule of a deployment. It fires from now on.

    Raises:
        NotFound: DEP-001.
        InvalidInput: SCH-001 to SCH-003, SCH-005, SCH-009, PRM-….
        Conflict: SCH-007, the name is taken.
    """
    now = control.now()
    with control.store.transaction() as tx:
        target = find_deployment(tx, deployment)
    behalf.allow(target.pipeline)
    given = parameters or {}
    problems = [*name_problems(name), *check_timing(timing, now=now)]
    _raise_all(problems, control, target, given)
    schedule = _planned(
        Schedule(
            id=new_run_id(now, control.random_bits),
            deployment=target.name,
            name=name,
            timing=settled(timing),
            created_at=now,
            parameters=given,
        ),
        now=now,
        random_bits=control.random_bits,
    )
    with control.store.transaction(durable=True) as tx:
        find_deployment(tx, deployment)
        _refuse_taken(tx, schedule)
        if not tx.schedules.put(None, schedule):
            raise Conflict(Problem("SCH-007", {"deployment": deployment, "name": name}))
        behalf.note(tx, "schedule.create", schedule.id, deployment=target.name, name=name)
    control.bell.ring(BELL)
    return schedule


def change_schedule(control: Control, schedule_id: str, change: Change, *, behalf: Behalf = SERVER) -> Schedule:
    """Change a schedule. With another timing it is planned anew from now; a stopped or ended one then goes on.

    Raises:
        NotFound: SCH-006.
        InvalidInput: As `create_schedule`.
        Conflict: SCH-007, or SCH-008 when somebody else changed it.
    """
    present = get_schedule(control, schedule_id)
    with control.store.transaction() as tx:
        target = find_deployment(tx, present.deployment)
    behalf.allow(target.pipeline)
    problems = name_problems(change.name) if change.name is not None else []
    if change.timing is not None:
        problems += check_timing(change.timing, now=control.now())
    given = present.parameters if change.parameters is None else change.parameters
    _raise_all(problems, control, target, given)

    def changed(schedule: Schedule, now: datetime) -> Schedule:
        if change.version is not None and change.version != schedule.version:
            raise Conflict(Problem("SCH-008", {"name": schedule.name}))
        after = replace(schedule, name=change.name or schedule.name, parameters=given, problem=None)
        if change.timing is None:
            return after
        state = ScheduleState.PAUSED if schedule.state is ScheduleState.PAUSED else ScheduleState.ACTIVE
        return _planned(
            replace(after, timing=settled(change.timing), state=state), now=now, random_bits=control.random_bits
        )

    return _change(control, schedule_id, changed, action="schedule.change", behalf=behalf)


def pause_schedule(control: Control, schedule_id: str, *, behalf: Behalf = SERVER) -> Schedule:
    """Let it fire no more. What it had planned does not happen. Pausing twice changes nothing.

    Raises:
        NotFound: SCH-006.
    """

    def paused(schedule: Schedule, now: datetime) -> Schedule:
        del now
        return replace(schedule, state=ScheduleState.PAUSED, next=None, fire_at=None)

    return _change(control, schedule_id, paused, action="schedule.pause", behalf=behalf)


def resume_schedule(control: Control, schedule_id: str, *, behalf: Behalf = SERVER) -> Schedule:
    """Let it fire again, from now on: what came due meanwhile is not caught up.

    Raises:
        NotFound: SCH-006.
        InvalidInput: SCH-003, its zone is not known any more.
    """

    def resumed(schedule: Schedule, now: datetime) -> Schedule:
        if schedule.state is ScheduleState.ACTIVE:
            return schedule
        after = replace(schedule, state=ScheduleState.ACTIVE, problem=None)
        return _planned(after, now=now, random_bits=control.random_bits)

    return _change(control, schedule_id, resumed, action="schedule.resume", behalf=behalf)


def remove_schedule(control: Control, schedule_id: str, *, behalf: Behalf = SERVER) -> None:
    """Remove a schedule; the record of its firings stays.

    Raises:
        NotFound: SCH-006.
        Conflict: SCH-008.
    """
    with control.store.transaction(durable=True) as tx:
        schedule = _find(tx, schedule_id)
        behalf.allow(find_deployment(tx, schedule.deployment).pipeline)
        if not tx.schedules.remove(schedule):
            raise Conflict(Problem("SCH-008", {"name": schedule.name}))
        behalf.note(tx, "schedule.remove", schedule_id, deployment=schedule.deployment, name=schedule.name)
    control.bell.ring(BELL)


def get_schedule(control: Control, schedule_id: str) -> Schedule:
    """The schedule.

    Raises:
        NotFound: SCH-006.
    """
    with control.store.transaction() as tx:
        return _find(tx, schedule_id)


def list_schedules(control: Control, *, deployment: str | None = None) -> list[Schedule]:
    """Schedules by deployment and name.

    Raises:
        NotFound: DEP-001.
    """
    with control.store.transaction() as tx:
        if deployment is not None:
            find_deployment(tx, deployment)
        return tx.schedules.all(deployment)


def list_firings(control: Control, schedule_id: str, *, limit: int) -> list[Firing]:
    """What became of the schedule's times, newest first.

    Raises:
        NotFound: SCH-006.
    """
    with control.store.transaction() as tx:
        _find(tx, schedule_id)
        return tx.schedules.firings(schedule_id, limit=limit)


def upcoming(control: Control, schedule_id: str, *, count: int) -> list[Occurrence]:
    """When it would fire next, whether it is paused or not; times left out at clock changes included.

    Raises:
        NotFound: SCH-006.
        InvalidInput: SCH-003.
    """
    schedule = get_schedule(control, schedule_id)
    return next_few(schedule.timing, min(count, MOST_SHOWN), after=control.now(), anchor=schedule.created_at)


def preview(timing: Timing, *, count: int, now: datetime) -> list[Occurrence]:
    """When a timing would fire, made now.

    Raises:
        InvalidInput: With every problem of it.
    """
    problems = check_timing(timing, now=now)
    if problems:
        raise InvalidInput(problems)
    return next_few(settled(timing), min(count, MOST_SHOWN), after=now, anchor=now)


def settled(timing: Timing) -> Timing:
    """A checked timing as it is kept: times without offset are taken for the zone's clock, text is trimmed."""
    zone = zone_named(timing.zone)
    named = ("anchor", "starts_at", "ends_at")
    times = {name: aware(at, zone) for name in named if (at := getattr(timing, name)) is not None}
    return replace(timing, text=timing.text.strip(), **times)


def name_problems(name: str) -> list[Problem]:
    """SCH-009 when this cannot name a schedule or trigger."""
    return [] if _NAME(name) else [Problem("SCH-009", {"name": shorten(name)})]


def check_parameters(control: Control, deployment: Deployment, given: Mapping[str, Any]) -> list[Problem]:
    """What keeps a run of the deployment with these parameters from being accepted: nobody adds others later.

    Raises:
        NotFound: PIP-….
    """
    with control.store.transaction() as tx:
        version = find_version(tx, deployment.pipeline, deployment.pipeline_version)
    try:
        checked = checked_version(
            version, objects=control.objects, given=frozenset(deployment.inputs), only=deployment.only
        )
        fill_parameters(checked.pipeline, {**deployment.parameters, **given})
    except InvalidInput as error:
        return list(error.problems)
    return []


def _raise_all(problems: list[Problem], control: Control, deployment: Deployment, given: Mapping[str, Any]) -> None:
    found = [*problems, *check_parameters(control, deployment, given)]
    if found:
        raise InvalidInput(found)


def _change(
    control: Control,
    schedule_id: str,
    changed: Callable[[Schedule, datetime], Schedule],
    *,
    action: str,
    behalf: Behalf,
) -> Schedule:
    """Put the next version of a schedule. A firing in between is no conflict: it is looked at again."""
    for _ in range(_RACES):
        with control.store.transaction(durable=True) as tx:
            before = _find(tx, schedule_id)
            behalf.allow(find_deployment(tx, before.deployment).pipeline)
            after = changed(before, control.now())
            if after == before:
                return before
            after = replace(after, version=before.version + 1)
            if after.name != before.name:
                _refuse_taken(tx, after)
            if not tx.schedules.put(before, after):
                continue
            behalf.note(tx, action, schedule_id, deployment=after.deployment, name=after.name)
        control.bell.ring(BELL)
        return after
    raise Conflict(Problem("SCH-008", {"name": before.name}))


def _planned(schedule: Schedule, *, now: datetime, random_bits: Callable[[int], int]) -> Schedule:
    """The schedule with what comes next after now, or ended when nothing does."""
    if schedule.state is ScheduleState.PAUSED:
        return replace(schedule, next=None, fire_at=None)
    coming = next_after(schedule.timing, after=now, anchor=schedule.created_at)
    return with_next(schedule, coming, random_bits=random_bits)


def with_next(schedule: Schedule, coming: Occurrence | None, *, random_bits: Callable[[int], int]) -> Schedule:
    """The active schedule with this as what comes next, put off by chance; ended without one."""
    if coming is None:
        return replace(schedule, state=ScheduleState.ENDED, next=None, fire_at=None)
    fire_at = put_off(coming, schedule.timing, chance=random_bits(53) / (1 << 53))
    return replace(schedule, next=coming, fire_at=fire_at)


def _refuse_taken(tx: Transaction, schedule: Schedule) -> None:
    if any(s.name == schedule.name and s.id != schedule.id for s in tx.schedules.all(schedule.deployment)):
        raise Conflict(Problem("SCH-007", {"deployment": schedule.deployment, "name": schedule.name}))


def _find(tx: Transaction, schedule_id: str) -> Schedule:
    schedule = tx.schedules.get(schedule_id)
    if schedule is None:
        raise NotFound(Problem("SCH-006", {"schedule": shorten(schedule_id)}))
    return schedule

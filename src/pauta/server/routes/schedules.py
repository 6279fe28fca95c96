"""Schedules: when deployments run, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from msgspec import Meta, Struct

from pauta.domain.access import Permission
from pauta.domain.schedules import Timing
from pauta.server.caller import AuditDep, CallerDep, ControlDep, LanguageDep
from pauta.server.routing import Routes
from pauta.services import schedules
from pauta.services.behalf import Behalf
from pauta.services.schedules import MOST_SHOWN, Change
from pauta.services.view_schedules import (
    FiringList,
    OccurrenceList,
    ScheduleList,
    ScheduleView,
    firing_view,
    occurrence_list,
    schedule_view,
)

ROUTES = Routes("", tag="schedules")

Count = Annotated[int, Query(ge=1, le=MOST_SHOWN, description="How many.")]
_MOST_FIRINGS = 500


class NewSchedule(Struct, frozen=True, forbid_unknown_fields=True):
    """A schedule to be made."""

    name: str
    timing: Timing
    parameters: dict[str, Any] = {}


class ScheduleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different. `version`: the one that was looked at; another by now is left alone (409)."""

    name: str | None = None
    timing: Timing | None = None
    parameters: dict[str, Any] | None = None
    version: int | None = None


class Preview(Struct, frozen=True, forbid_unknown_fields=True):
    """A timing to be tried out."""

    timing: Timing
    count: Annotated[int, Meta(ge=1, le=MOST_SHOWN)] = 10


@ROUTES.add("GET", "/schedules", permission=Permission.READ, answers=ScheduleList, summary="List schedules")
def list_schedules(
    control: ControlDep,
    language: LanguageDep,
    deployment: Annotated[str | None, Query(description="Only those of this deployment.")] = None,
) -> ScheduleList:
    """By deployment and name."""
    found = schedules.list_schedules(control, deployment=deployment)
    return ScheduleList([schedule_view(s, language=language) for s in found])


@ROUTES.add(
    "POST",
    "/deployments/{name}/schedules",
    permission=Permission.EDIT,
    answers=ScheduleView,
    status=201,
    summary="Make a schedule",
)
def create_schedule(
    control: ControlDep, caller: CallerDep, audit: AuditDep, language: LanguageDep, name: str, body: NewSchedule
) -> ScheduleView:
    """It fires from now on. 409 when the deployment has one of that name."""
    made = schedules.create_schedule(
        control,
        name,
        name=body.name,
        timing=body.timing,
        parameters=body.parameters,
        behalf=Behalf(caller.actor, allow=caller.need, note=audit.note),
    )
    return schedule_view(made, language=language)


@ROUTES.add(
    "POST",
    "/schedules/preview",
    permission=Permission.READ,
    answers=OccurrenceList,
    summary="Try a timing out",
)
def preview_timing(control: ControlDep, language: LanguageDep, body: Preview) -> OccurrenceList:
    """When it would fire, with clock changes marked. Nothing is kept."""
    found = schedules.preview(body.timing, count=body.count, now=control.now())
    return occurrence_list(found, zone=body.timing.zone, language=language)


@ROUTES.add("GET", "/schedules/{schedule}", permission=Permission.READ, answers=ScheduleView, summary="Show a schedule")
def view_schedule(control: ControlDep, language: LanguageDep, schedule: str) -> ScheduleView:
    """With what comes next, and why it stopped if it did."""
    return schedule_view(schedules.get_schedule(control, schedule), language=language)


@ROUTES.add(
    "PATCH", "/schedules/{schedule}", permission=Permission.EDIT, answers=ScheduleView, summary="Change a schedule"
)
def change_schedule(
    control: ControlDep,
    caller: CallerDep,
    audit: AuditDep,
    language: LanguageDep,
    schedule: str,
    body: ScheduleChange,
) -> ScheduleView:
    """With another timing it is planned anew from now on; what it had planned does not happen."""
    change = Change(body.name, body.timing, body.parameters, body.version)
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    return schedule_view(schedules.change_schedule(control, schedule, change, behalf=behalf), language=language)


@ROUTES.add("DELETE", "/schedules/{schedule}", permission=Permission.EDIT, status=204, summary="Remove a schedule")
def remove_schedule(control: ControlDep, caller: CallerDep, audit: AuditDep, schedule: str) -> None:
    """The record of its firings stays."""
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    schedules.remove_schedule(control, schedule, behalf=behalf)


@ROUTES.add(
    "POST",
    "/schedules/{schedule}/pause",
    permission=Permission.OPERATE,
    answers=ScheduleView,
    summary="Pause a schedule",
)
def pause_schedule(
    control: ControlDep, caller: CallerDep, audit: AuditDep, language: LanguageDep, schedule: str
) -> ScheduleView:
    """It fires no more until it is resumed."""
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    return schedule_view(schedules.pause_schedule(control, schedule, behalf=behalf), language=language)


@ROUTES.add(
    "POST",
    "/schedules/{schedule}/resume",
    permission=Permission.OPERATE,
    answers=ScheduleView,
    summary="Resume a schedule",
)
def resume_schedule(
    control: ControlDep, caller: CallerDep, audit: AuditDep, language: LanguageDep, schedule: str
) -> ScheduleView:
    """It fires from now on; what came due meanwhile is not caught up."""
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    return schedule_view(schedules.resume_schedule(control, schedule, behalf=behalf), language=language)


@ROUTES.add(
    "GET",
    "/schedules/{schedule}/next",
    permission=Permission.READ,
    answers=OccurrenceList,
    summary="Show when a schedule fires next",
)
def next_of_schedule(control: ControlDep, language: LanguageDep, schedule: str, count: Count = 10) -> OccurrenceList:
    """With clock changes marked; for a paused schedule as if it were resumed now."""
    zone = schedules.get_schedule(control, schedule).timing.zone
    return occurrence_list(schedules.upcoming(control, schedule, count=count), zone=zone, language=language)


@ROUTES.add(
    "GET",
    "/schedules/{schedule}/firings",
    permission=Permission.READ,
    answers=FiringList,
    summary="Show what became of a schedule's times",
)
def firings_of_schedule(
    control: ControlDep,
    schedule: str,
    limit: Annotated[int, Query(ge=1, le=_MOST_FIRINGS, description="How many.")] = 50,
) -> FiringList:
    """Newest first: runs, and times that were left out with the reason."""
    return FiringList([firing_view(f) for f in schedules.list_firings(control, schedule, limit=limit)])

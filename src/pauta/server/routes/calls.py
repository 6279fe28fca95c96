"""Calls of flows: what a flow did, what waits for people, and their answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from msgspec import Struct

from pauta.domain.access import Permission
from pauta.domain.calls import CallState
from pauta.server.caller import AuditDep, CallerDep, ControlDep, LanguageDep
from pauta.server.routes.runs import run_id
from pauta.server.routing import Routes
from pauta.server.visit import Auditor
from pauta.services.access import Caller
from pauta.services.answers import Answers, Person
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.look_calls import CallLooker
from pauta.services.view_calls import Answered, CallPage, CallView, WaitingList

_RUNS = Routes("/runs", tag="calls")
_WAITING = Routes("/waiting", tag="calls")
ROUTES = [_RUNS, _WAITING]


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """The value that a flow asks for; it has to fit the schema that the call waits with."""

    value: Any


class Comment(Struct, frozen=True, forbid_unknown_fields=True):
    """Why; the flow gets it too."""

    comment: str = ""


@_WAITING.add("GET", "", permission=Permission.READ, answers=WaitingList, summary="List what waits for people")
def list_waiting(
    control: ControlDep,
    caller: CallerDep,
    run: Annotated[str | None, Query(max_length=64, description="Only of this run and of those it began.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Most calls in the answer.")] = 100,
) -> WaitingList:
    """Of all runs, those that wait longest first; of pipelines that the caller's token is for."""
    wanted = run_id(run) if run is not None else None
    return WaitingList(_answers(control, caller).waiting(run_id=wanted, limit=limit))


@_RUNS.add("GET", "/{run}/calls", permission=Permission.READ, answers=CallPage, summary="List the calls of a run")
def list_calls(
    control: ControlDep,
    language: LanguageDep,
    run: str,
    after: Annotated[int, Query(ge=-1, le=2**53, description="Only calls with a higher number.")] = -1,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most calls in the answer.")] = 200,
    parent: Annotated[
        int | None,
        Query(ge=0, le=2**53, description="Only calls made in the body of this call, or by the flow of this step."),
    ] = None,
    name: Annotated[str | None, Query(max_length=400, description="Only calls of this name.")] = None,
    state: Annotated[list[CallState] | None, Query(description="Only calls in one of these states.")] = None,
) -> CallPage:
    """Give `next` of one answer as `after` to get the calls that follow."""
    found = CallLooker(control.store, language=language)
    states = [s.value for s in state or ()]
    return found.page(run_id(run), after=after, limit=limit, parent=parent, name=name, states=states)


@_RUNS.add("GET", "/{run}/calls/{call}", permission=Permission.READ, answers=CallView, summary="Show a call of a run")
def view_call(control: ControlDep, language: LanguageDep, run: str, call: str) -> CallView:
    """By its number or name; 404 when the run has no such call, 409 when several have this name."""
    return CallLooker(control.store, language=language).call(run_id(run), call)


@_RUNS.add(
    "POST",
    "/{run}/calls/{call}/answer",
    permission=Permission.OPERATE,
    answers=Answered,
    summary="Give a flow the value it asks for",
)
def answer_call(
    control: ControlDep, caller: CallerDep, audit: AuditDep, run: str, call: str, answer: Value
) -> Answered:
    """422 when the value does not fit the schema; 409 when somebody else was quicker, with who and when."""
    found = _answers(control, caller)
    return found.give(run_id(run), call, answer.value, person=_person(caller, audit))


@_RUNS.add(
    "POST",
    "/{run}/calls/{call}/approve",
    permission=Permission.OPERATE,
    answers=Answered,
    summary="Approve what a flow wants to do",
)
def approve_call(
    control: ControlDep, caller: CallerDep, audit: AuditDep, run: str, call: str, why: Comment
) -> Answered:
    """403 unless the caller has one of the roles that the flow names, or one above it."""
    person = _person(caller, audit)
    return _answers(control, caller).decide(run_id(run), call, approved=True, comment=why.comment, person=person)


@_RUNS.add(
    "POST",
    "/{run}/calls/{call}/reject",
    permission=Permission.OPERATE,
    answers=Answered,
    summary="Reject what a flow wants to do",
)
def reject_call(control: ControlDep, caller: CallerDep, audit: AuditDep, run: str, call: str, why: Comment) -> Answered:
    """403 unless the caller has one of the roles that the flow names, or one above it."""
    person = _person(caller, audit)
    return _answers(control, caller).decide(run_id(run), call, approved=False, comment=why.comment, person=person)


def _answers(control: Control, caller: Caller) -> Answers:
    return Answers(control.store, control.desk, control.now, allowed=caller.may)


def _person(caller: Caller, audit: Auditor) -> Person:
    return Person(Behalf(caller.actor, allow=caller.need, note=audit.note), caller.role)

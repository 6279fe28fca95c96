"""Triggers: what else makes deployments run, and deliveries to webhooks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from msgspec import Struct

from pauta.domain.access import Permission
from pauta.domain.deploying import TriggerKind
from pauta.server.caller import AuditDep, CallerDep, ControlDep, LanguageDep
from pauta.server.routing import Routes
from pauta.services import triggers
from pauta.services.behalf import Behalf
from pauta.services.triggers_webhook import deliver
from pauta.services.view_schedules import TriggerList, TriggerView, trigger_view

ROUTES = Routes("", tag="triggers")


class NewTrigger(Struct, frozen=True, forbid_unknown_fields=True):
    """A trigger to be made.

    Attributes:
        settings: ``file``: `folder`, `input`, `pattern`; ``completion``: `deployment`, `states`; ``webhook``:
            `allow`, the parameters that a body may give.
    """

    name: str
    kind: TriggerKind
    settings: dict[str, Any] = {}
    parameters: dict[str, Any] = {}


class Delivered(Struct, frozen=True):
    """The run that a delivery started."""

    run: str


async def _raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw_body)]


@ROUTES.add("GET", "/triggers", permission=Permission.READ, answers=TriggerList, summary="List triggers")
def list_triggers(
    control: ControlDep,
    language: LanguageDep,
    deployment: Annotated[str | None, Query(description="Only those of this deployment.")] = None,
) -> TriggerList:
    """With what keeps one from working, if something does."""
    found = triggers.list_triggers(control, deployment=deployment)
    return TriggerList([trigger_view(t, language=language) for t in found])


@ROUTES.add(
    "POST",
    "/deployments/{name}/triggers",
    permission=Permission.EDIT,
    answers=TriggerView,
    status=201,
    summary="Make a trigger",
)
def create_trigger(
    control: ControlDep, caller: CallerDep, audit: AuditDep, language: LanguageDep, name: str, body: NewTrigger
) -> TriggerView:
    """The answer for a webhook holds its secret, this once."""
    made = triggers.create_trigger(
        control,
        name,
        name=body.name,
        kind=body.kind,
        settings=body.settings,
        parameters=body.parameters,
        behalf=Behalf(caller.actor, allow=caller.need, note=audit.note),
    )
    return trigger_view(made.trigger, language=language, secret=made.secret)


@ROUTES.add("DELETE", "/triggers/{trigger}", permission=Permission.EDIT, status=204, summary="Remove a trigger")
def remove_trigger(control: ControlDep, caller: CallerDep, audit: AuditDep, trigger: str) -> None:
    """Nothing follows from it any more."""
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    triggers.remove_trigger(control, trigger, behalf=behalf)


@ROUTES.add(
    "POST",
    "/triggers/{trigger}/pause",
    permission=Permission.OPERATE,
    answers=TriggerView,
    summary="Pause a trigger",
)
def pause_trigger(
    control: ControlDep, caller: CallerDep, audit: AuditDep, language: LanguageDep, trigger: str
) -> TriggerView:
    """Nothing follows from it until it is resumed."""
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    return trigger_view(triggers.pause_trigger(control, trigger, behalf=behalf), language=language)


@ROUTES.add(
    "POST",
    "/triggers/{trigger}/resume",
    permission=Permission.OPERATE,
    answers=TriggerView,
    summary="Resume a trigger",
)
def resume_trigger(
    control: ControlDep, caller: CallerDep, audit: AuditDep, language: LanguageDep, trigger: str
) -> TriggerView:
    """Files that arrived meanwhile are taken now; ends of runs and deliveries are not."""
    behalf = Behalf(caller.actor, allow=caller.need, note=audit.note)
    return trigger_view(triggers.resume_trigger(control, trigger, behalf=behalf), language=language)


@ROUTES.add(
    "POST",
    "/triggers/{trigger}/deliver",
    permission=Permission.SIGNED,
    answers=Delivered,
    status=202,
    summary="Deliver to a webhook",
)
def deliver_to_trigger(
    control: ControlDep,
    audit: AuditDep,
    trigger: str,
    body: RawBody,
    signature: Annotated[
        str | None,
        Header(alias="Pauta-Signature", max_length=200, description="`t=SECONDS,v1=HEX` over `SECONDS.BODY`."),
    ] = None,
) -> Delivered:
    """Signed with the trigger's secret (HMAC-SHA256), at most five minutes old, and never followed twice."""
    behalf = Behalf(f"trigger {trigger}", note=audit.note)
    return Delivered(deliver(control, trigger, body=body, signature=signature, behalf=behalf))

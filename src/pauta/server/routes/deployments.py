"""Deployments: make, change, pause, run, remove."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from pauta.domain.access import Permission
from pauta.domain.deploying import Deployment, Notification
from pauta.domain.runs import DEFAULT_POOL
from pauta.server.caller import AuditDep, CallerDep, ControlDep
from pauta.server.routes.submitting import KeyHeader, Terms, answer, asked_for
from pauta.server.routing import Routes
from pauta.server.visit import Auditor
from pauta.services import deployments
from pauta.services.access import Caller
from pauta.services.behalf import Behalf
from pauta.services.view_deployments import DeploymentHistory, DeploymentList, DeploymentView, WebhookKey
from pauta.services.view_runs import Asked

ROUTES = Routes("/deployments", tag="deployments")


class NewDeployment(Struct, frozen=True, forbid_unknown_fields=True):
    """A pipeline with parameters and a work pool.

    Attributes:
        name: Its name, not to be changed.
        pipeline: Name of a published pipeline.
        pipeline_version: Always this version; the active one when none is named.
        parameters: Values by parameter name.
        inputs: Frame name → path of a file in the project, or address of a stored frame.
        only: ``training``, ``prediction``, or both parts.
        use_cache: Whether its runs may take results from the cache.
        pool: Which workers may take its stages.
        priority: Higher numbers come first.
        limit: At most so many of its stages at a time.
        limits: Further keys under which they are counted.
        notifications: Whom to tell when a run reaches a state.
        description: What it is for.
        tags: Words to find it by.
        source: Where its scripts came from, as whoever deployed it recorded it.
    """

    name: str
    pipeline: str
    pipeline_version: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    only: str | None = None
    use_cache: bool = True
    pool: str = DEFAULT_POOL
    priority: int = 0
    limit: int | None = None
    limits: tuple[str, ...] = ()
    notifications: tuple[Notification, ...] = ()
    description: str = ""
    tags: tuple[str, ...] = ()
    source: dict[str, str] = field(default_factory=dict)


class DeploymentChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; fields that are left out stay as they are. See `NewDeployment`.

    Attributes:
        version: The version that was looked at: when it is another by now, nothing is changed.
    """

    version: int | None = None
    pipeline: str | UnsetType = UNSET
    pipeline_version: int | UnsetType | None = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET
    inputs: dict[str, str] | UnsetType = UNSET
    only: str | UnsetType | None = UNSET
    use_cache: bool | UnsetType = UNSET
    pool: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    limit: int | UnsetType | None = UNSET
    limits: tuple[str, ...] | UnsetType = UNSET
    notifications: tuple[Notification, ...] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    source: dict[str, str] | UnsetType = UNSET


@ROUTES.add("GET", "", permission=Permission.READ, answers=DeploymentList, summary="List deployments")
def list_deployments(control: ControlDep) -> DeploymentList:
    """By name."""
    return deployments.list_all(control)


@ROUTES.add("POST", "", permission=Permission.EDIT, answers=DeploymentView, status=201, summary="Make a deployment")
def make_deployment(body: NewDeployment, control: ControlDep, caller: CallerDep, audit: AuditDep) -> DeploymentView:
    """Everything in it is checked, and all that is wrong is told at once."""
    now = control.now()
    fields = {name: getattr(body, name) for name in body.__struct_fields__}
    wanted = Deployment(**fields, created_at=now, changed_at=now, changed_by=caller.actor)
    return deployments.create(control, wanted, behalf=_behalf(caller, audit))


@ROUTES.add("GET", "/{name}", permission=Permission.READ, answers=DeploymentView, summary="Show a deployment")
def view_deployment(control: ControlDep, name: str) -> DeploymentView:
    """In its present form."""
    return deployments.view(control, name)


@ROUTES.add("PATCH", "/{name}", permission=Permission.EDIT, answers=DeploymentView, summary="Change a deployment")
def change_deployment(
    body: DeploymentChange, control: ControlDep, caller: CallerDep, audit: AuditDep, name: str
) -> DeploymentView:
    """Its version grows; older forms are kept."""
    changes = {
        field: value
        for field in body.__struct_fields__
        if field != "version" and (value := getattr(body, field)) is not UNSET
    }
    behalf = _behalf(caller, audit)
    return deployments.change(control, name, changes, behalf=behalf, expected=body.version)


@ROUTES.add("DELETE", "/{name}", permission=Permission.EDIT, status=204, summary="Remove a deployment")
def remove_deployment(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> None:
    """With its schedules and triggers. Its runs and its history stay."""
    deployments.remove(control, name, behalf=_behalf(caller, audit))


@ROUTES.add(
    "POST", "/{name}/run", permission=Permission.OPERATE, answers=Asked, status=202, summary="Run a deployment now"
)
def run_deployment(
    body: Terms, control: ControlDep, caller: CallerDep, audit: AuditDep, name: str, key: KeyHeader = None
) -> Asked:
    """Paused or not, as a person asks for it. What is said here goes before what the deployment says."""
    asked = asked_for(body, deployment=name, key=key, by=caller.actor)
    return answer(control, deployments.run_now(control, asked, behalf=_behalf(caller, audit)))


@ROUTES.add(
    "POST", "/{name}/pause", permission=Permission.OPERATE, answers=DeploymentView, summary="Pause a deployment"
)
def pause_deployment(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> DeploymentView:
    """Its schedules and triggers start nothing until it is resumed."""
    return deployments.pause(control, name, behalf=_behalf(caller, audit))


@ROUTES.add(
    "POST", "/{name}/resume", permission=Permission.OPERATE, answers=DeploymentView, summary="Resume a deployment"
)
def resume_deployment(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> DeploymentView:
    """Its schedules and triggers start it again."""
    return deployments.resume(control, name, behalf=_behalf(caller, audit))


@ROUTES.add(
    "GET",
    "/{name}/history",
    permission=Permission.READ,
    answers=DeploymentHistory,
    summary="Show all forms a deployment had",
)
def deployment_history(control: ControlDep, name: str) -> DeploymentHistory:
    """Newest first, also when it was removed."""
    return deployments.history(control, name)


@ROUTES.add(
    "GET",
    "/{name}/webhook-key",
    permission=Permission.EDIT,
    answers=WebhookKey,
    summary="Show the key with which a deployment's webhooks are signed",
)
def deployment_webhook_key(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> WebhookKey:
    """For whoever receives them. It stays the same as long as the server's secret does."""
    return deployments.webhook_key(control, name, behalf=_behalf(caller, audit))


def _behalf(caller: Caller, audit: Auditor) -> Behalf:
    return Behalf(caller.actor, caller.need, audit.note)

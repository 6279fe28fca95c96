"""Work pools, limits, and the workers that take from the pools."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from pauta.domain.access import Permission
from pauta.domain.deploying import Pool, PoolKind
from pauta.server.caller import AuditDep, CallerDep, ControlDep
from pauta.server.routing import Routes
from pauta.services import pools, pools_workers
from pauta.services.behalf import Behalf
from pauta.services.view_pools import LimitList, LimitView, PoolList, PoolView, WorkerList, WorkerView

ROUTES = Routes("", tag="pools")


class NewPool(Struct, frozen=True, forbid_unknown_fields=True):
    """A work pool.

    Attributes:
        name: Its name, not to be changed.
        kind: ``process``: workers claim and fork; ``celery``: a message in a queue tells them to.
        limit: At most so many stages at a time over all its workers.
        queue: Name of the queue, for ``celery``.
        description: What it is for.
    """

    name: str
    kind: PoolKind = PoolKind.PROCESS
    limit: int | None = None
    queue: str | None = None
    description: str = ""


class PoolChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; fields that are left out stay as they are. See `NewPool`."""

    kind: PoolKind | UnsetType = UNSET
    limit: int | UnsetType | None = UNSET
    queue: str | UnsetType | None = UNSET
    description: str | UnsetType = UNSET


class NewLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many stages at a time under a key; 0 holds them all.

    With a period: at most so many begin within any so many seconds.
    """

    most: int
    period_seconds: float | None = None


@ROUTES.add("GET", "/pools", permission=Permission.READ, answers=PoolList, summary="List work pools")
def list_pools(control: ControlDep) -> PoolList:
    """By name; the default pool is always among them."""
    return pools.list_all(control)


@ROUTES.add("POST", "/pools", permission=Permission.EDIT, answers=PoolView, status=201, summary="Make a work pool")
def make_pool(body: NewPool, control: ControlDep, caller: CallerDep, audit: AuditDep) -> PoolView:
    """409 when the name is taken."""
    wanted = Pool(body.name, body.kind, control.now(), body.limit, body.queue, body.description)
    return pools.create(control, wanted, behalf=Behalf(caller.actor, note=audit.note))


@ROUTES.add("GET", "/pools/{name}", permission=Permission.READ, answers=PoolView, summary="Show a work pool")
def view_pool(control: ControlDep, name: str) -> PoolView:
    """With what waits and what runs in it."""
    return pools.view(control, name)


@ROUTES.add("PATCH", "/pools/{name}", permission=Permission.EDIT, answers=PoolView, summary="Change a work pool")
def change_pool(body: PoolChange, control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> PoolView:
    """A lower limit stops nothing that runs."""
    changes = {field: value for field in body.__struct_fields__ if (value := getattr(body, field)) is not UNSET}
    return pools.change(control, name, changes, behalf=Behalf(caller.actor, note=audit.note))


@ROUTES.add("DELETE", "/pools/{name}", permission=Permission.EDIT, status=204, summary="Remove a work pool")
def remove_pool(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> None:
    """409 while runs of it have not ended, or deployments use it."""
    pools.remove(control, name, behalf=Behalf(caller.actor, note=audit.note))


@ROUTES.add("POST", "/pools/{name}/pause", permission=Permission.OPERATE, answers=PoolView, summary="Pause a pool")
def pause_pool(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> PoolView:
    """Nothing of it is claimed until it is resumed; what runs goes on."""
    return pools.pause(control, name, behalf=Behalf(caller.actor, note=audit.note))


@ROUTES.add("POST", "/pools/{name}/resume", permission=Permission.OPERATE, answers=PoolView, summary="Resume a pool")
def resume_pool(control: ControlDep, caller: CallerDep, audit: AuditDep, name: str) -> PoolView:
    """Workers claim from it again."""
    return pools.resume(control, name, behalf=Behalf(caller.actor, note=audit.note))


@ROUTES.add("GET", "/limits", permission=Permission.READ, answers=LimitList, summary="List limits")
def list_limits(control: ControlDep) -> LimitList:
    """By key, with what is held under each now; those of pools and deployments are among them."""
    return pools.list_limits(control)


@ROUTES.add("PUT", "/limits/{key}", permission=Permission.EDIT, answers=LimitView, summary="Set a limit")
def set_limit(body: NewLimit, control: ControlDep, caller: CallerDep, audit: AuditDep, key: str) -> LimitView:
    """Runs and deployments name the keys under which their stages are counted."""
    behalf = Behalf(caller.actor, note=audit.note)
    return pools.set_limit(control, key, body.most, behalf=behalf, period_seconds=body.period_seconds)


@ROUTES.add("DELETE", "/limits/{key}", permission=Permission.EDIT, status=204, summary="Lift a limit")
def lift_limit(control: ControlDep, caller: CallerDep, audit: AuditDep, key: str) -> None:
    """404 when there is none under this key."""
    pools.lift_limit(control, key, behalf=Behalf(caller.actor, note=audit.note))


@ROUTES.add("GET", "/workers", permission=Permission.READ, answers=WorkerList, summary="List workers")
def list_workers(control: ControlDep) -> WorkerList:
    """Most recently seen first, with the stages they hold."""
    return pools_workers.list_workers(control)


@ROUTES.add(
    "POST", "/workers/{owner}/drain", permission=Permission.OPERATE, answers=WorkerView, summary="Drain a worker"
)
def drain_worker(control: ControlDep, caller: CallerDep, audit: AuditDep, owner: str) -> WorkerView:
    """It takes nothing new; what it holds it finishes."""
    return pools_workers.drain(control, owner, behalf=Behalf(caller.actor, note=audit.note))

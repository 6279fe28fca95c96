"""Retention and backups on demand."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from pauta.domain.access import Permission
from pauta.server.caller import AuditDep, ControlDep, SettingsDep
from pauta.server.routing import Routes
from pauta.services.retain import collect, retain
from pauta.services.upkeep import BackupView, back_up
from pauta.services.views import CollectView

ROUTES = Routes("", tag="system")


class Cleanup(Struct, frozen=True, forbid_unknown_fields=True):
    """What to remove. With neither bound no run goes, only objects that nothing refers to.

    Attributes:
        dry_run: Only tell what would be removed.
        keep_runs: The newest so many runs stay.
        older_than_days: Only runs older than this go.
        budgets: Go by the budgets of the settings instead, as the server does by itself.
    """

    dry_run: bool = True
    keep_runs: Annotated[int, Meta(ge=0)] | None = None
    older_than_days: Annotated[float, Meta(ge=0, le=36_500)] | None = None
    budgets: bool = False


@ROUTES.add(
    "POST",
    "/retention",
    permission=Permission.ADMIN,
    answers=CollectView,
    summary="Remove old runs and data that nothing needs",
    waits=True,
)
def clean_up(body: Cleanup, control: ControlDep, settings: SettingsDep, audit: AuditDep) -> CollectView:
    """Never what has not ended, and no object that a record refers to or that was touched within a day."""
    if body.budgets:
        view = retain(
            store=control.store,
            objects=control.objects,
            now=control.now(),
            dry_run=body.dry_run,
            budget=settings.retention,
        )
    else:
        view = collect(
            store=control.store,
            objects=control.objects,
            now=control.now(),
            dry_run=body.dry_run,
            keep_runs=body.keep_runs,
            older_than=timedelta(days=body.older_than_days) if body.older_than_days is not None else None,
        )
    with control.store.transaction() as tx:
        audit.note(tx, "retention.run", "", dry_run=body.dry_run, runs=len(view.runs), objects=view.objects)
    return view


@ROUTES.add(
    "POST",
    "/backup",
    permission=Permission.ADMIN,
    answers=BackupView,
    status=201,
    summary="Back the records up",
    waits=True,
)
def make_backup(control: ControlDep, audit: AuditDep) -> BackupView:
    """Written into a folder of its own beside the server's records, wherever those are."""
    view = back_up(control)
    with control.store.transaction() as tx:
        audit.note(tx, "backup.make", view.path, objects=view.objects)
    return view

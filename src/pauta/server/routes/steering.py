"""Runs to steer: cancel, go on, run again, from the beginning or from a step."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from msgspec import Struct

from pauta.domain.access import Permission
from pauta.domain.ids import RunId
from pauta.server.caller import AuditDep, CallerDep, ControlDep
from pauta.server.routes.runs import run_id
from pauta.server.routing import Routes
from pauta.services import steer
from pauta.services.access import Caller
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.view_runs import Asked

ROUTES = Routes("/runs", tag="runs")


class Again(Struct, frozen=True, forbid_unknown_fields=True):
    """How to run a run again.

    Attributes:
        from_step: Run this step and all that depend on it, whatever the cache holds; take the others as they were.
        use_cache: Whether results may be taken from the cache at all.
    """

    from_step: str | None = None
    use_cache: bool = True


@ROUTES.add("POST", "/{run}/cancel", permission=Permission.OPERATE, answers=Asked, status=202, summary="Cancel a run")
def cancel_run(control: ControlDep, caller: CallerDep, run: str) -> Asked:
    """Nothing new of it starts, and what runs is ended. 409 with its state when it has ended already."""
    return steer.cancel(control, _steered(control, caller, run))


@ROUTES.add("POST", "/{run}/resume", permission=Permission.OPERATE, answers=Asked, status=202, summary="Resume a run")
def resume_run(control: ControlDep, caller: CallerDep, run: str) -> Asked:
    """Try the stages again that are held because their processes died. 409 when the run is not held."""
    return steer.resume(control, _steered(control, caller, run))


@ROUTES.add("POST", "/{run}/rerun", permission=Permission.OPERATE, answers=Asked, status=202, summary="Run a run again")
def rerun_run(
    control: ControlDep,
    caller: CallerDep,
    audit: AuditDep,
    run: str,
    how: Again,
    key: Annotated[
        str | None, Header(alias="Idempotency-Key", max_length=200, description="The same key makes one run only.")
    ] = None,
) -> Asked:
    """A new run of the same scripts, inputs and parameters; perhaps from a step on."""
    return steer.rerun(
        control,
        _steered(control, caller, run),
        from_step=how.from_step,
        use_cache=how.use_cache,
        behalf=Behalf(caller.actor, note=audit.note),
        key=key,
    )


def _steered(control: Control, caller: Caller, run: str) -> RunId:
    """The run, if it is one of those that this caller may steer."""
    found = run_id(run)
    caller.need(steer.pipeline_of(control, found))
    return found

"""Runs to ask for: submit one, or foresee what it would do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header
from msgspec import Struct, field

from pauta.domain.access import Permission
from pauta.domain.states import RunState
from pauta.server.caller import AuditDep, CallerDep, ControlDep, LanguageDep
from pauta.server.routing import Routes
from pauta.services import accept
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.view_runs import Asked
from pauta.services.views import OutlookLine

ROUTES = Routes("/runs", tag="runs")

KeyHeader = Annotated[
    str | None, Header(alias="Idempotency-Key", description="The same key makes one run only, for 7 days.")
]


class InputFrom(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a frame comes from: one of these.

    Attributes:
        path: A file of the project, relative to its folder.
        address: A stored frame, such as one that was uploaded.
        run: A run, with the `frame` of it.
        frame: The frame's name, or ``name@version``.
    """

    path: str | None = None
    address: str | None = None
    run: str | None = None
    frame: str | None = None

    def as_given(self) -> dict[str, str]:
        """What was said."""
        said = {"path": self.path, "address": self.address, "run": self.run, "frame": self.frame}
        return {name: value for name, value in said.items() if value is not None}


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """How to run it. What a deployment says holds wherever nothing else is said here.

    Attributes:
        parameters: Values by parameter name; of a secret the name of a variable: ``env:NAME``.
        inputs: Frame name → where it comes from.
        only: ``training``, ``prediction``, or both parts.
        use_cache: Whether results may be taken from the cache.
        pool: Which workers may take it.
        priority: Higher numbers come first.
        limits: Further keys under which its stages are counted.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, InputFrom] = field(default_factory=dict)
    only: str | None = None
    use_cache: bool | None = None
    pool: str | None = None
    priority: int | None = None
    limits: tuple[str, ...] = ()


class NewRun(Terms, frozen=True, forbid_unknown_fields=True):
    """A run of a pipeline, or of a deployment.

    Attributes:
        pipeline: Name of a published pipeline.
        deployment: Name of a deployment, instead.
        version: Of the pipeline; the deployment's, or else the active one, when none is named.
    """

    pipeline: str | None = None
    deployment: str | None = None
    version: int | None = None


@ROUTES.add("POST", "", permission=Permission.OPERATE, answers=Asked, status=202, summary="Submit a run")
def submit_run(body: NewRun, control: ControlDep, caller: CallerDep, audit: AuditDep, key: KeyHeader = None) -> Asked:
    """Everything is checked first; when this answers, the run is on record for good and waits for a worker.

    409 when the key was used for another request (with the first difference), or too many runs wait already.
    """
    asked = asked_for(
        body, pipeline=body.pipeline, deployment=body.deployment, version=body.version, key=key, by=caller.actor
    )
    return answer(control, accept.accept(control, asked, behalf=Behalf(caller.actor, caller.need, audit.note)))


@ROUTES.add(
    "POST", "/outlook", permission=Permission.READ, answers=list[OutlookLine], summary="Foresee what a run would do"
)
def foresee_run(body: NewRun, control: ControlDep, language: LanguageDep) -> list[OutlookLine]:
    """Which steps would run, and why. Its inputs are read for that; no run is recorded."""
    asked = asked_for(body, pipeline=body.pipeline, deployment=body.deployment, version=body.version)
    return accept.outlook(control, asked, language=language)


def asked_for(
    terms: Terms,
    *,
    pipeline: str | None = None,
    deployment: str | None = None,
    version: int | None = None,
    key: str | None = None,
    by: str | None = None,
) -> accept.Asked:
    """The request in the words of the services."""
    return accept.Asked(
        pipeline=pipeline,
        deployment=deployment,
        version=version,
        parameters=terms.parameters,
        inputs={name: where.as_given() for name, where in terms.inputs.items()},
        only=terms.only,
        use_cache=terms.use_cache,
        pool=terms.pool,
        priority=terms.priority,
        limits=terms.limits,
        key=key,
        by=by,
    )


def answer(control: Control, accepted: accept.Accepted) -> Asked:
    """The run with its state; one that was accepted before may have gone on since."""
    state = RunState.PENDING
    if accepted.identical:
        with control.store.transaction() as tx:
            run = tx.runs.get(accepted.run_id)
        state = run.state if run is not None else state
    return Asked(accepted.run_id, state.value, accepted.identical)

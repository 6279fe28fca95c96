"""Accepts runs of published pipelines and of deployments: everything is checked before a run is on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pauta.domain.deploying import Deployment, Switch
from pauta.domain.ids import RunId
from pauta.domain.pipelines import PipelineVersion
from pauta.domain.problems import Conflict, InvalidInput, Place, Problem, shorten
from pauta.domain.runs import DEFAULT_POOL, PipelineRef, RunOptions
from pauta.ports.store import Transaction
from pauta.services.accept_asked import Asked, on_terms_of
from pauta.services.accept_inputs import Origin, bring_all, origin_of, stray_problems
from pauta.services.accept_once import check_key, earlier_run, free_key, parts_of
from pauta.services.accept_queue import admit
from pauta.services.accept_secrets import require_secrets_here
from pauta.services.accept_terms import (
    fill_parameters,
    limit_problems,
    part_problems,
    pool_problems,
    priority_problems,
)
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.deployments_finding import find_deployment
from pauta.services.outlook import foresee
from pauta.services.prepare import Checked, plan_of, without_secrets
from pauta.services.published import checked_version, find_version
from pauta.services.submit import Request, put_on_record, store_objects
from pauta.services.views import OutlookLine

__all__ = ["Accepted", "Asked", "Ready", "accept", "announce", "outlook", "prepare_run", "record"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer: the run, and whether it was accepted before, under the same key."""

    run_id: RunId
    identical: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A run that was checked and planned, with its objects stored, to be recorded once.

    Attributes:
        run: What to record; or the run that is on record already, accepted under the same key.
        entropy: Random bits for its id.
    """

    run: Request | RunId
    entropy: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What the records know of what was asked for."""

    deployment: Deployment | None
    version: PipelineVersion
    problems: list[Problem]


def accept(control: Control, asked: Asked, *, behalf: Behalf | None = None) -> Accepted:
    """Accept a run. When this returns, no loss of power loses it, and whoever waits for work was woken.

    Args:
        control: The server's hold of the project.
        asked: The run.
        behalf: On whose behalf: an audit row is left in the transaction that records a new run.

    Raises:
        NotFound: PIP-001 to PIP-003, DEP-001.
        InvalidInput: With every problem of the request: ASK-…, PRM-…, POL-001, RCP-006, CSV-…, DAT-….
        Conflict: IDM-001, DEP-004; SCH-004 when too many runs of the deployment wait already.
    """
    ready = prepare_run(control, asked, allow=behalf.allow if behalf else None)
    if not isinstance(ready.run, Request):
        return Accepted(ready.run, identical=True)
    with control.store.transaction(durable=True) as tx:
        run_id, new = _record(tx, ready, now=control.now())
        if new and behalf is not None:
            behalf.note(tx, "run.submit", run_id, pipeline=ready.run.plan.pipeline, deployment=ready.run.deployment)
    if new:
        announce(control, ready)
    return Accepted(run_id, identical=not new)


def outlook(control: Control, asked: Asked, *, language: str) -> list[OutlookLine]:
    """What such a run would do with each step. Its inputs are read and stored for that; no run is recorded.

    Raises:
        NotFound, InvalidInput, Conflict: As `accept`.
    """
    request = _request(control, replace(asked, key=None), count=False)
    store_objects(request, control.objects)
    return foresee(
        request.plan,
        request.inputs,
        store=control.store,
        objects=control.objects,
        options=request.options,
        runtime=control.runtime,
        now=control.now(),
        language=language,
    )


def prepare_run(
    control: Control, asked: Asked, *, count: bool = True, allow: Callable[[str], None] | None = None
) -> Ready:
    """Check a run, plan it, and store what it refers to, synced; no row of it is written yet.

    Args:
        control: The server's hold of the project.
        asked: The run.
        count: Whether it counts as one that waits (SCH-004); no, when it will not be recorded.
        allow: Raises when whoever asks may not run this pipeline.

    Raises:
        NotFound, InvalidInput, Conflict: As `accept`.
    """
    check_key(asked.key)
    if asked.key is None:
        request = _request(control, asked, count=count, allow=allow)
    else:
        body = parts_of(asked)
        with control.store.transaction() as tx:
            earlier = earlier_run(tx, asked.key, body, now=control.now())
        if earlier is not None:
            return Ready(earlier)
        request = _request(control, asked, count=count, allow=allow, body=body)
    store_objects(request, control.objects)
    return Ready(request, entropy=control.random_bits(64))


def record(tx: Transaction, ready: Ready, *, now: datetime) -> RunId:
    """Add the rows of a run in a transaction of the caller's, which is to be durable. Use a `Ready` once.

    Call `announce` when the transaction is committed. When this raises, it has written nothing.

    Raises:
        Conflict: IDM-001 when another request took the key meanwhile.
    """
    return _record(tx, ready, now=now)[0]


def announce(control: Control, ready: Ready) -> None:
    """Wake the workers of the run's pool and whoever watches runs."""
    if isinstance(ready.run, Request):
        control.bell.ring(f"pool:{ready.run.pool}")
        control.bell.ring("runs")


def _record(tx: Transaction, ready: Ready, *, now: datetime) -> tuple[RunId, bool]:
    request = ready.run
    if not isinstance(request, Request):
        return request, False
    key, body = request.idempotency_key, request.options.asked
    if key is not None:
        request = replace(request, idempotency_key=free_key(tx, key, now=now))
    run_id = put_on_record(tx, request, now=now, random_bits=lambda bits: ready.entropy % (1 << bits))
    if run_id is not None:
        return run_id, True
    earlier = earlier_run(tx, key, body, now=now) if key is not None and body is not None else None
    if earlier is None:
        raise Conflict(Problem("RUN-017", {}))
    return earlier, False


def _request(
    control: Control,
    asked: Asked,
    *,
    count: bool,
    allow: Callable[[str], None] | None = None,
    body: Mapping[str, str] | None = None,
) -> Request:
    with control.store.transaction() as tx:
        found = _find(tx, asked)
        if allow is not None:
            allow(found.version.name)
        if found.deployment is not None and count:
            admit(control.store, tx, found.deployment.name, now=control.now())
    terms = on_terms_of(asked, found.deployment)
    options = RunOptions(use_cache=terms.use_cache is not False, only=terms.only, asked=body)
    return replace(_planned(control, terms, found), idempotency_key=asked.key, options=options)


def _find(tx: Transaction, asked: Asked) -> _Found:
    """The deployment and version that were asked for, and what of the request no record knows."""
    if (asked.pipeline is None) == (asked.deployment is None):
        raise InvalidInput(Problem("ASK-001", {}))
    deployment = None
    name, number = asked.pipeline, asked.version
    if asked.deployment is not None:
        deployment = find_deployment(tx, asked.deployment)
        if deployment.state is Switch.PAUSED and not asked.by_person:
            raise Conflict(Problem("DEP-004", {"deployment": shorten(deployment.name)}))
        name = deployment.pipeline
        number = deployment.pipeline_version if number is None else number
    version = find_version(tx, name or "", number)
    pool = asked.pool or (deployment.pool if deployment else DEFAULT_POOL)
    return _Found(deployment, version, pool_problems(tx, pool))


def _planned(control: Control, terms: Asked, found: _Found) -> Request:
    """The request for a run on these terms.

    Raises:
        InvalidInput: With every problem.
    """
    problems = [*found.problems, *_term_problems(terms)]
    origins, bad_origins = _origins(terms.inputs)
    problems += bad_origins
    if any(problem.code == "ASK-006" for problem in problems):  # nobody knows which steps would run
        raise InvalidInput(problems)
    checked: Checked | None = None
    values: dict[str, Any] = {}
    try:
        checked = checked_version(
            found.version, objects=control.objects, given=frozenset(terms.inputs), only=terms.only
        )
        values = fill_parameters(checked.pipeline, terms.parameters)
    except InvalidInput as error:
        problems += error.problems
    if checked is not None and not bad_origins:
        problems += [*stray_problems(checked.pipeline, terms.inputs), *_input_problems(checked)]
    if problems or checked is None:
        raise InvalidInput(problems)
    plan = plan_of(checked, values)
    require_secrets_here(control, plan, pool=terms.pool or DEFAULT_POOL)
    inputs = bring_all(control, plan.inputs, origins=origins, pipeline=checked.pipeline)
    return Request(
        plan,
        inputs,
        parameters=without_secrets(checked.pipeline, values),
        pool=terms.pool or DEFAULT_POOL,
        priority=terms.priority or 0,
        deployment=found.deployment.name if found.deployment else None,
        limits=terms.limits,
        asked_by=terms.by,
        document=PipelineRef(found.version.name, found.version.version),
    )


def _term_problems(terms: Asked) -> list[Problem]:
    return [*part_problems(terms.only), *priority_problems(terms.priority or 0), *limit_problems(terms.limits)]


def _input_problems(checked: Checked) -> list[Problem]:
    """RCP-006 for each input that nobody supplied, with the field of the request where it is missing."""
    return [
        replace(problem, place=Place(field=f"inputs.{shorten(name)}"))
        for name, problem in zip(checked.required_inputs, checked.unsupplied, strict=True)
    ]


def _origins(inputs: Mapping[str, Any]) -> tuple[dict[str, Origin], list[Problem]]:
    origins: dict[str, Origin] = {}
    problems: list[Problem] = []
    for name, given in inputs.items():
        try:
            origins[name] = origin_of(name, given)
        except InvalidInput as error:
            problems += error.problems
    return origins, problems

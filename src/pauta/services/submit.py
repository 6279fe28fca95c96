"""Accepts a run: its scripts and inputs are stored, then the run is put on record and kept for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as dataclass_replace
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from pauta.domain.calls import Call
from pauta.domain.ids import Address, RunId, new_run_id
from pauta.domain.outputs import Output
from pauta.domain.plan import Plan
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem
from pauta.domain.runs import DEFAULT_POOL, ParentCall, PipelineRef, Run, RunOptions, Stage, StepRecord
from pauta.domain.states import RunState, StageState
from pauta.ports.objects import Objects
from pauta.ports.store import Store, Transaction
from pauta.services.naming import calls_named, has_flows, no_such_step, step_called
from pauta.services.rerun_calls import as_of, calls_before


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be run.

    Attributes:
        plan: The steps, scripts by version.
        inputs: The frames it takes in, stored already.
        sources: Source bytes of scripts and modules that may not be stored yet.
        parameters: Parameters as they were filled in, secrets left out.
        options: How it was asked for.
        of: The run that it runs again.
        idempotency_key: The same key gives the same run.
        pool: Which workers may take it.
        priority: Higher numbers come first.
        deployment: Whose run it is.
        limits: Further keys under which its leases are counted.
        asked_by: Who asked for it; None for a command.
        document: The published version that it runs, if it runs one.
        parent: The call of a flow that waits for it.
        calls: Calls of its flows that are taken over from the run that it runs again.
    """

    plan: Plan
    inputs: Mapping[str, Output]
    sources: Mapping[Address, bytes] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    of: RunId | None = None
    idempotency_key: str | None = None
    pool: str = DEFAULT_POOL
    priority: int = 0
    deployment: str | None = None
    limits: tuple[str, ...] = ()
    asked_by: str | None = None
    document: PipelineRef | None = None
    parent: ParentCall | None = None
    calls: tuple[Call, ...] = ()

    def for_flow(self, parent: ParentCall) -> Request:
        """The same, begun by a flow's call."""
        return dataclass_replace(self, parent=parent)


def submit(
    request: Request,
    *,
    store: Store,
    objects: Objects,
    now: datetime,
    random_bits: Callable[[int], int],
) -> RunId:
    """Accept a run. When this returns, no loss of power loses it.

    Raises:
        InvalidInput: RUN-016 when there is nothing to run.
        StoreFault: It could not be kept.
    """
    store_objects(request, objects)
    with store.transaction(durable=True) as tx:
        return put_on_record(tx, request, now=now, random_bits=random_bits) or _already(tx, request)


def store_objects(request: Request, objects: Objects) -> None:
    """Store what a run refers to, so that it would survive a loss of power before any row refers to it (P22).

    Raises:
        InvalidInput: RUN-016 when there is nothing to run.
        StoreFault: It could not be kept.
    """
    if not request.plan.steps:
        raise InvalidInput(Problem("RUN-016", {"only": request.options.only or "-"}))
    kept = [objects.put(source).address for source in request.sources.values()]
    kept.extend(o.address for o in request.inputs.values() if not o.inline and o.size)
    objects.sync(kept)


def put_on_record(
    tx: Transaction, request: Request, *, now: datetime, random_bits: Callable[[int], int]
) -> RunId | None:
    """Add the rows of a new run whose objects are stored. None, and nothing added, when its key is taken."""
    run = Run(
        id=new_run_id(now, random_bits),
        pipeline=request.plan.pipeline,
        state=RunState.PENDING,
        created_at=now,
        open_stages=len(request.plan.stages),
        parameters=request.parameters,
        inputs=request.inputs,
        options=request.options,
        of=request.of,
        idempotency_key=request.idempotency_key,
        pool=request.pool,
        priority=request.priority,
        deployment=request.deployment,
        limits=request.limits,
        asked_by=request.asked_by,
        document=request.document,
        parent=request.parent,
    )
    stages = [
        Stage(run.id, s.no, StageState.PENDING if s.needs else StageState.READY, waiting_for=len(s.needs))
        for s in request.plan.stages
    ]
    stage_of = {no: s.no for s in request.plan.stages for no in s.steps}
    steps = [StepRecord(run.id, s.no, s.name, stage_of[s.no]) for s in request.plan.steps]
    if not tx.runs.add(run, request.plan, stages, steps):
        return None
    if request.calls:
        tx.calls.put(as_of(request.calls, run.id))
    return run.id


def _already(tx: Transaction, request: Request) -> RunId:
    existing = tx.runs.by_key(request.idempotency_key) if request.idempotency_key else None
    if existing is None:
        raise Conflict(Problem("RUN-017", {}))
    return existing.id


def request_again(
    run_id: RunId, *, store: Store, from_step: str | None, use_cache: bool, only: str | None = None
) -> Request:
    """The request that runs a run again, with the same scripts, inputs and parameters.

    Args:
        run_id: The run.
        store: Where it is on record.
        from_step: Run this step and all that depend on it whatever the cache holds, and take all others as they
            were; of a call of a flow: run its step, and take over the calls before it. None leaves everything to
            the cache.
        use_cache: Whether results may be taken from the cache at all.
        only: Kept in the options.

    Raises:
        NotFound: RUN-001 no such run; RUN-003 no such step or call.
    """
    with store.transaction() as tx:
        run = tx.runs.get(run_id)
        plan = tx.runs.plan(run_id)
        if run is None or plan is None:
            raise NotFound(Problem("RUN-001", {"run": run_id}))
        calls: tuple[Call, ...] = ()
        if from_step is not None and step_called(plan, from_step) is None:
            from_step, calls = _from_call(tx, run, plan, from_step)
    options = replace(run.options, use_cache=use_cache, from_step=from_step, only=only or run.options.only, asked=None)
    return Request(
        plan,
        run.inputs,
        parameters=run.parameters,
        options=options,
        of=run_id,
        pool=run.pool,
        priority=run.priority,
        deployment=run.deployment,
        limits=run.limits,
        document=run.document,
        calls=calls,
    )


def _from_call(tx: Transaction, run: Run, plan: Plan, named: str) -> tuple[str, tuple[Call, ...]]:
    """The step of the call that is meant, of several the first, and the calls before it."""
    known = tx.calls.of_run(run.id) if has_flows(plan) else []
    found = calls_named(known, named)
    if not found:
        raise no_such_step(run, plan, named, calls=known)
    return plan.steps[found[0].step].name, calls_before(known, found[0])

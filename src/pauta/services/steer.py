"""What people ask of a run that exists: cancel it, go on with it, run it again."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import Run
from pauta.ports.store import Transaction
from pauta.services.accept_once import check_key, earlier_run, free_key
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.desk import objects_of
from pauta.services.submit import put_on_record, request_again, store_objects
from pauta.services.view_runs import Asked


def pipeline_of(control: Control, run_id: RunId) -> str:
    """The name of a run's pipeline: who may steer it depends on that.

    Raises:
        NotFound: RUN-001.
    """
    with control.store.transaction() as tx:
        return _known(tx, run_id).pipeline


def cancel(control: Control, run_id: RunId) -> Asked:
    """Cancel a run: nothing new starts, and what runs is ended soon. Asking twice is the same as once.

    Raises:
        NotFound: RUN-001.
        Conflict: RUN-005 when the run has ended, with its state (B68).
    """
    control.desk.cancel(run_id)
    with control.store.transaction() as tx:
        return _asked(tx, run_id)


def resume(control: Control, run_id: RunId) -> Asked:
    """Try the held stages of a run again.

    What its completed steps gave is read and checked first: a power cut may have come before it was on the disk.

    Raises:
        NotFound: RUN-001.
        Conflict: RUN-006 when the run is not held.
        StoreFault: OBJ-001, OBJ-002 when something is lost: running it again makes it anew.
    """
    with control.store.transaction() as tx:
        run, steps = _known(tx, run_id), tx.steps.of_run(run_id)
    for step in steps:
        for address in objects_of(step):
            control.objects.path(address)
    control.desk.reopen(run_id)
    with control.store.transaction() as tx:
        asked = _asked(tx, run_id)
    control.bell.ring(f"pool:{run.pool}")
    return asked


def rerun(
    control: Control,
    run_id: RunId,
    *,
    from_step: str | None,
    use_cache: bool,
    behalf: Behalf | None = None,
    key: str | None = None,
) -> Asked:
    """Record a new run of the same plan, inputs and parameters, in the same place of the queue.

    Args:
        control: The server's hold of the project.
        run_id: The run.
        from_step: Run this step and all that depend on it whatever the cache holds; take the others as they were.
        use_cache: Whether results may be taken from the cache at all.
        behalf: Who asks for it: an audit row is left in the transaction that records the new run.
        key: Asking again with the same key gives the same run.

    Raises:
        NotFound: RUN-001; RUN-003 when it has no such step.
        InvalidInput: IDM-002 for a key that cannot be one.
        Conflict: IDM-001 when the key belongs to a run that was asked for otherwise (B67).
    """
    check_key(key)
    request = request_again(run_id, store=control.store, from_step=from_step, use_cache=use_cache)
    parts = {"run": run_id, "from_step": from_step or "", "use_cache": str(use_cache)} if key is not None else None
    request = replace(
        request,
        asked_by=behalf.name if behalf else None,
        options=structs.replace(request.options, asked=parts),
    )
    store_objects(request, control.objects)
    now = control.now()
    with control.store.transaction(durable=True) as tx:
        if key is not None and parts is not None:
            earlier = earlier_run(tx, key, parts, now=now)
            if earlier is not None:
                return _asked(tx, earlier, identical=True)
            request = replace(request, idempotency_key=free_key(tx, key, now=now))
        made = put_on_record(tx, request, now=now, random_bits=control.random_bits)
        if made is None:
            raise Conflict(Problem("RUN-017", {}))
        if behalf is not None:
            behalf.note(tx, "run.rerun", made, of=run_id, from_step=from_step)
        asked = _asked(tx, made)
    control.bell.ring(f"pool:{request.pool}")
    control.bell.ring("runs")
    return asked


def _asked(tx: Transaction, run_id: RunId, *, identical: bool = False) -> Asked:
    return Asked(run_id, _known(tx, run_id).state.value, identical)


def _known(tx: Transaction, run_id: RunId) -> Run:
    run = tx.runs.get(run_id)
    if run is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    return run

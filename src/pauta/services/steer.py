"""What people ask of a run that exists: cancel it, go on with it, run it again."""

from __future__ import annotations

from pauta.domain.ids import RunId
from pauta.domain.problems import NotFound, Problem
from pauta.services.control import Control
from pauta.services.desk import objects_of
from pauta.services.submit import request_again, submit
from pauta.services.view_runs import Asked


def pipeline_of(control: Control, run_id: RunId) -> str:
    """The name of a run's pipeline: who may steer it depends on that.

    Raises:
        NotFound: RUN-001.
    """
    with control.store.transaction() as tx:
        run = tx.runs.get(run_id)
    if run is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    return run.pipeline


def cancel(control: Control, run_id: RunId) -> Asked:
    """Cancel a run: nothing new starts, and what runs is ended soon. Asking twice is the same as once.

    Raises:
        NotFound: RUN-001.
        Conflict: RUN-005 when the run has ended, with its state (B68).
    """
    control.desk.cancel(run_id)
    return _asked(control, run_id)


def resume(control: Control, run_id: RunId) -> Asked:
    """Try the held stages of a run again.

    What its completed steps gave is read and checked first: a power cut may have come before it was on the disk.

    Raises:
        NotFound: RUN-001.
        Conflict: RUN-006 when the run is not held.
        StoreFault: OBJ-001, OBJ-002 when something is lost: running it again makes it anew.
    """
    with control.store.transaction() as tx:
        steps = tx.steps.of_run(run_id)
    for step in steps:
        for address in objects_of(step):
            control.objects.path(address)
    control.desk.reopen(run_id)
    return _asked(control, run_id)


def rerun(control: Control, run_id: RunId, *, from_step: str | None, use_cache: bool) -> Asked:
    """Record a new run of the same plan, inputs and parameters.

    Args:
        control: The server's hold of the project.
        run_id: The run.
        from_step: Run this step and all that depend on it whatever the cache holds; take the others as they were.
        use_cache: Whether results may be taken from the cache at all.

    Raises:
        NotFound: RUN-001; RUN-003 when it has no such step.
    """
    request = request_again(run_id, store=control.store, from_step=from_step, use_cache=use_cache)
    made = submit(
        request, store=control.store, objects=control.objects, now=control.now(), random_bits=control.random_bits
    )
    return _asked(control, made)


def _asked(control: Control, run_id: RunId) -> Asked:
    """Wake those who wait, and tell where the run stands."""
    with control.store.transaction() as tx:
        run = tx.runs.get(run_id)
    if run is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    control.bell.ring(f"run:{run_id}")
    control.bell.ring(f"pool:{run.pool}")
    return Asked(run_id, run.state.value)

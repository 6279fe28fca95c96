"""Whether a run's secrets are where it will run, as far as a server can tell."""

from __future__ import annotations

from pauta.domain.deploying import WorkerState
from pauta.domain.plan import Plan
from pauta.domain.problems import InvalidInput
from pauta.services.control import Control
from pauta.services.secrets import missing_secrets


def require_secrets_here(control: Control, plan: Plan, *, pool: str) -> None:
    """Check that every secret of a plan is set in the server's own environment, if nobody else would run it.

    A worker elsewhere has an environment of its own: there a step without its secret fails when it begins.

    Raises:
        InvalidInput: PRM-003 for each that is not.
    """
    missing = missing_secrets([step.kwargs for step in plan.steps], control.look_up)
    if missing and pool in control.own_pools and not _others_serve(control, pool):
        raise InvalidInput(missing)


def _others_serve(control: Control, pool: str) -> bool:
    with control.store.transaction() as tx:
        return any(
            pool in worker.pools and worker.state is WorkerState.ACTIVE and worker.owner != control.own_worker
            for worker in tx.workers.all()
        )

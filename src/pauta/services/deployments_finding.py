"""A deployment by its name, as whoever asked wrote it."""

from __future__ import annotations

from pauta.domain.deploying import Deployment
from pauta.domain.problems import NotFound, Problem, shorten
from pauta.ports.store import Transaction
from pauta.services.accept_terms import recordable


def find_deployment(tx: Transaction, name: str) -> Deployment:
    """A deployment.

    Raises:
        NotFound: DEP-001, also for a name that no database can hold.
    """
    deployment = tx.deployments.get(name) if recordable(name) else None
    if deployment is None:
        raise NotFound(Problem("DEP-001", {"deployment": shorten(name)}))
    return deployment

"""The list of all routes of the server: what is not on it is not there."""

from __future__ import annotations

from pauta.server.routes import (
    access,
    calls,
    comparing,
    deployments,
    frames,
    live,
    logs,
    pipelines,
    pools,
    replaying,
    runs,
    schedules,
    steering,
    submitting,
    system,
    triggers,
    upkeep,
    work,
)
from pauta.server.routing import Routes

_SUBJECTS = (
    access,
    calls,
    comparing,
    deployments,
    frames,
    live,
    logs,
    pipelines,
    pools,
    replaying,
    runs,
    schedules,
    steering,
    submitting,
    system,
    triggers,
    upkeep,
    work,
)


def all_routes() -> list[Routes]:
    """The routes of all subjects. A subject whose paths have several bases has several `Routes`."""
    found: list[Routes] = []
    for subject in _SUBJECTS:
        routes: Routes | list[Routes] = subject.ROUTES
        found.extend([routes] if isinstance(routes, Routes) else routes)
    return found

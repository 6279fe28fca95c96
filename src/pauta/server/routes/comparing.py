"""Two runs beside each other."""

from __future__ import annotations

from pauta.domain.access import Permission
from pauta.frames.difference import compare
from pauta.server.caller import ControlDep, LanguageDep
from pauta.server.routes.runs import looker, run_id
from pauta.server.routing import Routes
from pauta.services.difference import difference
from pauta.services.views import RunDifference

ROUTES = Routes("/runs", tag="runs")


@ROUTES.add("GET", "/{run}/diff/{other}", permission=Permission.READ, answers=RunDifference, summary="Compare two runs")
def compare_runs(control: ControlDep, language: LanguageDep, run: str, other: str) -> RunDifference:
    """Scripts, parameters, frames (by their profiles), metrics and states: what differs in the second run."""
    look = looker(control, language)
    first, second = run_id(run), run_id(other)
    now = control.now()
    return difference(
        first,
        second,
        looker=look,
        store=control.store,
        objects=control.objects,
        compare=compare,
        views=(look.view(first, now=now), look.view(second, now=now)),
    )

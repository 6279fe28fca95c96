"""What a step was given, for those who run it again where the objects are."""

from __future__ import annotations

from pauta.domain.access import Permission
from pauta.server.caller import ControlDep, LanguageDep
from pauta.server.routes.runs import looker, run_id
from pauta.server.routing import Routes
from pauta.services.replay import replay_of
from pauta.services.view_replay import GivenView, given_view

ROUTES = Routes("/runs", tag="runs")


@ROUTES.add(
    "GET",
    "/{run}/steps/{step}/given",
    permission=Permission.READ,
    answers=GivenView,
    summary="Show what a step was given",
)
def view_given(control: ControlDep, language: LanguageDep, run: str, step: str) -> GivenView:
    """Scripts, frames, files and arguments, by address. 409 when something it takes was never made."""
    return given_view(replay_of(run_id(run), step, looker=looker(control, language), store=control.store))

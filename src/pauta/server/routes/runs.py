"""Runs to look at: lists, one run, its steps, attempts and history."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Query

from pauta.domain.access import Permission
from pauta.domain.ids import RunId
from pauta.domain.problems import NotFound, Problem, shorten
from pauta.domain.states import RunState
from pauta.server.caller import ControlDep, LanguageDep
from pauta.server.routing import Routes
from pauta.services.control import Control
from pauta.services.look import Looker
from pauta.services.look_logs import History
from pauta.services.view_runs import AttemptList, EventList, Found, RunPage, StepList
from pauta.services.views import RunView, StepView

ROUTES = Routes("/runs", tag="runs")

_RUN = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_NO_NUL = r"^[^\u0000]*$"


def run_id(text: str) -> RunId:
    """A run's id as it stands in a path. What cannot be one is as unknown as any other (B65).

    Raises:
        NotFound: RUN-001.
    """
    if not _RUN.fullmatch(text):
        raise NotFound(Problem("RUN-001", {"run": shorten(text)}))
    return RunId(text)


def looker(control: Control, language: str) -> Looker:
    """Looks runs up for somebody who reads this language."""
    return Looker(control.store, records=str(control.records), language=language)


@ROUTES.add("GET", "", permission=Permission.READ, answers=RunPage, summary="List runs, newest first")
def list_runs(
    control: ControlDep,
    language: LanguageDep,
    limit: Annotated[int, Query(ge=1, le=500, description="Most runs in the answer.")] = 50,
    before: Annotated[
        str | None, Query(pattern=f"^{_RUN.pattern}$", description="The id of a run: those older than it.")
    ] = None,
    state: Annotated[list[RunState] | None, Query(description="Only runs in one of these states.")] = None,
    pipeline: Annotated[str | None, Query(max_length=400, pattern=_NO_NUL, description="Only runs of it.")] = None,
    deployment: Annotated[str | None, Query(max_length=400, pattern=_NO_NUL, description="Only runs of it.")] = None,
    children: Annotated[bool, Query(description="Also runs that flows of other runs began.")] = False,
) -> RunPage:
    """Give `next` of one answer as `before` to get the runs that follow."""
    found = looker(control, language).runs(
        limit=limit + 1,
        before=before,
        states=[s.value for s in state or ()],
        pipeline=pipeline,
        deployment=deployment,
        now=control.now(),
        children=children,
    )
    shown = tuple(found[:limit])
    return RunPage(shown, shown[-1].run if len(found) > limit else None)


@ROUTES.add("GET", "/find", permission=Permission.READ, answers=Found, summary="Find a run by how its id begins")
def find_run(
    control: ControlDep,
    language: LanguageDep,
    prefix: Annotated[str, Query(min_length=1, max_length=64, description="`latest` finds the newest run.")],
) -> Found:
    """409 when several runs begin so."""
    return Found(looker(control, language).find(run_id(prefix)))


@ROUTES.add("GET", "/{run}", permission=Permission.READ, answers=RunView, summary="Show a run with all that is in it")
def view_run(control: ControlDep, language: LanguageDep, run: str) -> RunView:
    """Steps, frames (newest versions), models, and what went wrong."""
    return looker(control, language).view(run_id(run), now=control.now())


@ROUTES.add("GET", "/{run}/children", permission=Permission.READ, answers=RunPage, summary="List the runs of its flows")
def list_children(control: ControlDep, language: LanguageDep, run: str) -> RunPage:
    """The runs that flows of this run began: tasks on pools, pipelines, deployments. Oldest first, all of them."""
    return RunPage(tuple(looker(control, language).children(run_id(run), now=control.now())), None)


@ROUTES.add("GET", "/{run}/steps", permission=Permission.READ, answers=StepList, summary="List the steps of a run")
def list_steps(control: ControlDep, language: LanguageDep, run: str) -> StepList:
    """In the plan's order."""
    return StepList(looker(control, language).view(run_id(run), now=control.now()).steps)


@ROUTES.add("GET", "/{run}/steps/{step}", permission=Permission.READ, answers=StepView, summary="Show a step of a run")
def view_step(control: ControlDep, language: LanguageDep, run: str, step: str) -> StepView:
    """404 when the run has no such step."""
    return looker(control, language).step(run_id(run), step)


@ROUTES.add("GET", "/{run}/attempts", permission=Permission.READ, answers=AttemptList, summary="List a run's attempts")
def list_attempts(control: ControlDep, language: LanguageDep, run: str) -> AttemptList:
    """Every try of every stage: who made it, and how it ended."""
    return History(control.store, language=language).attempts(run_id(run))


@ROUTES.add("GET", "/{run}/events", permission=Permission.READ, answers=EventList, summary="Show a run's history")
def list_events(control: ControlDep, language: LanguageDep, run: str) -> EventList:
    """Oldest first."""
    return History(control.store, language=language).events(run_id(run))

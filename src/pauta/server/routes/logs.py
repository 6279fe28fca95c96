"""A run's log, piece by piece."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from pauta.domain.access import Permission
from pauta.server.caller import ControlDep, LanguageDep
from pauta.server.routes.runs import run_id
from pauta.server.routing import Routes
from pauta.services.look_logs import History
from pauta.services.view_runs import LogPage

ROUTES = Routes("/runs", tag="logs")

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


@ROUTES.add("GET", "/{run}/logs", permission=Permission.READ, answers=LogPage, summary="Read a run's log")
def read_log(
    control: ControlDep,
    language: LanguageDep,
    run: str,
    after: Annotated[int, Query(ge=-1, le=2**53, description="Only lines with a higher number.")] = -1,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most lines to read.")] = 1000,
    step: Annotated[str | None, Query(max_length=400, description="Only lines of this step or call.")] = None,
    level: Annotated[Level, Query(description="Only lines that are at least so severe.")] = "DEBUG",
) -> LogPage:
    """Give `next` of one answer as `after` to get the lines that follow; ask again later unless `over`."""
    return History(control.store, language=language).logs(run_id(run), after=after, limit=limit, step=step, level=level)

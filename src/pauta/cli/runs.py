"""``pauta runs``: the list of runs."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.execution import UNDER_WAY
from pauta.cli.project import find_run, opened
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.domain.states import RunState

if TYPE_CHECKING:
    from pauta.services.views import RunLine

Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", help="opt.limit")]
Before = Annotated[str | None, typer.Option("--before", metavar="RUN", help="opt.before")]
States = Annotated[list[str] | None, typer.Option("--state", metavar="STATE", help="opt.state")]
All = Annotated[bool, typer.Option("--all", help="opt.all_runs")]
PipelineName = Annotated[str | None, typer.Option("--pipeline", metavar="NAME", help="opt.pipeline")]


def runs(
    context: typer.Context,
    limit: Limit = 20,
    before: Before = None,
    states: States = None,
    pipeline: PipelineName = None,
    everything: All = False,
) -> int:
    """List runs."""
    session = session_of(context)
    known = [str(state) for state in RunState]
    unknown = [state for state in states or () if state not in known]
    if unknown:
        values = {"name": "--state", "found": f'"{shorten(unknown[0])}"', "expected": ", ".join(known)}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    with opened(session) as project:
        older = find_run(project, before) if before is not None else None
        lines = project.runs(
            limit=limit, before=older, states=tuple(states or ()), pipeline=pipeline, children=everything
        )
        idle = frozenset(project.idle([line.run for line in lines if line.state in UNDER_WAY]))
    if session.as_json:
        session.answer([{**line.as_json(), "idle": line.run in idle} for line in lines])
    else:
        _draw(lines, idle, session)
    return 0


def _draw(lines: Sequence[RunLine], idle: AbstractSet[str], session: Session) -> None:
    from pauta.cli.amounts import duration
    from pauta.cli.tables import cell, state_cell, table

    words = session.words
    if not lines:
        session.say(words("runs.none"))
        return
    heads = ("head.run", "head.state", "head.created", "head.time", "head.pipeline")
    grid = table(*(words(h) for h in heads), right=(3,), keep=(0, 1, 2))
    for line in lines:
        grid.add_row(
            cell(line.run),
            state_cell("idle" if line.run in idle else line.state, session),
            cell(line.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")),
            cell(duration(line.seconds, words)),
            cell(f"↳ {line.pipeline}" if line.parent else line.pipeline),
        )
    session.out.print(grid)

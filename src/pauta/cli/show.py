"""``pauta show``: one run."""

from __future__ import annotations

import typer

from pauta.cli.execution import UNDER_WAY, present
from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import session_of


def show(context: typer.Context, run: Run) -> int:
    """Show one run."""
    session = session_of(context)
    with opened(session) as project:
        view = project.view(find_run(project, run))
        calls = project.called(view.run) if view.calls else ()
        idle = view.state in UNDER_WAY and view.run in project.idle([view.run])
    present(view, session, calls=calls, idle=idle)
    return 0

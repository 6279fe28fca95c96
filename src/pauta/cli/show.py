"""``pauta show``: one run."""

from __future__ import annotations

import typer

from pauta.cli.execution import present
from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import session_of


def show(context: typer.Context, run: Run) -> int:
    """Show one run."""
    session = session_of(context)
    with opened(session) as project:
        view = project.view(find_run(project, run))
        calls = project.called(view.run) if view.calls else ()
    present(view, session, calls=calls)
    return 0

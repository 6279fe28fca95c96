"""``pauta cancel``: stop a run that has not ended."""

from __future__ import annotations

import typer

from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import session_of


def cancel(context: typer.Context, run: Run) -> int:
    """Cancel a run."""
    session = session_of(context)
    with opened(session) as project:
        view = project.cancel(find_run(project, run))
    if session.as_json:
        session.answer(view.as_json(session.language))
    else:
        session.say(session.words("cancel.done", run=view.run, state=session.words(f"state.{view.state}")))
    return 0

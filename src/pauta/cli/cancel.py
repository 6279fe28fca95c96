"""``pauta cancel``: stop a run that has not ended."""

from __future__ import annotations

import typer

from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import session_of
from pauta.domain.states import FINAL_RUNS


def cancel(context: typer.Context, run: Run) -> int:
    """Cancel a run."""
    session = session_of(context)
    with opened(session) as project:
        view = project.cancel(find_run(project, run))
    if session.as_json:
        session.answer(view.as_json(session.language))
    else:
        key = "cancel.done" if view.state in FINAL_RUNS else "cancel.asked"
        session.say(session.words(key, run=view.run, state=session.words(f"state.{view.state}")))
    return 0

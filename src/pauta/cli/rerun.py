"""``pauta rerun``: a run again, as it was."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.execution import Showing, execute
from pauta.cli.options import NoCache, Quiet, Run, Slots, Verbose
from pauta.cli.project import find_run, opened
from pauta.cli.session import session_of

FromStep = Annotated[str | None, typer.Option("--from", metavar="STEP", help="opt.from")]


def rerun(
    context: typer.Context,
    run: Run,
    from_step: FromStep = None,
    no_cache: NoCache = False,
    slots: Slots = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Run a run again."""
    session = session_of(context)
    with opened(session) as project:
        again = project.rerun(find_run(project, run), from_step=from_step, use_cache=not no_cache)
        names = [step.name for step in project.view(again).steps]
        showing = Showing(quiet=quiet, verbose=verbose, slots=slots)
        return execute(project, again, names=names, showing=showing, session=session)

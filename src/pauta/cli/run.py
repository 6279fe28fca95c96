"""``pauta run``: the main job."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.execution import Showing, execute
from pauta.cli.options import Document, Inputs, NoCache, Only, Parameters, Quiet, Scripts, Slots, Verbose
from pauta.cli.preparing import Given, prepare_to_run, understand
from pauta.cli.project import find_run, opened
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem

Resume = Annotated[str | None, typer.Option("--resume", metavar="RUN", help="opt.resume")]


def run(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    document: Document = None,
    scripts: Scripts = None,
    inputs: Inputs = None,
    parameters: Parameters = None,
    only: Only = None,
    no_cache: NoCache = False,
    slots: Slots = None,
    resume: Resume = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Run a pipeline, or go on with a run."""
    session = session_of(context)
    given = Given(document, scripts, inputs or (), parameters or (), only)
    showing = Showing(quiet=quiet, verbose=verbose, slots=slots)
    if resume is not None:
        return _resume(resume, given, showing, session)
    wanted = understand(given, session)
    with opened(session) as project:
        project.get_ready()
        prepared = prepare_to_run(project, wanted)
        session.warn(prepared.warnings)
        run_id = project.submit(prepared, use_cache=not no_cache)
        names = [step.name for step in prepared.plan.steps]
        return execute(project, run_id, names=names, showing=showing, session=session)


def _resume(run_id: str, given: Given, showing: Showing, session: Session) -> int:
    together = {
        "DOCUMENT": given.document,
        "--scripts": given.scripts,
        "--input": given.inputs,
        "--param": given.parameters,
        "--only": given.only,
    }
    clashes = [
        Problem("CLI-001", {"first": "--resume", "second": name}, variant="together")
        for name, value in together.items()
        if value
    ]
    if clashes:
        raise InvalidInput(clashes)
    with opened(session) as project:
        resumed = project.resume(find_run(project, run_id))
        names = [step.name for step in project.view(resumed).steps]
        return execute(project, resumed, names=names, showing=showing, session=session)

"""``pauta approve``: a yes to what a flow wants to do."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.answering import say_answered, the_one
from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.served import alone
from pauta.cli.session import session_of

Which = Annotated[str | None, typer.Argument(metavar="CALL", help="arg.call", show_default=False)]
Comment = Annotated[str | None, typer.Option("--comment", "-m", metavar="TEXT", help="opt.comment")]


def approve(context: typer.Context, run: Run, call: Which = None, comment: Comment = None) -> int:
    """Approve."""
    return decide(context, run, call, approved=True, comment=comment or "")


def decide(context: typer.Context, run: str, call: str | None, *, approved: bool, comment: str) -> int:
    """Say yes or no, and tell what comes of it."""
    session = session_of(context)
    with opened(session) as project:
        wanted = the_one(project, find_run(project, run), call, kind="approval")
        done = project.decide(wanted.run, wanted.call, approved=approved, comment=comment)
        say_answered(done, session)
    return 0


app = alone(approve)

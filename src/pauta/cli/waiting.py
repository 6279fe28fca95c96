"""``pauta waiting``: what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.project import find_run, opened
from pauta.cli.served import alone
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.services.view_calls import WaitingView

OfRun = Annotated[str | None, typer.Argument(metavar="RUN", help="arg.waiting_run", show_default=False)]


def waiting(context: typer.Context, run: OfRun = None) -> int:
    """List what waits for a person."""
    session = session_of(context)
    with opened(session) as project:
        found = project.waiting(find_run(project, run) if run is not None else None)
    if session.as_json:
        session.answer([each.as_json() for each in found])
    else:
        _draw(found, session)
    return 0


def _draw(found: Sequence[WaitingView], session: Session) -> None:
    from rich.text import Text

    from pauta.cli.call_drawing import draw_question, next_answers
    from pauta.cli.plain_text import one_line

    if not found:
        session.say(session.words("waiting.none"))
        return
    by_run: dict[str, list[WaitingView]] = {}
    for each in found:
        by_run.setdefault(each.run, []).append(each)
    for run, waiting in by_run.items():
        session.out.print(Text(f"{run}  ", style="bold").append(one_line(waiting[0].pipeline), style="default"))
        for each in waiting:
            of = session.words("waiting.begun_by", run=each.top) if each.top != run else ""
            draw_question(each, session, of)
    session.say()
    for arguments, about in next_answers(found[:1]):
        session.say(f"  {session.command(*arguments)}  {session.words(about)}", "dim")


app = alone(waiting)

"""``pauta waiting``: what waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    from pauta.cli.call_drawing import next_answers
    from pauta.cli.call_rows import at_time
    from pauta.cli.tables import cell, table

    words = session.words
    if not found:
        session.say(words("waiting.none"))
        return
    shows: dict[str, Callable[[WaitingView], object]] = {
        "head.run": lambda each: each.run,
        "head.pipeline": lambda each: each.pipeline,
        "head.call": lambda each: each.label,
        "head.asked": lambda each: words(f"asks.{each.kind}"),
        "head.question": lambda each: each.awaited.prompt or each.message or "",
        "head.until": lambda each: at_time(each.awaited.until)[:16] if each.awaited.until else "",
        "head.roles": lambda each: ", ".join(each.awaited.roles),
    }
    cells = {head: [str(show(each)) for each in found] for head, show in shows.items()}
    heads = [head for head in cells if any(cells[head])]
    grid = table(*(words(head) for head in heads), keep=(0, heads.index("head.call"), heads.index("head.asked")))
    for number in range(len(found)):
        grid.add_row(*(cell(cells[head][number]) for head in heads))
    session.out.print(grid)
    session.say()
    for arguments, about in next_answers(found[:1]):
        session.say(f"  {session.command(*arguments)}  {words(about)}", "dim")


app = alone(waiting)

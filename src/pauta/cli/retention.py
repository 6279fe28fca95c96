"""``pauta retention``: keeps to the budgets of days and bytes."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.gc import tell_collected
from pauta.cli.help import PautaCommand
from pauta.cli.session import session_of

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="opt.yes")]


@app.command(cls=PautaCommand)
def retention(context: typer.Context, yes: Yes = False) -> int:
    """Tell what the budgets would remove, or remove it."""
    from pauta.assembly.upkeep import keep_to_budgets

    session = session_of(context)
    view = keep_to_budgets(session.project_folder(), dry_run=not yes, language=session.language)
    if session.as_json:
        session.answer(view.as_json())
    else:
        tell_collected(view, session)
        for reason, count in view.reasons.items():
            session.say(f"  {session.words.counted('runs', count)}, {session.words(f'runs.{reason}')}", "dim")
    return 0

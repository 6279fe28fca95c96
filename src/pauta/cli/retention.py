"""``pauta retention``: keeps to the budgets of days and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.help import PautaCommand
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.services.views import CollectView

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
        _tell(view, session)
    return 0


def _tell(view: CollectView, session: Session) -> None:
    from pauta.cli.amounts import size

    words = session.words
    if not view.runs and not view.objects:
        session.say(words("gc.nothing"))
    else:
        session.say(
            words(
                "gc.would" if view.dry_run else "gc.did",
                runs=words.counted("runs", len(view.runs)),
                objects=words.counted("objects", view.objects),
                size=size(view.bytes, words),
                kept=words.counted("objects", view.kept_objects),
                kept_size=size(view.kept_bytes, words),
            )
        )
    for reason, count in view.reasons.items():
        session.say(f"  {words.counted('runs', count)}, {words(f'runs.{reason}')}", "dim")

"""``pauta plan``: what a run would do, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from pauta.cli.options import Document, Inputs, NoCache, Only, Parameters, Scripts
from pauta.cli.preparing import Given, prepare_to_run, understand
from pauta.cli.project import opened
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.services.views import OutlookLine

_STYLES = {"cached": "cyan", "run": "green", "depends": "yellow"}
_SYMBOLS = {"cached": "=", "run": "▸", "depends": "?"}


def plan(
    context: typer.Context,
    document: Document = None,
    scripts: Scripts = None,
    inputs: Inputs = None,
    parameters: Parameters = None,
    only: Only = None,
    no_cache: NoCache = False,
) -> int:
    """Show what a run would do."""
    session = session_of(context)
    wanted = understand(Given(document, scripts, inputs or (), parameters or (), only), session)
    with opened(session) as project:
        prepared = prepare_to_run(project, wanted)
        session.warn(prepared.warnings)
        lines = project.outlook(prepared, use_cache=not no_cache)
    if session.as_json:
        session.answer({"pipeline": prepared.pipeline.name, "steps": [line.as_json() for line in lines]})
    else:
        _draw(lines, session)
    return 0


def _draw(lines: Sequence[OutlookLine], session: Session) -> None:
    from pauta.cli.tables import cell, table

    words = session.words
    grid = table(words("head.step"), words("head.action"), words("head.reason"))
    for line in lines:
        action = f"{_SYMBOLS.get(line.action, '·')} {words('action.' + line.action)}"
        grid.add_row(cell(line.name), cell(action, _STYLES.get(line.action, "")), cell(line.reason))
    session.out.print(grid)
    counts = {action: sum(line.action == action for line in lines) for action in _STYLES}
    if lines and counts["cached"] == len(lines):
        session.say(words("plan.nothing", steps=words.counted("steps", len(lines))))
    else:
        session.say(words("plan.sentence", **counts))

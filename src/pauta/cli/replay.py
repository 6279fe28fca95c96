"""``pauta replay``: one step of a run, here and now, with its real inputs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Annotated, Any

import typer

from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem

Step = Annotated[str, typer.Argument(metavar="STEP", help="arg.step", show_default=False)]
Pdb = Annotated[bool, typer.Option("--pdb", help="opt.pdb")]


def replay(context: typer.Context, run: Run, step: Step, pdb: Pdb = False) -> int:
    """Run one step again in the foreground."""
    session = session_of(context)
    if pdb and session.as_json:
        raise InvalidInput(Problem("CLI-001", {"first": "--pdb", "second": "--json"}, variant="together"))
    with opened(session) as project:
        run_id = find_run(project, run)
        if session.as_json:
            # What the script prints must not stand beside the one JSON value.
            with redirect_stdout(sys.stderr):
                summary = project.replay(run_id, step, pdb=pdb)
        else:
            summary = project.replay(run_id, step, pdb=pdb)
    facts: Mapping[str, Any] = summary if isinstance(summary, Mapping) else {"result": summary}
    if session.as_json:
        session.answer(facts)
    else:
        _tell(step, facts, session)
    return 0 if facts.get("state", "completed") == "completed" else 1


def _tell(step: str, facts: Mapping[str, Any], session: Session) -> None:
    from pauta.cli.amounts import duration

    words = session.words
    ended = "replay.done" if facts.get("state", "completed") == "completed" else "replay.failed"
    session.say(
        words(ended, step=step, time=duration(facts.get("seconds"), words) or "?", error=facts.get("error", ""))
    )
    if isinstance(facts.get("same"), bool):
        session.say(words("replay.same" if facts["same"] else "replay.other"))

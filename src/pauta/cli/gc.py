"""``pauta gc``: make room."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.project import opened
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from pauta.services.views import CollectView

Yes = Annotated[bool, typer.Option("--yes", "-y", help="opt.yes")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="opt.dry_run")]
KeepRuns = Annotated[int | None, typer.Option("--keep-runs", metavar="N", help="opt.keep_runs")]
OlderThan = Annotated[float | None, typer.Option("--older-than", metavar="DAYS", help="opt.older_than")]


def gc(
    context: typer.Context,
    yes: Yes = False,
    dry_run: DryRun = False,
    keep_runs: KeepRuns = None,
    older_than: OlderThan = None,
) -> int:
    """Remove what nothing needs."""
    session = session_of(context)
    if yes and dry_run:
        raise InvalidInput(Problem("CLI-001", {"first": "--yes", "second": "--dry-run"}, variant="together"))
    with opened(session) as project:
        view = project.collect(dry_run=not yes, keep_runs=keep_runs, older_than_days=older_than)
        if session.as_json:
            session.answer(view.as_json())
            return 0
        tell_collected(view, session)
        if not view.dry_run or not (view.runs or view.objects) or dry_run:
            return 0
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            _hint(session)
            return 0
        if not _agreed(session):
            session.say(session.words("gc.kept"))
            return 0
        tell_collected(project.collect(dry_run=False, keep_runs=keep_runs, older_than_days=older_than), session)
    return 0


def tell_collected(view: CollectView, session: Session) -> None:
    """Say what was removed, or would be."""
    from pauta.cli.amounts import size

    words = session.words
    if not view.runs and not view.objects and not view.log_runs:
        session.say(words("gc.nothing"))
        return
    if view.runs or view.objects:
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
    if view.log_runs:
        session.say(
            words(
                "gc.would_logs" if view.dry_run else "gc.did_logs",
                runs=words.counted("runs", view.log_runs),
                size=size(view.log_bytes, words),
            )
        )


def _hint(session: Session) -> None:
    session.say(f"{session.words('next.title')} {session.command('gc', '--yes')}", "dim")


def _agreed(session: Session) -> bool:
    words = session.words
    letters = words("gc.yes_letters")
    answer = input(f"{words('gc.ask')} [{letters}/N] ")
    return answer.strip().lower()[:1] == letters

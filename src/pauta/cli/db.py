"""``pauta db``: looks after the records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from pauta.cli.help import NounGroup, PautaCommand
from pauta.cli.session import Session, session_of
from pauta.domain.problems import StoreFault

app = typer.Typer(cls=NounGroup, add_completion=False, rich_markup_mode=None)

_FEW = 10

To = Annotated[str, typer.Argument(metavar="TO", help="arg.to", show_default=False)]
From = Annotated[str, typer.Argument(metavar="FROM", help="arg.from", show_default=False)]
OnlyTell = Annotated[bool, typer.Option("--dry-run", help="opt.only_tell")]
Force = Annotated[bool, typer.Option("--force", help="opt.move_aside")]


@app.command("check", cls=PautaCommand)
def check(context: typer.Context) -> int:
    """Check that the records are whole."""
    from pauta.assembly.upkeep import check_records

    session = session_of(context)
    try:
        found = check_records(session.project_folder())
    except StoreFault as fault:
        if fault.problems[0].code == "DB-001" and not session.as_json:
            _show_backups(session)
        raise
    words = session.words
    if session.as_json:
        session.answer({"whole": not found.missing, "objects": found.objects, "missing": found.missing})
    elif found.missing:
        session.say(words("db.missing", count=words.number(found.missing), all=words.number(found.objects)), "yellow")
    else:
        session.say(words("db.whole", objects=words.counted("objects", found.objects)))
    return 1 if found.missing else 0


def _show_backups(session: Session) -> None:
    """What can be put in the place of damaged records."""
    from pauta.assembly import RECORDS
    from pauta.services.upkeep import backups_in

    words = session.words
    found = backups_in(session.project_folder() / RECORDS)
    if not found:
        session.say(words("db.no_backups"))
        return
    session.say(words("db.backups"))
    for view in found[:_FEW]:
        session.say(
            f"  {view.at.astimezone():%Y-%m-%d %H:%M}  {session.command('db', 'restore', view.path, '--force')}"
        )


@app.command("backup", cls=PautaCommand)
def backup(context: typer.Context, to: To) -> int:
    """Write a backup."""
    from pauta.assembly.upkeep import make_backup
    from pauta.cli.amounts import size

    session = session_of(context)
    view = make_backup(session.project_folder(), Path(to).expanduser(), language=session.language)
    if session.as_json:
        session.answer(view.as_json())
        return 0
    words = session.words
    session.say(words("db.backed_up", path=view.path, size=size(view.bytes, words)))
    if view.damaged:
        session.say(words("db.damaged", count=words.number(view.damaged)), "yellow")
    return 0


@app.command("restore", cls=PautaCommand)
def restore(context: typer.Context, source: From, force: Force = False) -> int:
    """Put a backup in place."""
    from pauta.assembly.upkeep import restore_records

    session = session_of(context)
    aside = restore_records(session.project_folder(), Path(source).expanduser(), move_aside=force)
    if session.as_json:
        session.answer({"restored": source, "aside": str(aside) if aside else None})
        return 0
    session.say(session.words("db.restored", path=source))
    if aside is not None:
        session.say(session.words("db.aside", path=aside), "dim")
    return 0


@app.command("upgrade", cls=PautaCommand)
def upgrade(context: typer.Context, dry_run: OnlyTell = False) -> int:
    """Bring older records up to date."""
    from pauta.assembly.upkeep import upgrade_records

    session = session_of(context)
    done = upgrade_records(session.project_folder(), dry_run=dry_run)
    words = session.words
    if session.as_json:
        session.answer(None if done is None else {**msgspec.to_builtins(done), "dry_run": dry_run})
    elif done is None:
        session.say(words("db.current"))
    elif dry_run:
        session.say(words("db.would_upgrade", found=done.found, version=done.version))
        for name, _ in done.statements:
            session.say(f"  {name}", "dim")
    else:
        session.say(words("db.upgraded", found=done.found, version=done.version))
    return 0

"""``pauta config``: the settings as they are in force, and where each comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pauta.cli.help import NounGroup, PautaCommand
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.assembly.settings import Loaded
    from pauta.domain.settings import SettingLine

Name = Annotated[str, typer.Argument(metavar="SETTING", help="arg.setting", show_default=False)]
Changed = Annotated[bool, typer.Option("--changed", help="opt.changed")]

_STYLES = {"flag": "magenta", "environment": "yellow", "file": "cyan", "default": "dim"}


class ConfigGroup(NounGroup):
    """Without a further word it lists the settings."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words after ``config``."""
        listing = not args or (args[0].startswith("-") and args[0] not in ("--help", "-h"))
        return super().parse_args(ctx, ["list", *args] if listing else args)


app = typer.Typer(cls=ConfigGroup, add_completion=False, rich_markup_mode=None)


@app.command("list", cls=PautaCommand)
def list_(context: typer.Context, changed: Changed = False) -> int:
    """List all settings."""
    session = session_of(context)
    lines = [line for line in _load(session).lines() if not changed or line.source != "default"]
    if session.as_json:
        session.answer([line.as_json() for line in lines])
    elif not lines:
        session.say(session.words("config.all_default"))
    else:
        _draw(lines, session)
    return 0


@app.command("get", cls=PautaCommand)
def get(context: typer.Context, name: Name) -> int:
    """Print one setting."""
    session = session_of(context)
    line = _load(session).line(name)
    if session.as_json:
        session.answer(line.as_json())
    else:
        session.say(_value(line.value, session) if line.value is not None else "")
    return 0


def _load(session: Session) -> Loaded:
    from pauta.assembly.settings import load_settings

    return load_settings(session.project_folder(), environ=os.environ)


def _draw(lines: list[SettingLine], session: Session) -> None:
    from pauta.cli.tables import cell, table

    words = session.words
    grid = table(words("head.setting"), words("head.value"), words("head.source"), keep=(0,))
    for line in lines:
        style = _STYLES[line.source]
        dim = "dim" if line.source == "default" else ""
        grid.add_row(cell(line.name, dim), cell(_value(line.value, session), dim), cell(_source(line, session), style))
    session.out.print(grid)


def _value(value: Any, session: Session) -> str:
    if value is None:
        return session.words("config.none")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ", ".join(value) or session.words("config.none")
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _source(line: SettingLine, session: Session) -> str:
    words = session.words
    if line.source == "default":
        return words("config.default")
    if not line.over:
        return line.where
    others = (words("config.over_one", where=where, value=_value(value, session)) for _, where, value in line.over)
    return words("config.over", where=line.where, others=", ".join(others))

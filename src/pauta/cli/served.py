"""What commands share that need a server: the way to it, and how they are put together under a noun."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from pauta.cli.help import NounGroup, PautaCommand
from pauta.cli.session import session_of

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject


def noun() -> typer.Typer:
    """A group of commands about one thing."""
    return typer.Typer(cls=NounGroup, add_completion=False, rich_markup_mode=None)


def alone(command: Callable[..., int]) -> typer.Typer:
    """One command, as an application of its own."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(cls=PautaCommand)(command)
    return app


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function under a noun."""
    return app.command(name, cls=PautaCommand)


@contextmanager
def served(context: typer.Context) -> Iterator[RemoteProject]:
    """The project through its server, for as long as the block lasts.

    Raises:
        InvalidInput: API-104 when there is no server.
    """
    from pauta.assembly.reaching import reach

    session = session_of(context)
    folder = session.project_folder()
    with reach(folder, language=session.language, command=context.command_path) as remote:
        yield remote

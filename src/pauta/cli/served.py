"""What commands share that need a server: the way to it, and how they are put together under a noun."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from pauta.cli.help import NounGroup, PautaCommand
from pauta.cli.session import session_of
from pauta.domain.problems import NotFound, Problem

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


def id_of(named: str, all_of: Callable[[str], Sequence[Mapping[str, Any]]], *, unknown: Problem) -> str:
    """The id that a person means who wrote ``DEPLOYMENT/NAME``; an id stays as it is.

    Args:
        named: As written.
        all_of: Gives the schedules, or the triggers, of a deployment.
        unknown: What is said when there is none of this name.

    Raises:
        NotFound: With that problem.
    """
    deployment, slash, name = named.partition("/")
    if not slash:
        return named
    for row in all_of(deployment):
        if row.get("name") == name:
            return str(row["id"])
    raise NotFound(unknown)


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


@contextmanager
def served_or_own(context: typer.Context, *, makes: bool = False) -> Iterator[RemoteProject]:
    """The project through its server; without one through its own records, as the server would have it.

    Args:
        context: Of the command.
        makes: Records are made if there are none; otherwise a folder without any needs a server.

    Raises:
        InvalidInput: API-104 when there is neither.
    """
    from pauta.assembly import RECORDS
    from pauta.assembly.reaching import reach_or_open

    session = session_of(context)
    folder = session.project_folder()
    if not makes and not (folder / RECORDS).is_dir():
        with served(context) as remote:
            yield remote
        return
    with reach_or_open(folder, language=session.language, say=session.aside) as project:
        yield project

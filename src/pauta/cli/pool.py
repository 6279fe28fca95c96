"""``pauta work-pool``: where stages run."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.listing import Column, done, show_list, show_one, state, when
from pauta.cli.served import command, noun, served_or_own
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

app = noun()

Name = Annotated[str, typer.Argument(metavar="NAME", help="arg.pool", show_default=False)]
Type = Annotated[str, typer.Option("--type", metavar="KIND", help="opt.pool_type")]
Queue = Annotated[str | None, typer.Option("--queue", metavar="NAME", help="opt.queue")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", help="opt.pool_limit")]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="opt.description")]
Most = Annotated[str, typer.Argument(metavar="N", help="arg.most", show_default=False)]

KINDS = ("process", "celery")
COLUMNS = (
    Column("head.pool", "name", keep=True),
    Column("head.kind", "kind", keep=True),
    Column("head.state", state(), keep=True),
    Column("head.workers", "workers", right=True),
    Column("head.running", "running", right=True),
    Column("head.queued", "queued", right=True),
    Column("head.limit", "limit", right=True),
    Column("head.queue", "queue"),
    Column("head.description", "description"),
)
FACTS = (*COLUMNS, Column("head.created", when("created_at")))


@command(app, "create")
def create(
    context: typer.Context,
    name: Name,
    kind: Type = "process",
    queue: Queue = None,
    limit: Limit = None,
    description: Description = None,
) -> int:
    """Make a work pool."""
    session = session_of(context)
    if kind not in KINDS:
        values = {"name": "--type", "found": f'"{shorten(kind)}"', "expected": ", ".join(KINDS)}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    if kind == "celery" and queue is None:
        queue = name
    body = {"name": name, "kind": kind, "queue": queue, "limit": limit, "description": description}
    with served_or_own(context, makes=True) as remote:
        made = remote.client.places.create_pool({k: v for k, v in body.items() if v is not None})
    return done(session, made, "pool.created", name=name, kind=kind)


@command(app, "list")
def list_(context: typer.Context) -> int:
    """List work pools."""
    with served_or_own(context) as remote:
        found = remote.client.places.pools()
    show_list(found, COLUMNS, session_of(context), none="pool.none")
    return 0


@command(app, "show")
def show(context: typer.Context, name: Name) -> int:
    """Show one work pool."""
    with served_or_own(context) as remote:
        found = remote.client.places.pool(name)
    show_one(found, FACTS, session_of(context))
    return 0


@command(app, "pause")
def pause(context: typer.Context, name: Name) -> int:
    """Nothing new starts in it."""
    with served_or_own(context) as remote:
        answer = remote.client.places.switch_pool(name, on=False)
    return done(session_of(context), answer, "pool.paused", name=name)


@command(app, "resume")
def resume(context: typer.Context, name: Name) -> int:
    """It goes on."""
    with served_or_own(context) as remote:
        answer = remote.client.places.switch_pool(name, on=True)
    return done(session_of(context), answer, "pool.resumed", name=name)


@command(app, "remove")
def remove(context: typer.Context, name: Name) -> int:
    """Remove it."""
    with served_or_own(context) as remote:
        remote.client.places.remove_pool(name)
    return done(session_of(context), {"removed": name}, "pool.removed", name=name)


@command(app, "set-limit")
def set_limit(context: typer.Context, name: Name, most: Most) -> int:
    """At most so many stages at a time over all its workers."""
    limit = most_of(most)
    with served_or_own(context) as remote:
        answer = remote.client.places.change_pool(name, {"limit": limit})
    session = session_of(context)
    if limit is None:
        return done(session, answer, "pool.unlimited", name=name)
    return done(session, answer, "pool.limited", name=name, most=session.words.number(limit))


def most_of(text: str) -> int | None:
    """A number of stages, or None for ``none``.

    Raises:
        InvalidInput: CLI-001 when it is neither.
    """
    if text == "none":
        return None
    if not text.isdecimal() or int(text) >= 2**31:
        values = {"name": "N", "found": f'"{shorten(text)}"', "expected": "0, 1, 2 …, none"}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    return int(text)

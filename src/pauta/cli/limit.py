"""``pauta limit``: how much may go on at a time under a key."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.listing import Column, done, show_list
from pauta.cli.pool import most_of
from pauta.cli.served import command, noun, served
from pauta.cli.session import session_of

app = noun()

Key = Annotated[str, typer.Argument(metavar="KEY", help="arg.limit_key", show_default=False)]
Most = Annotated[str, typer.Argument(metavar="N", help="arg.most", show_default=False)]

COLUMNS = (
    Column("head.key", "key", keep=True),
    Column("head.limit", "most", right=True),
    Column("head.in_use", "held", right=True, always=True),
)


@command(app, "set")
def set_(context: typer.Context, key: Key, most: Most) -> int:
    """Set a limit."""
    limit = most_of(most)
    session = session_of(context)
    with served(context) as remote:
        if limit is None:
            remote.client.places.remove_limit(key)
            return done(session, {"removed": key}, "limit.removed", key=key)
        remote.client.places.set_limit(key, limit)
    return done(session, {"key": key, "most": limit}, "limit.set", key=key, most=session.words.number(limit))


@command(app, "list")
def list_(context: typer.Context) -> int:
    """List limits."""
    with served(context) as remote:
        found = remote.client.places.limits()
    show_list(found, COLUMNS, session_of(context), none="limit.none")
    return 0


@command(app, "remove")
def remove(context: typer.Context, key: Key) -> int:
    """Lift a limit."""
    with served(context) as remote:
        remote.client.places.remove_limit(key)
    return done(session_of(context), {"removed": key}, "limit.removed", key=key)

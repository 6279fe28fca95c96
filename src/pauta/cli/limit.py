"""``pauta limit``: how much may go on at a time, or begin in any period, under a key."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.amounts import length
from pauta.cli.listing import Column, done, show_list
from pauta.cli.pool import most_of
from pauta.cli.served import command, noun, served
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

app = noun()

Key = Annotated[str, typer.Argument(metavar="KEY", help="arg.limit_key", show_default=False)]
Per = Annotated[str | None, typer.Option("--per", metavar="TIME", help="opt.per")]
Most = Annotated[str, typer.Argument(metavar="N", help="arg.most", show_default=False)]

COLUMNS = (
    Column("head.key", "key", keep=True),
    Column("head.limit", "most", right=True),
    Column("head.per", lambda row, _: length(row["period_seconds"]) if row.get("period_seconds") else ""),
    Column("head.in_use", "held", right=True, always=True),
)


@command(app, "set")
def set_(context: typer.Context, key: Key, most: Most, per: Per = None) -> int:
    """Set a limit."""
    limit, period = most_of(most), _period_of(per)
    session = session_of(context)
    with served(context) as remote:
        if limit is None:
            remote.client.places.remove_limit(key)
            return done(session, {"removed": key}, "limit.removed", key=key)
        remote.client.places.set_limit(key, limit, period_seconds=period)
    said = {"key": key, "most": limit, "period_seconds": period}
    if period is None:
        return done(session, said, "limit.set", key=key, most=session.words.number(limit))
    return done(session, said, "limit.set_per", key=key, most=session.words.number(limit), per=length(period))


def _period_of(text: str | None) -> float | None:
    """Seconds.

    Raises:
        InvalidInput: CLI-001 when it is no length of time.
    """
    if text is None:
        return None
    from pauta.domain.quantities import duration_of

    period = duration_of(text)
    if period is None:
        values = {"name": "--per", "found": f'"{shorten(text)}"', "expected": "1s, 10s, 1m, 1h"}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    return period.total_seconds()


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

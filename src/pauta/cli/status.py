"""``pauta status``: how the server is."""

from __future__ import annotations

import typer

from pauta.cli.amounts import duration
from pauta.cli.listing import Column, Row, show_one
from pauta.cli.served import alone, served
from pauta.cli.session import Session, session_of


def _late(row: Row, session: Session) -> object:
    seconds = float(row.get("lateness_seconds") or 0)
    return duration(seconds, session.words) if seconds >= 1 else ""


def _me(row: Row, session: Session) -> object:
    return f"{row['me'].get('name', '?')} ({row['me'].get('role', '?')})"


FACTS = (
    Column("status.url", "url"),
    Column("status.version", "version"),
    Column("status.me", _me),
    Column("status.runs", "runs"),
    Column("status.queued", "queued"),
    Column("status.leased", "leased"),
    Column("status.workers", "workers"),
    Column("status.stuck", lambda row, _: row.get("stuck") or None),
    Column("status.late", _late),
)


def status(context: typer.Context) -> int:
    """Show how the server is, and as whom it knows us."""
    with served(context) as remote:
        found = {"url": remote.client.url, **remote.client.house.status(), "me": remote.client.house.me()}
    show_one(found, FACTS, session_of(context))
    return 0


app = alone(status)

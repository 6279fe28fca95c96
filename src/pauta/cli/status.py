"""``pauta status``: how the server is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from pauta.cli.listing import text_of
from pauta.cli.served import alone, served
from pauta.cli.session import Session, session_of


def status(context: typer.Context) -> int:
    """Show how the server is, and as whom it knows us."""
    session = session_of(context)
    with served(context) as remote:
        found = {"url": remote.client.url, **remote.client.house.status()}
        me = remote.client.house.me()
    if session.as_json:
        session.answer({**found, "me": me})
        return 0
    _draw({**found, "me": f"{me.get('name', '?')} ({me.get('role', '?')})"}, session)
    return 0


def _draw(found: Mapping[str, Any], session: Session) -> None:
    from rich.table import Table
    from rich.text import Text

    from pauta.cli.tables import cell

    grid = Table.grid(padding=(0, 2))
    for name, value in _flat("", found):
        key = f"status.{name}"
        label = session.words(key) if session.words.has(key) else name.replace("_", " ")
        grid.add_row(Text(label, style="dim"), cell(text_of(value, session)))
    session.out.print(grid)


def _flat(prefix: str, found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


app = alone(status)

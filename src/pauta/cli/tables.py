"""Tables that read well at 80 columns and in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pauta.cli.plain_text import clean, one_line
from pauta.cli.session import Session

STATE_STYLES = {
    "completed": "green",
    "failed": "red",
    "crashed": "red",
    "held": "magenta",
    "cancelled": "yellow",
    "skipped": "dim",
    "running": "blue",
    "paused": "yellow",
    "pending": "dim",
}
STATE_SYMBOLS = {
    "completed": "✓",
    "failed": "✗",
    "crashed": "✗",
    "held": "‖",
    "cancelled": "■",
    "skipped": "-",
    "running": "▸",
    "pending": "·",
    "scheduled": "·",
    "paused": "‖",
}


def table(*titles: str, right: Sequence[int] = (), keep: Sequence[int] = ()) -> Table:
    """A light table.

    Args:
        titles: Heads of the columns.
        right: Indexes of the columns whose values are numbers.
        keep: Indexes of the columns that are never broken over lines.
    """
    grid = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 1))
    for index, title in enumerate(titles):
        is_right = index in right
        grid.add_column(
            title,
            justify="right" if is_right else "left",
            no_wrap=is_right or index in keep,
            overflow="fold",
        )
    return grid


def cell(value: object, style: str = "") -> Text:
    """A value as a cell: on one line, harmless for the terminal."""
    return Text(one_line(value), style=style)


def state_cell(state: str, session: Session) -> Text:
    """A state with its symbol and colour."""
    label = session.words(f"state.{state}") if session.words.has(f"state.{state}") else state
    return Text(f"{STATE_SYMBOLS.get(state, '·')} {label}", style=STATE_STYLES.get(state, ""))


def heading(console: Console, text: str) -> None:
    """A heading with a line of air before it."""
    console.print()
    console.print(Text(clean(text), style="bold"), soft_wrap=True)

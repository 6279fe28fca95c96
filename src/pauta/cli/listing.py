"""Lists and single things as a server sends them, drawn as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pauta.cli.session import Session

Row = Mapping[str, Any]
Show = Callable[[Row, Session], object]

_STYLES = {"paused": "yellow", "lost": "red", "draining": "yellow", "left": "dim", "stopped": "red", "ended": "dim"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    Attributes:
        head: Key of its head's words.
        value: A field's name, or what makes the cell of a row.
        right: Whether its values are numbers.
        keep: Whether its values are never broken over lines.
        always: Whether it is shown even when no row has anything in it.
    """

    head: str
    value: str | Show
    right: bool = False
    keep: bool = False
    always: bool = False


def show_list(rows: Sequence[Row], columns: Sequence[Column], session: Session, *, none: str) -> None:
    """A list: a table for a person, the rows as they came for a program.

    Args:
        rows: What is listed.
        columns: What is shown of each.
        session: The call.
        none: Key of the sentence that is said when there is nothing.
    """
    if session.as_json:
        session.answer(list(rows))
        return
    if not rows:
        session.say(session.words(none))
        return
    from pauta.cli.tables import table

    cells = {column: [_cell(row, column, session) for row in rows] for column in columns}
    shown = [column for column in columns if column.always or any(cell.plain for cell in cells[column])]
    heads = [session.words(column.head) for column in shown]
    right = [i for i, column in enumerate(shown) if column.right]
    keep = [i for i, column in enumerate(shown) if column.keep]
    grid = table(*heads, right=right, keep=keep)
    for number in range(len(rows)):
        grid.add_row(*(cells[column][number] for column in shown))
    session.out.print(grid)


def show_one(row: Row, columns: Sequence[Column], session: Session) -> None:
    """One thing: its fields below each other for a person, the thing as it came for a program."""
    if session.as_json:
        session.answer(dict(row))
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for column in columns:
        cell = _cell(row, column, session)
        if cell.plain:
            grid.add_row(Text(session.words(column.head), style="dim"), cell)
    session.out.print(grid)


def done(session: Session, answer: Any, sentence: str, /, **values: object) -> int:
    """Say what was done; for a program, what the server answered."""
    if session.as_json:
        session.answer(answer)
    else:
        session.say(session.words(sentence, **values))
    return 0


def _cell(row: Row, column: Column, session: Session) -> Any:
    from rich.text import Text

    from pauta.cli.tables import cell

    value = row.get(column.value) if isinstance(column.value, str) else column.value(row, session)
    return value if isinstance(value, Text) else cell(text_of(value, session))


def text_of(value: object, session: Session) -> str:
    """A value of JSON as people read it."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return session.words("value.yes" if value else "value.no")
    if isinstance(value, Mapping):
        texts = {name: text_of(inner, session) for name, inner in value.items()}
        return ", ".join(f"{name}={text}" for name, text in texts.items() if text)
    if isinstance(value, list | tuple):
        return ", ".join(text_of(inner, session) for inner in value)
    if isinstance(value, int | float):
        return session.words.number(value)
    return str(value)


def who(field: str) -> Show:
    """A token's name without the id behind it, which `--json` has."""

    def show(row: Row, session: Session) -> object:
        return str(row.get(field) or "").partition(" (")[0]

    return show


def when(field: str, *, digits: int | None = None) -> Show:
    """A time in the reader's zone, to the second; with 16 digits to the minute, with 10 the date alone."""

    def show(row: Row, session: Session) -> object:
        return local_time(row.get(field))[:digits]

    return show


def local_time(text: object) -> str:
    """A time of JSON in this machine's zone; what is none stays as it is."""
    if not isinstance(text, str):
        return ""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def state(*, usual: str = "") -> Show:
    """A state, coloured; words of this program where it has some. The usual one is not worth a word in a list."""

    def show(row: Row, session: Session) -> object:
        from rich.text import Text

        from pauta.cli.plain_text import one_line

        name = one_line(row.get("state") or "")
        if name == usual:
            return ""
        key = f"switch.{name}"
        return Text(session.words(key) if session.words.has(key) else name, style=_STYLES.get(name, ""))

    return show

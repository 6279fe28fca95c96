"""A frame as people look at it: what columns it has, how their values lie, the first rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from pauta.cli.amounts import count, figure, size
from pauta.cli.plain_text import as_json, one_line
from pauta.cli.session import Session
from pauta.cli.small_charts import histogram, share_bar, sparkline
from pauta.cli.tables import cell, heading, table

if TYPE_CHECKING:
    from pauta.services.views import FrameView

MOST_COLUMNS = 60
_WIDEST_CELL = 24
_CHART_WIDTH = 14
_LAST_ROWS = 3
_WIDEST_LIMIT = 10


def draw_frame(frame: FrameView, profile: Mapping[str, Any] | None, *, rows: int, session: Session) -> None:
    """The frame's size, its columns with their profile, and its first rows."""
    words = session.words
    made = words("frame.of_step", step=frame.made_by) if frame.made_by else words("frame.of_input")
    session.say(f"{frame.name}: {made}", "bold")
    if frame.kind == "frame":
        rows_in_words = words.counted("rows", frame.rows or 0)
        columns = words.counted("columns", len(frame.columns))
        session.say(words("frame.summary", rows=rows_in_words, columns=columns, size=size(frame.size, words)))
    else:
        session.say(f"{frame.kind} {frame.format}, {size(frame.size, words)}")
    if frame.columns:
        session.say()
        _draw_columns(frame, profile, session)
    preview = (profile or {}).get("preview")
    if preview and preview.get("columns"):
        heading(session.out, words("frame.preview"))
        _draw_preview(preview, rows=rows, total=frame.rows, session=session)
    elif frame.value is not None:
        session.say(as_json(frame.value))
    else:
        session.say(words("frame.no_preview"), "dim")


def _draw_columns(frame: FrameView, profile: Mapping[str, Any] | None, session: Session) -> None:
    words = session.words
    details: Mapping[str, Mapping[str, Any]] = (profile or {}).get("detail") or {}
    heads = ("head.column", "head.type", "head.nulls", "head.min", "head.mean", "head.max", "head.spread")
    grid = table(*(words(h) for h in heads), right=(2, 3, 4, 5), keep=(6,))
    for column in frame.columns[:MOST_COLUMNS]:
        found = details.get(column.name, {})
        grid.add_row(
            cell(column.name),
            cell(_short_type(column.dtype)),
            _nulls(found.get("nulls"), frame.rows, session),
            *(cell(_short(found.get(key), session)) for key in ("min", "mean", "max")),
            cell(_chart(found)),
        )
    session.out.print(grid)
    rest = [column.name for column in frame.columns[MOST_COLUMNS:]]
    if rest:
        session.say(words("frame.wide", columns=words.counted("columns", len(rest)), names=", ".join(rest[:20])), "dim")
    sampled = (profile or {}).get("sampled")
    if sampled:
        session.say(words("frame.sampled", rows=words.counted("rows", sampled)), "dim")
    _draw_top(details, sampled or frame.rows or 0, session)


def _nulls(nulls: object, rows: int | None, session: Session) -> Text:
    if not isinstance(nulls, int):
        return cell("")
    if not nulls or not rows:
        return cell(nulls, "dim")
    share = 100 * nulls / rows
    return cell(f"{'<1' if share < 1 else f'{share:.0f}'} %", "yellow")


def _short_type(dtype: str) -> str:
    if dtype.startswith("timestamp"):
        zone = dtype.partition("tz=")[2].rstrip("]")
        return f"time {zone}".strip()
    return dtype.removeprefix("large_")


def _short(value: object, session: Session) -> str:
    text = one_line(figure(value, session.words))
    if len(text) <= _WIDEST_LIMIT:
        return text
    is_time = text[4:5] == text[7:8] == "-" and text[10:11] == "T"
    return text[:10] if is_time else text[: _WIDEST_LIMIT - 1] + "…"


def _chart(found: Mapping[str, Any]) -> str:
    """How the values lie: numbers between their limits, others from the commonest value down."""
    quantiles = [float(q) for q in found.get("quantiles") or () if math.isfinite(q)]
    if len(quantiles) > 1:
        return sparkline(histogram(quantiles, _CHART_WIDTH))
    return sparkline([float(number) for _, number in found.get("top") or ()])


def _is_listed(found: Mapping[str, Any]) -> bool:
    """Whether the commonest values say more than a chart: text, and numbers of few different values."""
    top = found.get("top")
    if not top or isinstance(top[0][0], float):
        return False
    return not found.get("quantiles") or found.get("distinct") == len(top)


def _draw_top(details: Mapping[str, Mapping[str, Any]], looked_at: int, session: Session) -> None:
    shown = [(name, found["top"][:5]) for name, found in details.items() if _is_listed(found)]
    if not shown or not looked_at:
        return
    words = session.words
    session.say()
    grid = table(words("head.column"), words("head.value"), words("head.rows"), "", right=(2,), keep=(3,))
    for name, top in shown[:12]:
        for index, (value, number) in enumerate(top):
            bar = share_bar(number / looked_at, _CHART_WIDTH)
            grid.add_row(
                cell(name if index == 0 else ""),
                cell(_cut(one_line(value))),
                cell(count(number, words)),
                cell(bar, "cyan"),
            )
    session.out.print(grid)


def _draw_preview(preview: Mapping[str, Any], *, rows: int, total: int | None, session: Session) -> None:
    words = session.words
    names = [one_line(name) for name in preview.get("columns") or ()]
    head = [_cells(row) for row in preview["head"][:rows]]
    tail = [_cells(row) for row in preview.get("tail") or ()][-min(rows, _LAST_ROWS) :]
    if (total or 0) <= len(head) + len(tail):
        tail = []
    fitting = columns_that_fit(names, [*head, *tail], session.out.width)
    grid = table(*names[:fitting], keep=range(fitting))
    for row in head:
        grid.add_row(*(Text(value) for value in row[:fitting]))
    if tail:
        grid.add_row(*(Text("⋮", style="dim") for _ in range(fitting)))
    for row in tail:
        grid.add_row(*(Text(value) for value in row[:fitting]))
    session.out.print(grid)
    if fitting < len(names):
        rest = names[fitting:]
        session.say(words("frame.wide", columns=words.counted("columns", len(rest)), names=", ".join(rest[:20])), "dim")
    if len(head) < min(rows, total or 0):
        session.say(
            words("frame.preview_short", some=words.counted("rows", len(head)), rows=count(total, words)), "dim"
        )


def _cells(row: Sequence[Any]) -> list[str]:
    return [_cut(_value(value)) for value in row]


def _value(value: object) -> str:
    """A cell: floats to six digits, as the file written by ``--to`` has them all."""
    if value is None:
        return "∅"
    return f"{value:.6g}" if isinstance(value, float) else one_line(value)


def _cut(text: str) -> str:
    return text if cell_len(text) <= _WIDEST_CELL else text[: _WIDEST_CELL - 1] + "…"


def columns_that_fit(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> int:
    """How many columns of a table stand beside each other in `width` terminal cells; at least one."""
    used = 0
    for index, name in enumerate(names):
        widest = max([cell_len(name), *(cell_len(row[index]) for row in rows if index < len(row))])
        used += widest + 2
        if used > width and index > 0:
            return index
    return max(1, len(names)) if names else 0

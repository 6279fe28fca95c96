"""The line of the user's own file that a problem speaks of, and where the caret goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pauta.domain.problems import Place

_LARGEST_FILE = 8 * 1024 * 1024


def source_line(place: Place, roots: Sequence[Path]) -> str | None:
    """The line at a place, looked for as given and under each of these folders; None when it cannot be had."""
    if place.file is None or place.line is None:
        return None
    for path in (Path(place.file), *(root / place.file for root in roots)):
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST_FILE:
                continue
            lines = path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
        except OSError:
            continue
        return lines[place.line - 1].rstrip("\r") if 0 < place.line <= len(lines) else None
    return None


def window(line: str, column: int | None, width: int) -> tuple[str, int | None]:
    """A part of the line that fits, with the column in it, and the column's index in that part.

    Args:
        line: One line of source.
        column: From 1, in characters; None when only the line is known.
        width: Most characters to show.
    """
    text = "".join(" " if c == "\t" or not c.isprintable() else c for c in line)
    if column is None:
        stripped = text.lstrip()
        return (stripped if len(stripped) <= width else stripped[: width - 1] + "…"), None
    at = min(max(column - 1, 0), len(text))
    start = 0
    if len(text) > width:
        start = max(0, min(at - width // 2, len(text) - width))
    shown = text[start : start + width]
    if start > 0:
        shown = "…" + shown[1:]
    if start + width < len(text):
        shown = shown[:-1] + "…"
    # Indentation that every line of a block shares says nothing here.
    indent = len(shown) - len(shown.lstrip())
    indent = min(indent, at - start)
    return shown[indent:].rstrip(), at - start - indent

"""Reads the SQL texts: a ``-- name`` line, then the statement."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"
_MARK = "\n-- "
_HEAD = "Made by pauta.storage.compiling; change the tables or the statements, not this file."


def join(texts: Mapping[str, str]) -> str:
    """A file's text from statements by name."""
    parts = [f"-- {name}\n" + "\n".join(line.rstrip() for line in text.splitlines()) for name, text in texts.items()]
    return f"-- {_HEAD}\n" + "".join(f"\n{part}\n" for part in parts)


def split(text: str) -> dict[str, str]:
    """Statements by name from a file's text."""
    found: dict[str, str] = {}
    for part in text.split(_MARK)[1:]:
        name, _, body = part.partition("\n")
        found[name] = body.strip()
    return found


def load(name: str) -> dict[str, str]:
    """Statements by name from ``sql/<name>.sql``."""
    return split((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))

"""Documents, scripts and their differences on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.cli.session import Session

_LEXERS = {"py": "python", "json": "json", "yaml": "yaml", "yml": "yaml"}
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def draw_code(text: str, *, file: str, session: Session) -> None:
    """A text with its colours on a terminal; as it is everywhere else."""
    from pauta.cli.plain_text import clean

    harmless = clean(text).rstrip("\n")
    if not session.out.is_terminal:
        session.say(harmless)
        return
    from rich.syntax import Syntax

    lexer = _LEXERS.get(file.rpartition(".")[2].lower(), "text")
    session.out.print(Syntax(harmless, lexer, background_color="default", word_wrap=True))


def draw_version_diff(found: Mapping[str, Any], session: Session) -> None:
    """How two versions of a pipeline differ: the document, then each script."""
    texts = {"": str(found.get("document") or ""), **dict(found.get("scripts") or {})}
    if not any(texts.values()):
        session.say(session.words("pipeline.same"))
        return
    for name, text in texts.items():
        if text:
            if name:
                session.say(name, "bold")
            draw_diff(text, session)


def draw_diff(text: str, session: Session) -> None:
    """A unified diff, added and removed lines coloured."""
    for line in text.splitlines():
        session.say(line, _DIFF_STYLES.get(line[:1], ""))

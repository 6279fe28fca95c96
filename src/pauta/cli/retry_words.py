"""The sentence that tells of a retry."""

from __future__ import annotations

from datetime import datetime

from pauta.cli.plain_text import one_line
from pauta.cli.words import Words
from pauta.domain.problems import Problem


def retry_sentence(name: str, problem: Problem, next_at: datetime | None, attempt: int, words: Words) -> str:
    """Which step, which attempt failed and why, and when the next one begins (local time)."""
    when = words("run.retry_now")
    if next_at is not None:
        when = words("run.retry_at", time=next_at.astimezone().strftime("%H:%M:%S"))
    text = words(
        "run.retry", step=one_line(name), attempt=attempt, when=when, problem=one_line(problem.line(words.language))
    )
    return f"↻ {text}"

"""Problems as people see them: code, place, the line itself with a caret, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pauta.cli.plain_text import clean, one_line
from pauta.cli.source_lines import source_line, window
from pauta.cli.words import Words
from pauta.domain.problems import Place, Problem

MOST_SHOWN = 100


def draw_problems(problems: Sequence[Problem], *, console: Console, words: Words, roots: Sequence[Path]) -> None:
    """All problems, the first hundred in full.

    Args:
        roots: Folders that the places' files may be relative to.
    """
    for problem in problems[:MOST_SHOWN]:
        draw_problem(problem, console=console, words=words, roots=roots)
    if len(problems) > MOST_SHOWN:
        console.print(Text(words("problem.rest", count=len(problems) - MOST_SHOWN)))
    if len(problems) > 1:
        console.print(Text(words("problem.many", count=len(problems)), style="bold red"))


def draw_warnings(problems: Sequence[Problem], *, console: Console, words: Words, roots: Sequence[Path]) -> None:
    """Doubtful things, the first hundred: nothing is stopped by them."""
    for problem in problems[:MOST_SHOWN]:
        draw_problem(problem, console=console, words=words, roots=roots, mark="!", style="yellow")
    if len(problems) > MOST_SHOWN:
        console.print(Text(words("problem.rest", count=len(problems) - MOST_SHOWN)))


def draw_problem(
    problem: Problem, *, console: Console, words: Words, roots: Sequence[Path], mark: str = "✗", style: str = "red"
) -> None:
    """One problem."""
    head = Text(f"{mark} ", style=style).append(problem.code, style=f"bold {style}")
    where = _where(problem.place, words) if problem.place else ""
    if where:
        head.append("  ").append(where, style="bold")
    console.print(head, soft_wrap=True)
    _indented(problem.message(words.language), console)
    if not problem.traceback:
        _source(problem.place, console=console, roots=roots)
    else:  # it shows the line too, as it was when the script ran
        console.print(Text(f"  {words('problem.script')}", style="dim"))
        for line in clean(problem.traceback).rstrip().split("\n"):
            console.print(Text(f"    {line}"), soft_wrap=True)
    remedy = problem.remedy(words.language)
    if remedy:
        _indented(remedy, console, mark="→ ", style="green")


def _where(place: Place, words: Words) -> str:
    parts = [one_line(place.file)] if place.file else []
    if place.line is not None:
        parts.append(words("problem.line", line=place.line))
    if place.column is not None:
        parts.append(words("problem.column", column=place.column))
    where = ", ".join(parts)
    if place.field:
        return f"{where}: {one_line(place.field)}" if where else one_line(place.field)
    return where


def _indented(text: str, console: Console, *, mark: str = "", style: str = "") -> None:
    """Wrapped to the width, two columns in, without the blanks at line ends that a table or padding would leave."""
    first = mark
    for line in Text(clean(text)).wrap(console, max(20, console.width - 2 - len(mark))):
        line.rstrip()
        console.print(Text(f"  {first}{line.plain}", style=style), soft_wrap=True)
        first = " " * len(mark)


def _source(place: Place | None, *, console: Console, roots: Sequence[Path]) -> None:
    line = source_line(place, roots) if place else None
    if place is None or line is None or not line.strip():
        return
    number = f"  {place.line:>5} │ "
    shown, caret = window(line, place.column, max(20, console.width - len(number) - 1))
    console.print(Text(number, style="dim").append(shown, style="default"), no_wrap=True, overflow="ignore")
    if caret is not None:
        gap = " " * cell_len(shown[:caret])
        console.print(Text(f"  {'':>5} │ ", style="dim").append(f"{gap}^", style="bold red"), no_wrap=True)

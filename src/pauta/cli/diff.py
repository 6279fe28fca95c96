"""``pauta diff``: how two runs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.services.views import FrameDifference, RunDifference

Other = Annotated[str, typer.Argument(metavar="OTHER", help="arg.other", show_default=False)]
_SHORT = 8
_LISTS = ("new", "vanished")


def diff(context: typer.Context, run: Run, other: Other) -> int:
    """Compare two runs."""
    session = session_of(context)
    with opened(session) as project:
        difference = project.difference(find_run(project, run), find_run(project, other))
    if session.as_json:
        session.answer(difference.as_json())
    else:
        _draw(difference, session)
    return 0


def _draw(difference: RunDifference, session: Session) -> None:
    from pauta.cli.tables import heading

    words, out = session.words, session.out
    session.say(f"{difference.runs[0]} → {difference.runs[1]}", "bold")
    frames = [frame for frame in difference.frames if not frame.same]
    parts = (difference.scripts, difference.parameters, difference.steps, difference.metrics)
    if not frames and not any(parts):
        session.say(words("diff.same"))
        return
    if difference.scripts:
        heading(out, words("head.scripts"))
        _draw_pairs("head.step", {k: _versions(v) for k, v in difference.scripts.items()}, difference, session)
        for text in difference.script_texts.values():
            _draw_source(text, session)
    for title, first, pairs in (
        ("head.parameters", "head.parameter", difference.parameters),
        ("head.steps", "head.step", difference.steps),
        ("head.metrics", "head.metric", difference.metrics),
    ):
        if pairs:
            heading(out, words(title))
            _draw_pairs(first, pairs, difference, session)
    if frames:
        heading(out, words("head.frames"))
        _draw_frames(frames, session)
    same = [frame.name for frame in difference.frames if frame.same]
    if same:
        session.say()
        session.say(words("diff.same_frames", names=", ".join(same)), "dim")


def _versions(pair: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    return pair[0] and pair[0][:_SHORT], pair[1] and pair[1][:_SHORT]


def _draw_pairs(first: str, pairs: Mapping[str, tuple[Any, Any]], difference: RunDifference, session: Session) -> None:
    from pauta.cli.amounts import figure
    from pauta.cli.tables import cell, table

    words = session.words
    numeric = all(isinstance(v, (int, float)) or v is None for pair in pairs.values() for v in pair)
    grid = table(words(first), *difference.runs, right=(1, 2) if numeric else ())
    for name, (before, after) in pairs.items():
        grid.add_row(
            cell(name),
            *(cell(words("diff.absent"), "dim") if v is None else cell(figure(v, words)) for v in (before, after)),
        )
    session.out.print(grid)


def _draw_source(text: str, session: Session) -> None:
    from rich.text import Text

    from pauta.cli.plain_text import clean

    styles = {"+": "green", "-": "red", "@": "cyan"}
    session.say()
    for line in clean(text).rstrip("\n").split("\n"):
        session.out.print(Text(f"  {line}", style=styles.get(line[:1], "dim")), soft_wrap=True)


def _draw_frames(frames: list[FrameDifference], session: Session) -> None:
    from pauta.cli.tables import cell, table

    words = session.words
    grid = table(words("head.frame"), words("head.difference"))
    for frame in frames:
        for index, line in enumerate(_frame_lines(frame, session)):
            grid.add_row(cell(frame.name if index == 0 else ""), cell(line))
    session.out.print(grid)


def _frame_lines(frame: FrameDifference, session: Session) -> Iterator[str]:
    from pauta.cli.amounts import count

    words = session.words
    before, after = (count(rows, words) or words("diff.absent") for rows in frame.rows)
    found = False
    if before != after:
        found = True
        yield words("diff.rows", before=before, after=after)
    for name in frame.added:
        found = True
        yield words("diff.added", name=name)
    for name in frame.removed:
        found = True
        yield words("diff.removed", name=name)
    for name, (old, new) in frame.retyped.items():
        found = True
        yield words("diff.retyped", name=name, before=old, after=new)
    for name, changes in frame.columns.items():
        found = True
        yield f"{name}: {_changes(changes, session)}"
    if not found:
        yield words("diff.values")


def _changes(changes: Mapping[str, Any], session: Session) -> str:
    from pauta.cli.amounts import figure

    words = session.words
    parts = []
    for name, value in changes.items():
        title = words(f"stat.{name}") if words.has(f"stat.{name}") else name
        if name in _LISTS:
            parts.append(f"{title}: {', '.join(str(v) for v in value[:5])}{'…' if len(value) > 5 else ''}")
        elif isinstance(value, (list, tuple)):
            parts.append(f"{title} {' → '.join(figure(v, words) or '∅' for v in value)}")
        else:
            parts.append(f"{title} {figure(value, words)}")
    return "; ".join(parts)

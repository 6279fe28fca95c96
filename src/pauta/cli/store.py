"""``pauta store``: tries where objects are kept, and moves them elsewhere."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from pauta.cli.amounts import size
from pauta.cli.help import NounGroup, PautaCommand
from pauta.cli.problem_drawing import draw_problems
from pauta.cli.session import Session, session_of
from pauta.cli.tables import cell, table
from pauta.domain.problems import Problem
from pauta.services.moving import OPTIONAL, Moved, Tried

app = typer.Typer(cls=NounGroup, add_completion=False, rich_markup_mode=None)

_EVERY_SECONDS = 2.0

Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="opt.store_url", show_default=False)]
ToUrl = Annotated[str, typer.Option("--to", metavar="URL", help="opt.store_to", show_default=False)]


@app.command("check", cls=PautaCommand)
def check(context: typer.Context, url: Url = None) -> int:
    """Try what the store can do."""
    from pauta.assembly.moving import check_store

    session = session_of(context)
    where, tried = check_store(session.project_folder(), url)
    fails = any(not each.works and each.name != OPTIONAL for each in tried)
    if session.as_json:
        session.answer({"where": where, "works": not fails, "tried": [t.as_json(session.language) for t in tried]})
    else:
        _draw(session, where, tried)
    return 1 if fails else 0


def _draw(session: Session, where: str, tried: list[Tried]) -> None:
    words = session.words
    session.say(where, "bold")
    grid = table(words("head.ability"), words("head.works"), "ms", right=(2,))
    for each in tried:
        verdict, style = ("works", "green") if each.works else ("optional", "yellow")
        if not each.works and each.name != OPTIONAL:
            verdict, style = "fails", "red"
        took = words.number(round(each.milliseconds))
        grid.add_row(cell(words(f"store.{each.name}")), cell(words(f"store.{verdict}"), style), took)
    session.out.print(grid)
    problems = list(dict.fromkeys(_key(t.problem) for t in tried if t.problem is not None))
    if problems:
        first = [next(t.problem for t in tried if t.problem is not None and _key(t.problem) == key) for key in problems]
        draw_problems(first, console=session.err, words=words, roots=[])


def _key(problem: Problem) -> tuple[str, str, str]:
    return problem.code, problem.variant, problem.message()


@app.command("migrate", cls=PautaCommand)
def migrate(context: typer.Context, to: ToUrl) -> int:
    """Copy all objects to another store."""
    from pauta.assembly.moving import move_objects

    session = session_of(context)
    moved = move_objects(session.project_folder(), to, tell=_Progress(session))
    if session.as_json:
        session.answer(moved.as_json())
    else:
        _tell(session, moved)
    return 1 if moved.lost else 0


def _tell(session: Session, moved: Moved) -> None:
    words = session.words
    given = {"objects": words.counted("objects", moved.objects), "size": size(moved.bytes, words), "where": moved.where}
    session.say(words("store.moved", copied=words.number(moved.copied), **given))
    if moved.lost:
        lost = Problem("OBJ-009", {"count": len(moved.lost), "address": moved.lost[0]})
        draw_problems([lost], console=session.err, words=words, roots=[])
    session.say(words("store.now_set"))


class _Progress:
    """Tells how far it is, every few seconds."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._next_at = 0.0

    def __call__(self, done: int, total: int, done_bytes: int) -> None:
        words = self._session.words
        if self._session.as_json or time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + _EVERY_SECONDS
        self._session.aside(
            words("store.moving", done=words.number(done), all=words.number(total), size=size(done_bytes, words))
        )

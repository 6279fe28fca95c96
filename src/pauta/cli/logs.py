"""``pauta logs``: what the scripts wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.options import Run
from pauta.cli.project import Project, find_run, opened
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.domain.runs import LogLine

Follow = Annotated[bool, typer.Option("--follow", "-f", help="opt.follow")]
Step = Annotated[str | None, typer.Option("--step", metavar="STEP", help="opt.step")]

_LEVEL_STYLES = {"warning": "yellow", "error": "red", "critical": "bold red", "debug": "dim"}
_PAUSE_SECONDS = 0.5
_ENDED = frozenset({"completed", "failed", "crashed", "cancelled", "held"})


def logs(context: typer.Context, run: Run, follow: Follow = False, step: Step = None) -> int:
    """Show log lines."""
    session = session_of(context)
    with opened(session) as project:
        run_id = find_run(project, run)
        lines = _lines(project, run_id, step=step, follow=follow, pause=lambda: time.sleep(_PAUSE_SECONDS))
        if session.as_json:
            session.answer([_entry(number, name, line) for number, name, line in lines])
            return 0
        any_shown = False
        for _, name, line in lines:
            any_shown = True
            _draw(name, line, session, with_name=name != step)
        if not any_shown:
            session.aside(_why_none(project, run_id, step, session))
    return 0


def _why_none(project: Project, run: str, step: str | None, session: Session) -> str:
    """That there are none; or where they are, when the call is a run of its own."""
    called = project.called(run) if step is not None else ()
    child = next((call.child for call in called if call.child and step in (call.label, str(call.call))), None)
    if child is None:
        return session.words("logs.none")
    return session.words("logs.of_child", call=step or "", command=session.command("logs", child))


def _lines(
    project: Project, run: str, *, step: str | None, follow: bool, pause: Callable[[], None]
) -> Iterator[tuple[int, str, LogLine]]:
    """All lines so far; following, also those to come until the run ends."""
    after = -1
    while True:
        ended = not follow or project.view(run).state in _ENDED
        while batch := project.logs(run, step=step, after=after):
            yield from batch
            after = batch[-1][0]
        if ended:
            return
        pause()


def _entry(number: int, step: str, line: LogLine) -> dict[str, object]:
    return {
        "number": number,
        "step": step,
        "at": line.at.isoformat(),
        "level": line.level,
        "stream": line.stream,
        "logger": line.logger,
        "text": line.text,
    }


def _draw(step: str, line: LogLine, session: Session, *, with_name: bool) -> None:
    from rich.text import Text

    from pauta.cli.plain_text import clean, one_line

    text = Text(line.at.astimezone().strftime("%H:%M:%S "), style="dim")
    if with_name:
        text.append(f"{one_line(step)} ", style="cyan")
    level = line.level.lower()
    if level in _LEVEL_STYLES:
        text.append(f"{level.upper()} ", style=_LEVEL_STYLES[level])
    text.append(clean(line.text).rstrip("\n"), style="default")
    session.out.print(text, soft_wrap=True)

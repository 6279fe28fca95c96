"""``pauta frame``: one frame, looked into or written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.frames import frame_entry
from pauta.cli.options import Run
from pauta.cli.project import Project, find_run, opened
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    from pauta.services.views import FrameView

Name = Annotated[str, typer.Argument(metavar="NAME", help="arg.frame", show_default=False)]
To = Annotated[str | None, typer.Option("--to", metavar="FILE", help="opt.to")]
Raw = Annotated[bool, typer.Option("--raw", help="opt.raw")]
Force = Annotated[bool, typer.Option("--force", help="opt.force")]
Rows = Annotated[int, typer.Option("--rows", metavar="N", help="opt.rows")]

FORMATS = (".csv", ".parquet", ".arrow")


def frame(
    context: typer.Context,
    run: Run,
    name: Name,
    to: To = None,
    rows: Rows = 10,
    raw: Raw = False,
    force: Force = False,
) -> int:
    """Look into one frame, or write it to a file."""
    session = session_of(context)
    target = _target(to, force=force) if to is not None else None
    with opened(session) as project:
        run_id = find_run(project, run)
        found = project.frame(run_id, name)
        if target is not None:
            return _write(project, run_id, found, target=target, raw=raw, session=session)
        profile = project.profile(run_id, name)
    if session.as_json:
        session.answer({"run": run_id, "frame": frame_entry(found), "profile": profile})
        return 0
    from pauta.cli.frame_drawing import draw_frame

    draw_frame(found, profile, rows=rows, session=session)
    return 0


def _target(to: str, *, force: bool) -> Path:
    path = Path(to).expanduser()
    if path.suffix.lower() not in FORMATS:
        raise InvalidInput(Problem("CLI-008", {"file": shorten(path), "expected": ", ".join(FORMATS)}))
    if path.exists() and not force:
        raise InvalidInput(Problem("CLI-009", {"file": shorten(path)}))
    if not path.parent.is_dir():
        raise InvalidInput(Problem("CLI-005", {"file": shorten(path.parent)}, variant="folder"))
    return path


def _write(project: Project, run: str, found: FrameView, *, target: Path, raw: bool, session: Session) -> int:
    if found.kind != "frame":
        raise InvalidInput(Problem("RUN-009", {"run": run, "frame": shorten(found.name), "kind": found.kind}))
    rows = project.export(run, found.name, target, raw=raw)
    if session.as_json:
        session.answer({"run": run, "frame": found.name, "file": str(target), "rows": rows})
    else:
        session.say(session.words("frame.written", rows=session.words.counted("rows", rows), file=target))
    return 0

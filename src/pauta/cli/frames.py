"""``pauta frames``: the frames of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.services.views import FrameView


def frames(context: typer.Context, run: Run) -> int:
    """List frames."""
    session = session_of(context)
    with opened(session) as project:
        found = project.view(find_run(project, run)).frames
    if session.as_json:
        session.answer([frame_entry(frame) for frame in found])
    else:
        _draw(found, session)
    return 0


def frame_entry(frame: FrameView) -> dict[str, Any]:
    """A frame as ``--json`` shows it."""
    return {
        "name": frame.name,
        "version": frame.version,
        "kind": frame.kind,
        "made_by": frame.made_by,
        "rows": frame.rows,
        "columns": [{"name": column.name, "dtype": column.dtype} for column in frame.columns],
        "size": frame.size,
        "address": frame.address,
        "library": frame.library,
        "format": frame.format,
    }


def _draw(found: Sequence[FrameView], session: Session) -> None:
    from pauta.cli.amounts import count, size
    from pauta.cli.tables import cell, table

    words = session.words
    if not found:
        session.say(words("frames.none"))
        return
    heads = ("head.frame", "head.kind", "head.rows", "head.columns", "head.size", "head.made_by")
    grid = table(*(words(h) for h in heads), right=(2, 3, 4), keep=(1,))
    for frame in found:
        grid.add_row(
            cell(frame.name if frame.version <= 1 else f"{frame.name} v{frame.version}"),
            cell(frame.kind),
            cell(count(frame.rows, words)),
            cell(count(len(frame.columns), words) if frame.columns else ""),
            cell(size(frame.size, words)),
            cell(frame.made_by or "·"),
        )
    session.out.print(grid)

"""Previews of frames: the stored one, or any rows, read elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pauta.domain.ids import RunId
from pauta.domain.problems import NotFound, Problem, shorten
from pauta.services.look import Looker
from pauta.services.uploads import Files
from pauta.services.view_runs import PreviewView

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def profile_of(looker: Looker, run_id: RunId, frame: str) -> Mapping[str, Any]:
    """A frame's profile.

    Raises:
        NotFound: RUN-001, RUN-004; RUN-030 when it has none.
    """
    profile = looker.profile(run_id, frame)
    if profile is None:
        raise NotFound(Problem("RUN-030", {"run": run_id, "frame": shorten(frame)}))
    return profile


def stored_preview(looker: Looker, run_id: RunId, frame: str) -> PreviewView:
    """The first and last rows, as they were kept when the frame was made.

    Raises:
        NotFound: RUN-001, RUN-004; RUN-030 when there is no preview.
    """
    profile = profile_of(looker, run_id, frame)
    kept = profile["preview"]
    return _preview(profile.get("rows"), 0, kept["columns"], kept["head"], kept["tail"])


def wide_preview(files: Files, run_id: RunId, frame: str, *, first: int, count: int) -> PreviewView:
    """`count` rows from row `first` (0 is the first), read from the frame itself.

    Raises:
        NotFound: RUN-001, RUN-004; OBJ-… when it is lost or damaged.
        Conflict: RUN-009 when it is no table.
        StoreFault: UPL-003.
    """
    found = files.rows(run_id, frame, first=first, count=count)
    return _preview(found.total, first, found.columns, found.rows, ())


def _preview(
    rows: int | None, first: int, columns: Sequence[str], head: Sequence[Sequence[Any]], tail: Sequence[Sequence[Any]]
) -> PreviewView:
    shown = [*head, *tail]
    formulas = [
        name
        for i, name in enumerate(columns)
        if any(isinstance(row[i], str) and row[i].startswith(_FORMULA) for row in shown)
    ]
    return PreviewView(
        rows, first, tuple(columns), tuple(map(tuple, head)), tuple(map(tuple, tail)), formulas=tuple(formulas)
    )

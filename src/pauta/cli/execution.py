"""A run in the foreground: progress while it goes, Ctrl-C, then its summary and exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pauta.cli.project import Project
from pauta.cli.session import Session

if TYPE_CHECKING:
    from pauta.ports.watcher import Watcher
    from pauta.services.view_calls import CallView
    from pauta.services.views import RunView

UNDER_WAY = frozenset({"running", "scheduled"})
"""States of a run on which somebody works, unless nobody does: then it is shown as ``idle``, which no record has."""

WAITS_FOR_PERSON = 4
"""Exit code of a command whose run goes on only when a person answers."""


@dataclass(frozen=True, slots=True)
class Showing:
    """How a run is to be shown, and on how many slots it works."""

    quiet: bool = False
    verbose: bool = False
    slots: int | None = None


class Interrupts:
    """Counts Ctrl-C instead of dying of it, for as long as the block lasts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        """The number of Ctrl-C so far."""
        return self.count

    @contextmanager
    def listening(self) -> Iterator[Interrupts]:
        """Take over the signal; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = signal.signal(signal.SIGINT, self._count)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, before)

    def _count(self, number: int, frame: Any) -> None:
        self.count += 1


def execute(project: Project, run: str, *, names: Sequence[str], showing: Showing, session: Session) -> int:
    """Work on a run until it ends, show it, and give the exit code.

    Args:
        names: The names of its steps, by number.
    """
    with Interrupts().listening() as interrupts, _watching(names, showing, interrupts, session) as watcher:
        view = project.execute(run, slots=showing.slots, watcher=watcher, interrupted=interrupts)
    present(view, session, calls=project.called(run) if view.calls else ())
    return exit_code(view)


def exit_code(view: RunView) -> int:
    """0 completed; 4 when it waits for a person; 1 otherwise."""
    if view.state == "completed":
        return 0
    return WAITS_FOR_PERSON if view.state == "paused" and view.waiting else 1


def present(view: RunView, session: Session, *, calls: Sequence[CallView] = (), idle: bool = False) -> None:
    """Show a run to whoever asked: a person or a program. `idle`: it is under way, and nobody works on it."""
    if session.as_json:
        called = [call.as_json(session.language) for call in calls]
        session.answer({**view.as_json(session.language), "idle": idle, "calls": called})
        return
    from pauta.cli.summary import draw_run

    draw_run(view, session, calls=calls, idle=idle)


@contextmanager
def _watching(
    names: Sequence[str], showing: Showing, interrupts: Interrupts, session: Session
) -> Iterator[Watcher | None]:
    if showing.quiet:
        yield None
        return
    if session.live.is_terminal and not session.live.is_dumb_terminal:
        from pauta.cli.progress import LiveProgress

        with LiveProgress(names, session=session, verbose=showing.verbose, interrupted=interrupts) as live:
            yield live
        return
    from pauta.cli.plain_progress import PlainProgress

    yield PlainProgress(names, session=session, verbose=showing.verbose, interrupted=interrupts)

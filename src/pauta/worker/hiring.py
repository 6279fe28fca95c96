"""Starts the processes of a worker, some of them before there is work for them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from pathlib import Path

from pauta.domain.ids import RunId
from pauta.domain.work import Assignment
from pauta.ports.launcher import Exited, Happening, Launcher, Process, ProcessSpec
from pauta.worker.hand import Hand
from pauta.worker.place import Place


class Hiring:
    """Fresh processes, and spare ones: a spare process is forked and waits until a run needs one."""

    def __init__(self, place: Place, *, launcher: Callable[[], Launcher], wake: int) -> None:
        """Start nothing yet.

        Args:
            place: Where processes work.
            launcher: Makes what starts processes, when the first one is wanted.
            wake: A descriptor for which the launcher is to return early.
        """
        self._place = place
        self._make_launcher = launcher
        self._launcher: Launcher | None = None
        self._wake = wake
        self._spares: deque[tuple[Process, Path]] = deque()
        self._warmed: set[str] = set()
        self._numbers = itertools.count()

    @property
    def launcher(self) -> Launcher:
        """What starts processes."""
        if self._launcher is None:
            self._launcher = self._make_launcher()
            self._launcher.watch(self._wake)
        return self._launcher

    def hire(self, run_id: RunId, assignment: Assignment) -> Hand:
        """A process for a run: a spare one, or a new one."""
        self._warm_for(assignment)
        if self._spares:
            process, folder = self._spares.popleft()
        else:
            folder = self._place.work / f"{run_id}.{next(self._numbers)}"
            process = self.launcher.start(ProcessSpec(label=folder.name, folder=folder))
        return Hand(process, folder, run_id)

    def keep_spares(self) -> None:
        """Have as many waiting as there should be."""
        while len(self._spares) < self._place.spare:
            folder = self._place.work / f"spare.{next(self._numbers)}"
            spare = self.launcher.start_ahead(ProcessSpec(label=folder.name, folder=folder))
            self._spares.append((spare, folder))

    def hear(self, process: Process, happening: Happening) -> None:
        """A process that serves no run: it left, or it was spare and died."""
        if isinstance(happening, Exited):
            self._spares = deque(spare for spare in self._spares if spare[0] is not process)
        self._place.departing.hear(process, happening)

    def dismiss(self) -> None:
        """Send the spare ones away."""
        while self._spares:
            self._place.departing.see_off(*self._spares.popleft())

    def close(self) -> None:
        """Send the spare ones away and leave the launcher to others."""
        self.dismiss()
        if self._launcher is not None:
            self._launcher.unwatch(self._wake)

    def _warm_for(self, assignment: Assignment) -> None:
        wanted = set(self._place.warm(assignment)) - self._warmed
        if wanted:
            self._warmed |= wanted
            self.launcher.warm(sorted(wanted))
            self.dismiss()  # those were forked before

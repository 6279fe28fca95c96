"""A crew that works until it is told to end: the worker of a server, or one on another machine."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from pauta.domain.problems import PautaError
from pauta.ports.launcher import Launcher
from pauta.worker.crew import Crew
from pauta.worker.departing import Departing

_log = logging.getLogger("pauta.worker")
_LONGEST_PAUSE = 1.0
"""Short beside the time between giving up a lease and its end: what is lost must be stopped in between."""


class Worker:
    """Works in one thread: the caller's, or one of its own.

    Args:
        crew: Makes the crew, in the thread that works.
        launcher: The launcher, if the crew had need of one; it is closed in the end.
        departing: Processes of ended runs, waited for in the end.
    """

    def __init__(
        self, crew: Callable[[], Crew], *, launcher: Callable[[], Launcher | None], departing: Departing
    ) -> None:
        self._make_crew = crew
        self._launcher = launcher
        self._departing = departing
        self._crew: Crew | None = None
        self._drain_until: float | None = None
        self._thread: threading.Thread | None = None

    @property
    def crew(self) -> Crew | None:
        """The crew, once it works."""
        return self._crew

    def start(self) -> None:
        """Work in a thread of its own."""
        self._thread = threading.Thread(target=self.work, name="worker")
        self._thread.start()

    def nudge(self) -> None:
        """There may be work, or something was cancelled: from any thread."""
        if self._crew is not None:
            self._crew.heed()

    def drain(self, seconds: float) -> None:
        """Take nothing new; what runs may go on for so long and is then given back. From any thread or signal."""
        self._drain_until = time.monotonic() + seconds
        if self._crew is not None:
            self._crew.nudge()

    def join(self) -> None:
        """Wait until the thread has ended."""
        if self._thread is not None:
            self._thread.join()

    def work(self) -> None:
        """Work until drained."""
        self._crew = crew = self._make_crew()
        pause = 0.1
        try:
            while not self._is_done(crew):
                try:
                    crew.turn()
                    pause = 0.1
                except PautaError as error:
                    # The store or the server is away: what was heard is kept and told when it is back.
                    _log.warning("%s", error)
                    time.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            self._end(crew)

    def _is_done(self, crew: Crew) -> bool:
        if self._drain_until is None:
            return False
        crew.claims = False
        if time.monotonic() >= self._drain_until:
            crew.stop("released", now=True)
        return not crew.is_busy

    def _end(self, crew: Crew) -> None:
        try:
            crew.record()
        except PautaError as error:
            _log.warning("%s", error)
        crew.close()
        launcher = self._launcher()
        if launcher is not None:
            self._departing.wait(launcher)
            launcher.close()

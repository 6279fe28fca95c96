"""Works on one run until nothing of it can go on by itself, as a command does."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict
from pauta.domain.work import Recorded
from pauta.worker.crew import LONGEST_PAUSE, Crew


class RunLoop:
    """One run, from its first claim until it is final or held."""

    def __init__(
        self,
        run_id: RunId,
        *,
        crew: Crew,
        cancel: Callable[[], Recorded],
        now: Callable[[], datetime],
        next_due: Callable[[RunId], datetime | None],
    ) -> None:
        """Make the loop.

        Args:
            run_id: The run.
            crew: Claims stages of this run alone.
            cancel: Cancels the run.
            now: The clock.
            next_due: When the next retry of the run is due.
        """
        self._run_id = run_id
        self._crew = crew
        self._cancel = cancel
        self._now = now
        self._next_due = next_due
        self._interrupts = 0

    def run(self, interrupted: Callable[[], int]) -> None:
        """Work until the run is final or held and no process is left.

        Args:
            interrupted: How often a person asked to stop: once cancels the run cleanly, twice kills its processes.
        """
        try:
            while True:
                self._obey(interrupted())
                self._crew.fill()
                if not self._crew.is_busy:  # also when all that was claimed came from the cache
                    due = self._next_due(self._run_id)
                    if due is None:
                        break
                    self._rest(until=due)
                    self._crew.feed.hint()
                    continue
                self._crew.turn(patience=LONGEST_PAUSE)
            self._crew.record()  # what was printed after the last step had ended
        finally:
            self._crew.close()

    def _obey(self, interrupts: int) -> None:
        """Once: cancel the run, ask its processes to end. Again: end them now."""
        if interrupts > self._interrupts:
            if self._interrupts == 0:
                self._crew.claims = False
                with suppress(Conflict):  # it ended before it could be cancelled
                    self._crew.tell(self._cancel())
            self._interrupts = interrupts
            self._crew.stop("cancelled", now=interrupts > 1)

    def _rest(self, *, until: datetime) -> None:
        """Nothing runs and a retry waits for its time."""
        seconds = (until - self._now()).total_seconds()
        time.sleep(min(max(seconds, 0.0), 0.25))

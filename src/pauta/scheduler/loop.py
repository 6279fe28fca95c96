"""Fires schedules when they are due: looks, hands what is due to its threads, sleeps until the next is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from pauta.domain.problems import PautaError, Problem
from pauta.domain.schedules import Schedule
from pauta.services.control import Control
from pauta.services.firing import Fired, clock_problem, due_schedules, fire, next_fire, note_last
from pauta.services.schedules import BELL

LONGEST_SLEEP = 30.0
"""Seconds. A clock that is set forward is noticed after that at the latest (P19)."""

_BATCH = 200
_BUSY = 0.25
_REST = 1.0
_log = logging.getLogger("pauta.scheduler")


class Scheduler:
    """Fires what is due, as one of any number of schedulers.

    Runs are prepared in a few threads, so that one whose input takes long to read does not keep the others.

    Args:
        control: The server's hold of the project.
        tell: Takes problems that a person should know of, once each: CFG-014.
        threads: How many runs are prepared at a time.
        sleep: Waits until the bell was rung since a count, at most so many seconds; gives the new count.
    """

    def __init__(
        self,
        control: Control,
        *,
        tell: Callable[[Problem], None],
        threads: int = 4,
        sleep: Callable[[int, float], int] | None = None,
    ) -> None:
        self._control = control
        self._tell = tell
        self._sleep = sleep or (lambda seen, timeout: control.bell.wait(BELL, seen=seen, timeout=timeout))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="firing")
        self._going: dict[Future[Fired], Schedule] = {}
        self._resting: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._told_clock = False

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after what is being fired. Returns when it has ended."""
        self._stop.set()
        self._control.bell.ring(BELL)
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Fire until stopped. No fault ends it."""
        seen = self._control.bell.wait(BELL, seen=0, timeout=0)
        try:
            while not self._stop.is_set():
                seconds = self._look()
                if self._going:
                    wait(self._going, timeout=_BUSY)
                elif seconds > 0 and not self._stop.is_set():
                    seen = self._sleep(seen, seconds)
        finally:
            self._pool.shutdown(wait=True)
            self._collect()

    def _look(self) -> float:
        """One round; seconds until there is more to do."""
        try:
            self._check_clock()
            self._collect()
            return self._hand_out()
        except PautaError as error:
            _log.warning("schedules cannot be looked at: %s", error)
        except Exception:
            _log.exception("the scheduler met something unexpected, and goes on")
        return _REST

    def _hand_out(self) -> float:
        now = time.monotonic()
        self._resting = {k: until for k, until in self._resting.items() if until > now}
        busy = {s.id for s in self._going.values()} | self._resting.keys()
        for schedule in due_schedules(self._control, limit=_BATCH + len(busy)):
            if schedule.id not in busy:
                self._going[self._pool.submit(fire, self._control, schedule)] = schedule
        if self._going:
            return 0.0
        if self._resting:
            return _REST
        coming = next_fire(self._control)
        if coming is None:
            return LONGEST_SLEEP
        return min(max((coming - self._control.now()).total_seconds(), 0.0), LONGEST_SLEEP)

    def _collect(self) -> None:
        """Take what the threads have done. What failed rests a while: it is still due."""
        results = []
        for future in [f for f in self._going if f.done()]:
            schedule = self._going.pop(future)
            error = future.exception()
            if error is None:
                results.append(future.result())
            else:
                _log.warning(
                    "schedule %s (%s) could not fire, and is tried again: %s", schedule.name, schedule.id, error
                )
                self._resting[schedule.id] = time.monotonic() + _REST
        if results:
            note_last(self._control, results)

    def _check_clock(self) -> None:
        problem = clock_problem(self._control)
        if problem is not None and not self._told_clock:
            self._tell(problem)
        self._told_clock = problem is not None

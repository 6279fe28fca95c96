"""Writes results behind: one thread, in the order of the steps, while the next script already runs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Writer:
    """Jobs done one after the other on a thread of their own, which is started with the first job.

    After a job has raised, later jobs are dropped: what follows a lost result is not to be reported.
    """

    def __init__(self) -> None:
        self._jobs: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._open = 0
        self.fault: BaseException | None = None

    @property
    def idle(self) -> bool:
        """Whether every job is done."""
        return self._open == 0

    def put(self, job: Callable[[], None]) -> None:
        """Have a job done after those before it."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="pauta-writer", daemon=True)
                self._thread.start()
            self._open += 1
            self._jobs.append(job)
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until every job is done."""
        if self._open:
            with self._changed:
                self._changed.wait_for(lambda: self._open == 0)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._jobs))
                job = self._jobs.popleft()
            try:
                if self.fault is None:
                    job()
            except BaseException as error:
                self.fault = error
            finally:
                # The job holds the object that it wrote.
                del job
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

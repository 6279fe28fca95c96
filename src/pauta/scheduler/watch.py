"""Watches for arrivals every two seconds, and for runs that ended every ten."""

from __future__ import annotations

import logging
import threading

from pauta.domain.problems import PautaError
from pauta.services.arrivals import Arrivals

POLL_SECONDS = 2.0
_SOME_POLLS = 5
_log = logging.getLogger("pauta.scheduler")


class Watch:
    """Polls until stopped, in a thread of its own: reading an arrived file may take long, and keeps no schedule."""

    def __init__(self, arrivals: Arrivals, *, seconds: float = POLL_SECONDS) -> None:
        self._arrivals = arrivals
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self.run, name="arrivals", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the present poll. Returns when it has ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Poll until stopped. No fault ends it."""
        polls = 0
        while not self._stop.is_set():
            self._poll(completions=polls % _SOME_POLLS == 0)
            polls += 1
            self._stop.wait(self._seconds)

    def _poll(self, *, completions: bool) -> None:
        try:
            self._arrivals.files()
            if completions:
                self._arrivals.completions()
        except PautaError as error:
            _log.warning("triggers cannot be looked at: %s", error)
        except Exception:
            _log.exception("the watch over triggers met something unexpected, and goes on")

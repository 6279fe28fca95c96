"""Things that a server does again and again, each in a thread of its own, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_log = logging.getLogger("pauta.duties")
_JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done every so many seconds. An error in it is logged; the next time comes all the same."""

    name: str
    every_seconds: float
    act: Callable[[], object]


class Duties:
    """Duties and their threads."""

    def __init__(self, duties: Sequence[Duty]) -> None:
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_doing, args=(duty,), name=duty.name, daemon=True) for duty in duties
        ]

    def start(self) -> None:
        """Begin. Each is done once at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what is under way is finished."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=_JOIN_SECONDS)

    def _keep_doing(self, duty: Duty) -> None:
        while not self._over.is_set():
            try:
                duty.act()
            except Exception:
                _log.exception("%s", duty.name)
            self._over.wait(duty.every_seconds)

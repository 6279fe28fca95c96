"""Wake-ups inside one process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

_MOST_SUBJECTS = 4096


class LocalBell:
    """`Bell` among the threads of one process.

    Args:
        most: How many subjects are remembered. When there are more, the one that was rung longest ago is
            forgotten; whoever asks for it then may be woken once for nothing.
    """

    def __init__(self, most: int = _MOST_SUBJECTS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._rings = 1
        self._forgotten = 1  # the newest ring of a subject that is not remembered is not newer
        self._rung: OrderedDict[str, int] = OrderedDict()
        self._waiters: dict[str, tuple[threading.Condition, int]] = {}
        self._is_closed = False

    def ring(self, subject: str) -> None:
        """See `Bell`."""
        with self._lock:
            self._rings += 1
            self._rung[subject] = self._rings
            self._rung.move_to_end(subject)
            if len(self._rung) > self._most:
                _, self._forgotten = self._rung.popitem(last=False)
            waiting = self._waiters.get(subject)
            if waiting is not None:
                waiting[0].notify_all()

    def wait(self, subject: str, *, seen: int, timeout: float) -> int:
        """See `Bell`."""
        end = time.monotonic() + timeout
        with self._lock:
            while (count := self._rung.get(subject, self._forgotten)) == seen and not self._is_closed:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._sleep(subject, left)
            return count

    def _sleep(self, subject: str, seconds: float) -> None:
        called, others = self._waiters.get(subject) or (threading.Condition(self._lock), 0)
        self._waiters[subject] = called, others + 1
        try:
            called.wait(seconds)
        finally:
            called, others = self._waiters[subject]
            if others > 1:
                self._waiters[subject] = called, others - 1
            else:
                del self._waiters[subject]

    def close(self) -> None:
        """See `Bell`."""
        with self._lock:
            self._is_closed = True
            for called, _ in self._waiters.values():
                called.notify_all()

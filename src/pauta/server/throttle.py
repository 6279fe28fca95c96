"""How many requests, and how many wrong guesses, one address or token may make (S6, S20)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

GUESSES_A_MINUTE = 5
_MOST_KEYS = 20_000


class Throttle:
    """A bucket for each key: it holds a minute's worth, and fills up evenly. Safe to use from several threads.

    Args:
        per_minute: Size of a bucket; 0: no limit.
        clock: Seconds that only grow.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # content, when it was so
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one from the bucket of this key. 0, or the seconds until there is one again."""
        with self._lock:
            content = self._content(key)
            if content < 1:
                return (1 - content) * 60 / self._size
            self._put(key, content - 1)
        return 0.0

    def give_back(self, key: str) -> None:
        """What was taken does not count after all."""
        with self._lock:
            self._put(key, min(self._content(key) + 1, self._size))

    def _content(self, key: str) -> float:
        if not self._size:
            return 1.0
        content, since = self._buckets.get(key, (self._size, self._clock()))
        return min(content + (self._clock() - since) * self._size / 60, self._size)

    def _put(self, key: str, content: float) -> None:
        if not self._size:
            return
        self._buckets[key] = (content, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)

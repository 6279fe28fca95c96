"""How many runs of one deployment may wait at a time (B64)."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from pauta.domain.problems import Conflict, Problem, shorten
from pauta.domain.states import RunState
from pauta.ports.store import Store, Transaction

MOST_WAITING = 1_000
_WAITING = (RunState.SCHEDULED, RunState.PENDING)
_FRESH = timedelta(seconds=1)


class _Room:
    """How many more runs a deployment may have waiting, as counted at a time.

    Runs that are accepted are taken off, runs that begin are not added: at most the count is too careful, and
    after a second it is taken anew. Counting for each run would read up to a thousand rows for each.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: dict[str, tuple[int, datetime]] = {}

    def take(self, tx: Transaction, deployment: str, *, now: datetime) -> bool:
        """Whether one more may wait."""
        with self._lock:
            left, counted_at = self._left.get(deployment, (0, now))
            if left <= 0 or not counted_at <= now < counted_at + _FRESH:
                waiting = tx.runs.newest(limit=MOST_WAITING, states=_WAITING, deployment=deployment)
                left, counted_at = MOST_WAITING - len(waiting), now
            if left <= 0:
                self._left.pop(deployment, None)
                return False
            self._left[deployment] = (left - 1, counted_at)
            return True


_rooms: WeakKeyDictionary[Store, _Room] = WeakKeyDictionary()
_lock = Lock()


def admit(store: Store, tx: Transaction, deployment: str, *, now: datetime) -> None:
    """Let one more run of a deployment wait.

    Raises:
        Conflict: SCH-004 when too many wait already.
    """
    with _lock:
        room = _rooms.setdefault(store, _Room())
    if not room.take(tx, deployment, now=now):
        raise Conflict(Problem("SCH-004", {"deployment": shorten(deployment), "queued": MOST_WAITING}))

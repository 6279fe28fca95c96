"""How a crew comes by stages: it asks a counter beside it, or has a thread wait at one far away."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from pauta.domain.ids import RunId
from pauta.domain.problems import PautaError
from pauta.domain.work import Recorded
from pauta.ports.counter import Counter

_log = logging.getLogger("pauta.worker")

IDLE_SECONDS = 1.0
WAIT_SECONDS = 20.0


class Hold(Protocol):
    """Has claimed stages renewed from now on, though the crew may have no time for them yet. From any thread."""

    def __call__(self, answers: Sequence[Recorded], *, since: float) -> None:
        """`since`: monotonic seconds of when their leases were new."""
        ...


class Feed(Protocol):
    """Where claimed stages come from, and who has them renewed. `ask` never waits."""

    def ask(self, room: int) -> Sequence[Recorded]:
        """Stages that were claimed for this worker: at most about `room`."""
        ...

    def hint(self) -> None:
        """There may be something to claim."""
        ...

    def close(self) -> None:
        """Claim nothing more."""
        ...


class DirectFeed:
    """Asks a counter that answers at once: when it was hinted at, and every second besides.

    Asking costs a transaction, so it is done only when a stage may have become ready since the last answer.
    """

    def __init__(self, counter: Counter, *, hold: Hold, run_id: RunId | None = None) -> None:
        self._counter = counter
        self._hold = hold
        self._run_id = run_id
        self._worth_asking = True
        self._asked_at = 0.0

    def ask(self, room: int) -> Sequence[Recorded]:
        """See `Feed`."""
        clock = time.monotonic()
        if not self._worth_asking and clock - self._asked_at < IDLE_SECONDS:
            return ()
        self._asked_at = clock
        answers = self._counter.claim(room=room, run_id=self._run_id)
        self._hold(answers, since=clock)
        self._worth_asking = any(answer.assignments or answer.steps for answer in answers)
        return answers

    def hint(self) -> None:
        """See `Feed`."""
        self._worth_asking = True

    def close(self) -> None:
        """See `Feed`."""


class WaitingFeed:
    """Waits at a counter in a thread, so that the crew goes on meanwhile.

    Args:
        counter: Where to claim.
        hold: Has renewed what came. The crew may be busy for longer than a lease when it comes.
        nudge: Called when something came.
        heed: Called after each answer: whoever woke the counter may have cancelled something.
    """

    def __init__(self, counter: Counter, *, hold: Hold, nudge: Callable[[], None], heed: Callable[[], None]) -> None:
        self._counter = counter
        self._hold = hold
        self._nudge = nudge
        self._heed = heed
        self._room = 0
        self._came: deque[Recorded] = deque()
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._claim, name="claims", daemon=True)
        self._thread.start()

    def ask(self, room: int) -> Sequence[Recorded]:
        """See `Feed`."""
        with self._changed:
            came = list(self._came)
            self._came.clear()
            self._room = max(0, room - sum(len(r.assignments) for r in came))
            self._changed.notify()
        return came

    def hint(self) -> None:
        """See `Feed`. The counter itself knows when there is something."""

    def close(self) -> None:
        """See `Feed`. A claim that is under way is given back by its lease, or handed over by `ask`."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def _claim(self) -> None:
        pause = 0.1
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or self._room > 0)
                if self._over:
                    return
                room, self._room = self._room, 0
            try:
                answers = self._counter.claim(room=room, wait_seconds=WAIT_SECONDS)
                self._hold(answers, since=time.monotonic())
                pause = 0.1
            except Exception as error:
                # Whatever it is: a worker that is there and takes nothing would be worse.
                if not isinstance(error, PautaError | OSError):
                    _log.exception("claiming failed")
                time.sleep(pause)
                pause = min(pause * 2, 5.0)
                answers = ()
            with self._changed:
                self._came.extend(answers)
                if not answers:
                    self._room = max(self._room, room)
            if not answers:
                self._heed()
            self._nudge()

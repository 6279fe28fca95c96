"""Keeps leases alive from a thread of its own, so that no slow report or upload lets one run out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from pauta.domain.problems import PautaError
from pauta.domain.work import Lease, Renewal
from pauta.ports.counter import Counter

_log = logging.getLogger("pauta.worker")


class Heart:
    """Renews all held leases at every beat. A lease that it could not renew for too long is given up.

    Args:
        counter: Where leases are renewed.
        beat_seconds: Between two beats.
        give_up_seconds: A lease not renewed for so long, by this process's own clock, is lost: its process must
            be gone before the server hands the stage to somebody else.
        tell: Called from the heart's thread when there is something to `take`.
    """

    def __init__(
        self, counter: Counter, *, beat_seconds: float, give_up_seconds: float, tell: Callable[[], None]
    ) -> None:
        self._counter = counter
        self._beat_seconds = beat_seconds
        self._give_up_seconds = give_up_seconds
        self._tell = tell
        self._lock = threading.Lock()
        self._held: dict[Lease, float] = {}
        self._lost: list[Lease] = []
        self._stop: list[Lease] = []
        self._wake = threading.Event()
        self._over = False
        self._thread: threading.Thread | None = None

    def hold(self, leases: Sequence[Lease], *, since: float) -> None:
        """From now on these are renewed. `since`: monotonic seconds before they were asked for."""
        with self._lock:
            self._held.update(dict.fromkeys(leases, since))
            begin = self._thread is None and bool(self._held)
            if begin:
                self._thread = threading.Thread(target=self._live, name="heart", daemon=True)
                self._thread.start()

    def holds(self, lease: Lease) -> bool:
        """Whether, as far as is known, the lease is still this worker's."""
        with self._lock:
            since = self._held.get(lease)
        return since is not None and since >= time.monotonic() - self._give_up_seconds

    def let_go(self, lease: Lease) -> None:
        """This one is over."""
        with self._lock:
            self._held.pop(lease, None)

    def beat_now(self) -> None:
        """Do not wait for the next beat: something may have been cancelled."""
        self._wake.set()

    def take(self) -> Renewal:
        """What was found lost or to be stopped since the last call.

        What is overdue is found here, too: a beat may hang for long when nobody answers.
        """
        overdue = self._overdue().lost
        with self._lock:
            for lease in overdue:
                if self._held.pop(lease, None) is not None:
                    self._lost.append(lease)
            found = Renewal(tuple(self._lost), tuple(self._stop))
            self._lost, self._stop = [], []
        return found

    def close(self) -> None:
        """No further beat."""
        self._over = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=self._give_up_seconds)

    def _live(self) -> None:
        while not self._over:
            self._wake.wait(self._beat_seconds)
            self._wake.clear()
            if not self._over:
                self.beat()

    def beat(self) -> None:
        """Renew once."""
        with self._lock:
            held = list(self._held)
        if not held:
            return
        asked_at = time.monotonic()
        try:
            renewal = self._counter.renew(held)
        except Exception as error:
            # Whatever it is, the heart beats on: else every lease would be lost.
            if not isinstance(error, PautaError | OSError):
                _log.exception("renewing failed")
            renewal = self._overdue()
        else:
            with self._lock:
                self._held.update({lease: asked_at for lease in held if lease in self._held})
        if renewal.lost or renewal.stop:
            with self._lock:
                self._lost.extend(renewal.lost)
                self._stop.extend(lease for lease in renewal.stop if lease in self._held)
                for lease in renewal.lost:
                    self._held.pop(lease, None)
            self._tell()

    def _overdue(self) -> Renewal:
        late = time.monotonic() - self._give_up_seconds
        with self._lock:
            return Renewal(lost=tuple(lease for lease, since in self._held.items() if since < late))

"""Announces stages of pools whose workers are called by a queue: once when they become ready, then again and again.

The queue is only a bell. Nothing here is on record: after a restart everything is announced anew, and whatever
happens to a message, its stage is announced again as long as nobody has claimed it (P12).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pauta.domain.deploying import Pool, PoolKind, Switch
from pauta.domain.ids import RunId
from pauta.ports.announcer import Announcer
from pauta.ports.store import Queued
from pauta.services.control import Control

_LANES = 64
_EACH = 64


class Try(NamedTuple):
    """A stage that waits for its next attempt."""

    run: RunId
    stage: int
    fence: int

    @property
    def hint(self) -> str:
        """How messages name it."""
        return f"{self.run}/{self.stage}"


class Announcing:
    """Knows what was announced when. Safe to use from several threads.

    Args:
        control: The server's hold of its project.
        announcer: Sends.
        sweep_seconds: After so long a stage that nobody claimed is announced again.
        monotonic: The clock, in seconds.
    """

    def __init__(
        self, control: Control, announcer: Announcer, *, sweep_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._control = control
        self._announcer = announcer
        self._sweep_seconds = sweep_seconds
        self._monotonic = monotonic
        self._announced: dict[str, dict[Try, float]] = {}
        self._lock = threading.Lock()

    def pools(self) -> list[Pool]:
        """The pools whose workers are called by a queue."""
        with self._control.store.transaction() as tx:
            return [pool for pool in tx.pools.all() if pool.kind is PoolKind.CELERY]

    def look(self) -> int:
        """Announce what waits and was not announced lately; the number of messages sent.

        Raises:
            StoreFault: CEL-001 when the broker cannot be reached. What was not sent is due at the next look.
        """
        return sum(self._look_at(pool) for pool in self.pools() if pool.state is Switch.ACTIVE)

    def _look_at(self, pool: Pool) -> int:
        with self._control.store.transaction() as tx:
            heads = tx.stages.heads(pools=[pool.name], now=self._control.now(), lanes=_LANES, each=_EACH)
        with self._lock:
            clock = self._monotonic()
            before = self._announced.get(pool.name, {})
            waiting = waiting_since(heads, before)
            due = [each for each, at in waiting.items() if at is None or clock - at >= self._sweep_seconds]
            if due:
                self._announcer.announce(pool.queue or pool.name, pool=pool.name, hints=[each.hint for each in due])
            sent = dict.fromkeys(due, clock)
            self._announced[pool.name] = {each: at for each, at in {**waiting, **sent}.items() if at is not None}
            return len(due)


def waiting_since(heads: Iterable[Queued], announced: Mapping[Try, float]) -> dict[Try, float | None]:
    """What waits now, with when it was announced; what waits no more is forgotten."""
    tries = (Try(head.stage.run_id, head.stage.no, head.stage.fence) for head in heads)
    return {each: announced.get(each) for each in tries}

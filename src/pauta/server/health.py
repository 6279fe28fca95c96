"""Whether the process is there (for anybody), and whether it can do its work (for those who may look)."""

from __future__ import annotations

from msgspec import Struct

from pauta.services.control import Control

ALIVE = b'{"status":"ok"}'
"""All that `/health` says, and it asks nothing for it."""


class Ready(Struct, frozen=True):
    """The server reaches its records. `queued` and `running` are numbers of stages."""

    ready: bool
    queued: int
    running: int


def readiness(control: Control) -> Ready:
    """Raises: StoreFault (503) when the records cannot be reached."""
    with control.store.transaction() as tx:
        return Ready(True, queued=sum(tx.stages.depth(now=control.now()).values()), running=len(tx.stages.leased()))

"""A scheduler as a process of its own, which may be told where to die: ``FOLDER ADDRESS [PLACE COUNT]``."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pauta.adapters import clock
from pauta.adapters.bell import LocalBell
from pauta.adapters.folder_objects import FolderObjects
from pauta.ports.store import Store
from pauta.scheduler.loop import Scheduler
from pauta.services import firing
from pauta.services.control import Control
from pauta.services.desk import Desk, Machine
from pauta.storage.postgres import open_postgres

PLACES = {"read": "prepare_run", "inserted": "record", "committed": "announce"}
"""Where a scheduler can die: after it read what is due; in the middle of its transaction; just after its commit."""


def control_of(folder: Path, store: Store) -> Control:
    """A hold of a project that several processes share."""
    objects = FolderObjects(folder / ".pauta" / "objects")
    return Control(
        folder=folder,
        records=folder / ".pauta",
        store=store,
        objects=objects,
        desk=Desk(
            store,
            objects,
            machine=Machine(now=clock.now, chance=lambda: 0.5, random_bits=secrets.randbits),
            runtime="test",
        ),
        bell=LocalBell(),
        now=clock.now,
        random_bits=clock.random_bits,
        secret=b"s" * 32,
        look_up={}.get,
        runtime="test",
        version="0",
    )


def die_at(place: str, count: int) -> None:
    """Let this process be killed at the so many-th time it comes to this place."""
    name = PLACES[place]
    whole: Callable[..., Any] = getattr(firing, name)
    times = iter(range(1, 1_000_000))

    def dying(*args: Any, **more: Any) -> Any:
        result = whole(*args, **more)
        if next(times) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(firing, name, dying)


def main(folder: str, address: str, place: str = "", count: str = "") -> None:
    """Fire until the other end of standard input is closed."""
    if place:
        die_at(place, int(count))
    store = open_postgres(address)
    scheduler = Scheduler(control_of(Path(folder), store), tell=lambda problem: print(problem.line(), file=sys.stderr))
    scheduler.start()
    print("ready", flush=True)
    sys.stdin.read()
    scheduler.stop()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

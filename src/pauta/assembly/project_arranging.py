"""Pipelines and deployments that flows run while no server does: the project's own records have them too."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pauta.adapters import clock
from pauta.domain.runs import DEFAULT_POOL

if TYPE_CHECKING:
    from pauta.domain.calls import Spawn
    from pauta.domain.runs import Run
    from pauta.ports.objects import Objects
    from pauta.ports.store import Store
    from pauta.services.children import Arrange
    from pauta.services.control import Control
    from pauta.services.desk import Desk
    from pauta.services.submit import Request


def arranger(records: Path, *, store: Store, objects: Objects, desk: Callable[[], Desk], runtime: str) -> Arrange:
    """An `Arrange` over a project's own records. What it needs is imported when a flow first asks for a run.

    Every pool is served by the process that works on the flow's run, so its runs queue there whatever they name.

    Args:
        records: The project's records; they lie in its folder.
        store: The records, opened.
        objects: What results refer to.
        desk: Gives the desk.
        runtime: Part of every cache key.
    """
    kept: list[Control] = []

    def arranged(run: Run, spawn: Spawn) -> Request:
        from pauta.services.arranging import arrange

        if not kept:
            kept.append(_control(records, store=store, objects=objects, desk=desk(), runtime=runtime))
        return arrange(kept[0], run, replace(spawn, pool=DEFAULT_POOL))

    return arranged


def _control(records: Path, *, store: Store, objects: Objects, desk: Desk, runtime: str) -> Control:
    from pauta import __version__
    from pauta.adapters.bell import LocalBell
    from pauta.assembly.owners import owner_here
    from pauta.services.control import Control

    return Control(
        folder=records.parent,
        records=records,
        store=store,
        objects=objects,
        desk=desk,
        bell=LocalBell(),
        now=clock.now,
        random_bits=clock.random_bits,
        # Nothing is signed here; should anything ever be, nobody can take it for the server's.
        secret=clock.random_bits(256).to_bytes(32, "big"),
        look_up=os.environ.get,
        runtime=runtime,
        version=__version__,
        own_pools=frozenset({DEFAULT_POOL}),
        own_worker=owner_here(),
    )

"""Tries object stores and moves a project's objects to another one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from blake3 import blake3

from pauta.assembly import RECORDS
from pauta.assembly.stores import OBJECTS, open_depot, opened_objects, store_settings
from pauta.domain.ids import Address
from pauta.ports.objects import Objects
from pauta.services.moving import Moved, Mover, Tried, try_out

_NOTES = "moving"


def check_store(folder: Path, url: str | None) -> tuple[str, list[Tried]]:
    """Try what an object store can do.

    Args:
        folder: The project's folder.
        url: Address of the store; None: the project's own.

    Returns:
        Where it is, and what was tried.

    Raises:
        StoreFault: OBJ-006 when a package is missing, OBJ-008 when the address is none.
    """
    from pauta.adapters.clock import random_bits

    url = url or store_settings(folder).url or f"file://{(folder / RECORDS / OBJECTS).absolute()}"
    with closing(open_depot(url, environ=os.environ)) as depot:
        return depot.where, try_out(depot.probes(f"pauta-{random_bits(64):016x}"))


def move_objects(folder: Path, to: str, *, tell: Callable[[int, int, int], None]) -> Moved:
    """Copy a project's objects to another store; see `Mover`. Nothing is removed where they were.

    Args:
        folder: The project's folder.
        to: Address of the other store.
        tell: Called with how many are done, how many there are, and the bytes that are done.

    Raises:
        StoreFault: OBJ-006, OBJ-008.
    """
    with closing(open_depot(to, environ=os.environ)) as target, opened_objects(folder) as objects:
        contents = sorted(objects.contents(), key=lambda info: info.address)
        notes = folder / RECORDS / _NOTES / blake3(target.where.encode()).hexdigest()[:16]

        @contextmanager
        def lend(address: Address) -> Iterator[Path]:
            with _lent(objects, address, notes.parent) as file:
                yield file

        mover = Mover(lend, target, notes=notes)
        tell(0, len(contents), 0)
        return mover.move(contents, lambda done, size: tell(done, len(contents), size))


@contextmanager
def _lent(objects: Objects, address: Address, aside: Path) -> Iterator[Path]:
    """A file with an object's bytes. What is only elsewhere passes by the folder, which need not hold it all."""
    from pauta.adapters.cached_objects import CachedObjects

    if not isinstance(objects, CachedObjects) or objects.folder.exists(address):
        yield objects.path(address)
        return
    with tempfile.NamedTemporaryFile(dir=aside) as file:
        objects.depot.fetch(address, file.write)
        file.flush()
        yield Path(file.name)

"""What the use cases of a server work with, as one value that is made once and handed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pauta.ports.bell import Bell
from pauta.ports.objects import Objects
from pauta.ports.store import Store
from pauta.ports.tables import Tables
from pauta.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Control:
    """A server's hold of its project.

    Attributes:
        folder: The project's folder; relative paths of documents' sources start here.
        records: Where its records are kept (bundles, work folders, the object store's folder).
        store: The only truth.
        objects: The object store.
        desk: Claims and reports; safe to use from several threads.
        bell: Wake-ups.
        now: The clock.
        random_bits: Random integers that cannot be guessed.
        secret: The server's own secret, 32 bytes: keys of grants, webhooks and the audit log come from it.
        look_up: The value of an environment variable of the server, for ``env:NAME``.
        runtime: Part of every cache key.
        version: The program's version.
        tables: Reads and writes table files in processes of their own; None: uploads and downloads are off, and
            input files are read here.
        copy_records: Writes a consistent copy of the database into a folder; None: it has tools of its own for that.
        own_pools: Pools that the server's own worker serves; empty when it has none.
        own_worker: The owner that stands in that worker's leases.
    """

    folder: Path
    records: Path
    store: Store
    objects: Objects
    desk: Desk
    bell: Bell
    now: Callable[[], datetime]
    random_bits: Callable[[int], int]
    secret: bytes
    look_up: Callable[[str], str | None]
    runtime: str
    version: str
    tables: Tables | None = None
    copy_records: Callable[[Path], None] | None = None
    own_pools: frozenset[str] = frozenset()
    own_worker: str = ""

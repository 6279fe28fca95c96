"""Empty stores, one for each random life."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pauta.ports.store import Store
from pauta.storage.sqlite import open_sqlite


@contextmanager
def sqlite_stores() -> Iterator[Callable[[], tuple[Store, Callable[[], object]]]]:
    """Makes an empty SQLite store for each life, in memory-backed files where there are some."""
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=base)))
        count = 0

        def make() -> tuple[Store, Callable[[], object]]:
            nonlocal count
            count += 1
            folder = root / str(count)
            store = open_sqlite(folder)
            return store, lambda: (store.close(), shutil.rmtree(folder))

        yield make

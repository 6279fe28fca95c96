"""Every store, one after the other: whatever a contract says has to hold on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pauta.ports.store import Store

STORES = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=STORES)
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same records again and again: as often as they may be open at once, else the same store."""
    opened: list[Store] = []
    if request.param == "postgres":
        from pauta.storage.postgres import open_postgres

        address = request.getfixturevalue("postgres_address")

        def open_one() -> Store:
            opened.append(open_postgres(address, patience_seconds=2.0))
            return opened[-1]
    else:
        from pauta.storage.memory import MemoryStore
        from pauta.storage.sqlite import open_sqlite

        # One process, one store: a second one would be refused, so its threads share the first.
        opened.append(MemoryStore() if request.param == "memory" else open_sqlite(tmp_path / "records"))

        def open_one() -> Store:
            return opened[0]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(opener: Callable[[], Store]) -> Store:
    """An empty store."""
    return opener()


@pytest.fixture
def rival(opener: Callable[[], Store], store: Store) -> Store:
    """A second way to the same records."""
    return opener()

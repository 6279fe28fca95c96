"""Records and objects that live in memory, for tests of flows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pauta.ports.objects import Objects
    from pauta.ports.store import Store


def memory_store() -> Store:
    """Records that end with their process."""
    from pauta.storage.memory import MemoryStore

    return MemoryStore()


def memory_objects(now: Callable[[], datetime]) -> Objects:
    """Objects that end with their process."""
    from pauta.adapters.memory_objects import MemoryObjects

    return MemoryObjects(now)

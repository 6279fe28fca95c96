"""The object store: immutable bytes by content address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pauta.domain.ids import Address

Identity = tuple[int, int, int, int]
"""(inode, size, mtime_ns, ctime_ns) of a stored file: tells whether it was touched since it was written."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is in the store. `identity` is None where objects are not local files."""

    address: Address
    size: int
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as the collector sees it."""

    address: Address
    size: int
    modified_at: datetime


class Writing(Protocol):
    """An object being written: hashed on the way, in the store only after `finish`."""

    def write(self, data: bytes | memoryview) -> int:
        """Append bytes."""
        ...

    def finish(self) -> Stored:
        """Publish under the hash of what was written. If the object exists already, that one stays."""
        ...


class Objects(Protocol):
    """An object store.

    Promises: an address gives exactly its bytes or a named error (`StoreFault` OBJ-001 missing, OBJ-002 damaged);
    a damaged object is set aside, never served; a reader never sees half an object.
    """

    def writing(self) -> AbstractContextManager[Writing]:
        """Begin an object. Leaving the block without `finish` removes what was written.

        Raises:
            StoreFault: E-DISK when there is no space; nothing is left behind.
        """
        ...

    def put(self, data: bytes | memoryview) -> Stored:
        """Store bytes at once."""
        ...

    def put_file(self, path: Path) -> Stored:
        """Store a copy of a file."""
        ...

    def read(self, address: Address) -> bytes:
        """The bytes, checked against the address."""
        ...

    def path(self, address: Address, *, trusted: Identity | None = None) -> Path:
        """A local file with the object's bytes, to map or to read, never to change.

        The first call of a process for an address hashes the file, unless its identity is `trusted`.
        """
        ...

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        ...

    def sync(self, addresses: Sequence[Address]) -> None:
        """Return when these objects would survive a loss of power.

        Raises:
            StoreFault: OBJ-003 when a flush failed: nothing may be taken for stored.
        """
        ...

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        ...

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; the number of bytes moved.

        One that somebody touched after `untouched_since` stays, however late that was: a writer that meets an
        object that is there already touches it before it relies on it.
        """
        ...

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete trash moved there before; the number of bytes freed."""
        ...

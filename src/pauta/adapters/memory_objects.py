"""Objects in memory, for tests: the same promises as the folder's, kept by a dictionary."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from blake3 import blake3

from pauta.domain.ids import Address, is_address
from pauta.domain.problems import Problem, StoreFault, shorten
from pauta.ports.objects import Identity, ObjectInfo, Stored, Writing


class MemoryObjects:
    """An object store that ends with its process.

    Args:
        now: Gives the time.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._trash: dict[str, tuple[bytes, datetime]] = {}
        self.damaged: dict[str, bytes] = {}
        self._files: Path | None = None

    def close(self) -> None:
        """Remove the files that `path` made."""
        if self._files is not None:
            shutil.rmtree(self._files)
            self._files = None

    def writing(self) -> _MemoryWriting:
        """Begin an object."""
        return _MemoryWriting(self)

    def put(self, data: bytes | memoryview) -> Stored:
        """Store bytes at once."""
        kept = bytes(data)
        address = Address(blake3(kept).hexdigest())
        there = self._objects.get(address)
        self._objects[address] = (there[0] if there and len(there[0]) == len(kept) else kept, self._now())
        return Stored(address, len(kept))

    def put_file(self, path: Path) -> Stored:
        """Store a copy of a file."""
        return self.put(path.read_bytes())

    def read(self, address: Address) -> bytes:
        """The bytes, checked against the address."""
        if address not in self._objects:
            _check_address(address)
            raise StoreFault(Problem("OBJ-001", {"address": address}))
        data = self._objects[address][0]
        if blake3(data).hexdigest() != address:
            self.damaged[address] = self._objects.pop(address)[0]
            raise StoreFault(Problem("OBJ-002", {"address": address}))
        return data

    def path(self, address: Address, *, trusted: Identity | None = None) -> Path:
        """A temporary file with the object's bytes."""
        data = self.read(address)
        if self._files is None:
            self._files = Path(tempfile.mkdtemp(prefix="pauta-objects-"))
        file = self._files / address
        if not file.exists():
            file.write_bytes(data)
        return file

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        _check_address(address)
        return address in self._objects

    def sync(self, addresses: Sequence[Address]) -> None:
        """Nothing outlives this process, so there is nothing to flush; objects that are not there are named."""
        for address in addresses:
            if not self.exists(address):
                raise StoreFault(Problem("OBJ-001", {"address": address}))

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        for address, (data, at) in list(self._objects.items()):
            yield ObjectInfo(Address(address), len(data), at)

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; the number of bytes moved. See `Objects.discard`."""
        moved = 0
        for address in addresses:
            if self.exists(address) and not _is_younger(self._objects[address][1], untouched_since):
                data, _ = self._objects.pop(address)
                self._trash[address] = (data, self._now())
                moved += len(data)
        return moved

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete what was moved to the trash before; the number of bytes freed."""
        old = [a for a, (_, at) in self._trash.items() if at < older_than]
        return sum(len(self._trash.pop(a)[0]) for a in old)


class _MemoryWriting(Writing):
    def __init__(self, store: MemoryObjects) -> None:
        self._store = store
        self._held = bytearray()

    def __enter__(self) -> _MemoryWriting:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._held.clear()

    def write(self, data: bytes | memoryview) -> int:
        before = len(self._held)
        self._held += data
        return len(self._held) - before

    def finish(self) -> Stored:
        return self._store.put(bytes(self._held))


def _is_younger(at: datetime, limit: datetime | None) -> bool:
    return limit is not None and at > limit


def _check_address(address: str) -> None:
    if not is_address(address):
        raise StoreFault(Problem("OBJ-004", {"address": shorten(address)}))

"""A folder as a place elsewhere: where objects are moved from and to, on a disk or a mounted drive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.ids import Address
from pauta.domain.problems import Problem, StoreFault
from pauta.ports.depot import Probe, Sink
from pauta.ports.objects import ObjectInfo

_PIECE = 4 * 1024 * 1024


class FolderDepot:
    """A folder with the layout of `FolderObjects`. Keeps the promises of `ports.depot.Depot`.

    Args:
        root: The folder; it is made when it is not there.
        fresh_seconds: See `FolderObjects`.
    """

    def __init__(self, root: Path, *, fresh_seconds: float = 3600.0) -> None:
        self.where = f"file://{root}"
        self._folder = FolderObjects(root, fresh_seconds=fresh_seconds)

    def close(self) -> None:
        """Let go of the folder."""
        self._folder.close()

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        return self._folder.exists(address)

    def meet(self, address: Address, size: int | None = None) -> bool:
        """See `Depot.meet`."""
        return self._folder.meet(address, size)

    def send(self, address: Address, file: Path) -> None:
        """Store a file; see `Depot.send`."""
        stored = self._folder.put_file(file)
        if stored.address != address:
            self._folder.discard([stored.address])
            raise StoreFault(Problem("OBJ-002", {"address": address}))
        self._folder.sync([address])

    def fetch(self, address: Address, sink: Sink) -> None:
        """Hand out the bytes in order."""
        with self._folder.path(address).open("rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                sink(piece)

    def set_aside(self, address: Address) -> None:
        """Keep the damaged bytes under another name."""
        self._folder.set_aside(address)

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        return self._folder.contents()

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; see `Objects.discard`."""
        return self._folder.discard(addresses, untouched_since=untouched_since)

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete what was moved to the trash before."""
        return self._folder.empty_trash(older_than=older_than)

    def probes(self, name: str) -> Mapping[str, Probe]:
        """See `Depot.probes`. An object is made once whoever makes it: a folder needs no conditional writes."""
        data = name.encode()
        made: list[Address] = []

        def write() -> bool:
            made.append(self._folder.put(data).address)
            self._folder.sync(made)
            return True

        return {
            "write": write,
            "read": lambda: self._folder.read(made[0]) == data,
            "list": lambda: any(info.address == made[0] for info in self.contents()),
            "conditional": lambda: self._folder.put(data).address == made[0],
            "delete": lambda: self._removed(made[0]),
        }

    def _removed(self, address: Address) -> bool:
        self._folder.evict(address)
        return not self._folder.exists(address)

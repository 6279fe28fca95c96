"""A local folder in front of a store elsewhere: what is read lies here, what is referred to lies there.

Objects are written and read in the folder, so frames are mapped as ever. `sync` returns when they are elsewhere too,
so nothing that is on record depends on this folder. What has not been used for long leaves when the folder is larger
than it may be; before, it is made sure that it is elsewhere.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.ids import Address
from pauta.domain.problems import PautaError, Problem, StoreFault
from pauta.ports.depot import Depot
from pauta.ports.objects import Identity, ObjectInfo, Stored, Writing

_log = logging.getLogger("pauta.objects")

T = TypeVar("T")

_AT_A_TIME = 8
_MOST_KNOWN = 100_000
_LOST = ("OBJ-001", "OBJ-002")
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_PAUSE = 60.0
"""Seconds until room is looked for again when there was none to be had."""
_TIGHT = 0.9
"""Room is made until so much of the limit is used, so that it is not made again at once."""


class CachedObjects:
    """An object store: a folder here, a depot elsewhere. Keeps the promises of `ports.objects.Objects`.

    Args:
        folder: Here.
        depot: Elsewhere.
        now: The clock.
        limit: Bytes that the folder may hold; None: no limit.
        keep_seconds: What was used or written so recently stays, whatever the limit.
        fresh_seconds: So long it is taken for granted that an object that was met elsewhere is still there. It has
            to be much less than the grace of who collects.
    """

    def __init__(
        self,
        folder: FolderObjects,
        depot: Depot,
        *,
        now: Callable[[], datetime],
        limit: int | None = None,
        keep_seconds: float = 3600.0,
        fresh_seconds: float = 3600.0,
    ) -> None:
        self.folder = folder
        self.depot = depot
        self._now = now
        self._limit = limit
        self._keep = timedelta(seconds=keep_seconds)
        self._fresh_seconds = fresh_seconds
        self._met: dict[Address, float] = {}
        self._used: dict[Address, datetime] = {}
        self._pins: dict[Hashable, set[Address]] = {}
        self._fetching: dict[Address, threading.Lock] = {}
        self._lock = threading.Lock()
        self._tidying = threading.Lock()
        self._bytes: int | None = None
        self._not_before = 0.0

    def close(self) -> None:
        """Let go of both."""
        self.folder.close()
        self.depot.close()

    # ---- writing ------------------------------------------------------------------------------

    def writing(self) -> AbstractContextManager[Writing]:
        """Begin an object here; `sync` sends it."""
        return self.folder.writing()

    def put(self, data: bytes | memoryview) -> Stored:
        """Store bytes here; `sync` sends them."""
        return self.folder.put(data)

    def put_file(self, path: Path) -> Stored:
        """Store a copy of a file here; `sync` sends it."""
        return self.folder.put_file(path)

    def sync(self, addresses: Sequence[Address]) -> None:
        """Return when these objects are elsewhere; those that are there count as new again.

        Raises:
            StoreFault: OBJ-001 one is in neither place, OBJ-002 it is damaged, OBJ-006 the store does not answer:
                what was written here stays here, so that asking again is all that need be done.
        """
        due = [address for address in dict.fromkeys(addresses) if not self._is_fresh(address)]
        if len(due) < 2:
            for address in due:
                self._publish(address)
        else:
            with ThreadPoolExecutor(min(_AT_A_TIME, len(due)), thread_name_prefix="publish") as threads:
                list(threads.map(self._publish, due))
        for address in due:
            self._note_used(address)
        if due:
            self._make_room()

    def _publish(self, address: Address) -> None:
        if not self.folder.exists(address):
            if not self.depot.meet(address):
                raise StoreFault(Problem("OBJ-001", {"address": address}))
        else:
            size = (self.folder.root / address[:2] / address).stat().st_size
            if not self.depot.meet(address, size):
                self.depot.send(address, self.folder.path(address))
            self._note_bytes(size)
        self._note_met(address)

    def _is_fresh(self, address: Address) -> bool:
        with self._lock:
            met = self._met.get(address)
        return met is not None and time.monotonic() - met < self._fresh_seconds

    def _note_met(self, address: Address) -> None:
        with self._lock:
            if len(self._met) >= _MOST_KNOWN:
                self._met.clear()
            self._met[address] = time.monotonic()

    # ---- reading ------------------------------------------------------------------------------

    def read(self, address: Address) -> bytes:
        """The bytes, checked against the address."""
        return self._here(address, lambda: self.folder.read(address))

    def path(self, address: Address, *, trusted: Identity | None = None) -> Path:
        """The file in the folder, fetched if need be; see `Objects.path`."""
        return self._here(address, lambda: self.folder.path(address, trusted=trusted))

    def exists(self, address: Address) -> bool:
        """Whether the object is elsewhere. One that is only here is sent: what exists may be referred to."""
        if self.folder.exists(address) and self._is_fresh(address):
            return True
        if self.depot.exists(address):
            return True
        if not self.folder.exists(address):
            return False
        try:
            self._publish(address)
        except StoreFault as fault:
            if fault.problems[0].code in _LOST:
                return False
            raise
        return True

    def _here(self, address: Address, take: Callable[[], T]) -> T:
        """Take it from the folder; what is not there, or is damaged there, is fetched first."""
        self._note_used(address)
        if self.folder.exists(address):
            try:
                return take()
            except StoreFault as fault:
                if fault.problems[0].code not in _LOST or not self.depot.exists(address):
                    raise
        self._fetch(address)
        return take()

    def _fetch(self, address: Address) -> None:
        with self._lock:
            turn = self._fetching.setdefault(address, threading.Lock())
        try:
            with turn:
                if not self.folder.exists(address):
                    self._fetch_now(address)
        finally:
            with self._lock:
                self._fetching.pop(address, None)
        self._make_room()

    def _fetch_now(self, address: Address) -> None:
        with self.folder.writing() as writing:
            self.depot.fetch(address, writing.write)
            found = writing.finish()
        self._note_bytes(found.size)
        if found.address != address:
            self.depot.set_aside(address)
            raise StoreFault(Problem("OBJ-002", {"address": address}))

    # ---- keeping ------------------------------------------------------------------------------

    def pin(self, holder: Hashable, addresses: Iterable[Address]) -> None:
        """These stay here as long as `holder` has them pinned. What it pinned before stays pinned."""
        with self._lock:
            self._pins.setdefault(holder, set()).update(addresses)

    def unpin(self, holder: Hashable) -> None:
        """What it pinned may leave."""
        with self._lock:
            self._pins.pop(holder, None)

    def _note_used(self, address: Address) -> None:
        now = self._now()
        with self._lock:
            if len(self._used) >= _MOST_KNOWN:
                self._used = {each: at for each, at in self._used.items() if now - at < self._keep}
            self._used[address] = now

    def _note_bytes(self, size: int) -> None:
        with self._lock:
            self._bytes = None if self._bytes is None else self._bytes + size

    def _make_room(self) -> None:
        """Let what was not used for longest leave, if the folder is larger than it may be."""
        if self._limit is None or not self._tidying.acquire(blocking=False):
            return
        try:
            full = self._bytes is None or self._bytes > self._limit
            if full and time.monotonic() >= self._not_before:
                self._bytes = self._let_leave(self._limit)
                self._not_before = time.monotonic() + (_PAUSE if self._bytes > self._limit else 0.0)
        except PautaError as error:
            _log.warning("%s", error)  # the folder stays as large as it is until the store is back
            self._not_before = time.monotonic() + _PAUSE
        finally:
            self._tidying.release()

    def _let_leave(self, limit: int) -> int:
        """How many bytes are here afterwards."""
        here = list(self.folder.contents())
        total = sum(info.size for info in here)
        if total <= limit:
            return total
        with self._lock:
            used, pinned = dict(self._used), set().union(*self._pins.values())
            self._used = {info.address: used[info.address] for info in here if info.address in used}
        last = {info.address: max(info.modified_at, used.get(info.address, info.modified_at)) for info in here}
        for info in sorted(here, key=lambda info: last[info.address]):
            if total <= limit * _TIGHT or last[info.address] > self._now() - self._keep:
                break
            # What is only here is sent first, whatever it is: who collects decides what nobody needs.
            if info.address not in pinned and self.exists(info.address) and self._leaves(info.address):
                total -= info.size
        return total

    def _leaves(self, address: Address) -> bool:
        """Let it leave, unless it was pinned or used meanwhile."""
        with self._lock:
            if any(address in pins for pins in self._pins.values()):
                return False
            if self._now() - self._used.get(address, _LONG_AGO) < self._keep:
                return False
            self.folder.evict(address)
            return True

    # ---- collecting ---------------------------------------------------------------------------

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order: those elsewhere, then those that are only here."""
        here = {info.address: info for info in self.folder.contents()}
        for info in self.depot.contents():
            here.pop(info.address, None)
            yield info
        yield from here.values()

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash, in both places; the number of bytes moved. See `Objects.discard`."""
        only_here = {a for a in addresses if self.folder.exists(a) and not self.depot.exists(a)}
        moved = self.folder.discard(sorted(only_here), untouched_since=untouched_since)
        elsewhere = [a for a in addresses if a not in only_here]
        moved += self.depot.discard(elsewhere, untouched_since=untouched_since)
        gone = [a for a in elsewhere if self.folder.exists(a) and not self.depot.exists(a)]
        self.folder.discard(gone, untouched_since=untouched_since)
        with self._lock:
            for address in addresses:
                self._met.pop(address, None)
        return moved

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete what was moved to the trash before, in both places; the number of bytes freed."""
        return self.folder.empty_trash(older_than=older_than) + self.depot.empty_trash(older_than=older_than)

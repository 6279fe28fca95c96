"""A store of objects elsewhere: a bucket, a database. Nobody reads there directly: a local folder stands before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pauta.domain.ids import Address
from pauta.ports.objects import ObjectInfo

Sink = Callable[[bytes | memoryview], object]
"""Takes the next bytes of an object."""

Probe = Callable[[], bool]
"""Tries one thing that a store should be able to do: False when it cannot; raises `StoreFault` when it is refused."""


class Depot(Protocol):
    """Objects elsewhere, by content address.

    Promises: what `send` was given is there whole and would survive a loss of power when it returns, or is not
    there at all; two who send the same object make one; an object that was met or sent after the time that
    `discard` is given stays. All verbs are safe to repeat and safe to use from several threads. When the store
    cannot be reached they raise `StoreFault` OBJ-006, and nothing that was there is lost.

    Attributes:
        where: Its address for people, without user and password.
    """

    where: str

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        ...

    def meet(self, address: Address, size: int | None = None) -> bool:
        """Whether the object is there, and of this size; if so, it counts as new again: no collector takes it."""
        ...

    def send(self, address: Address, file: Path) -> None:
        """Store a file, whose bytes have this address. If the object is there already, that one stays.

        Raises:
            StoreFault: OBJ-002 when what arrived there, or the file, does not match its address.
        """
        ...

    def fetch(self, address: Address, sink: Sink) -> None:
        """Hand the object's bytes to `sink`, in order. They are not checked: who fetches hashes them.

        Raises:
            StoreFault: OBJ-001 missing; OBJ-007 when it was removed meanwhile.
        """
        ...

    def set_aside(self, address: Address) -> None:
        """It is damaged: nobody finds it under its address any more, and a new one can be sent."""
        ...

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        ...

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; the number of bytes moved. See `Objects.discard`."""
        ...

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete trash moved there before, and remains of uploads that broke off; the bytes freed of the trash."""
        ...

    def probes(self, name: str) -> Mapping[str, Probe]:
        """What can be tried: ``write``, ``read``, ``list``, ``conditional``, ``delete``, in this order.

        Args:
            name: Of an object that nobody else has, for the trial; `delete` removes it.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

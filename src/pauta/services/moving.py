"""Tries what an object store can do, and moves objects to another one, each checked by its hash where it arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from blake3 import blake3
from msgspec import Struct

from pauta.domain.ids import Address, is_address
from pauta.domain.problems import Problem, StoreFault
from pauta.ports.depot import Depot, Probe
from pauta.ports.objects import ObjectInfo

OPTIONAL = "conditional"
"""A store that cannot do this serves all the same."""

_AT_A_TIME = 4
_PAGE = 64
_DAMAGED = ("OBJ-001", "OBJ-002", "OBJ-007")


class Tried(Struct, frozen=True):
    """One thing that a store was asked to do.

    Attributes:
        name: ``write``, ``read``, ``list``, ``conditional``, ``delete``.
        works: Whether it did.
        milliseconds: How long it took.
        problem: Why it did not, if it said so.
    """

    name: str
    works: bool
    milliseconds: float
    problem: Problem | None = None

    def as_json(self, language: str) -> dict[str, Any]:
        """One element of ``pauta store check --json``."""
        told = self.problem.as_json(language) if self.problem is not None else None
        return {"name": self.name, "works": self.works, "milliseconds": self.milliseconds, "problem": told}


class Moved(Struct, frozen=True):
    """What became of the objects.

    Attributes:
        where: The new place.
        objects: How many are there, each checked.
        bytes: Their size.
        copied: How many of them were copied now; the others were there already.
        lost: Those that were damaged or gone where they were.
    """

    where: str
    objects: int
    bytes: int
    copied: int
    lost: tuple[Address, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What ``pauta store migrate --json`` prints."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made


def try_out(probes: Mapping[str, Probe]) -> list[Tried]:
    """Try everything, in order; after a refusal the rest is tried all the same, so that nothing is left behind."""
    found = []
    for name, probe in probes.items():
        began = time.perf_counter()
        problem = None
        try:
            works = probe()
        except StoreFault as fault:
            works, problem = False, fault.problems[0]
        except LookupError:  # what an earlier one should have made is not there
            works = False
        found.append(Tried(name, works, round((time.perf_counter() - began) * 1000, 1), problem))
    return found


class Mover:
    """Moves objects. What was moved and checked is noted, so that it can go on where it was interrupted.

    Args:
        lend: Gives a file with an object's bytes, for the length of a block.
        target: Where to.
        notes: A file; it is removed when all is done.
    """

    def __init__(self, lend: Callable[[Address], AbstractContextManager[Path]], target: Depot, *, notes: Path) -> None:
        self._lend = lend
        self._target = target
        self._notes = notes

    def move(self, contents: Sequence[ObjectInfo], tell: Callable[[int, int], None]) -> Moved:
        """Copy what is not there yet, and check all of it.

        Args:
            contents: The objects.
            tell: Called with how many are done and their bytes.

        Raises:
            StoreFault: OBJ-006 when one of the stores does not answer: to be asked again.
        """
        noted = self._noted()
        copied, done, size = 0, 0, 0
        lost: list[Address] = []
        self._notes.parent.mkdir(parents=True, exist_ok=True)
        with self._notes.open("a", encoding="ascii") as notes, ThreadPoolExecutor(_AT_A_TIME) as threads:
            for page in _pages(contents):
                outcomes = threads.map(lambda info: self._move_one(info, info.address in noted), page)
                for info, outcome in zip(page, outcomes, strict=True):
                    if outcome is None:
                        lost.append(info.address)
                        continue
                    copied += outcome
                    done, size = done + 1, size + info.size
                    if info.address not in noted:
                        notes.write(f"{info.address}\n")
                notes.flush()
                tell(done + len(lost), size)
        self._notes.unlink()
        return Moved(self._target.where, done, size, copied, tuple(lost))

    def _noted(self) -> set[str]:
        try:
            return {line for line in self._notes.read_text("ascii").split("\n") if is_address(line)}
        except FileNotFoundError:
            return set()

    def _move_one(self, info: ObjectInfo, is_checked: bool) -> bool | None:
        """Whether it had to be copied; None when it cannot be had."""
        is_there = self._target.meet(info.address, info.size)
        if is_there and (is_checked or self._is_whole(info.address)):
            return False
        try:
            with self._lend(info.address) as file:
                self._target.send(info.address, file)
            if self._is_whole(info.address):
                return True
        except StoreFault as fault:
            if fault.problems[0].code not in _DAMAGED:
                raise
        return None

    def _is_whole(self, address: Address) -> bool:
        hasher = blake3()
        try:
            self._target.fetch(address, hasher.update)
        except StoreFault as fault:
            if fault.problems[0].code not in _DAMAGED:
                raise
            return False
        if hasher.hexdigest() == address:
            return True
        self._target.set_aside(address)
        return False


def _pages(contents: Sequence[ObjectInfo]) -> Iterator[Sequence[ObjectInfo]]:
    for start in range(0, len(contents), _PAGE):
        yield contents[start : start + _PAGE]

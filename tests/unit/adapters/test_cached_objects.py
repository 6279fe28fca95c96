"""A folder in front of a store elsewhere: what leaves, what stays, what happens when the store is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pauta.adapters.cached_objects import CachedObjects
from pauta.adapters.folder_depot import FolderDepot
from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.ids import Address
from pauta.domain.problems import Problem, StoreFault
from pauta.ports.depot import Sink

AWAY = StoreFault(Problem("OBJ-006", {"where": "there", "detail": "away"}))


class Depot(FolderDepot):
    """A depot that can go away, and notes what it is asked."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.away = False
        self.sent: list[Address] = []
        self.fetched: list[Address] = []

    def meet(self, address: Address, size: int | None = None) -> bool:
        self._answer()
        return super().meet(address, size)

    def exists(self, address: Address) -> bool:
        self._answer()
        return super().exists(address)

    def send(self, address: Address, file: Path) -> None:
        self._answer()
        self.sent.append(address)
        super().send(address, file)

    def fetch(self, address: Address, sink: Sink) -> None:
        self._answer()
        self.fetched.append(address)
        super().fetch(address, sink)

    def _answer(self) -> None:
        if self.away:
            raise AWAY


class World:
    """A store with a clock that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.ahead = timedelta()
        self.depot = Depot(folder / "there")
        self.store = CachedObjects(
            FolderObjects(folder / "here"), self.depot, now=self.now, limit=1000, keep_seconds=60.0
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead  # noqa: TID251 - files have the system's times

    def put(self, size: int, letter: bytes = b"x") -> Address:
        """An object that is in both places."""
        address = self.store.put(letter * size).address
        self.store.sync([address])
        return address

    def later(self, seconds: float = 61.0) -> None:
        self.ahead += timedelta(seconds=seconds)
        self.store._not_before = 0.0

    def is_here(self, address: Address) -> bool:
        return self.store.folder.exists(address)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(StoreFault) as caught:
        action()
    return caught.value.problems[0].code


def test_what_was_not_used_for_longest_leaves_and_comes_back_when_it_is_wanted(world: World) -> None:
    first, second = world.put(400, b"a"), world.put(400, b"b")
    world.later()
    assert world.store.read(first) == b"a" * 400
    third = world.put(400, b"c")
    assert [world.is_here(a) for a in (first, second, third)] == [True, False, True]
    assert world.store.path(second).read_bytes() == b"b" * 400
    assert world.depot.fetched == [second]


def test_what_was_used_a_moment_ago_stays_whatever_the_limit(world: World) -> None:
    addresses = [world.put(600, bytes([n])) for n in range(5)]
    assert all(map(world.is_here, addresses))


def test_what_somebody_has_pinned_stays_until_it_is_let_go(world: World) -> None:
    first, second = world.put(600, b"a"), world.put(600, b"b")
    world.store.pin("stage 1", [first])
    world.store.pin("stage 2", [first])
    world.later()
    third = world.put(600, b"c")
    assert [world.is_here(a) for a in (first, second, third)] == [True, False, True]
    world.store.unpin("stage 1")
    world.later()
    world.put(600, b"d")
    assert world.is_here(first)
    world.store.unpin("stage 2")
    world.later()
    world.put(600, b"e")
    assert not world.is_here(first)


def test_what_is_only_here_is_sent_before_it_leaves(world: World) -> None:
    address = world.store.put(b"only here" * 100).address
    world.later()
    world.put(900, b"a")
    assert not world.is_here(address)
    assert world.store.read(address) == b"only here" * 100


def test_nothing_leaves_while_the_store_is_away(world: World) -> None:
    first = world.put(900, b"a")
    world.later()
    second = world.store.put(b"b" * 900).address
    world.depot.away = True
    assert code_of(lambda: world.store.sync([second])) == "OBJ-006"
    world.store._make_room()
    assert world.is_here(first)
    assert world.is_here(second)
    assert world.store.read(second) == b"b" * 900
    world.depot.away = False
    world.store.sync([second])
    assert world.depot.exists(second)


def test_what_was_sent_is_not_sent_again(world: World) -> None:
    address = world.put(10)
    world.store.sync([address])
    world.store.put(b"x" * 10)
    world.store.sync([address])
    assert world.depot.sent == [address]


def test_an_object_that_is_damaged_here_is_fetched_again(world: World) -> None:
    address = world.put(100)
    file = world.store.folder.root / address[:2] / address
    file.chmod(0o644)
    file.write_bytes(b"y" * 100)
    assert world.store.path(address).read_bytes() == b"x" * 100
    assert world.depot.fetched == [address]


def test_an_object_that_is_damaged_here_is_never_sent(world: World) -> None:
    address = world.store.put(b"x" * 100).address
    file = world.store.folder.root / address[:2] / address
    file.chmod(0o644)
    file.write_bytes(b"y" * 100)
    assert code_of(lambda: world.store.sync([address])) == "OBJ-002"
    assert not world.depot.exists(address)
    assert not world.store.exists(address)


def test_many_who_want_one_object_at_once_fetch_it_once(world: World) -> None:
    address = world.put(100)
    world.store.folder.evict(address)
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(world.store.read(address))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [b"x" * 100] * 8
    assert world.depot.fetched == [address]


def test_p24_what_another_server_collected_is_sent_anew_when_it_is_written_again(world: World) -> None:
    address = world.put(10)
    assert world.depot.discard([address]) == 10
    world.store._met.clear()  # an hour later
    world.store.put(b"x" * 10)
    world.store.sync([address])
    assert world.depot.exists(address)

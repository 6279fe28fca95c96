"""T17: writers make, drop and make again the same content while a collector runs; nobody ever misses an object (P24).

`PAUTA_TEST_SCALE=ci` does 10,000 operations.
"""

from __future__ import annotations

import os
import random  # noqa: TID251 - seeded
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pauta.adapters.clock import now
from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.ids import Address
from pauta.domain.outputs import Output
from pauta.domain.problems import StoreFault
from pauta.ports.store import Store
from pauta.services.retain import collect
from pauta.storage.sqlite import open_sqlite
from store_samples import entry, frame

CI = os.environ.get("PAUTA_TEST_SCALE") == "ci"
LONG = pytest.mark.skipif(not CI, reason="takes more operations than a commit does: PAUTA_TEST_SCALE=ci")
OPERATIONS = 10_000 if CI else 500
WRITERS = 4
SLOTS = 6
CONTENTS = [f"content {n}".encode() * 10 for n in range(60)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_sqlite(tmp_path / "records")
    yield made
    made.close()


class Race:
    """Slots that refer to objects, or to nothing: cache entries, so that nothing but the slot keeps the object."""

    def __init__(self, store: Store, root: Path, grace: timedelta) -> None:
        self.store = store
        self.root = root
        self.grace = grace
        self.failures: list[str] = []
        self.collected = 0
        self._over = threading.Event()

    def objects(self) -> FolderObjects:
        """A view of the folder as another process would have it."""
        return FolderObjects(self.root, fresh_seconds=0.0)

    def write(self, writer: int, operations: int) -> None:
        """Make, drop and make again."""
        choose = random.Random(writer)
        mine = self.objects()
        for _ in range(operations):
            key = f"{writer}/{choose.randrange(SLOTS)}"
            if choose.random() < 0.4:
                self._refer(key, None)
            else:
                self._make(key, choose.choice(CONTENTS), mine)

    def _make(self, key: str, content: bytes, objects: FolderObjects) -> None:
        if not self.grace:
            # Without a grace only what is written in the transaction that records it is safe.
            with self.store.transaction() as tx:
                tx.cache.put([entry(key, output=frame(output_mark(objects.put(content).address)))])
            return
        began = time.monotonic()
        address = objects.put(content).address
        self._over.wait(self.grace.total_seconds() / 10)
        with self.store.transaction() as tx:
            # Who is slower than the grace would have to write again. Here it is a moment; else it is a day.
            if time.monotonic() - began < self.grace.total_seconds() / 4:
                tx.cache.put([entry(key, output=frame(output_mark(address)))])

    def _refer(self, key: str, output: Output | None) -> None:
        with self.store.transaction() as tx:
            tx.cache.put([entry(key, output=output)])

    def read(self) -> None:
        """Read what slots refer to."""
        choose = random.Random(99)
        mine = self.objects()
        while not self._over.is_set():
            key = f"{choose.randrange(WRITERS)}/{choose.randrange(SLOTS)}"
            address = self.referred(key)
            if address is None:
                continue
            try:
                mine.read(address)
            except StoreFault as fault:
                if self.referred(key) == address:
                    self.failures.append(f"{key}: {fault.problems[0].code}")

    def referred(self, key: str) -> Address | None:
        """What a slot refers to."""
        with self.store.transaction() as tx:
            found = tx.cache.get(key)
        return found.output.address if found is not None and found.output is not None else None

    def collect(self) -> None:
        """Collect again and again."""
        mine = self.objects()
        while not self._over.is_set():
            view = collect(store=self.store, objects=mine, now=now(), dry_run=False, grace=self.grace)
            self.collected += view.objects

    def run(self) -> None:
        """Let all of them at it at once."""
        writers = [self._thread(self.write, n, OPERATIONS // WRITERS) for n in range(WRITERS)]
        others = [self._thread(self.read), self._thread(self.read), self._thread(self.collect)]
        for thread in (*writers, *others):
            thread.start()
        for thread in writers:
            thread.join()
        self._over.set()
        for thread in others:
            thread.join()

    def _thread(self, target: Callable[..., None], *arguments: int) -> threading.Thread:
        def guarded() -> None:
            try:
                target(*arguments)
            except Exception as error:
                self.failures.append(f"{target.__name__}: {error!r}")

        return threading.Thread(target=guarded)


def output_mark(address: Address) -> int:
    return int(address, 16)


def dangling(store: Store, objects: FolderObjects) -> list[Address]:
    with store.transaction() as tx:
        return [address for address in tx.objects.referenced() if not objects.exists(address)]


@pytest.mark.parametrize("seconds", [0.0, 0.1, pytest.param(1.0, marks=LONG)])
def test_p24_no_reference_ever_dangles_while_a_collector_races_writers(
    store: Store, tmp_path: Path, seconds: float
) -> None:
    race = Race(store, tmp_path / "objects", timedelta(seconds=seconds))
    race.run()
    assert race.failures == []
    assert dangling(store, race.objects()) == []
    assert race.collected > 0


@pytest.mark.parametrize("calls", range(6))
def test_p24_a_collector_that_dies_at_any_of_its_moves_leaves_no_reference_dangling(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    race = Race(store, tmp_path / "objects", timedelta())
    objects = race.objects()
    for number, content in enumerate(CONTENTS):
        address = objects.put(content).address
        if number % 2:
            race._refer(f"0/{number}", frame(output_mark(address)))
    real, left = os.rename, iter(range(calls))

    def dying(source: str, target: str, **how: int) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(source, target, **how)

    monkeypatch.setattr(os, "rename", dying)
    with pytest.raises(KeyboardInterrupt):
        collect(store=store, objects=objects, now=now() + timedelta(minutes=1), dry_run=False, grace=timedelta())
    monkeypatch.undo()
    assert dangling(store, objects) == []
    assert len(list(objects.contents())) == len(CONTENTS) - calls
    collect(store=store, objects=objects, now=now() + timedelta(minutes=1), dry_run=False, grace=timedelta())
    assert len(list(objects.contents())) == len(CONTENTS) // 2
    assert dangling(store, objects) == []

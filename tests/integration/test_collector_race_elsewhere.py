"""T17 on stores elsewhere: machines make, drop and make again the same content while one of them collects (P24).

`PAUTA_TEST_SCALE=ci` does 2,000 operations on each store, and 400 with a grace.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_collector_race import CI, CONTENTS, Race, dangling, output_mark

from depots import close_places, new_place, open_cached, open_place
from pauta.adapters.cached_objects import CachedObjects
from pauta.adapters.clock import now
from pauta.domain.ids import Address
from pauta.domain.outputs import Output
from pauta.ports.objects import Stored
from pauta.ports.store import Store
from pauta.services.retain import collect
from pauta.storage.sqlite import open_sqlite
from store_samples import frame

OPERATIONS = 2_000 if CI else 500
KINDS = ["s3", "gridfs"]
Move = Callable[..., Any]


class Machine(CachedObjects):
    """A machine of its own: what it puts is elsewhere at once, what it reads it does not keep."""

    def put(self, data: bytes | memoryview) -> Stored:
        stored = super().put(data)
        self.sync([stored.address])
        return stored

    def read(self, address: Address) -> bytes:
        self.folder.evict(address)
        return super().read(address)


class RaceElsewhere(Race):
    """The same race, each of those who take part on a machine of its own."""

    def __init__(self, store: Store, place: str, folder: Path, grace: timedelta) -> None:
        super().__init__(store, folder, grace)
        self._place = place
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def objects(self) -> Any:
        with self._lock:
            number = next(self._numbers)
        made = open_cached(self._place, self.root / str(number), fresh_seconds=0.0)
        return Machine(made.folder, made.depot, now=now, fresh_seconds=0.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_sqlite(tmp_path / "records")
    yield made
    made.close()
    close_places()


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_place(request.param, tmp_path)


@pytest.mark.parametrize("seconds", [0.0, pytest.param(4.0, marks=pytest.mark.skipif(not CI, reason="takes minutes"))])
def test_p24_no_reference_ever_dangles_while_a_collector_races_writers_on_other_machines(
    store: Store, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    # With a grace each writer rests before it refers to what it made: a few hundred operations take a minute.
    monkeypatch.setattr("test_collector_race.OPERATIONS", 400 if seconds else OPERATIONS)
    race = RaceElsewhere(store, place, tmp_path / "machines", timedelta(seconds=seconds))
    race.run()
    assert race.failures == []
    assert dangling(store, race.objects()) == []
    assert race.collected > 0


MOVES = {"s3": ["_copy", "_delete", "_head"], "gridfs": ["_rename"]}


@pytest.mark.parametrize("calls", [0, 1, 2, 3, 5, 8, 13, 19])
def test_p24_a_collector_that_dies_at_any_of_its_moves_leaves_no_reference_dangling(
    store: Store, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    race = RaceElsewhere(store, place, tmp_path / "machines", timedelta())
    writer = race.objects()
    for number, content in enumerate(CONTENTS[:20]):
        address = writer.put(content).address
        if number % 2:
            race._refer(f"0/{number}", frame(output_mark(address)))
    dying = race.objects()
    left = iter(range(calls))
    for name in MOVES[place.partition(":")[0]]:
        monkeypatch.setattr(dying.depot, name, _mortal(getattr(dying.depot, name), left))
    with suppress(KeyboardInterrupt):
        dying.depot.discard([i.address for i in writer.contents()], untouched_since=now() + timedelta(minutes=1))
    assert next(left, None) is None
    assert _refer_again(race, writer) == 20
    assert dangling(store, race.objects()) == []
    for number in range(0, 20, 2):
        race._refer(f"0/{number}", None)
    time.sleep(1.1)  # S3 tells whole seconds: what was met within this one stays
    collect(store=store, objects=race.objects(), now=now() + timedelta(minutes=1), dry_run=False, grace=timedelta())
    assert len(list(open_place(place).contents())) == 10
    assert dangling(store, race.objects()) == []


def _refer_again(race: RaceElsewhere, writer: Any) -> int:
    """Every writer that meets an object, or finds it gone, has it afterwards."""
    for number, content in enumerate(CONTENTS[:20]):
        output: Output = frame(output_mark(writer.put(content).address))
        race._refer(f"0/{number}", output)
    return 20


def _mortal(move: Move, left: Iterator[int]) -> Move:
    def made(*given: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return move(*given, **named)

    return made

"""The loops that fire and watch: on time, through faults, until they are told to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pauta.domain.problems import Problem, StoreFault
from pauta.domain.schedules import Missed
from pauta.scheduler import loop
from pauta.scheduler.loop import LONGEST_SLEEP, Scheduler
from pauta.scheduler.watch import Watch
from pauta.services import firing, schedules
from pauta.services.arrivals import Arrivals
from scheduling_world import World

PATIENCE = 20.0


def eventually(holds: Callable[[], object]) -> None:
    """Waits until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.01)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy()
    return made


@contextmanager
def running(world: World, **more: Any) -> Iterator[list[Problem]]:
    """A scheduler at work; what it told."""
    told: list[Problem] = []
    scheduler = Scheduler(world.control, tell=told.append, **more)
    scheduler.start()
    try:
        yield told
    finally:
        scheduler.stop()


class Sleeper:
    """Sleeps by moving the world's clock; ends after so many sleeps."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.slept: list[float] = []
        self.scheduler: Scheduler | None = None

    def __call__(self, seen: int, seconds: float) -> int:
        self.slept.append(seconds)
        self.world.clock.move(seconds=seconds)
        if len(self.slept) >= 8 and self.scheduler is not None:
            self.scheduler._stop.set()
        return seen


def test_p19_it_sleeps_until_the_next_is_due_and_never_longer_than_thirty_seconds(world: World) -> None:
    schedule = world.schedule(seconds=45)
    sleeper = Sleeper(world)
    sleeper.scheduler = Scheduler(world.control, tell=lambda _: None, sleep=sleeper)
    sleeper.scheduler.run()
    assert sleeper.slept == [30, 15, 30, 15, 30, 15, 30, 15]
    assert [f.fired_at - f.due_at for f in world.firings(schedule)] == [timedelta()] * 3


def test_with_nothing_to_do_it_looks_every_thirty_seconds(world: World) -> None:
    sleeper = Sleeper(world)
    sleeper.scheduler = Scheduler(world.control, tell=lambda _: None, sleep=sleeper)
    sleeper.scheduler.run()
    assert set(sleeper.slept) == {LONGEST_SLEEP}


def test_a_new_schedule_wakes_it_and_what_is_due_fires_soon(world: World) -> None:
    with running(world):
        schedule = world.schedule(seconds=10)
        world.clock.move(seconds=10)
        world.control.bell.ring(schedules.BELL)
        eventually(lambda: len(world.firings(schedule)) == 1)


def test_it_ends_when_told_although_nothing_is_due(world: World) -> None:
    with running(world):
        pass
    assert not [t for t in threading.enumerate() if t.name.startswith(("scheduler", "firing"))]


def test_a_slow_one_keeps_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = world.schedule(seconds=10, name="slow"), world.schedule(seconds=10, name="quick")
    release, prepare = threading.Event(), firing.prepare_run

    def preparing(control: Any, asked: Any, **more: Any) -> Any:
        if asked.by == "schedule slow":
            release.wait(PATIENCE)
        return prepare(control, asked, **more)

    monkeypatch.setattr(firing, "prepare_run", preparing)
    world.clock.move(seconds=10)
    with running(world):
        eventually(lambda: world.firings(quick))
        world.clock.move(seconds=10)
        eventually(lambda: len(world.firings(quick)) == 2)
        assert world.firings(slow) == []
        release.set()
        eventually(lambda: world.firings(slow))


def test_a_store_that_fails_for_a_while_stops_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_REST", 0.02)
    schedule = world.schedule(seconds=10)
    world.clock.move(seconds=10)
    whole = world.store.transaction
    faults = iter(range(12))

    def failing(*, durable: bool = False) -> Any:
        if next(faults, None) is not None:
            raise StoreFault(Problem("DB-003", {"detail": "gone"}))
        return whole(durable=durable)

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "transaction", failing)
        with running(world):
            eventually(lambda: next(faults, None) is None and world.firings(schedule))
    assert len(world.runs()) == 1


def test_b75_a_clock_that_went_back_is_told_once(world: World) -> None:
    schedule = world.schedule(seconds=10)
    world.clock.move(seconds=10)
    world.fire()
    world.clock.at = datetime(1970, 1, 2, tzinfo=UTC)
    with running(world) as told:
        eventually(lambda: told)
        world.control.bell.ring(schedules.BELL)
        world.control.bell.ring(schedules.BELL)
    assert [p.code for p in told] == ["CFG-014"]
    assert len(world.firings(schedule)) == 1


def test_t14_a_loop_whose_clock_jumps_doubles_nothing_and_leaves_a_line_for_each(world: World) -> None:
    schedule = world.schedule("*/10 * * * *", missed=Missed.ALL, missed_limit=50)
    jumps = iter([0, 1, -1, 3600, -3600, 86_400, -86_400, -1, -1, 0, 0, 0])

    def sleep(seen: int, seconds: float) -> int:
        world.clock.move(seconds=seconds)
        jump = next(jumps, None)
        if jump is None:
            scheduler._stop.set()
        else:
            world.clock.move(seconds=jump + 600)
        return seen

    scheduler = Scheduler(world.control, tell=lambda _: None, sleep=sleep)
    scheduler.run()
    found = world.firings(schedule)
    assert len({f.local for f in found}) == len(found)
    assert {(b.due_at - a.due_at) for a, b in pairwise(found)} == {timedelta(minutes=10)}
    assert len(world.runs()) == sum(f.outcome == "fired" for f in found)


def test_the_watch_polls_until_it_is_told_to_end_whatever_goes_wrong(world: World) -> None:
    polls: list[str] = []

    class Faulty(Arrivals):
        def files(self) -> Any:
            polls.append("files")
            raise StoreFault(Problem("DB-003")) if len(polls) < 3 else ZeroDivisionError

        def completions(self) -> Any:
            polls.append("completions")
            return []

    watch = Watch(Faulty(world.control), seconds=0.001)
    watch.start()
    eventually(lambda: polls.count("files") > 6)
    watch.stop()
    assert not [t for t in threading.enumerate() if t.name == "arrivals"]

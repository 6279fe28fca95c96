"""Schedules that fire: once for each intended time, whatever the clock or other schedulers do (P16, P17, P20)."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.domain.problems import InvalidInput, Problem, StoreFault
from pauta.domain.schedules import Missed, Schedule, ScheduleState
from pauta.services import deployments, firing, schedules
from pauta.services.firing import clock_problem, due_schedules, fire
from pauta.services.schedules import Change
from scheduling_world import NOBODY, NOON, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy()
    return made


def outcomes(world: World, schedule: Schedule) -> list[tuple[str, str, str]]:
    return [(f.local[11:16], f.outcome, f.reason) for f in world.firings(schedule)]


def test_a_due_schedule_becomes_one_run_with_its_terms(world: World) -> None:
    schedule = world.schedule(name="nightly")
    assert world.fire() == []
    world.clock.move(hours=1, seconds=1)
    [fired] = world.fire()
    assert world.fire() == []
    [run_id] = fired.runs
    with world.store.transaction() as tx:
        run = tx.runs.get(run_id)
    assert run is not None
    assert (run.deployment, run.asked_by, run.pool) == ("daily", "schedule nightly", "default")
    [kept] = world.firings(schedule)
    assert (kept.outcome, kept.run_id, kept.schedule_version) == ("fired", run_id, 1)
    assert kept.zone_data
    assert (kept.due_at, kept.fired_at) == (NOON + timedelta(hours=1), NOON + timedelta(hours=1, seconds=1))
    assert world.now_of(schedule).next.local == "2026-03-02T14:00:00"  # type: ignore[union-attr]


def test_parameters_of_the_schedule_come_before_the_deployment_s(world: World) -> None:
    world.schedule()
    schedules.create_schedule(
        world.control, "daily", name="two", timing=world.schedule(name="three").timing, parameters={"machine": "M2"}
    )
    world.clock.move(hours=1)
    world.fire()
    with world.store.transaction() as tx:
        assert Counter(r.parameters["machine"] for r in tx.runs.newest()) == {"M1": 2, "M2": 1}


def test_missed_times_are_caught_up_by_the_policy_and_each_left_out_is_on_record(world: World) -> None:
    latest = world.schedule(name="latest")
    every = world.schedule(name="all", missed=Missed.ALL, missed_limit=2)
    none = world.schedule(name="none", missed=Missed.NONE)
    world.clock.move(hours=3, minutes=5)
    world.fire()
    assert outcomes(world, latest) == [
        ("13:00", "skipped", "missed"), ("14:00", "skipped", "missed"), ("15:00", "fired", ""),
    ]  # fmt: skip
    assert outcomes(world, every) == [("13:00", "skipped", "missed"), ("14:00", "fired", ""), ("15:00", "fired", "")]
    assert {o[1] for o in outcomes(world, none)} == {"skipped"}
    assert len(world.runs()) == 3


def test_a_paused_deployment_leaves_its_times_out(world: World) -> None:
    schedule = world.schedule()
    deployments.pause(world.control, "daily", behalf=NOBODY)
    world.clock.move(hours=1)
    world.fire()
    assert outcomes(world, schedule) == [("13:00", "skipped", "paused")]
    deployments.resume(world.control, "daily", behalf=NOBODY)
    world.clock.move(hours=1)
    world.fire()
    assert outcomes(world, schedule)[1:] == [("14:00", "fired", "")]
    assert len(world.runs()) == 1


def test_a_run_that_is_refused_is_told_on_the_schedule_and_the_next_one_comes(world: World) -> None:
    schedule = world.schedule()
    with world.store.transaction() as tx:
        before = tx.deployments.get("daily")
        assert before is not None
        assert tx.deployments.put(before, replace(before, version=2, parameters={"machine": 7, "gone": 1}))
    world.clock.move(hours=1)
    [fired] = world.fire()
    assert (fired.runs, fired.skipped) == ((), 1)
    assert outcomes(world, schedule) == [("13:00", "skipped", "refused")]
    kept = world.now_of(schedule)
    assert kept.state is ScheduleState.ACTIVE
    assert kept.problem is not None
    assert kept.problem.code.startswith("PRM-")
    with world.store.transaction() as tx:
        present = tx.deployments.get("daily")
        assert present is not None
        assert tx.deployments.put(present, replace(before, version=3))
    world.clock.move(hours=1)
    world.fire()
    assert world.now_of(schedule).problem is None
    assert len(world.runs()) == 1


def test_whatever_breaks_while_a_run_is_prepared_ends_no_scheduler(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = world.schedule()

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(firing, "prepare_run", broken)
    world.clock.move(hours=1)
    world.fire()
    assert outcomes(world, schedule) == [("13:00", "skipped", "refused")]
    problem = world.now_of(schedule).problem
    assert problem is not None
    assert "ZeroDivisionError: by zero" in problem.message()


def test_a_store_that_fails_for_a_moment_is_asked_again_and_for_long_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = world.schedule()

    def failing(*_: Any, **__: Any) -> Any:
        raise StoreFault(Problem("E-DISK"))

    with monkeypatch.context() as patch:
        patch.setattr(firing, "prepare_run", failing)
        world.clock.move(hours=1, seconds=10)
        with pytest.raises(StoreFault):
            world.fire()
        assert outcomes(world, schedule) == []
        world.clock.move(minutes=2)
        world.fire()
    assert outcomes(world, schedule) == [("13:00", "skipped", "refused")]


def test_p20_a_change_a_pause_or_a_removal_after_the_look_lets_nothing_old_fire(world: World) -> None:
    for name, act in {
        "paused": lambda s: schedules.pause_schedule(world.control, s.id),
        "changed": lambda s: schedules.change_schedule(world.control, s.id, Change(parameters={"machine": "M9"})),
        "removed": lambda s: schedules.remove_schedule(world.control, s.id),
    }.items():
        schedule = world.schedule(name=name)
        world.clock.at = schedule.next.at + timedelta(seconds=1)  # type: ignore[union-attr]
        [seen] = [s for s in due_schedules(world.control, limit=10) if s.id == schedule.id]
        act(schedule)
        assert fire(world.control, seen).moved
        assert world.firings(schedule) == []
    assert world.runs() == []
    [fired] = world.fire()  # the changed one, with its new parameters
    with world.store.transaction() as tx:
        assert [r.parameters["machine"] for r in tx.runs.newest()] == ["M9"]
    assert len(fired.runs) == 1


def test_p20_a_change_while_the_run_is_prepared_lets_nothing_old_fire(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = world.schedule()
    prepare = firing.prepare_run

    def meanwhile(*args: Any, **more: Any) -> Any:
        ready = prepare(*args, **more)
        monkeypatch.setattr(firing, "prepare_run", prepare)
        schedules.change_schedule(world.control, schedule.id, Change(parameters={"machine": "M3"}))
        return ready

    monkeypatch.setattr(firing, "prepare_run", meanwhile)
    world.clock.move(hours=1)
    [fired] = world.fire()
    assert fired.moved
    assert world.runs() == []
    assert len(world.fire()[0].runs) == 1


def test_a_deployment_changed_while_the_run_is_prepared_is_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = world.schedule()
    prepare = firing.prepare_run

    def meanwhile(*args: Any, **more: Any) -> Any:
        ready = prepare(*args, **more)
        monkeypatch.setattr(firing, "prepare_run", prepare)
        deployments.pause(world.control, "daily", behalf=NOBODY)
        return ready

    monkeypatch.setattr(firing, "prepare_run", meanwhile)
    world.clock.move(hours=1)
    assert world.fire()[0].moved
    world.fire()
    assert outcomes(world, schedule) == [("13:00", "skipped", "paused")]
    assert world.runs() == []


def test_two_that_saw_the_same_fire_it_once(world: World) -> None:
    world.schedule()
    world.clock.move(hours=1)
    [seen] = due_schedules(world.control, limit=10)
    first, second = fire(world.control, seen), fire(world.control, seen)
    assert len(first.runs) == 1
    assert second.moved
    assert len(world.runs()) == 1


def test_a_time_that_was_fired_before_is_never_fired_again_even_when_planned_anew(world: World) -> None:
    schedule = world.schedule()
    world.clock.move(hours=1)
    world.fire()
    world.clock.move(minutes=-10)  # the clock is set back, and somebody plans anew
    schedules.pause_schedule(world.control, schedule.id)
    resumed = schedules.resume_schedule(world.control, schedule.id)
    assert resumed.next is not None
    assert resumed.next.local == "2026-03-02T13:00:00"
    world.clock.move(minutes=10)
    [fired] = world.fire()
    assert fired.runs == ()
    assert len(world.runs()) == 1
    assert world.now_of(schedule).next.local == "2026-03-02T14:00:00"  # type: ignore[union-attr]


def test_b63_a_zone_that_left_the_zone_data_stops_the_schedule_and_never_means_utc(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = world.schedule(zone="America/Sao_Paulo")
    other = world.schedule(name="other")
    with world.store.transaction() as tx:
        gone = replace(schedule, timing=replace(schedule.timing, zone="America/Atlantis"))
        assert tx.schedules.put(schedule, gone)
    world.clock.move(hours=4)
    world.fire()
    kept = world.now_of(schedule)
    assert kept.state is ScheduleState.STOPPED
    assert kept.problem is not None
    assert kept.problem.code == "SCH-003"
    assert world.firings(schedule) == []
    assert len(world.firings(other)) == 4
    with pytest.raises(InvalidInput, match="SCH-003"):
        schedules.resume_schedule(world.control, schedule.id)
    mended = schedules.change_schedule(
        world.control, schedule.id, Change(timing=replace(schedule.timing, zone="America/Sao_Paulo"))
    )
    assert (mended.state, mended.problem) == (ScheduleState.ACTIVE, None)


def test_a_schedule_with_an_end_ends(world: World) -> None:
    schedule = world.schedule(ends_at=NOON + timedelta(hours=1, minutes=30))
    world.clock.move(hours=1)
    world.fire()
    kept = world.now_of(schedule)
    assert (kept.state, kept.next, kept.fire_at) == (ScheduleState.ENDED, None, None)
    world.clock.move(days=9)
    assert world.fire() == []


def test_jitter_puts_the_firing_off_but_not_the_time_that_is_meant(world: World) -> None:
    schedule = world.schedule(jitter_seconds=600)
    assert schedule.fire_at is not None
    assert schedule.next is not None
    assert timedelta() <= schedule.fire_at - schedule.next.at < timedelta(minutes=10)
    world.clock.at = schedule.fire_at
    world.fire()
    assert world.firings(schedule)[0].due_at == NOON + timedelta(hours=1)


def test_the_workers_of_the_pool_are_woken(world: World) -> None:
    before = world.control.bell.wait("pool:default", seen=0, timeout=0)
    world.schedule()
    world.clock.move(hours=1)
    world.fire()
    assert world.control.bell.wait("pool:default", seen=before, timeout=0) > before


def test_b64_a_schedule_that_runs_ahead_of_its_workers_is_held_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pauta.services.accept_queue.MOST_WAITING", 5)
    schedule = world.schedule(seconds=1)
    for _ in range(12):
        world.clock.move(seconds=1)
        world.fire()
    assert len(world.runs()) == 5
    assert {o[1:] for o in outcomes(world, schedule)} == {("fired", ""), ("skipped", "refused")}
    problem = world.now_of(schedule).problem
    assert problem is not None
    assert problem.code == "SCH-004"


def test_b75_a_clock_before_the_last_firing_is_told_and_waited_out(world: World) -> None:
    schedule = world.schedule()
    world.clock.move(hours=1)
    world.fire()
    assert clock_problem(world.control) is None
    world.clock.move(hours=-5)
    problem = clock_problem(world.control)
    assert problem is not None
    assert problem.code == "CFG-014"
    assert world.fire() == []
    world.clock.at = NOON + timedelta(hours=2)
    world.fire()
    assert [o[0] for o in outcomes(world, schedule)] == ["13:00", "14:00"]


JUMPS: dict[str, list[timedelta]] = {
    "a second forth and back": [timedelta(seconds=s) for s in (1, -1, 1, -1)],
    "an hour forth": [timedelta(hours=1)],
    "an hour back": [timedelta(hours=-1)],
    "a day forth and back": [timedelta(days=1), timedelta(days=-1)],
    "a day back": [timedelta(days=-1)],
    "400 days forth": [timedelta(days=400)],
    "to 1970 and back": [datetime(1970, 1, 1, tzinfo=UTC) - NOON, NOON - datetime(1970, 1, 1, tzinfo=UTC)],
    "a second that comes again": [timedelta(seconds=-1)] * 3,
    "minutes back, again and again": [timedelta(minutes=-7)] * 9,
}


@pytest.mark.parametrize("jumps", JUMPS.values(), ids=list(JUMPS))
@pytest.mark.parametrize("missed", list(Missed))
def test_t14_no_jump_of_the_clock_doubles_a_time_or_loses_one_without_a_trace(
    world: World, jumps: list[timedelta], missed: Missed
) -> None:
    schedule = world.schedule("*/10 * * * *", missed=missed, missed_limit=3)
    for jump in [timedelta(), *jumps, timedelta()]:
        world.clock.at += jump
        for _ in range(9):
            world.clock.move(minutes=5)
            world.fire()
    highest = max((f.fired_at for f in world.firings(schedule)), default=NOON)
    world.clock.at = max(world.clock.at, highest)
    for _ in range(9):
        world.clock.move(minutes=5)
        world.fire()
    found = world.firings(schedule)
    assert Counter((f.local, f.fold) for f in found).most_common(1)[0][1] == 1
    assert len(world.runs()) == sum(f.outcome == "fired" for f in found)
    for line, following in pairwise(found):  # each time has its line, or stands in a row of many
        _, _, before = line.reason.partition(" before ")
        assert following.local == before or following.due_at - line.due_at == timedelta(minutes=10)
    assert found[-1].due_at > world.clock.at - timedelta(minutes=10)


def test_t14_times_of_a_repeated_hour_are_told_apart(world: World) -> None:
    world.clock.at = datetime(2026, 11, 1, 4, 50, tzinfo=UTC)
    schedule = world.schedule("0,30 * * * *", zone="America/New_York")
    for _ in range(20):
        world.clock.move(minutes=10)
        world.fire()
    found = [(f.local[11:16], f.fold) for f in world.firings(schedule)]
    assert found == [
        ("01:00", 0), ("01:30", 0), ("01:00", 1), ("01:30", 1), ("02:00", 0), ("02:30", 0), ("03:00", 0),
    ]  # fmt: skip
    assert len(world.runs()) == 7


def test_a_firing_that_dies_before_its_commit_has_done_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = world.schedule()
    world.clock.move(hours=1)
    whole = world.store.transaction

    @contextmanager
    def dying(*, durable: bool = False) -> Any:
        with whole(durable=durable) as tx:
            yield tx
            if durable:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "transaction", dying)
        with pytest.raises(KeyboardInterrupt):
            world.fire()
    assert world.runs() == []
    assert world.firings(schedule) == []
    assert [len(f.runs) for f in world.fire()] == [1]


def test_nothing_due_is_nothing_done(world: World) -> None:
    assert world.fire() == []

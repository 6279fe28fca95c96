"""Schedules that people make, change, pause and remove."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from pauta.domain.problems import Conflict, InvalidInput, NotFound
from pauta.domain.schedules import Gap, ScheduleState, Timing, TimingKind
from pauta.services import schedules
from pauta.services.behalf import Behalf
from pauta.services.schedules import Change
from pauta.services.view_schedules import occurrence_list, schedule_view
from scheduling_world import NOON, World

HOURLY = Timing(TimingKind.CRON, "0 * * * *")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy()
    return made


def test_every_slip_of_a_new_schedule_is_told_at_once(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        schedules.create_schedule(
            world.control,
            "daily",
            name="/",
            timing=Timing(TimingKind.CRON, "60 * * * *", zone="BRT"),
            parameters={"machine": 7, "other": 1},
        )
    codes = [p.code for p in refused.value.problems]
    assert codes[:3] == ["SCH-009", "SCH-001", "SCH-003"]
    assert len(codes) == 5
    assert schedules.list_schedules(world.control) == []


def test_a_schedule_needs_a_deployment_and_a_name_of_its_own(world: World) -> None:
    with pytest.raises(NotFound, match="DEP-001"):
        schedules.create_schedule(world.control, "none", name="s", timing=HOURLY)
    world.schedule(name="one")
    with pytest.raises(Conflict, match="SCH-007"):
        world.schedule(name="one")
    two = world.schedule(name="two")
    with pytest.raises(Conflict, match="SCH-007"):
        schedules.change_schedule(world.control, two.id, Change(name="one"))


def test_a_change_of_the_timing_plans_anew_and_one_of_the_rest_does_not(world: World) -> None:
    schedule = world.schedule(jitter_seconds=60)
    named = schedules.change_schedule(world.control, schedule.id, Change(name="other", parameters={"machine": "M2"}))
    assert (named.version, named.next, named.fire_at) == (2, schedule.next, schedule.fire_at)
    world.clock.move(minutes=1)
    later = schedules.change_schedule(world.control, schedule.id, Change(timing=replace(HOURLY, text="30 * * * *")))
    assert later.version == 3
    assert later.next is not None
    assert later.next.local == "2026-03-02T12:30:00"


def test_a_change_based_on_another_version_is_refused(world: World) -> None:
    schedule = world.schedule()
    schedules.change_schedule(world.control, schedule.id, Change(name="a", version=1))
    with pytest.raises(Conflict, match="SCH-008"):
        schedules.change_schedule(world.control, schedule.id, Change(name="b", version=1))


def test_pausing_and_resuming_twice_changes_nothing_and_what_was_missed_is_not_caught_up(world: World) -> None:
    schedule = world.schedule()
    paused = schedules.pause_schedule(world.control, schedule.id)
    assert schedules.pause_schedule(world.control, schedule.id) == paused
    assert (paused.state, paused.next, paused.fire_at, paused.version) == (ScheduleState.PAUSED, None, None, 2)
    world.clock.move(hours=5)
    assert world.fire() == []
    resumed = schedules.resume_schedule(world.control, schedule.id)
    assert schedules.resume_schedule(world.control, schedule.id) == resumed
    assert resumed.next is not None
    assert resumed.next.at == NOON + timedelta(hours=6)


def test_a_paused_schedule_stays_paused_when_its_timing_is_changed(world: World) -> None:
    schedule = world.schedule()
    schedules.pause_schedule(world.control, schedule.id)
    changed = schedules.change_schedule(world.control, schedule.id, Change(timing=replace(HOURLY, text="5 * * * *")))
    assert (changed.state, changed.next) == (ScheduleState.PAUSED, None)
    assert len(schedules.upcoming(world.control, schedule.id, count=3)) == 3


def test_a_removed_schedule_is_gone_and_nobody_finds_it(world: World) -> None:
    schedule = world.schedule()
    schedules.remove_schedule(world.control, schedule.id)
    for act in (
        lambda: schedules.get_schedule(world.control, schedule.id),
        lambda: schedules.pause_schedule(world.control, schedule.id),
        lambda: schedules.remove_schedule(world.control, schedule.id),
        lambda: schedules.list_firings(world.control, schedule.id, limit=5),
        lambda: schedules.change_schedule(world.control, "x" * 300, Change(name="a")),
    ):
        with pytest.raises(NotFound, match="SCH-006"):
            act()


def test_times_without_offset_are_kept_as_instants_of_the_zone(world: World) -> None:
    start = NOON.replace(tzinfo=None) + timedelta(days=1)
    schedule = world.schedule("0 6 * * *", zone="America/Sao_Paulo", starts_at=start)
    assert schedule.timing.starts_at == NOON + timedelta(days=1, hours=3)


def test_a_preview_marks_clock_changes_in_words_of_both_languages(world: World) -> None:
    world.clock.at = datetime.fromisoformat("2026-03-07T12:00:00+00:00")
    timing = Timing(TimingKind.CRON, "30 2 * * *", zone="America/New_York")
    found = schedules.preview(timing, count=2, now=world.clock())
    [gap, plain] = occurrence_list(found, zone=timing.zone, language="en").next
    assert gap.words == "02:30 does not exist: clocks go forward; it runs at 03:00"
    assert (gap.local, gap.runs) == ("2026-03-08T02:30:00", "2026-03-08T03:00:00-04:00")
    assert (plain.mark, plain.words) == ("", "")
    skipping = schedules.preview(replace(timing, gap=Gap.SKIP), count=1, now=world.clock())
    [left] = occurrence_list(skipping, zone=timing.zone, language="pt-BR").next
    assert (left.mark, left.runs) == ("left_out", None)
    assert left.words == "02:30 não existe: o relógio é adiantado; fica de fora"
    twice = replace(timing, text="30 1 * * *")
    world.clock.at = datetime.fromisoformat("2026-10-31T12:00:00+00:00")
    found = schedules.preview(twice, count=1, now=world.clock())
    [first] = occurrence_list(found, zone=timing.zone, language="en").next
    assert first.words == "01:30 comes twice: clocks go back; this is the first"


def test_a_preview_of_a_bad_timing_tells_what_is_wrong(world: World) -> None:
    with pytest.raises(InvalidInput, match="SCH-002"):
        schedules.preview(replace(HOURLY, text="0 0 30 2 *"), count=1, now=world.clock())


def test_whoever_may_not_touch_the_pipeline_changes_nothing_and_deeds_leave_rows(world: World) -> None:
    notes: list[tuple[str, str]] = []

    def refuse(pipeline: str) -> None:
        raise PermissionError(pipeline)

    good = Behalf("ann", note=lambda _, action, target, **__: notes.append((action, target)))
    bad = Behalf("bob", allow=refuse)
    made = schedules.create_schedule(world.control, "daily", name="s", timing=HOURLY, behalf=good)
    for act in (
        lambda: schedules.create_schedule(world.control, "daily", name="t", timing=HOURLY, behalf=bad),
        lambda: schedules.change_schedule(world.control, made.id, Change(name="u"), behalf=bad),
        lambda: schedules.pause_schedule(world.control, made.id, behalf=bad),
        lambda: schedules.resume_schedule(world.control, made.id, behalf=bad),
        lambda: schedules.remove_schedule(world.control, made.id, behalf=bad),
    ):
        with pytest.raises(PermissionError, match="plant"):
            act()
    assert world.now_of(made) == made
    schedules.pause_schedule(world.control, made.id, behalf=good)
    schedules.remove_schedule(world.control, made.id, behalf=good)
    assert notes == [(f"schedule.{deed}", made.id) for deed in ("create", "pause", "remove")]


def test_the_view_of_a_schedule_says_when_it_fires(world: World) -> None:
    shown = schedule_view(world.schedule("0 6 * * *", zone="America/Sao_Paulo"), language="en")
    assert shown.text == "0 6 * * * America/Sao_Paulo"
    assert shown.next is not None
    assert shown.next.runs == "2026-03-03T06:00:00-03:00"
    assert schedule_view(world.schedule(name="i", seconds=90), language="pt").text == "a cada 90 s"

"""What becomes of what came due while nobody could fire it (P17)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from pauta.domain.schedules import Missed, Occurrence, Timing, TimingKind
from pauta.engine.due import next_after
from pauta.engine.due_missed import Verdict, judge, put_off

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def hourly(**more: object) -> Timing:
    return Timing(TimingKind.CRON, "0 * * * *", **more)  # type: ignore[arg-type]


def first(timing: Timing) -> Occurrence:
    found = next_after(timing, after=NOON, anchor=NOON)
    assert found is not None
    return found


def verdict(timing: Timing, **later: float) -> Verdict:
    """Of the first after noon, so much later than noon."""
    return judge(timing, first(timing), now=NOON + timedelta(**later), anchor=NOON)


def hours(found: Verdict) -> tuple[list[int], list[tuple[int, str]], int | None]:
    return (
        [o.at.hour for o in found.fire],
        [(left.occurrence.at.hour, left.reason) for left in found.left_out],
        found.next.at.hour if found.next else None,
    )


@pytest.mark.parametrize("missed", list(Missed))
def test_one_that_is_on_time_fires_whatever_the_policy(missed: Missed) -> None:
    assert hours(verdict(hourly(missed=missed), hours=1, seconds=2)) == ([13], [], 14)


def test_latest_fires_the_newest_and_says_what_it_left_out() -> None:
    assert hours(verdict(hourly(), hours=4, minutes=10)) == ([16], [(13, "missed"), (14, "missed"), (15, "missed")], 17)


def test_all_fires_the_newest_up_to_the_number() -> None:
    found = verdict(hourly(missed=Missed.ALL, missed_limit=2), hours=4, minutes=10)
    assert hours(found) == ([15, 16], [(13, "missed"), (14, "missed")], 17)


def test_none_fires_nothing_that_was_missed() -> None:
    found = verdict(hourly(missed=Missed.NONE), hours=4, minutes=10)
    assert hours(found) == ([], [(13, "missed"), (14, "missed"), (15, "missed"), (16, "missed")], 17)


def test_what_is_older_than_the_window_is_not_caught_up() -> None:
    timing = hourly(missed=Missed.ALL, missed_window_seconds=2 * 3600)
    assert hours(verdict(timing, hours=4, minutes=10)) == ([15, 16], [(13, "window"), (14, "window")], 17)
    late = Timing(TimingKind.CRON, "0 13 * * *", missed_window_seconds=3600)
    assert hours(verdict(late, hours=4)) == ([], [(13, "window")], 13)


def test_a_window_of_nothing_still_lets_a_busy_scheduler_be_a_little_late() -> None:
    assert hours(verdict(hourly(missed_window_seconds=0), hours=1, seconds=5)) == ([13], [], 14)


def test_one_whose_jitter_may_still_wait_is_planned_next_and_not_taken_along() -> None:
    timing = Timing(TimingKind.CRON, "* * * * *", jitter_seconds=90)
    found = judge(timing, first(timing), now=NOON + timedelta(seconds=150), anchor=NOON)
    assert [o.at.minute for o in found.fire] == [1]
    assert found.next is not None
    assert found.next.at.minute == 2


def test_jitter_puts_off_by_its_share_of_chance() -> None:
    timing = hourly(jitter_seconds=60)
    planned = first(timing)
    assert put_off(planned, timing, chance=0.0) == planned.at
    assert put_off(planned, timing, chance=0.5) == planned.at + timedelta(seconds=30)


@pytest.mark.parametrize(
    "timing",
    [
        Timing(TimingKind.INTERVAL, seconds=1, missed=Missed.ALL, missed_limit=1000, missed_window_seconds=34_560_000),
        Timing(TimingKind.CRON, "* * * * *"),
        Timing(TimingKind.CRON, "* * * 2 *", missed=Missed.ALL),
        Timing(TimingKind.RRULE, "FREQ=MINUTELY", missed=Missed.NONE),
    ],
)
def test_a_year_away_costs_little_and_the_oldest_become_one_row(timing: Timing) -> None:
    began = time.process_time()
    found = verdict(timing, days=400)
    assert time.process_time() - began < 3
    assert found.left_out[0].before == found.left_out[1].occurrence.local
    assert len(found.left_out) <= 2 * 1000 + 1
    instants = [left.occurrence.at for left in found.left_out] + [o.at for o in found.fire]
    assert instants == sorted(instants)
    assert found.next is not None
    assert found.next.at > NOON + timedelta(days=400)


def test_after_the_last_there_is_no_next() -> None:
    found = verdict(hourly(ends_at=NOON + timedelta(hours=2)), hours=3)
    assert hours(found) == ([13], [], None)

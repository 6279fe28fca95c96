"""When timings are due: expressions, rules, intervals, and what clock changes do to them (P18, B62, B63)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from pauta.domain.problems import InvalidInput
from pauta.domain.schedules import Fold, Gap, Timing, TimingKind
from pauta.engine.due import check_timing, next_after, next_few, occurrences, with_left_out

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def cron(text: str, zone: str = "UTC", **more: object) -> Timing:
    return Timing(TimingKind.CRON, text, zone=zone, **more)  # type: ignore[arg-type]


def rule(text: str, zone: str = "UTC", **more: object) -> Timing:
    return Timing(TimingKind.RRULE, text, zone=zone, **more)  # type: ignore[arg-type]


def every(seconds: float, **more: object) -> Timing:
    return Timing(TimingKind.INTERVAL, seconds=seconds, **more)  # type: ignore[arg-type]


def shown(timing: Timing, after: datetime, count: int = 3, *, anchor: datetime = NOW) -> list[str]:
    """What the zone's clock shows when it fires, with the offset."""
    zone = ZoneInfo(timing.zone)
    found = islice(occurrences(timing, after=after, anchor=anchor), count)
    return [o.at.astimezone(zone).isoformat(timespec="minutes") for o in found]


def lines(timing: Timing) -> list[str]:
    return [problem.line() for problem in check_timing(timing, now=NOW)]


CHANGES = [
    ("30 2 * * *", "America/New_York", utc(2026, 3, 8, 5), ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
    ("30 1 * * *", "America/New_York", utc(2026, 11, 1, 4), ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
    ("0 * * * *", "America/New_York", utc(2026, 11, 1, 4, 30),
     ["2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00", "2026-11-01T02:00-05:00"]),
    ("*/30 * * * *", "America/New_York", utc(2026, 11, 1, 5),
     ["2026-11-01T01:30-04:00", "2026-11-01T01:00-05:00", "2026-11-01T01:30-05:00"]),
    ("0 */2 * * *", "America/New_York", utc(2026, 3, 8, 5), ["2026-03-08T04:00-04:00", "2026-03-08T06:00-04:00"]),
    ("0 12 * * 0", "Europe/Berlin", utc(2026, 11, 21), ["2026-11-22T12:00+01:00", "2026-11-29T12:00+01:00"]),
    ("0 12 * * 7", "Europe/Berlin", utc(2026, 11, 21), ["2026-11-22T12:00+01:00", "2026-11-29T12:00+01:00"]),
    ("0 0 * * *", "America/Santiago", utc(2026, 9, 5, 12), ["2026-09-06T01:00-03:00", "2026-09-07T00:00-03:00"]),
    ("15 2 * * *", "Australia/Lord_Howe", utc(2026, 10, 3), ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "zone", "after", "wanted"), CHANGES)
def test_clock_changes_come_out_as_debian_s_cron_has_them(
    text: str, zone: str, after: datetime, wanted: list[str]
) -> None:
    assert shown(cron(text, zone), after, len(wanted)) == wanted


def test_a_time_that_does_not_exist_can_be_left_out_and_a_preview_says_so() -> None:
    timing = cron("30 2 * * *", "America/New_York", gap=Gap.SKIP)
    assert shown(timing, utc(2026, 3, 8, 5), 1) == ["2026-03-09T02:30-04:00"]
    marks = [(o.local[5:16], o.mark) for o in islice(with_left_out(timing, after=utc(2026, 3, 8, 5), anchor=NOW), 2)]
    assert marks == [("03-08T02:30", "left_out"), ("03-09T02:30", "")]


@pytest.mark.parametrize(
    ("fold", "wanted"),
    [
        (Fold.FIRST, ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
        (Fold.LAST, ["2026-11-01T01:30-05:00", "2026-11-02T01:30-05:00"]),
        (Fold.BOTH, ["2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00"]),
    ],
)
def test_a_time_that_comes_twice_runs_as_the_policy_says(fold: Fold, wanted: list[str]) -> None:
    assert shown(cron("30 1 * * *", "America/New_York", fold=fold), utc(2026, 11, 1, 4), 2) == wanted


def test_a_repeated_time_is_found_from_between_its_two_occurrences() -> None:
    timing = cron("30 1 * * *", "America/New_York", fold=Fold.BOTH)
    found = next_after(timing, after=utc(2026, 11, 1, 5, 45), anchor=NOW)
    assert found is not None
    assert (found.at, found.local, found.fold) == (utc(2026, 11, 1, 6, 30), "2026-11-01T01:30:00", 1)


def test_what_one_gap_takes_runs_once_and_not_beside_a_time_of_its_own() -> None:
    assert shown(cron("0,15,30 2 * * *", "America/New_York"), utc(2026, 3, 8, 5), 2) == [
        "2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00",
    ]  # fmt: skip
    both = list(islice(occurrences(cron("0 2,3 * * *", "America/New_York"), after=utc(2026, 3, 8, 5), anchor=NOW), 2))
    assert [(o.local[5:16], o.mark) for o in both] == [("03-08T03:00", ""), ("03-09T02:00", "")]


def test_the_next_of_each_is_what_a_walk_from_the_first_finds() -> None:
    timing = cron("*/20 1-3 * * *", "America/New_York", fold=Fold.BOTH)
    start = utc(2026, 10, 31)
    walked = list(islice(occurrences(timing, after=start, anchor=NOW), 40))
    for before, after in zip([start, *(o.at for o in walked)], walked, strict=False):
        assert next_after(timing, after=before, anchor=NOW) == after


def test_seconds_of_an_interval_pass_whatever_clocks_do() -> None:
    timing = every(1800, zone="America/New_York", anchor=utc(2026, 11, 1, 4))
    found = list(islice(occurrences(timing, after=utc(2026, 11, 1, 4, 45), anchor=NOW), 5))
    assert [o.at for o in found] == [utc(2026, 11, 1, 5) + timedelta(minutes=30 * n) for n in range(5)]
    assert [(o.local[11:16], o.fold) for o in found] == [
        ("01:00", 0), ("01:30", 0), ("01:00", 1), ("01:30", 1), ("02:00", 0),
    ]  # fmt: skip


def test_an_interval_does_not_fire_before_its_anchor_and_has_no_drift() -> None:
    timing = every(0.1 + 1, anchor=NOW)
    assert next_after(timing, after=NOW - timedelta(days=1), anchor=NOW).at == NOW  # type: ignore[union-attr]
    later = next_after(timing, after=NOW + timedelta(days=400), anchor=NOW)
    assert later is not None
    assert (later.at - NOW) % timedelta(seconds=1.1) == timedelta()


def test_start_is_inclusive_and_end_is_not() -> None:
    timing = cron("0 * * * *", starts_at=NOW + timedelta(hours=2), ends_at=NOW + timedelta(hours=4))
    assert shown(timing, NOW, 9) == ["2026-11-21T14:00+00:00", "2026-11-21T15:00+00:00"]


def test_times_without_offset_are_the_zone_s() -> None:
    timing = cron("0 6 * * *", "America/Sao_Paulo", starts_at=utc(2027, 1, 1).replace(tzinfo=None))
    assert shown(timing, NOW, 1) == ["2027-01-01T06:00-03:00"]


def test_nicknames_are_debian_s() -> None:
    assert shown(cron("@daily"), NOW, 1) == ["2026-11-22T00:00+00:00"]
    assert shown(cron("@weekly"), NOW, 1) == ["2026-11-22T00:00+00:00"]


RULES = [
    "FREQ=DAILY;BYHOUR=6,18;BYMINUTE=30;BYSECOND=0", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
    "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=31", "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=20;BYDAY=MO", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=DAILY;INTERVAL=7;COUNT=80", "FREQ=YEARLY;BYMONTH=3", "FREQ=MONTHLY", "FREQ=YEARLY",
    "FREQ=YEARLY;BYYEARDAY=-1,100", "FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1", "FREQ=DAILY;UNTIL=20271231",
]  # fmt: skip


@pytest.mark.parametrize("text", RULES)
@pytest.mark.parametrize("days", [0, 3, 200, 1500])
def test_rules_from_any_day_on_are_what_dateutil_counts_from_the_anchor(text: str, days: int) -> None:
    anchor = utc(2022, 1, 31, 9, 15).replace(tzinfo=None)
    after = anchor + timedelta(days=days, hours=5)
    whole = rrulestr(text.replace("UNTIL=20271231", "UNTIL=20271231T235959"), dtstart=anchor)
    wanted = list(whole.xafter(after, count=8))
    timing = rule(text, anchor=anchor.replace(tzinfo=UTC))
    found = list(islice(occurrences(timing, after=after.replace(tzinfo=UTC), anchor=NOW), 8))
    assert [o.at.replace(tzinfo=None) for o in found] == wanted


def test_rules_follow_the_same_policies_at_clock_changes() -> None:
    daily = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0"
    assert shown(rule(daily, "America/New_York", anchor=utc(2026, 1, 1)), utc(2026, 3, 8, 5), 1) == [
        "2026-03-08T03:00-04:00"
    ]
    hourly = rule("FREQ=HOURLY", "America/New_York", anchor=utc(2026, 1, 1))
    assert len(shown(hourly, utc(2026, 11, 1, 4), 4)) == len(set(shown(hourly, utc(2026, 11, 1, 4), 4)))
    assert shown(hourly, utc(2026, 11, 1, 4), 2) == ["2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00"]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
        "FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4,6,9",
    ],
)
def test_a_rule_that_never_fires_is_told_soon(text: str) -> None:
    began = time.process_time()
    assert lines(rule(text)) == [f"SCH-002 '{text}' never fires in 5 years"]
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("60 * * * *", "SCH-001 minute 60: 0 to 59"),
        ("* 24 * * *", "SCH-001 hour 24: 0 to 23"),
        ("0 0 0 * *", "SCH-001 day 0: 1 to 31, or L for the last of the month"),
        ("0 0 * FOO *", "SCH-001 month FOO: 1 to 12, or JAN to DEC"),
        ("0 0 * * 8", "SCH-001 weekday 8: 0 to 7 (0 and 7 are Sunday), or SUN to SAT"),
        ("31 2 *", "SCH-001 3 fields in '31 2 *', 5 are expected"),
        ("* * * * * *", "SCH-001 6 fields in '* * * * * *', 5 are expected: there is no field for seconds"),
        ("*/90 * * * *", "SCH-001 */90: the step must be 1 to 59, within its field"),
        ("0 22-2 * * *", "SCH-001 22-2 goes backwards"),
        ("1,,2 * * * *", "SCH-001 minute '': 0 to 59"),
        ("0 0 30 2 *", "SCH-002 '0 0 30 2 *' never fires in 5 years"),
        ("0 0 31 4,6 *", "SCH-002 '0 0 31 4,6 *' never fires in 5 years"),
        ("@every", "SCH-001 @EVERY is not known"),
        ("٣ * * * *", "SCH-001 minute ٣: 0 to 59"),
        ("9" * 199 + " *", "SCH-001"),
        ("*" * 500, "SCH-001 the text has 500 characters, at most 200 are read"),
    ],
)
def test_b62_bad_expressions_say_which_field_and_its_range(text: str, line: str) -> None:
    found = lines(cron(text))
    assert found
    assert found[0].lower().startswith(line.lower())


def test_b62_every_bad_field_is_told_at_once() -> None:
    assert len(lines(cron("60 24 32 13 8"))) == 5


def test_b62_reboot_is_no_time() -> None:
    assert "@reboot is no time" in lines(cron("@reboot"))[0]


@pytest.mark.parametrize(
    "text", ["0 6 * JAN-MAR MON-FRI", "0 0 L * *", "0 0 LW * *", "0 9 * * 1#2", "0 0 29 2 *", "0 0 * * 5L"]
)
def test_good_expressions_are_taken(text: str) -> None:
    assert lines(cron(text)) == []


@pytest.mark.parametrize(
    ("zone", "near"),
    [
        ("BRT", "America/Sao_Paulo"),
        ("EST", "America/New_York"),
        ("America/Sao_paulo", "America/Sao_Paulo"),
        ("Sao Paulo", "America/Sao_Paulo"),
        ("Europe/Berlim", "Europe/Berlin"),
        ("../../etc/passwd", "America/Sao_Paulo or UTC"),
        ("", "America/Sao_Paulo or UTC"),
        ("Marte/Olimpo" * 50, ""),
    ],
)
def test_b63_unknown_zones_and_abbreviations_are_refused_with_the_nearest_names(zone: str, near: str) -> None:
    problems = check_timing(cron("0 6 * * *", zone), now=NOW)
    assert [p.code for p in problems] == ["SCH-003"]
    assert near in problems[0].remedy()
    assert problems[0].remedy("pt")


@pytest.mark.parametrize(
    "timing",
    [
        every(0.5),
        every(float("nan")),
        every(float("inf")),
        Timing(TimingKind.INTERVAL),
        Timing(TimingKind.INTERVAL, "0 6 * * *", seconds=60),
        cron("0 6 * * *", seconds=60.0),
        cron("0 6 * * *", jitter_seconds=-1),
        cron("0 6 * * *", missed_limit=0),
        cron("0 6 * * *", missed_limit=1001),
        cron("0 6 * * *", missed_window_seconds=float("inf")),
        cron("0 6 * * *", starts_at=NOW, ends_at=NOW),
        cron("0 6 * * *", ends_at=NOW),
        rule("FREQ=SECONDLY"),
        rule("FREQ=DAILY;INTERVAL=0"),
        rule("FREQ=DAILY;COUNT=3;UNTIL=20270101"),
        rule("FREQ=DAILY;BYMONTHDAY=0"),
        rule("FREQ=DAILY;FREQ=DAILY"),
        rule("DTSTART:20260101T000000\nRRULE:FREQ=DAILY"),
        rule(""),
    ],
)
def test_other_slips_are_told_in_both_languages(timing: Timing) -> None:
    problems = check_timing(timing, now=NOW)
    assert problems
    for problem in problems:
        assert "{" not in problem.message()
        assert problem.message() != problem.message("pt")


def test_a_preview_of_something_that_is_no_timing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="SCH-001 minute 60"):
        next_few(cron("60 * * * *"), 3, after=NOW, anchor=NOW)


def test_without_an_anchor_times_are_whole_seconds() -> None:
    made = NOW + timedelta(seconds=3, microseconds=380_997)
    found = next_after(every(60), after=made, anchor=made)
    assert found is not None
    assert found.local == "2026-11-21T12:01:03"

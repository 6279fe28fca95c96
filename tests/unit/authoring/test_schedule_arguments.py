"""When to run, as it is said in Python and TOML."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pauta.authoring.schedule_arguments import WantedSchedule, schedules_of
from pauta.domain.problems import InvalidInput


def refused(**said: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        schedules_of(**said)
    assert {problem.code for problem in caught.value.problems} == {"FLW-080"}
    return [problem.variant for problem in caught.value.problems]


def timings(**said: Any) -> list[dict[str, Any]]:
    return [dict(schedule.timing) for schedule in schedules_of(**said) or ()]


def test_nothing_said_is_not_the_same_as_no_schedules() -> None:
    assert schedules_of() is None
    assert schedules_of(schedules=[]) == ()


def test_cron_is_in_utc_unless_a_zone_is_named() -> None:
    assert timings(cron="0 */2 * * *") == [{"kind": "cron", "text": "0 */2 * * *", "zone": "UTC"}]
    assert timings(cron="0 5 * * *", timezone="America/Sao_Paulo")[0]["zone"] == "America/Sao_Paulo"


@pytest.mark.parametrize("interval", [900, 900.0, timedelta(minutes=15), "15m"])
def test_an_interval_is_seconds_a_timedelta_or_text(interval: Any) -> None:
    assert timings(interval=interval) == [{"kind": "interval", "seconds": 900.0, "zone": "UTC"}]


def test_a_schedule_is_a_mapping_as_elsewhere() -> None:
    given = {"cron": "0 */2 * * *", "timezone": "Europe/Lisbon", "day_or": True}
    assert schedules_of(schedule=given) == (
        WantedSchedule("schedule", {"kind": "cron", "text": "0 */2 * * *", "zone": "Europe/Lisbon"}),
    )
    anchored = timings(schedule={"interval": 600, "anchor_date": datetime(2026, 1, 1, tzinfo=UTC)})[0]
    assert anchored["anchor"] == "2026-01-01T00:00:00+00:00"
    assert timings(schedule={"rrule": "FREQ=DAILY"})[0]["kind"] == "rrule"


def test_several_have_names_parameters_and_may_rest() -> None:
    found = schedules_of(
        schedules=[
            {"cron": "0 6 * * *", "name": "early", "parameters": {"limit": 3}},
            {"schedule": {"cron": "0 7 * * *"}, "active": False},
            {"every": "1h"},
        ]
    )
    assert found is not None
    assert [(s.name, dict(s.parameters), s.active) for s in found] == [
        ("early", {"limit": 3}, True), ("schedule 2", {}, False), ("schedule 3", {}, True),
    ]  # fmt: skip


def test_several_expressions_are_several_schedules() -> None:
    found = schedules_of(cron=["0 6 * * *", "0 18 * * *"])
    assert found is not None
    assert [s.name for s in found] == ["schedule", "schedule 2"]


def test_it_is_said_in_one_way() -> None:
    assert refused(cron="* * * * *", interval=5) == ["together"]
    assert refused(schedule={"cron": "* * * * *", "interval": 5}) == ["ways"]
    assert refused(schedule={"timezone": "UTC"}) == ["ways"]


def test_what_cannot_be_meant_is_refused_all_at_once() -> None:
    assert refused(schedules=[{"corn": "x", "cron": "x"}, {"cron": 3}]) == ["key", ""]
    assert refused(schedule="0 6 * * *") == [""]
    assert refused(interval="often") == [""]
    assert refused(interval=True) == [""]
    assert refused(schedule={"cron": "x", "anchor": "soon"}) == [""]
    assert refused(schedules=[{"cron": "x", "name": "a"}, {"cron": "y", "name": "a"}]) == ["twice"]

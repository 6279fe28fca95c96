"""T4: `pauta run` is killed at its system calls, goes on, and every promise holds (P1 P2 P3 P5 P6 P8 P15 P21 P22)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import crash_oracle
import kill_points
import pytest
from kill_points import Call, Place

SCALE = os.environ.get("PAUTA_TEST_SCALE", "") or "commit"
# In a new folder most calls make the records; the larger share goes to runs in a folder that has them.
FRESH_POINTS = {"commit": 8, "ci": 120, "night": 600}[SCALE]
POINTS = {"commit": 32, "ci": 280, "night": 600}[SCALE]
SCRIPT_POINTS = {"commit": 4, "ci": 40, "night": 120}[SCALE]

pytestmark = [pytest.mark.strace, pytest.mark.slow]


@pytest.fixture(scope="session", autouse=True)
def strace() -> None:
    """strace, or the reason why there is none. In CI its absence is a failure."""
    if shutil.which("strace") is None:
        assert "CI" not in os.environ, "strace is missing in CI"
        pytest.skip("strace is not installed (sudo apt-get install strace)")


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A project whose (empty) records are made, to be copied."""
    place = kill_points.make_place(tmp_path_factory.mktemp("used"))
    kill_points.make_records(place)
    return place


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer of an undisturbed run."""
    return kill_points.run_clean(kill_points.make_place(tmp_path_factory.mktemp("clean")))


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory, used: Place) -> list[Call]:
    """The calls to be killed at, in a folder that has records."""
    place = kill_points.make_place(tmp_path_factory.mktemp("counted"))
    kill_points.copy_records(used, place)
    return kill_points.sample(kill_points.command_calls(place), POINTS)


@pytest.fixture(scope="session")
def fresh_calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """The calls to be killed at, in a new folder."""
    place = kill_points.make_place(tmp_path_factory.mktemp("fresh"))
    return kill_points.sample(kill_points.command_calls(place), FRESH_POINTS)


@pytest.fixture(scope="session")
def script_calls(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Call]]:
    """The calls of the process of a step to be killed at."""

    @cache
    def of_step(step: str) -> list[Call]:
        place = kill_points.make_place(tmp_path_factory.mktemp(step))
        return kill_points.sample(kill_points.script_calls(place, step), SCRIPT_POINTS)

    return of_step


def test_an_undisturbed_run_starts_each_step_once(tmp_path: Path) -> None:
    place = kill_points.make_place(tmp_path)
    answer = kill_points.run_clean(place)
    assert answer["state"] == "completed"
    assert set(place.starts().values()) == {1}
    assert len(place.starts()) == 5


@pytest.mark.parametrize("point", range(POINTS))
def test_a_command_killed_at_a_system_call_goes_on_where_it_was(
    point: int, tmp_path: Path, clean: dict[str, Any], calls: list[Call], used: Place
) -> None:
    place = kill_points.make_place(tmp_path)
    kill_points.copy_records(used, place)
    crash = partial(kill_points.kill_command_at, place, calls[point])
    assert not list(crash_oracle.faults(place, clean=clean, deaths=1, crash=crash)), f"killed at {calls[point]}"


@pytest.mark.parametrize("point", range(FRESH_POINTS))
def test_a_command_killed_while_it_makes_the_records_leaves_a_folder_that_works(
    point: int, tmp_path: Path, clean: dict[str, Any], fresh_calls: list[Call]
) -> None:
    place = kill_points.make_place(tmp_path)
    call = fresh_calls[point]
    crash = partial(kill_points.kill_command_at, place, call)
    assert not list(crash_oracle.faults(place, clean=clean, deaths=1, crash=crash)), f"killed at {call}"


@pytest.mark.parametrize("step", ["table", "total"])
@pytest.mark.parametrize("point", range(SCRIPT_POINTS))
def test_a_script_killed_at_a_system_call_is_tried_again(
    step: str, point: int, tmp_path: Path, clean: dict[str, Any], script_calls: Callable[[str], list[Call]]
) -> None:
    place = kill_points.make_place(tmp_path)
    call = script_calls(step)[point]
    crash = partial(kill_points.kill_script_at, place, step, call)
    assert not list(crash_oracle.faults(place, clean=clean, deaths=1, crash=crash)), f"killed at {call}"

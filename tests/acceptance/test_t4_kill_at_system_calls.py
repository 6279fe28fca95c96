"""T4: `pauta run` is killed at its system calls, goes on, and every promise holds (P1 P2 P3 P5 P6 P8 P15 P21 P22)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import crash_oracle
import kill_points
import pytest

POINTS = {"": 40, "commit": 40, "ci": 400, "night": 1200}[os.environ.get("PAUTA_TEST_SCALE", "")]

SCRIPT_POINTS = {"": 4, "commit": 4, "ci": 40, "night": 120}[os.environ.get("PAUTA_TEST_SCALE", "")]

pytestmark = [pytest.mark.strace, pytest.mark.slow]


@pytest.fixture(scope="session", autouse=True)
def strace() -> None:
    """strace, or the reason why there is none. In CI its absence is a failure."""
    if shutil.which("strace") is None:
        assert "CI" not in os.environ, "strace is missing in CI"
        pytest.skip("strace is not installed (sudo apt-get install strace)")


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer of an undisturbed run."""
    return kill_points.run_clean(kill_points.make_place(tmp_path_factory.mktemp("clean")))


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many calls there are to be killed at."""
    return kill_points.count_calls(kill_points.make_place(tmp_path_factory.mktemp("counted")))


@pytest.fixture(scope="session")
def script_calls(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], int]:
    """How many calls the process of a step makes."""

    @cache
    def count(step: str) -> int:
        return kill_points.count_script_calls(kill_points.make_place(tmp_path_factory.mktemp(step)), step)

    return count


def test_an_undisturbed_run_starts_each_step_once(tmp_path: Path) -> None:
    place = kill_points.make_place(tmp_path)
    answer = kill_points.run_clean(place)
    assert answer["state"] == "completed"
    assert set(place.starts().values()) == {1}
    assert len(place.starts()) == 5


@pytest.mark.parametrize("point", range(POINTS))
def test_a_command_killed_at_a_system_call_goes_on_where_it_was(
    point: int, tmp_path: Path, clean: dict[str, Any], calls: int
) -> None:
    number = 1 + point * calls // POINTS
    place = kill_points.make_place(tmp_path)
    faults = crash_oracle.faults(place, clean=clean, deaths=1, crash=lambda: kill_points.kill_command_at(place, number))
    assert not list(faults), f"killed at call {number} of {calls}"


@pytest.mark.parametrize("step", ["table", "total"])
@pytest.mark.parametrize("point", range(SCRIPT_POINTS))
def test_a_script_killed_at_a_system_call_is_tried_again(
    step: str, point: int, tmp_path: Path, clean: dict[str, Any], script_calls: Callable[[str], int]
) -> None:
    calls = script_calls(step)
    number = 1 + point * calls // SCRIPT_POINTS
    place = kill_points.make_place(tmp_path)
    faults = crash_oracle.faults(
        place, clean=clean, deaths=1, crash=lambda: kill_points.kill_script_at(place, step, number)
    )
    assert not list(faults), f"killed at call {number} of {calls}"

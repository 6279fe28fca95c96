"""Waits before retries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pauta.domain.pipeline import RetryPolicy
from pauta.engine.retry import delay_before

POLICY = RetryPolicy(times=9, delay=timedelta(seconds=2), factor=3.0, maximum=timedelta(seconds=30), jitter=0.0)


@pytest.mark.parametrize(("retry", "seconds"), [(1, 2), (2, 6), (3, 18), (4, 30), (9, 30)])
def test_the_wait_grows_up_to_its_maximum(retry: int, seconds: int) -> None:
    assert delay_before(POLICY, retry, chance=0.9) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 9.0), (0.5, 10.0), (0.75, 10.5)])
def test_the_jitter_moves_it_either_way(chance: float, seconds: float) -> None:
    policy = RetryPolicy(times=1, delay=timedelta(seconds=10), jitter=0.1)
    assert delay_before(policy, 1, chance=chance) == timedelta(seconds=seconds)


def test_a_jitter_over_one_never_makes_it_negative() -> None:
    assert delay_before(RetryPolicy(times=1, jitter=3.0), 1, chance=0.0) == timedelta(0)


def test_a_factor_beyond_all_numbers_waits_the_maximum() -> None:
    policy = RetryPolicy(times=9999, factor=1e300, jitter=0.0)
    assert delay_before(policy, 9999, chance=0.5) == policy.maximum


def test_no_delay_stays_none_however_often() -> None:
    assert delay_before(RetryPolicy(times=9999, delay=timedelta(0), factor=1e300), 9999, chance=0.5) == timedelta(0)

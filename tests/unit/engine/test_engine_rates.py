"""Limits on how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pauta.domain.deploying import Limit
from pauta.engine.rates import claims_left, next_claim, window_of

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
THRICE = Limit("api", 3, 10.0)


def at(*seconds: float) -> list[datetime]:
    return [NOON + s * SECOND for s in seconds]


def test_claims_of_one_period_are_counted_and_older_ones_are_not() -> None:
    assert window_of(THRICE, now=NOON) == NOON - 10 * SECOND
    assert claims_left(THRICE, [], now=NOON) == 3
    assert claims_left(THRICE, at(-10, -9.999, 0), now=NOON) == 1
    assert claims_left(THRICE, at(-3, -2, -1, 0), now=NOON) == 0


def test_the_next_claim_is_one_period_after_the_one_whose_place_it_takes() -> None:
    assert next_claim(THRICE, at(-8, -1), now=NOON) is None
    assert next_claim(THRICE, at(-8, -5, -1), now=NOON) == NOON + 2 * SECOND
    assert next_claim(THRICE, at(-9, -8, -5, -1), now=NOON) == NOON + 2 * SECOND


def test_a_limit_of_none_is_not_waited_for() -> None:
    assert next_claim(Limit("api", 0, 10.0), [], now=NOON) is None
    assert claims_left(Limit("api", 0, 10.0), [], now=NOON) == 0


def test_a_clock_that_was_set_back_by_a_day_does_not_hold_the_queue_for_a_day() -> None:
    ahead = at(86_400, 86_401, 86_402)
    assert claims_left(THRICE, ahead, now=NOON) == 3
    assert next_claim(THRICE, ahead, now=NOON) is None
    assert claims_left(THRICE, at(0.5, 1, 9), now=NOON) == 0  # of a server whose clock is a little ahead


@given(st.lists(st.floats(0, 30), max_size=40), st.integers(1, 4))
def test_whoever_claims_as_soon_as_it_may_never_exceeds_the_rate(gaps: list[float], most: int) -> None:
    limit, now, taken = Limit("api", most, 10.0), NOON, []
    for gap in gaps:
        now += gap * SECOND
        if not claims_left(limit, taken, now=now):
            free = next_claim(limit, taken, now=now)
            assert free is not None
            assert free > now
            now = free
            assert claims_left(limit, taken, now=now) > 0
        taken.append(now)
    for begin in taken:
        assert sum(begin <= t < begin + 10 * SECOND for t in taken) <= most

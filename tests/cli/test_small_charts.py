"""Charts of one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pauta.cli.small_charts import histogram, share_bar, sparkline


def test_a_sparkline_shows_zero_as_a_blank_and_little_as_little() -> None:
    assert sparkline([0, 0.001, 5, 10]) == " ▁▄█"
    assert sparkline([0, 0]) == ""
    assert sparkline([]) == ""


@pytest.mark.parametrize(("share", "bar"), [(0, ""), (0.00001, "▏"), (0.5, "██"), (1, "████"), (7, "████")])
def test_a_bar_is_as_long_as_its_share(share: float, bar: str) -> None:
    assert share_bar(share, 4) == bar


def test_evenly_spread_values_make_an_even_histogram() -> None:
    assert histogram([float(n) for n in range(21)], 5) == pytest.approx([0.2] * 5)


def test_a_single_value_makes_one_full_bar() -> None:
    assert histogram([3.0, 3.0, 3.0], 5) == [1.0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.integers(1, 20))
def test_a_histogram_holds_all_values_once(values: list[float], bins: int) -> None:
    assert sum(histogram(sorted(values), bins)) == pytest.approx(1.0)

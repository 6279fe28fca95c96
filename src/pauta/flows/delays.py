"""How long a task or a flow waits before it is tried again. Pure: chance comes in as a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.flows.option_reading import MAX_SECONDS, seconds_of
from pauta.flows.options import FlowOptions, TaskOptions


class ExponentialBackoff:
    """Waits that double: ``base``, twice that, four times that, up to ``maximum``. Made by `exponential_backoff`."""

    def __init__(self, base: float, maximum: float) -> None:
        self.base = base
        self.maximum = maximum

    def __call__(self, retry: int) -> float:
        """The wait before this retry, counted from 1."""
        try:
            return min(math.ldexp(self.base, retry - 1), self.maximum)
        except OverflowError:
            return self.maximum

    def __repr__(self) -> str:
        return f"exponential_backoff({self.base:g}, maximum={self.maximum:g})"


def exponential_backoff(base: Any = 1.0, maximum: Any = 3_600.0) -> ExponentialBackoff:
    """Waits before retries that double each time, for ``retry_delay``.

    Args:
        base: The first wait: seconds or a timedelta.
        maximum: The longest one.

    Raises:
        InvalidInput: FLW-002, one of them is no duration.
    """
    read = {"base": seconds_of(base), "maximum": seconds_of(maximum)}
    wrong = [name for name, seconds in read.items() if not seconds]
    if wrong:
        from pauta.flows.places import calling_place

        found = {"base": base, "maximum": maximum}
        raise InvalidInput(
            [
                Problem(
                    "FLW-002",
                    {"option": name, "found": shorten(repr(found[name]))},
                    variant="duration",
                    place=calling_place(),
                )
                for name in wrong
            ]
        )
    return ExponentialBackoff(read["base"] or 0.0, read["maximum"] or 0.0)


def delay_before(options: TaskOptions | FlowOptions, retry: int, *, chance: float, name: str = "") -> float:
    """Seconds to wait before a retry.

    Args:
        options: Of the task or flow.
        retry: Number of the retry, from 1.
        chance: Random number in [0, 1): a wait is moved by up to ``retry_jitter`` of itself either way.
        name: Of the task or flow, for messages.

    Raises:
        InvalidInput: FLW-013, a rule gave something that is no duration.
    """
    return max(0.0, _planned(options, retry, name) * (1 + options.retry_jitter * (2 * chance - 1)))


def planned_delays(options: TaskOptions | FlowOptions, *, name: str = "") -> tuple[float, ...]:
    """The waits before all retries without chance; equal ones at the end are given once, as the last one stays.

    Raises:
        InvalidInput: FLW-013.
    """
    waits = [_planned(options, retry, name) for retry in range(1, options.retries + 1)]
    while len(waits) > 1 and waits[-1] == waits[-2]:
        waits.pop()
    return tuple(waits)


def _planned(options: TaskOptions | FlowOptions, retry: int, name: str) -> float:
    delay = options.retry_delay
    if not isinstance(delay, tuple):
        return _by_rule(delay, retry, name)
    return delay[min(retry, len(delay)) - 1] if delay else 0.0


def _by_rule(rule: Callable[[int], Any], retry: int, name: str) -> float:
    given = rule(retry)
    # Rules written for Prefect are given a number of retries and give a list of as many waits.
    chosen = given[min(retry, len(given)) - 1] if isinstance(given, list | tuple) and given else given
    seconds = seconds_of(chosen)
    if seconds is None:
        raise InvalidInput(Problem("FLW-013", {"name": name, "found": shorten(repr(given)), "retry": retry}))
    return min(seconds, MAX_SECONDS)

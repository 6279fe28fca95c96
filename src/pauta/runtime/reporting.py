"""What a script may call when it wants to say more: its progress, its metrics. Needs nothing but the standard library.

Outside of a run the calls check their arguments and do nothing, so that a script also runs by itself.
"""

from __future__ import annotations

import math
from typing import Protocol


class Listener(Protocol):
    """Takes what a script says."""

    def progressed(self, done: float, total: float | None, text: str) -> None:
        """The step is so far."""
        ...

    def measured(self, name: str, value: float, number: int | None) -> None:
        """A metric has this value."""
        ...


_listeners: list[Listener] = []


def listen(listener: Listener | None) -> None:
    """From now on this one hears what the script says; None: nobody."""
    _listeners[:] = [] if listener is None else [listener]


def progress(done: float, total: float | None = None, text: str = "") -> None:
    """Say how far the step is, for progress bars.

    Args:
        done: How much is done.
        total: How much there is in all, in the same unit; None when unknown.
        text: A few words on what is being done.

    Raises:
        TypeError: `done` or `total` is not a number.
        ValueError: One of them is not finite.
    """
    reached = _number("done", done)
    whole = None if total is None else _number("total", total)
    for value in (reached, whole):
        if value is not None and not math.isfinite(value):
            raise ValueError("progress takes finite numbers")
    for listener in _listeners:
        listener.progressed(reached, whole, str(text))


def log_metric(name: str, value: float, number: int | None = None) -> None:
    """Record a metric of the step. The last value of each name is the step's; all values are kept in order.

    Args:
        name: Name of the metric.
        value: Its value. One that is not finite is noted in the log, as no store can hold it as a number.
        number: Its position, such as the epoch; None for a single value.

    Raises:
        TypeError: `value` is not a number, or `name` is not text.
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"the name of a metric is a text, got {name!r}")
    measured = _number("value", value)
    for listener in _listeners:
        listener.measured(name, measured, None if number is None else int(number))


def _number(what: str, value: object) -> float:
    if isinstance(value, str | bytes):
        raise TypeError(f"{what} is a number, got {value!r}")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} is a number, got {type(value).__name__}") from error

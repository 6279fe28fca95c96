"""Pauta: an orchestrator for machine-learning pipelines made of plain Python scripts."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__", "log_metric", "progress"]

_REPORTING = "pauta.runtime.reporting"
"""Imported when a script first has something to say, so that ``import pauta`` costs next to nothing."""


def progress(done: float, total: float | None = None, text: str = "") -> None:
    """Say how far the step is, for progress bars. Outside of a run this does nothing.

    Args:
        done: How much is done.
        total: How much there is in all, in the same unit; None when unknown.
        text: A few words on what is being done.

    Raises:
        TypeError: `done` or `total` is not a number.
        ValueError: One of them is not finite.
    """
    from importlib import import_module

    import_module(_REPORTING).progress(done, total, text)


def log_metric(name: str, value: float, number: int | None = None) -> None:
    """Record a metric of the step; outside of a run this does nothing.

    The last value of each name is the step's, all values are kept in order.

    Args:
        name: Name of the metric.
        value: Its value. One that is not finite is noted in the log, as no store can hold it as a number.
        number: Its position, such as the epoch; None for a single value.

    Raises:
        TypeError: `value` is not a number, or `name` is not a text.
    """
    from importlib import import_module

    import_module(_REPORTING).log_metric(name, value, number)

"""Limits on how often: at most so many claims within any period (`Limit.period_seconds`).

What was claimed is counted with its time on record. A clock that was set back must not hold the queue for as long
as it was set back: times that lie further ahead than one period are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pauta.domain.deploying import Limit


def window_of(limit: Limit, *, now: datetime) -> datetime:
    """The claims after this time count now."""
    return now - _period(limit)


def claims_left(limit: Limit, times: Sequence[datetime], *, now: datetime) -> int:
    """How many stages may be claimed now, after those claimed at these times."""
    return max(0, limit.most - len(_counting(limit, times, now)))


def next_claim(limit: Limit, times: Sequence[datetime], *, now: datetime) -> datetime | None:
    """When the next stage may be claimed; None when one may now, or never."""
    counting = _counting(limit, times, now)
    if limit.most < 1 or len(counting) < limit.most:
        return None
    return counting[-limit.most] + _period(limit)


def _counting(limit: Limit, times: Sequence[datetime], now: datetime) -> list[datetime]:
    period = _period(limit)
    return sorted(at for at in times if now - period < at <= now + period)


def _period(limit: Limit) -> timedelta:
    return timedelta(seconds=limit.period_seconds or 0.0)

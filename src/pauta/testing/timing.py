"""Time that moves when somebody waits, and the times at which a schedule would fire."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from pauta.domain.problems import InvalidInput
from pauta.domain.schedules import Timing, TimingKind
from pauta.engine.due import check_timing, occurrences

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Implements `flows.site.Clock`: sleeping takes no time, and afterwards it is that much later.

    Attributes:
        slept: Seconds of every sleep in place, in order.
    """

    def __init__(self, start: datetime = START) -> None:
        """Begin at a moment, with its time zone."""
        self._now = start.timestamp()
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """It is later."""
        with self._lock:
            self.slept.append(seconds)
            self._now += max(0.0, seconds)

    def move_to(self, moment: datetime) -> None:
        """It is then, unless it is later already."""
        with self._lock:
            self._now = max(self._now, moment.timestamp())

    @property
    def moment(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(self._now, UTC)


def firings(cron: str, *, after: datetime, until: datetime, timezone: str = "UTC") -> list[datetime]:
    """When a schedule with this cron expression fires, as the scheduler would: clock changes included.

    Args:
        cron: Five fields.
        after: Exclusive, with its time zone.
        until: Inclusive.
        timezone: IANA name of the zone in which the expression is meant.

    Returns:
        The times, in UTC.

    Raises:
        InvalidInput: SCH-001 to SCH-003.
    """
    timing = Timing(TimingKind.CRON, text=cron, zone=timezone)
    if problems := check_timing(timing, now=after):
        raise InvalidInput(problems)
    return [found.at.astimezone(UTC) for found in occurrences(timing, after=after, anchor=after, until=until)]

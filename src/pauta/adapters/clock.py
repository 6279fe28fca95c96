"""The clock and the source of randomness: the only place that asks the machine for either."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def random_bits(count: int) -> int:
    """A random integer of `count` bits that cannot be guessed."""
    return secrets.randbits(count)

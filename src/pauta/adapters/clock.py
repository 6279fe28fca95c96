"""The clock and the source of randomness: the only place that asks the machine for either."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def random_bits(count: int) -> int:
    """A random integer of `count` bits that cannot be guessed."""
    return int.from_bytes(os.urandom((count + 7) // 8)) >> (-count % 8)

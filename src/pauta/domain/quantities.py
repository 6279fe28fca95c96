"""Durations and amounts of memory as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_AMOUNT = r"[0-9]{1,6}(?:\.[0-9]{1,3})?"
DURATION_PATTERN = (
    rf"^(?=[0-9])(?![\s\S]*\n)(?:{_AMOUNT}d)?(?:{_AMOUNT}h)?(?:{_AMOUNT}m)?(?:{_AMOUNT}s)?(?:{_AMOUNT}ms)?$"
)
"""``90s``, ``5m``, ``1h30m``, ``1.5h``, ``2d``, ``250ms``."""

MAX_SECONDS = 100 * 365 * 86_400
MAX_MEMORY = 2**60

_UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
MEMORY_PATTERN = (
    rf"^(?=[0-9.]*[1-9])(?![\s\S]*\n)(?:[0-9]{{1,15}} ?B|{_AMOUNT} ?(?:{'|'.join(u for u in _UNITS if u != 'B')}))$"
)
"""``2GiB``, ``500MB``, ``1.5 GB``, ``1048576B``; not zero."""

POSITIVE_PATTERN = DURATION_PATTERN.replace("(?=[0-9])", "(?=[0-9])(?=.*[1-9])", 1)
"""A duration that is not zero."""

_duration = re.compile(DURATION_PATTERN).match
_memory = re.compile(MEMORY_PATTERN).match
_part = re.compile(r"([0-9.]+)(ms|[dhms])").findall
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}


def duration_of(text: str) -> timedelta | None:
    """The duration, or None when the text is none."""
    if not _duration(text):
        return None
    return timedelta(seconds=sum(float(amount) * _SECONDS[unit] for amount, unit in _part(text)))


def bytes_of(text: str) -> int | None:
    """The number of bytes, at least 1, or None when the text is no amount of memory."""
    if not _memory(text):
        return None
    number = text.rstrip("kKMGTiB ")
    return max(1, int(float(number) * _UNITS[text[len(number) :].strip()]))

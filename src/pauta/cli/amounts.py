"""Times, sizes and counts as people read them."""

from __future__ import annotations

import math

from pauta.cli.words import Words


def duration(seconds: float | None, words: Words) -> str:
    """``12 ms``, ``3.4 s``, ``2:05 min``, ``1:02:03 h``; an empty text for None."""
    if seconds is None:
        return ""
    if seconds < 0.0995:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 59.95:
        return f"{words.number(seconds, 1 if seconds >= 9.95 else 2)} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h"


def length(seconds: float) -> str:
    """A length of time that somebody chose, as they write it: ``90 s``, ``15 min``, ``2 h``, ``1 d``."""
    for unit, of in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= of and seconds % of == 0:
            return f"{seconds / of:g} {unit}"
    return f"{seconds:g} s"


def size(count: int, words: Words) -> str:
    """Bytes in binary units: ``812 B``, ``1.4 MiB``."""
    if count < 1024:
        return f"{count} B"
    value = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1023.95:
            return f"{words.number(value, 1)} {unit}"
    return f"{words.number(value / 1024, 1)} TiB"


def count(value: int | None, words: Words) -> str:
    """A whole number with its thousands apart; an empty text for None."""
    return "" if value is None else words.number(value)


def figure(value: object, words: Words) -> str:
    """A metric or a cell of a profile: at most five significant digits."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return words.number(int(value))
    magnitude = abs(value)
    if not math.isfinite(value):
        return str(value)
    if 1e-4 <= magnitude < 1e9:
        digits = 4 if magnitude < 10 else 2 if magnitude < 1e5 else 0
        return words.number(value, digits)
    return f"{value:.4g}"

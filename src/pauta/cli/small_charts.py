"""Charts of one line, from block characters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"


def sparkline(counts: Sequence[float]) -> str:
    """A column for each count, the largest one full; a count of 0 is a blank, a small one is seen."""
    largest = max(counts, default=0.0)
    if largest <= 0:
        return ""
    return "".join(" " if n <= 0 else _LEVELS[min(7, int(n / largest * 7.999))] for n in counts)


def share_bar(share: float, width: int) -> str:
    """A bar for a share between 0 and 1, in eighths of a character."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[rest] if rest else "")
    return bar or ("▏" if share > 0 else "")


def histogram(quantiles: Sequence[float], bins: int) -> list[float]:
    """How much of all values lies in each of `bins` equal parts of their range, estimated from quantiles.

    Args:
        quantiles: Ascending, evenly spaced in rank, from the smallest to the largest value; at least two.
        bins: Number of parts.
    """
    low, high = quantiles[0], quantiles[-1]
    if high <= low:
        return [1.0]
    mass = 1.0 / (len(quantiles) - 1)
    counts = [0.0] * bins
    edges = [(value - low) / (high - low) * bins for value in quantiles]
    for start, end in pairwise(edges):
        first = min(int(start), bins - 1)
        if end <= start:
            counts[first] += mass
            continue
        for part in range(first, min(int(end), bins - 1) + 1):
            counts[part] += mass * max(0.0, min(end, part + 1) - max(start, part)) / (end - start)
    return counts

"""Charts of one line, from block characters."""

from __future__ import annotations

from collections.abc import Sequence

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


def box_line(quantiles: Sequence[float], width: int) -> str:
    """Where the values lie between the smallest and the largest: the middle half thick, the median marked.

    Args:
        quantiles: Ascending, evenly spread, from the smallest to the largest value.
        width: Characters, at least 3.
    """
    low, high = quantiles[0], quantiles[-1]
    if high <= low:
        return "┃".center(width)

    def at(share: float) -> int:
        index = share * (len(quantiles) - 1)
        below = int(index)
        above = min(below + 1, len(quantiles) - 1)
        value = quantiles[below] + (quantiles[above] - quantiles[below]) * (index - below)
        return round((value - low) / (high - low) * (width - 1))

    first, middle, third = at(0.25), at(0.5), at(0.75)
    drawn = ["━" if first <= i <= third else "─" for i in range(width)]
    drawn[0], drawn[-1] = "├", "┤"
    drawn[middle] = "┃"
    return "".join(drawn)

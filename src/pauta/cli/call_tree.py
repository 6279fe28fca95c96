"""The calls of flows as a tree: who called what, and many of one name as one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pauta.services.view_calls import CallView

MOST_OF_A_NAME = 5
"""More calls of one name by one parent are one line."""
MOST_SINGLED_OUT = 3
"""Of those, so many that failed or wait have lines of their own below it."""

_SINGLED_OUT = ("failed", "paused")
_WORST_FIRST = ("failed", "paused", "running", "pending", "cancelled", "completed")


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree: one call, or all that one parent made of one name.

    Attributes:
        stem: What is drawn before the name.
        name: The call's label, or the common name.
        call: The call, or None for many.
        states: How many are in which state, of many.
        cached: How many of them were taken from the cache.
        seconds: Of one call its time; of many the sum.
        state: Of one call its state; of many the worst.
    """

    stem: str
    name: str
    state: str
    seconds: float | None = None
    call: CallView | None = None
    states: Counter[str] = field(default_factory=Counter)
    cached: int = 0

    @property
    def count(self) -> int:
        """How many calls the line stands for."""
        return sum(self.states.values()) or 1


def branches(calls: Sequence[CallView], step: str) -> list[Branch]:
    """The lines of the tree of calls that the flow of this step made, in the order of the calls."""
    own = [call for call in calls if call.step == step]
    known = {call.call for call in own}
    below: dict[int | None, list[CallView]] = {}
    for call in own:
        below.setdefault(call.parent if call.parent in known else None, []).append(call)
    lines: list[Branch] = []
    # By hand, not by recursion: flows may call flows as deep as Python lets them.
    waiting = _grown(below.get(None, ()), "")
    waiting.reverse()
    while waiting:
        branch, inside = waiting.pop()
        lines.append(branch)
        if branch.call is not None:
            waiting += reversed(_grown(below.get(branch.call.call, ()), inside))
    return lines


def _grown(calls: Iterable[CallView], stem: str) -> list[tuple[Branch, str]]:
    """The lines of one parent's calls, each with the stem of what is below it."""
    groups: dict[tuple[str, str], list[CallView]] = {}
    for call in calls:
        groups.setdefault((call.kind, call.name), []).append(call)
    entries: list[CallView | list[CallView]] = []
    for group in groups.values():
        entries += [group] if len(group) > MOST_OF_A_NAME else group
    entries.sort(key=lambda entry: entry[0].call if isinstance(entry, list) else entry.call)
    grown: list[tuple[Branch, str]] = []
    for place, entry in enumerate(entries):
        is_last = place == len(entries) - 1
        own, inside = stem + ("└─ " if is_last else "├─ "), stem + ("   " if is_last else "│  ")
        if isinstance(entry, list):
            grown += [(branch, inside) for branch in _many(entry, own, inside)]
        else:
            grown.append((Branch(own, entry.label, entry.state, entry.seconds, entry), inside))
    return grown


def _many(calls: Sequence[CallView], own: str, inside: str) -> list[Branch]:
    states = Counter(call.state for call in calls)
    seconds = [call.seconds for call in calls if call.seconds is not None]
    lines = [
        Branch(
            own,
            f"{calls[0].name} ×{len(calls)}",
            next((state for state in _WORST_FIRST if states[state]), calls[0].state),
            sum(seconds) if seconds else None,
            states=states,
            cached=sum(call.cached_from is not None for call in calls),
        )
    ]
    outstanding = [call for call in calls if call.state in _SINGLED_OUT][:MOST_SINGLED_OUT]
    for place, call in enumerate(outstanding):
        twig = "└─ " if place == len(outstanding) - 1 else "├─ "
        lines.append(Branch(inside + twig, call.label, call.state, call.seconds, call))
    return lines

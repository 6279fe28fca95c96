"""Finds steps that wait for each other."""

from __future__ import annotations

from collections.abc import Sequence

from pauta.authoring.selection import makers
from pauta.domain.pipeline import Step

_MAX_CYCLES = 100


def cycles(steps: Sequence[Step]) -> list[list[int]]:
    """Cycles among steps: positions in the order of execution, each from its first step in the document.

    Frames only come from earlier steps, so every cycle has an ``after`` in it. Cycles that share a step are
    not all listed: breaking one may show the next.
    """
    needs = _needs(steps)
    waiting = _never_ready(needs)
    found: list[list[int]] = []
    settled: set[int] = set()
    for start in sorted(waiting):
        trail: list[int] = []
        index: dict[int, int] = {}
        position = start
        while position not in settled and position not in index:
            index[position] = len(trail)
            trail.append(position)
            position = next(other for other in needs[position] if other in waiting)
        if position in index:
            found.append(_from_first(trail[index[position] :][::-1]))
        settled.update(trail)
        if len(found) == _MAX_CYCLES:
            break
    return found


def _needs(steps: Sequence[Step]) -> list[list[int]]:
    position_of = {step.name: position for position, step in enumerate(steps)}
    return [
        list(dict.fromkeys((*made_by.values(), *(position_of[name] for name in step.after if name in position_of))))
        for step, made_by in zip(steps, makers(steps), strict=True)
    ]


def _never_ready(needs: Sequence[Sequence[int]]) -> set[int]:
    """Positions left when everything that can run has run: on a cycle or behind one."""
    missing = [len(before) for before in needs]
    followers: list[list[int]] = [[] for _ in needs]
    for position, before in enumerate(needs):
        for other in before:
            followers[other].append(position)
    ready = [position for position, count in enumerate(missing) if count == 0]
    left = set(range(len(needs)))
    while ready:
        position = ready.pop()
        left.discard(position)
        for follower in followers[position]:
            missing[follower] -= 1
            if missing[follower] == 0:
                ready.append(follower)
    return left


def _from_first(cycle: list[int]) -> list[int]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]

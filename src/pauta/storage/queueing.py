"""Which lanes of the queue come first, and in which order their stages: the same for every store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pauta.domain.ids import RunId
from pauta.ports.store import Queued


class Head(NamedTuple):
    """A stage that may be the first of its lane."""

    pool: str
    lane: str
    priority: int
    run_id: RunId
    no: int = 0


def foremost(heads: Iterable[Head], lanes: int) -> dict[str, int]:
    """The lanes with the highest priority, then those whose first stage is oldest; each with its rank from 0."""
    first: dict[str, tuple[int, RunId]] = {}
    for head in heads:
        rank = (-head.priority, head.run_id)
        if head.lane not in first or rank < first[head.lane]:
            first[head.lane] = rank
    return {lane: place for place, lane in enumerate(sorted(first, key=lambda lane: (*first[lane], lane))[:lanes])}


def in_order(found: Iterable[Queued], chosen: dict[str, int], each: int) -> list[Queued]:
    """Lane by lane the first `each` of each."""
    ordered = sorted(found, key=lambda q: (chosen[q.lane], -q.priority, q.stage.run_id, q.stage.no))
    taken: dict[str, int] = {}
    front = []
    for queued in ordered:
        taken[queued.lane] = taken.get(queued.lane, 0) + 1
        if taken[queued.lane] <= each:
            front.append(queued)
    return front

"""Which stages at the front of the queue are claimed next: limits first, then priority, then fairness."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar


class Waiting(Protocol):
    """A stage at the front of the queue."""

    @property
    def priority(self) -> int: ...  # noqa: D102
    @property
    def lane(self) -> str: ...  # noqa: D102
    @property
    def limit_keys(self) -> tuple[str, ...]: ...  # noqa: D102


class Counted(Protocol):
    """A stage that is being run."""

    @property
    def lane(self) -> str: ...  # noqa: D102
    @property
    def limit_keys(self) -> tuple[str, ...]: ...  # noqa: D102


W = TypeVar("W", bound=Waiting)


class _Turn(NamedTuple):
    """Who comes first: the highest priority, then the lane that runs least, then the lane that came first."""

    priority: int
    running: int
    order: int


def choose(
    heads: Sequence[W],
    leased: Iterable[Counted],
    *,
    limits: Mapping[str, int],
    room: int,
    rates: Mapping[str, int] | None = None,
) -> list[W]:
    """The stages to claim, in order.

    Among lanes of the same priority the one with fewest running stages comes first, so that a deployment with
    ten thousand queued stages does not keep one with a single stage waiting. A stage that would exceed a limit
    is passed over; those behind it in its lane may still go.

    Args:
        heads: The front of the queue, of each lane in its order.
        leased: Everything that is being run now.
        limits: Most leases by key.
        room: Most stages to choose.
        rates: How many more stages may be chosen now by key, where it is limited how often.
    """
    left = dict(rates or {})
    by_key: Counter[str] = Counter()
    by_lane: Counter[str] = Counter()
    for lease in leased:
        by_key.update(lease.limit_keys)
        by_lane[lease.lane] += 1
    lanes: dict[str, deque[W]] = {}
    for head in heads:
        lanes.setdefault(head.lane, deque()).append(head)
    order = {lane: position for position, lane in enumerate(lanes)}
    chosen: list[W] = []
    while len(chosen) < room:
        best: _Turn | None = None
        best_lane = ""
        for lane, waiting in lanes.items():
            _pass_over(waiting, by_key, limits, left)
            if waiting:
                turn = _Turn(-waiting[0].priority, by_lane[lane], order[lane])
                if best is None or turn < best:
                    best, best_lane = turn, lane
        if best is None:
            break
        taken = lanes[best_lane].popleft()
        chosen.append(taken)
        by_key.update(taken.limit_keys)
        left.update((key, left[key] - 1) for key in taken.limit_keys if key in left)
        by_lane[best_lane] += 1
    return chosen


def _pass_over(waiting: deque[W], by_key: Counter[str], limits: Mapping[str, int], left: Mapping[str, int]) -> None:
    """Drop the stages at the front of a lane that may not run now."""

    def is_full(key: str) -> bool:
        return (key in limits and by_key[key] >= limits[key]) or left.get(key, 1) < 1

    while waiting and any(map(is_full, waiting[0].limit_keys)):
        waiting.popleft()

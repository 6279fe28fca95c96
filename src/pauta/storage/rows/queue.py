"""The queue over all runs in SQL: which stages come next, which are leased, how many wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pauta.ports.store import Leased, Queued
from pauta.storage import codec
from pauta.storage.queueing import Head, foremost, in_order
from pauta.storage.records import to_leased, to_queued
from pauta.storage.session import Session


def heads(session: Session, *, pools: Sequence[str], now: datetime, lanes: int, each: int) -> list[Queued]:
    """See `StageRows`."""
    if not pools or lanes < 1 or each < 1:
        return []
    named = {"pools": session.many(sorted(set(pools))), "now": codec.micros(now), "each": each}
    ready = [Head(*row) for row in session.rows("stage.lanes", named)]
    late = [Head(*row) for row in session.rows("stage.late_heads", named)]
    chosen = foremost([*ready, *late], lanes)
    found: list[Any] = []
    places = [head for head in ready if head.lane in chosen]
    if places:
        params = {
            "pools": session.many(head.pool for head in places),
            "lanes": session.many(head.lane for head in places),
            "each": each,
        }
        found += session.rows("stage.heads", params)
    again = [head for head in late if head.lane in chosen]
    if again:
        params = {"runs": session.many(head.run_id for head in again), "nos": session.many(head.no for head in again)}
        found += session.rows("stage.late", params)
    return in_order(map(to_queued, found), chosen, each)


def leased(session: Session) -> list[Leased]:
    """See `StageRows`."""
    return [to_leased(row) for row in session.rows("stage.leased", {})]


def depth(session: Session, *, now: datetime) -> Mapping[str, int]:
    """See `StageRows`."""
    counted: Counter[str] = Counter()
    for pool, number in session.rows("stage.depth", {"now": codec.micros(now)}):
        counted[pool] += number
    return dict(counted)

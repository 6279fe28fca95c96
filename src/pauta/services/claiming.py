"""Gives stages to workers: what is at the front of the queue, and what of it need not run at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pauta.domain.deploying import Limit, Switch
from pauta.domain.ids import RunId
from pauta.domain.runs import Stage
from pauta.domain.work import Assignment
from pauta.engine import rates
from pauta.engine.choosing import choose
from pauta.engine.events import Claimed, Finished
from pauta.ports.store import Transaction
from pauta.services.orders import order_stage
from pauta.services.pictures import Picture, Pictures, objects_of
from pauta.services.taking import Taker

_LANES = 32


class Claimer:
    """The claiming half of the desk."""

    def __init__(self, pictures: Pictures, taker: Taker, *, lease: timedelta) -> None:
        self._pictures = pictures
        self._taker = taker
        self._lease = lease

    def front(self, tx: Transaction, *, pools: Sequence[str], now: datetime, room: int) -> Mapping[RunId, list[Stage]]:
        """The stages to claim next, by run: within all limits, by priority, fair between deployments.

        Limits are counted in the transaction that claims, under lock, so that no two claims exceed one together
        (P10). Under a limit on how often a stage counts when it is chosen, though the cache may hold its result.
        """
        paused = {pool.name for pool in tx.pools.all() if pool.state is Switch.PAUSED}
        open_pools = [pool for pool in pools if pool not in paused]
        heads = tx.stages.heads(pools=open_pools, now=now, lanes=_LANES, each=room) if open_pools else []
        if not heads:
            return {}
        keys = sorted({key for head in heads for key in head.limit_keys})
        limits = tx.pools.lock_limits(keys)
        most = {key: limit.most for key, limit in limits.items() if limit.period_seconds is None}
        often = [limit for limit in limits.values() if limit.period_seconds is not None]
        taken = choose(heads, tx.stages.leased(), limits=most, room=room, rates=_claims_left(tx, often, now=now))
        for limit in often:
            counted = [head.stage for head in taken if limit.key in head.limit_keys]
            tx.pools.count_claims(limit.key, counted, at=now, since=rates.window_of(limit, now=now))
        chosen: dict[RunId, list[Stage]] = {}
        for head in taken:
            chosen.setdefault(head.stage.run_id, []).append(head.stage)
        return chosen

    def fresh(self, tx: Transaction, run_id: RunId, rows: Sequence[Stage]) -> Picture:
        """The run's picture, read anew when it shows these stages otherwise than the store has them.

        That happens when another server brought them forward.
        """
        picture = self._pictures.of(tx, run_id)
        if any(picture.sheet.stage(row.no) != row for row in rows):
            self._pictures.forget(run_id)
            picture = self._pictures.of(tx, run_id)
        return picture

    def take(
        self, tx: Transaction, picture: Picture, nos: Sequence[int], *, owner: str, now: datetime
    ) -> list[Assignment]:
        """Claim these stages of a run, complete what the cache holds, order the rest; saves the sheet."""
        sheet, forced = picture.sheet, picture.forced
        assignments: list[Assignment] = []
        if not nos or sheet.run.ended_at is not None:
            return assignments
        shelf = self._taker.shelf(tx, sheet, nos, earlier=picture.earlier(tx), forced=forced)
        for no in nos:
            if sheet.give(no, Claimed(owner, now + self._lease), now=now) is not None:
                continue
            rest = self._taker.take(tx, sheet, no, shelf=shelf, forced=forced, now=now)
            for done in set(sheet.steps_of(no)).difference(rest):
                picture.unsynced.update(objects_of(sheet.step(done)))
            if rest:
                order = order_stage(sheet, no, rest, taker=self._taker, shelf=shelf, forced=forced, now=now)
                assignments.append(Assignment(order, sheet.bundle))
            else:
                sheet.give(no, Finished(sheet.stage(no).fence), now=now)
        sheet.save(tx, now=now)
        return assignments


def next_claim_under_limits(tx: Transaction, *, now: datetime) -> datetime | None:
    """When a stage may be claimed again that only a limit on how often holds back; None: no such limit is reached."""
    found = []
    for limit in tx.pools.limits():
        if limit.period_seconds is not None:
            times = tx.pools.claims(limit.key, since=rates.window_of(limit, now=now))
            found.append(rates.next_claim(limit, times, now=now))
    return min((at for at in found if at is not None), default=None)


def _claims_left(tx: Transaction, limits: Sequence[Limit], *, now: datetime) -> dict[str, int]:
    left = {}
    for limit in limits:
        times = tx.pools.claims(limit.key, since=rates.window_of(limit, now=now))
        left[limit.key] = rates.claims_left(limit, times, now=now)
    return left

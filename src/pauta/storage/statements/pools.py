"""Statements on pools, limits, workers, notices and facts by name."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records_control import NOTICE, POOL, WORKER
from pauta.storage.statements.shape import Statements, Written, key, limit, unchanged
from pauta.storage.tables_control import UNSENT, claim_limit, claim_time, meta, notice, pool, worker


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    return {**_pools(flavour), **_limits(flavour), **_workers(flavour), **_notices(flavour), **_meta(flavour)}


def _pools(flavour: Flavour) -> Statements:
    columns = [pool.c[name] for name in POOL.columns]
    one = pool.c.name == key("name")
    same = sa.and_(one, *(unchanged(pool.c[name]) for name in POOL.columns[1:]))
    return {
        "pool.add": Written(flavour.insert(pool).on_conflict_do_nothing(), POOL.columns),
        "pool.save": Written(sa.update(pool).where(same), POOL.columns[1:]),
        "pool.get": Written(sa.select(*columns).where(one)),
        "pool.all": Written(sa.select(*columns).order_by(pool.c.name)),
        "pool.remove": Written(sa.delete(pool).where(one)),
    }


def _limits(flavour: Flavour) -> Statements:
    put = flavour.insert(claim_limit)
    put = put.on_conflict_do_update(
        index_elements=[claim_limit.c.key], set_={"most": put.excluded.most, "period": put.excluded.period}
    )
    both = sa.select(claim_limit.c.key, claim_limit.c.most, claim_limit.c.period).order_by(claim_limit.c.key)
    return {
        "limit.put": Written(put, ("key", "most", "period")),
        "limit.remove": Written(sa.delete(claim_limit).where(claim_limit.c.key == key("key"))),
        "limit.all": Written(both),
        "claim.since": Written(
            sa.select(claim_time.c.at)
            .where(claim_time.c.key == key("key"), claim_time.c.at > sa.bindparam("since"))
            .order_by(claim_time.c.at)
        ),
        "claim.add": Written(
            flavour.insert(claim_time).on_conflict_do_nothing(), ("key", "at", "run_id", "stage_no", "fence")
        ),
        "claim.forget": Written(
            sa.delete(claim_time).where(claim_time.c.key == key("key"), claim_time.c.at <= sa.bindparam("since"))
        ),
        # In the order of the keys, so that two claims never wait for each other in a ring.
        "limit.lock": Written(both.where(flavour.within(claim_limit.c.key, "keys")).with_for_update()),
    }


def _workers(flavour: Flavour) -> Statements:
    columns = [worker.c[name] for name in WORKER.columns]
    put = flavour.insert(worker)
    put = put.on_conflict_do_update(
        index_elements=[worker.c.owner], set_={name: put.excluded[name] for name in WORKER.columns[1:]}
    )
    return {
        "worker.put": Written(put, WORKER.columns),
        "worker.get": Written(sa.select(*columns).where(worker.c.owner == key("owner"))),
        "worker.all": Written(sa.select(*columns).order_by(worker.c.seen_at.desc(), worker.c.owner)),
        "worker.forget": Written(
            sa.delete(worker).where(sa.text("state IN ('left', 'lost')"), worker.c.seen_at < sa.bindparam("before"))
        ),
    }


def _notices(flavour: Flavour) -> Statements:
    columns = [notice.c[name] for name in NOTICE.columns]
    return {
        "notice.add": Written(flavour.insert(notice).on_conflict_do_nothing(), NOTICE.columns),
        "notice.due": Written(
            sa.select(*columns)
            .where(sa.text(UNSENT), notice.c.next_at <= sa.bindparam("now"))
            .order_by(notice.c.next_at, notice.c.id)
            .limit(limit())
            .with_for_update(skip_locked=True)
        ),
        "notice.save": Written(
            sa.update(notice).where(notice.c.id == key("id")), ("next_at", "tries", "sent_at", "error")
        ),
        "notice.drop_of_run": Written(sa.delete(notice).where(notice.c.run_id == key("run_id"))),
    }


def _meta(flavour: Flavour) -> Statements:
    put = flavour.insert(meta)
    put = put.on_conflict_do_update(index_elements=[meta.c.name], set_={"value": put.excluded.value})
    return {
        "meta.get": Written(sa.select(meta.c.value).where(meta.c.name == key("name"))),
        "meta.put": Written(put, ("name", "value")),
        "meta.add": Written(flavour.insert(meta).on_conflict_do_nothing(), ("name", "value")),
    }

"""Statements on runs and plans."""

from __future__ import annotations

from itertools import product

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records import RUN_COLUMNS, RUN_PROGRESS
from pauta.storage.statements.shape import Statements, Written, key, limit, unchanged
from pauta.storage.tables import plan, run


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    columns = [run.c[name] for name in RUN_COLUMNS]
    by_id = run.c.id == key("id")
    same = sa.and_(
        by_id,
        run.c.state == sa.bindparam("was_state"),
        run.c.open_stages == sa.bindparam("was_open_stages"),
        run.c.failed_stages == sa.bindparam("was_failed_stages"),
        run.c.held_stages == sa.bindparam("was_held_stages"),
        unchanged(run.c.cancel_requested_at),
    )
    made = {
        "plan.add": Written(flavour.insert(plan).on_conflict_do_nothing(), ("hash", "body")),
        "plan.get": Written(sa.select(plan.c.hash, plan.c.body).join(run, run.c.plan_hash == plan.c.hash).where(by_id)),
        "run.add": Written(flavour.insert(run).on_conflict_do_nothing(), (*RUN_COLUMNS, "plan_hash")),
        "run.get": Written(sa.select(*columns).where(by_id)),
        "run.by_key": Written(sa.select(*columns).where(run.c.idempotency_key == key("idempotency_key"))),
        "run.find": Written(
            sa.select(run.c.id)
            .where(run.c.id >= sa.bindparam("low"), run.c.id < sa.bindparam("high"))
            .order_by(run.c.id.desc())
            .limit(20)
        ),
        "run.save": Written(sa.update(run).where(same), RUN_PROGRESS),
        "run.save_whole": Written(sa.update(run).where(same), RUN_COLUMNS[1:]),
    }
    for before, states, pipeline in product((False, True), repeat=3):
        query = sa.select(*columns).order_by(run.c.id.desc()).limit(limit())
        if before:
            query = query.where(run.c.id < sa.bindparam("before"))
        if states:
            query = query.where(flavour.within(run.c.state, "states"))
        if pipeline:
            query = query.where(run.c.pipeline == key("pipeline"))
        made[newest(before=before, states=states, pipeline=pipeline)] = Written(query)
    return made


def newest(*, before: bool, states: bool, pipeline: bool) -> str:
    """Name of the statement that lists runs with these filters."""
    return "run.newest" + "_before" * before + "_states" * states + "_pipeline" * pipeline

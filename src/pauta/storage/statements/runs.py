"""Statements on runs and plans."""

from __future__ import annotations

from itertools import product

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records import PLACE_COLUMNS, RUN_COLUMNS, RUN_PROGRESS, newest
from pauta.storage.statements.shape import Statements, Written, key, limit, unchanged
from pauta.storage.tables import plan, run, stage, step

ALIVE = "run.state IN ('pending', 'running', 'scheduled')"
"""Neither final, held nor paused."""
MOVING = "stage.state IN ('ready', 'scheduled', 'running')"


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
        run.c.paused_stages == sa.bindparam("was_paused_stages"),
        unchanged(run.c.cancel_requested_at),
    )
    made = {
        "plan.add": Written(flavour.insert(plan).on_conflict_do_nothing(), ("hash", "body")),
        "plan.get": Written(sa.select(plan.c.hash, plan.c.body).join(run, run.c.plan_hash == plan.c.hash).where(by_id)),
        "run.add": Written(flavour.insert(run).on_conflict_do_nothing(), (*RUN_COLUMNS, "plan_hash")),
        "run.get": Written(sa.select(*columns).where(by_id)),
        "run.by_key": Written(sa.select(*columns).where(run.c.idempotency_key == key("idempotency_key"))),
        "run.children": Written(sa.select(*columns).where(run.c.parent_run == key("parent_run")).order_by(run.c.id)),
        "run.find": Written(
            sa.select(run.c.id)
            .where(run.c.id >= sa.bindparam("low"), run.c.id < sa.bindparam("high"))
            .order_by(run.c.id.desc())
            .limit(20)
        ),
        "run.save": Written(sa.update(run).where(same), RUN_PROGRESS),
        "run.save_whole": Written(sa.update(run).where(same), RUN_COLUMNS[1:]),
        "stage.move": Written(sa.update(stage).where(stage.c.run_id == key("id")), PLACE_COLUMNS),
        **_counting(),
    }
    for before, state, pipeline, deployment, top_level in product((False, True), repeat=5):
        query = sa.select(*columns).order_by(run.c.id.desc()).limit(limit())
        if before:
            query = query.where(run.c.id < sa.bindparam("before"))
        if state:
            query = query.where(run.c.state == key("state"))
        if pipeline:
            query = query.where(run.c.pipeline == key("pipeline"))
        if deployment:
            query = query.where(run.c.deployment == key("deployment"))
        if top_level:
            query = query.where(run.c.parent_run.is_(None))
        name = newest(before=before, state=state, pipeline=pipeline, deployment=deployment, top_level=top_level)
        made[name] = Written(query)
    return made


def _counting() -> Statements:
    """What is asked over all runs."""
    moving = sa.exists().where(stage.c.run_id == run.c.id, sa.text(MOVING))
    return {
        "run.by_document": Written(
            sa.select(run.c.id)
            .where(run.c.document_name == key("name"), run.c.document_version == key("version"))
            .order_by(run.c.id.desc())
            .limit(limit())
        ),
        "run.sources": Written(
            sa.union(
                sa.select(run.c.id, run.c.of_run).where(run.c.of_run.is_not(None)),
                sa.select(step.c.run_id, step.c.cached_from).where(
                    step.c.cached_from.is_not(None), step.c.cached_from != step.c.run_id
                ),
            )
        ),
        "run.states": Written(sa.select(run.c.state, sa.func.count()).group_by(run.c.state)),
        "run.stuck": Written(sa.select(run.c.id).where(sa.text(ALIVE), ~moving).order_by(run.c.id).limit(limit())),
    }

"""Statements on steps, logs and history."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records import EVENT_COLUMNS, LOG_COLUMNS, STEP_COLUMNS
from pauta.storage.statements.shape import Statements, Written, key
from pauta.storage.tables import event, log, step


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    columns = [step.c[name] for name in STEP_COLUMNS]
    of_run = step.c.run_id == key("run_id")
    history = [event.c[name] for name in EVENT_COLUMNS]
    return {
        "step.add": Written(sa.insert(step), STEP_COLUMNS),
        "step.of_run": Written(sa.select(*columns).where(of_run).order_by(step.c.no)),
        "step.get": Written(sa.select(*columns).where(of_run, flavour.within(step.c.no, "nos"))),
        "step.put": Written(sa.update(step).where(of_run, step.c.no == key("no")), STEP_COLUMNS[2:]),
        "event.add": Written(sa.insert(event), EVENT_COLUMNS),
        "event.of_run": Written(sa.select(*history).where(event.c.run_id == key("run_id")).order_by(event.c.id)),
        **_logs(flavour),
    }


def _logs(flavour: Flavour) -> Statements:
    of_run = log.c.run_id == key("run_id")
    of_step = log.c.step_no == key("step_no")
    beyond = log.c.last > sa.bindparam("after")
    # Chunks do not overlap: the one with the wanted line is the last that begins at or before it, so the
    # search starts there and not at the run's first line.
    holder = (
        sa.select(sa.func.max(log.c.first)).where(of_run, log.c.first <= sa.bindparam("after") + 1).scalar_subquery()
    )
    start = log.c.first >= sa.func.coalesce(holder, 0)
    sizes = sa.select(log.c.first, log.c.last).where(of_run, start, beyond).order_by(log.c.first)
    bodies = (
        sa.select(*(log.c[name] for name in LOG_COLUMNS))
        .where(of_run, log.c.first >= sa.bindparam("low"), log.c.first <= sa.bindparam("high"))
        .order_by(log.c.first)
    )
    return {
        "log.add": Written(sa.insert(log), LOG_COLUMNS),
        "log.sizes": Written(sizes),
        "log.sizes_of_step": Written(sizes.where(of_step)),
        "log.bodies": Written(bodies),
        "log.bodies_of_step": Written(bodies.where(of_step)),
        "log.last": Written(sa.select(log.c.last).where(of_run).order_by(log.c.first.desc()).limit(1)),
        "log.bytes": Written(sa.select(sa.func.sum(flavour.bytes_of(log.c.lines))).where(of_run)),
        "log.drop": Written(sa.delete(log).where(of_run)),
    }

"""Statements on stages, their edges and attempts."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.domain.calls import CALLS_PER_STEP
from pauta.storage.flavours import Flavour
from pauta.storage.records import ATTEMPT_COLUMNS, PLACE_COLUMNS, STAGE_COLUMNS
from pauta.storage.statements.shape import Statements, Written, key, limit
from pauta.storage.tables import NUMBER, PAUSED, QUEUED, RUNNING, TIMED, attempt, call, need, stage, step

_COLUMNS = [stage.c[name] for name in STAGE_COLUMNS]
_OF_RUN = stage.c.run_id == key("run_id")
_ONE = sa.and_(_OF_RUN, stage.c.no == key("no"))


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    return {**_edges(flavour), **_rows(flavour), **_queue(), **_attempts()}


def _edges(flavour: Flavour) -> Statements:
    lowered = sa.case(
        (stage.c.waiting_for > sa.bindparam("by"), stage.c.waiting_for - sa.bindparam("by")),
        else_=0,
    )
    return {
        "need.add": Written(sa.insert(need), ("run_id", "upstream", "stage_no")),
        "need.take": Written(
            sa.delete(need)
            .where(need.c.run_id == key("run_id"), flavour.within(need.c.upstream, "upstream"))
            .returning(need.c.stage_no)
        ),
        "stage.lower": Written(
            sa.update(stage)
            .where(_OF_RUN, flavour.within(stage.c.no, "nos"))
            .values(waiting_for=lowered)
            .returning(*_COLUMNS),
            (),
        ),
    }


def _rows(flavour: Flavour) -> Statements:
    return {
        "stage.add": Written(sa.insert(stage), (*STAGE_COLUMNS, *PLACE_COLUMNS)),
        "stage.get": Written(sa.select(*_COLUMNS).where(_ONE)),
        "stage.locked": Written(sa.select(*_COLUMNS).where(_ONE).with_for_update()),
        "stage.get_many": Written(
            sa.select(*_COLUMNS).where(_OF_RUN, flavour.within(stage.c.no, "nos")).order_by(stage.c.no)
        ),
        "stage.of_run": Written(sa.select(*_COLUMNS).where(_OF_RUN).order_by(stage.c.no)),
        "stage.save": Written(
            sa.update(stage)
            .where(_ONE, stage.c.state == sa.bindparam("was_state"), stage.c.fence == sa.bindparam("was_fence"))
            .where(sa.or_(sa.text("state <> 'paused'"), stage.c.waiting_for == sa.bindparam("was_waiting_for")))
            # A difference, so that a stage before it that ends meanwhile is not forgotten.
            .values(waiting_for=stage.c.waiting_for + sa.bindparam("by")),
            tuple(c for c in STAGE_COLUMNS if c not in ("run_id", "no", "waiting_for")),
        ),
    }


def _queue() -> Statements:
    due = sa.or_(stage.c.state == sa.literal_column("'ready'"), stage.c.not_before <= sa.bindparam("now"))
    claimable = (
        sa.select(*_COLUMNS)
        .where(sa.text(QUEUED), due)
        .order_by(stage.c.run_id, stage.c.no)
        .limit(limit())
        .with_for_update(skip_locked=True)
    )
    expired = (
        sa.select(*_COLUMNS)
        .where(sa.text(RUNNING), stage.c.lease_until < sa.bindparam("now"))
        .order_by(stage.c.lease_until, stage.c.run_id, stage.c.no)
        .limit(limit())
    )
    running = sa.select(*_COLUMNS).where(sa.text(RUNNING)).order_by(stage.c.run_id, stage.c.no)
    next_due = sa.select(sa.func.min(stage.c.not_before)).where(sa.text(TIMED))
    calls = (call.c.run_id == step.c.run_id, call.c.no >= _calls(step.c.no, 1), call.c.no < _calls(step.c.no, 2))
    awaits = sa.exists().where(
        step.c.run_id == stage.c.run_id, step.c.stage_no == stage.c.no, *calls, sa.text(f"call.{PAUSED}")
    )
    answered = (
        sa.select(*_COLUMNS)
        .where(sa.text(f"stage.{PAUSED}"), stage.c.not_before.is_(None), ~awaits)
        .order_by(stage.c.run_id, stage.c.no)
        .limit(limit())
    )
    return {
        "stage.answered": Written(answered),
        "stage.claimable": Written(claimable),
        "stage.claimable_of_run": Written(claimable.where(_OF_RUN)),
        "stage.expired": Written(expired),
        "stage.running": Written(running),
        "stage.running_of_run": Written(running.where(_OF_RUN)),
        "stage.next_due": Written(next_due),
        "stage.next_due_of_run": Written(next_due.where(_OF_RUN)),
    }


def _calls(step_no: sa.ColumnElement[int], place: int) -> sa.ColumnElement[int]:
    """Where the numbers of a step's calls begin (`place` 1) and end (2), see `pauta.domain.calls`."""
    return (sa.cast(step_no, NUMBER) + place) * sa.literal_column(str(CALLS_PER_STEP))


def _attempts() -> Statements:
    one = sa.and_(
        attempt.c.run_id == key("run_id"),
        attempt.c.stage_no == key("stage_no"),
        attempt.c.fence == key("fence"),
    )
    return {
        "attempt.add": Written(sa.insert(attempt), ATTEMPT_COLUMNS),
        "attempt.close": Written(sa.update(attempt).where(one), ATTEMPT_COLUMNS[5:]),
        "attempt.of_run": Written(
            sa.select(*(attempt.c[name] for name in ATTEMPT_COLUMNS))
            .where(attempt.c.run_id == key("run_id"))
            .order_by(attempt.c.stage_no, attempt.c.fence)
        ),
    }

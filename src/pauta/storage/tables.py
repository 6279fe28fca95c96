"""The schema: one metadata from which SQLite's and PostgreSQL's texts are both made.

Only the maker of the SQL texts and the tests import this; a program that runs reads the texts in ``sql/``,
because importing SQLAlchemy alone takes as long as a whole short run may.

Times are microseconds since 1970 in UTC, structured values JSON text, flags 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pauta.domain.calls import CallState
from pauta.domain.runs import DEFAULT_POOL
from pauta.domain.states import AttemptOutcome, RunState, StageState, StepState

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "uq": "%(table_name)s_%(column_0_name)s_uq",
    }
)

# Ids and hashes compare by bytes on both databases, whatever language PostgreSQL was set up for.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.BigInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Of a step or a call."""
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

QUEUED = "(state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL))"
READY = "state = 'ready'"
TIMED = "state IN ('paused', 'scheduled') AND not_before IS NOT NULL"
"""It may be claimed after a time."""
RUNNING = "state = 'running'"
PAUSED = "state = 'paused'"
AWAITED = "state = 'paused' AND kind IN ('approval', 'input')"


def index_where(name: str, columns: Sequence[sa.ColumnElement[Any]], condition: str) -> sa.Index:
    """An index over those rows alone for which the condition holds."""
    where = sa.text(condition)
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


def _one_of(column: str, states: Iterable[StrEnum]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(s.value) for s in states)})", name=column)


def _text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=null, server_default=default)


def _time(name: str, *, null: bool = True) -> sa.Column[int]:
    return sa.Column(name, TIME, nullable=null)


def _number(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null, server_default=None if default is None else sa.text(default))


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", TEXT, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False)


plan = sa.Table(
    "plan",
    metadata,
    sa.Column("hash", TEXT, primary_key=True),
    _text("body"),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", TEXT, primary_key=True),
    _text("pipeline"),
    _text("state"),
    _time("created_at", null=False),
    _number("open_stages"),
    _number("failed_stages"),
    _number("held_stages"),
    _time("started_at"),
    _time("ended_at"),
    _time("cancel_requested_at"),
    sa.Column("stopping", sa.SmallInteger, nullable=False),
    _text("parameters", null=True),
    _text("inputs", null=True),
    _text("options", null=True),
    _text("of_run", null=True),
    _text("idempotency_key", null=True),
    _text("problem", null=True),
    sa.Column("plan_hash", TEXT, sa.ForeignKey("plan.hash"), nullable=False),
    _text("pool", default=DEFAULT_POOL),
    _number("priority", default="0"),
    _text("deployment", null=True),
    _text("limits", null=True),
    _text("asked_by", null=True),
    _text("document_name", null=True),
    _number("document_version", null=True),
    _number("paused_stages", default="0"),
    _text("parent_run", null=True),
    sa.Column("parent_call", NUMBER, nullable=True),
    sa.UniqueConstraint("idempotency_key"),
    _one_of("state", RunState),
    sa.Index("run_by_pipeline", "pipeline", "id"),
    sa.Index("run_by_state", "state", "id"),
    sa.Index("run_by_plan", "plan_hash"),
)
index_where("run_by_deployment", (run.c.deployment, run.c.id), "deployment IS NOT NULL")
index_where("run_by_document", (run.c.document_name, run.c.document_version, run.c.id), "document_name IS NOT NULL")
index_where("run_by_parent", (run.c.parent_run, run.c.id), "parent_run IS NOT NULL")
# A flow may begin very many runs, and lists are of those that somebody asked for.
index_where("run_top_level", (run.c.id,), "parent_run IS NULL")

stage = sa.Table(
    "stage",
    metadata,
    _of_run(),
    _number("no"),
    _text("state"),
    _number("waiting_for"),
    _number("fence"),
    _number("tries"),
    _number("deaths"),
    _text("owner", null=True),
    _time("lease_until"),
    _time("not_before"),
    # Of its run, so that the front of the queue is found in one index.
    _text("pool", default=DEFAULT_POOL),
    _number("priority", default="0"),
    _text("lane", default=""),
    sa.PrimaryKeyConstraint("run_id", "no"),
    _one_of("state", StageState),
    sa.CheckConstraint("waiting_for >= 0", name="waiting_for"),
    sqlite_with_rowid=False,
)
index_where("stage_queued", (stage.c.run_id, stage.c.no), QUEUED)
index_where("stage_ready", (stage.c.pool, stage.c.lane, stage.c.priority.desc(), stage.c.run_id, stage.c.no), READY)
index_where("stage_due", (stage.c.not_before,), TIMED)
index_where("stage_due_in_pool", (stage.c.pool, stage.c.not_before), TIMED)
# Without the lease's end: it changes with every heartbeat, and as few run as workers have room.
index_where("stage_running", (stage.c.run_id, stage.c.no), RUNNING)
index_where("stage_paused", (stage.c.run_id, stage.c.no), PAUSED)

# Stage `stage_no` still waits for `upstream`; the row goes when it no longer does.
need = sa.Table(
    "need",
    metadata,
    _of_run(),
    _number("upstream"),
    _number("stage_no"),
    sa.PrimaryKeyConstraint("run_id", "upstream", "stage_no"),
    sqlite_with_rowid=False,
)

step = sa.Table(
    "step",
    metadata,
    _of_run(),
    _number("no"),
    _text("name"),
    _number("stage_no"),
    _text("state"),
    _number("attempts"),
    _time("started_at"),
    _time("ended_at"),
    sa.Column("seconds", sa.Double, nullable=True),
    _text("cached_from", null=True),
    _text("cache_key", null=True),
    _text("reason", null=True),
    _text("output", null=True),
    _text("files", null=True),
    _text("models", null=True),
    _text("metrics", null=True),
    _text("problem", null=True),
    _text("objects", null=True),
    _text("message", null=True),
    sa.PrimaryKeyConstraint("run_id", "no"),
    _one_of("state", StepState),
)
index_where("step_by_taken_key", (step.c.cache_key,), "cached_from IS NOT NULL")

# `body` is the whole call but its metrics; `state` and `kind` stand beside it to be looked for. `changed` grows with
# each change of a call of the run: by one where there is one writer, else it is the number of the transaction.
call = sa.Table(
    "call",
    metadata,
    _of_run(),
    sa.Column("no", NUMBER, nullable=False),
    _text("state"),
    _text("kind"),
    _text("body"),
    _text("metrics", null=True),
    sa.Column("changed", NUMBER, nullable=False),
    sa.PrimaryKeyConstraint("run_id", "no"),
    _one_of("state", CallState),
)
sa.Index("call_changed", call.c.run_id, call.c.changed)
index_where("call_paused", (call.c.run_id, call.c.no), PAUSED)
index_where("call_awaited", (call.c.run_id, call.c.no), AWAITED)

attempt = sa.Table(
    "attempt",
    metadata,
    _of_run(),
    _number("stage_no"),
    _number("fence"),
    _text("owner"),
    _time("started_at", null=False),
    _time("ended_at"),
    _text("outcome", null=True),
    _text("problem", null=True),
    sa.Column("process", sa.BigInteger, nullable=True),
    sa.PrimaryKeyConstraint("run_id", "stage_no", "fence"),
    _one_of("outcome", AttemptOutcome),
)

cache = sa.Table(
    "cache",
    metadata,
    sa.Column("key", TEXT, primary_key=True),
    _text("recipe"),
    _text("inputs"),
    _text("run_id"),
    sa.Column("step_no", NUMBER, nullable=False),
    _time("made_at", null=False),
    _text("output", null=True),
    _text("files", null=True),
    _text("models", null=True),
    _text("metrics", null=True),
    _text("objects", null=True),
    _time("until"),
    sa.Index("cache_by_recipe", "recipe", "made_at"),
    sa.Index("cache_by_run", "run_id"),
)

cache_object = sa.Table(
    "cache_object",
    metadata,
    sa.Column("key", TEXT, sa.ForeignKey("cache.key", ondelete="CASCADE"), nullable=False),
    _text("address"),
    sa.PrimaryKeyConstraint("key", "address"),
    sa.Index("cache_object_by_address", "address"),
    sqlite_with_rowid=False,
)

log = sa.Table(
    "log",
    metadata,
    _of_run(),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("step_no", NUMBER, nullable=False),
    _number("fence"),
    _text("lines"),
    sa.PrimaryKeyConstraint("run_id", "first"),
    sa.Index("log_by_step", "run_id", "step_no", "first"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", SERIAL, primary_key=True),
    _of_run(),
    _time("at", null=False),
    _text("kind"),
    _number("stage_no", null=True),
    sa.Column("step_no", NUMBER, nullable=True),
    _text("details", null=True),
    sa.Index("event_by_run", "run_id", "id"),
)

reference = sa.Table(
    "reference",
    metadata,
    _of_run(),
    _text("address"),
    sa.PrimaryKeyConstraint("run_id", "address"),
    sa.Index("reference_by_address", "address"),
    sqlite_with_rowid=False,
)

profile = sa.Table(
    "profile",
    metadata,
    sa.Column("address", TEXT, primary_key=True),
    _text("body"),
)

imported = sa.Table(
    "imported",
    metadata,
    sa.Column("key", TEXT, primary_key=True),
    _text("output"),
    _text("address", null=True),
    sa.Index("imported_by_address", "address"),
)

version = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

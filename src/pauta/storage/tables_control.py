"""The schema's second half: pipelines, deployments, schedules, pools, workers, access. See `tables`."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.tables import SERIAL, TEXT, TIME, index_where, metadata


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, TIME, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def _serial() -> sa.Column[int]:
    return sa.Column("id", SERIAL, primary_key=True)


pipeline_version = sa.Table(
    "pipeline_version",
    metadata,
    _text("name"),
    _number("version"),
    _text("digest"),
    _text("document"),
    _text("file"),
    _text("scripts"),
    _time("published_at"),
    _text("published_by"),
    _text("note"),
    sa.PrimaryKeyConstraint("name", "version"),
    sa.UniqueConstraint("name", "digest"),
)

activation = sa.Table(
    "activation",
    metadata,
    _serial(),
    _text("name"),
    _number("version"),
    _time("at"),
    _text("by"),
    _text("why"),
    sa.Index("activation_by_name", "name", "id"),
)

# Deployments, schedules and triggers are documents; the columns beside the body are those that are searched
# and compared.
deployment = sa.Table(
    "deployment",
    metadata,
    sa.Column("name", TEXT, primary_key=True),
    _number("version"),
    _text("body"),
)

deployment_form = sa.Table(
    "deployment_form",
    metadata,
    _serial(),
    _text("name"),
    _text("body"),
    sa.Index("deployment_form_by_name", "name", "id"),
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("id", TEXT, primary_key=True),
    _text("deployment"),
    _text("name"),
    _number("version"),
    _text("state"),
    _time("next_at", null=True),
    _text("next_local", null=True),
    _number("next_fold", null=True),
    _time("fire_at", null=True),
    _text("body"),
    sa.Index("schedule_by_deployment", "deployment", "name"),
)
DUE = "state = 'active' AND fire_at IS NOT NULL"
index_where("schedule_due", (schedule.c.fire_at,), DUE)

firing = sa.Table(
    "firing",
    metadata,
    _text("schedule_id"),
    _text("local"),
    _number("fold"),
    _time("due_at"),
    _time("fired_at"),
    _text("outcome"),
    _text("run_id", null=True),
    _text("reason"),
    _text("zone_data"),
    _number("schedule_version"),
    sa.PrimaryKeyConstraint("schedule_id", "local", "fold"),
    sa.Index("firing_by_time", "schedule_id", "due_at"),
)

trigger = sa.Table(
    "trigger",
    metadata,
    sa.Column("id", TEXT, primary_key=True),
    _text("deployment"),
    _text("name"),
    _number("version"),
    _text("body"),
    sa.Index("trigger_by_deployment", "deployment", "name"),
)

trigger_event = sa.Table(
    "trigger_event",
    metadata,
    _text("trigger_id"),
    _text("event"),
    _time("at"),
    _text("run_id", null=True),
    sa.PrimaryKeyConstraint("trigger_id", "event"),
    sqlite_with_rowid=False,
)

pool = sa.Table(
    "pool",
    metadata,
    sa.Column("name", TEXT, primary_key=True),
    _text("kind"),
    _time("created_at"),
    _number("limit", null=True),
    _text("queue", null=True),
    _text("description"),
    _text("state"),
)

claim_limit = sa.Table(
    "claim_limit",
    metadata,
    sa.Column("key", TEXT, primary_key=True),
    _number("most"),
    sa.Column("period", TIME, nullable=True),
)

# Claims that are counted under a limit with a period; older ones go.
claim_time = sa.Table(
    "claim_time",
    metadata,
    sa.Column("key", TEXT, sa.ForeignKey("claim_limit.key", ondelete="CASCADE"), nullable=False),
    _time("at", null=False),
    _text("run_id"),
    _number("stage_no"),
    _number("fence"),
    sa.PrimaryKeyConstraint("key", "at", "run_id", "stage_no", "fence"),
    sqlite_with_rowid=False,
)

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("owner", TEXT, primary_key=True),
    _text("name"),
    _text("pools"),
    _text("tags"),
    _number("capacity"),
    _text("host"),
    sa.Column("process", sa.BigInteger, nullable=False),
    _text("version"),
    _time("started_at"),
    _time("seen_at"),
    _text("state"),
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("id", TEXT, primary_key=True),
    _text("name"),
    _text("role"),
    _text("digest"),
    _time("created_at"),
    _text("created_by"),
    _text("kind"),
    _text("pools"),
    _text("pipelines"),
    _time("expires_at", null=True),
    _time("revoked_at", null=True),
    _time("last_used_at", null=True),
    sa.UniqueConstraint("digest"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    _time("at"),
    _text("actor"),
    _text("action"),
    _text("target"),
    _text("details"),
    _text("mac"),
    sqlite_with_rowid=False,
)

# How many rows the log has and the last one's hash: one row, with the id 1.
audit_tip = sa.Table(
    "audit_tip",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    _text("last"),
    sa.CheckConstraint("id = 1", name="single"),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", TEXT, primary_key=True),
    _text("run_id"),
    _text("state"),
    _text("kind"),
    _text("address"),
    _time("created_at"),
    _time("next_at"),
    _number("tries"),
    _time("sent_at", null=True),
    _text("error", null=True),
    sa.Index("notice_by_run", "run_id"),
)
UNSENT = "sent_at IS NULL"
index_where("notice_due", (notice.c.next_at, notice.c.id), UNSENT)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", TEXT, primary_key=True),
    _text("value"),
)

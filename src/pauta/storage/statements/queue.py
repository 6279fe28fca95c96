"""Statements on the queue over all runs: its front, its leases, its depth.

The front is found by leaps through the index ``stage_ready``, from lane to lane and to the first few stages of
each, so that its cost does not grow with the queue. SQLite knows no LATERAL and PostgreSQL locks what it gives,
hence the two forms.
"""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records import LEASED_COLUMNS, PLACE_COLUMNS, STAGE_COLUMNS
from pauta.storage.statements.shape import Statements, Written
from pauta.storage.tables import READY, RUNNING, SCHEDULED, run, stage

_CELLS = ", ".join(
    [*(f"s.{name}" for name in (*STAGE_COLUMNS, *PLACE_COLUMNS)), "r.deployment", "r.limits"],
)
_FIRST = """(
    SELECT s.{column} FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane = l.name
    ORDER BY s.priority DESC, s.run_id, s.no LIMIT 1)"""
_LANES = """WITH RECURSIVE lane(pool, name) AS (
    SELECT p.value, (SELECT min(s.lane) FROM stage AS s WHERE s.state = 'ready' AND s.pool = p.value)
    FROM {pools}
    UNION ALL
    SELECT l.pool,
        (SELECT min(s.lane) FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane > l.name)
    FROM lane AS l WHERE l.name IS NOT NULL
)
SELECT l.pool, l.name, {priority}, {run_id}
FROM lane AS l WHERE l.name IS NOT NULL"""

_HEADS = {
    "sqlite": """SELECT {cells}
FROM json_each(:pools) AS p CROSS JOIN json_each(:lanes) AS l ON l.key = p.key
CROSS JOIN stage AS s ON (s.run_id, s.no) IN (
    SELECT i.run_id, i.no FROM stage AS i WHERE i.state = 'ready' AND i.pool = p.value AND i.lane = l.value
    ORDER BY i.priority DESC, i.run_id, i.no LIMIT :each)
JOIN run AS r ON r.id = s.run_id""",
    "postgres": """SELECT {cells}
FROM unnest(CAST(:pools AS TEXT[]), CAST(:lanes AS TEXT[])) AS l(pool, name)
CROSS JOIN LATERAL (
    SELECT i.* FROM stage AS i WHERE i.state = 'ready' AND i.pool = l.pool AND i.lane = l.name
    ORDER BY i.priority DESC, i.run_id, i.no LIMIT :each FOR UPDATE SKIP LOCKED) AS s
JOIN run AS r ON r.id = s.run_id""",
}
_LATE = {
    "sqlite": """SELECT {cells}
FROM json_each(:runs) AS p CROSS JOIN json_each(:nos) AS n ON n.key = p.key
CROSS JOIN stage AS s ON s.run_id = p.value AND s.no = n.value AND s.state = 'scheduled'
JOIN run AS r ON r.id = s.run_id""",
    "postgres": """SELECT {cells}
FROM unnest(CAST(:runs AS TEXT[]), CAST(:nos AS INTEGER[])) AS p(run_id, no)
JOIN stage AS s ON s.run_id = p.run_id AND s.no = p.no AND s.state = 'scheduled'
JOIN run AS r ON r.id = s.run_id
FOR UPDATE OF s SKIP LOCKED""",
}
_POOLS = {"sqlite": "json_each(:pools) AS p", "postgres": "unnest(CAST(:pools AS TEXT[])) AS p(value)"}


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    lanes = _LANES.format(
        pools=_POOLS[flavour.name],
        priority=_FIRST.format(column="priority"),
        run_id=_FIRST.format(column="run_id"),
    )
    return {
        "stage.lanes": Written(sa.text(lanes)),
        "stage.heads": Written(sa.text(_HEADS[flavour.name].format(cells=_CELLS))),
        "stage.late": Written(sa.text(_LATE[flavour.name].format(cells=_CELLS))),
        **_looking(flavour),
    }


def _looking(flavour: Flavour) -> Statements:
    first = (stage.c.priority.desc(), stage.c.run_id, stage.c.no)
    place = sa.func.row_number().over(partition_by=stage.c.lane, order_by=first).label("place")
    ranked = (
        sa.select(stage.c.pool, stage.c.lane, stage.c.priority, stage.c.run_id, stage.c.no, place)
        .where(sa.text(SCHEDULED), flavour.within(stage.c.pool, "pools"), stage.c.not_before <= sa.bindparam("now"))
        .subquery("ranked")
    )
    leased = [stage.c[name] for name in LEASED_COLUMNS]
    return {
        # Few stages wait for another try that is due already, so that these may be read and sorted.
        "stage.late_heads": Written(
            sa.select(*(column for column in ranked.c if column.name != "place")).where(
                ranked.c.place <= sa.bindparam("each", type_=sa.Integer)
            )
        ),
        "stage.leased": Written(
            sa.select(*leased, stage.c.pool, stage.c.lane, run.c.deployment, run.c.limits)
            .join(run, run.c.id == stage.c.run_id)
            .where(sa.text(f"stage.{RUNNING}"))
            .order_by(stage.c.run_id, stage.c.no)
        ),
        "stage.depth": Written(
            sa.union_all(*(_depth(where) for where in (READY, SCHEDULED))),
        ),
    }


def _depth(where: str) -> sa.Select[tuple[str, int]]:
    return sa.select(stage.c.pool, sa.func.count()).where(sa.text(where)).group_by(stage.c.pool)

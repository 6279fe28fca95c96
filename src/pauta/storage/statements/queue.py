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
from pauta.storage.tables import READY, RUNNING, TIMED, run, stage

_OWN = ", ".join(f"s.{name}" for name in (*STAGE_COLUMNS, *PLACE_COLUMNS))
_CELLS = f"""{_OWN},
    (SELECT r.deployment FROM run AS r WHERE r.id = s.run_id),
    (SELECT r.limits FROM run AS r WHERE r.id = s.run_id)"""  # noqa: S608 - names of columns alone
_LANES = {
    "sqlite": """WITH RECURSIVE lane(pool, name) AS (
    SELECT p.value, (SELECT min(s.lane) FROM stage AS s WHERE s.state = 'ready' AND s.pool = p.value)
    FROM json_each(:pools) AS p
    UNION ALL
    SELECT l.pool,
        (SELECT min(s.lane) FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane > l.name)
    FROM lane AS l WHERE l.name IS NOT NULL
)
SELECT l.pool, l.name,
    (SELECT s.priority FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane = l.name
    ORDER BY s.priority DESC, s.run_id, s.no LIMIT 1),
    (SELECT s.run_id FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane = l.name
    ORDER BY s.priority DESC, s.run_id, s.no LIMIT 1)
FROM lane AS l WHERE l.name IS NOT NULL""",
    # In the order of the index the first stage beyond a lane is the first of the next.
    "postgres": """WITH RECURSIVE lane(pool, name, priority, run_id) AS (
    SELECT p.value, f.lane, f.priority, f.run_id
    FROM unnest(CAST(:pools AS TEXT[])) AS p(value) CROSS JOIN LATERAL (
        SELECT s.lane, s.priority, s.run_id FROM stage AS s WHERE s.state = 'ready' AND s.pool = p.value
        ORDER BY s.lane, s.priority DESC, s.run_id, s.no LIMIT 1) AS f
    UNION ALL
    SELECT l.pool, f.lane, f.priority, f.run_id
    FROM lane AS l CROSS JOIN LATERAL (
        SELECT s.lane, s.priority, s.run_id FROM stage AS s
        WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane > l.name
        ORDER BY s.lane, s.priority DESC, s.run_id, s.no LIMIT 1) AS f
)
SELECT l.pool, l.name, l.priority, l.run_id FROM lane AS l""",
}
_HEADS = {
    "sqlite": """SELECT {cells}
FROM json_each(:pools) AS p CROSS JOIN json_each(:lanes) AS l ON l.key = p.key
CROSS JOIN stage AS s ON (s.run_id, s.no) IN (
    SELECT i.run_id, i.no FROM stage AS i WHERE i.state = 'ready' AND i.pool = p.value AND i.lane = l.value
    ORDER BY i.priority DESC, i.run_id, i.no LIMIT :each)""",
    "postgres": """SELECT {cells}
FROM unnest(CAST(:pools AS TEXT[]), CAST(:lanes AS TEXT[])) AS l(pool, name)
CROSS JOIN LATERAL (
    SELECT i.* FROM stage AS i WHERE i.state = 'ready' AND i.pool = l.pool AND i.lane = l.name
    ORDER BY i.priority DESC, i.run_id, i.no LIMIT :each FOR UPDATE SKIP LOCKED) AS s""",
}
_LATE = {
    "sqlite": """SELECT {cells}
FROM json_each(:runs) AS p CROSS JOIN json_each(:nos) AS n ON n.key = p.key
CROSS JOIN stage AS s ON s.run_id = p.value AND s.no = n.value AND s.state IN ('paused', 'scheduled')""",
    "postgres": """SELECT {cells}
FROM unnest(CAST(:runs AS TEXT[]), CAST(:nos AS INTEGER[])) AS p(run_id, no)
JOIN stage AS s ON s.run_id = p.run_id AND s.no = p.no AND s.state IN ('paused', 'scheduled')
FOR UPDATE OF s SKIP LOCKED""",
}


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    return {
        "stage.lanes": Written(sa.text(_LANES[flavour.name])),
        "stage.heads": Written(sa.text(_HEADS[flavour.name].format(cells=_CELLS))),
        "stage.late": Written(sa.text(_LATE[flavour.name].format(cells=_CELLS))),
        **_looking(flavour),
    }


def _looking(flavour: Flavour) -> Statements:
    first = (stage.c.priority.desc(), stage.c.run_id, stage.c.no)
    place = sa.func.row_number().over(partition_by=stage.c.lane, order_by=first).label("place")
    ranked = (
        sa.select(stage.c.pool, stage.c.lane, stage.c.priority, stage.c.run_id, stage.c.no, place)
        .where(sa.text(TIMED), flavour.within(stage.c.pool, "pools"), stage.c.not_before <= sa.bindparam("now"))
        .subquery("ranked")
    )
    waits = stage.c.state == sa.literal_column("'scheduled'")
    leased = [stage.c[name] for name in LEASED_COLUMNS]
    return {
        # Few stages wait for another try that is due already, so that these may be read and sorted.
        "stage.late_heads": Written(
            sa.select(*(column for column in ranked.c if column.name != "place")).where(
                ranked.c.place <= sa.bindparam("each", type_=sa.Integer)
            )
        ),
        "stage.leased": Written(
            sa.select(*leased, stage.c.pool, stage.c.lane, _of_run("deployment"), _of_run("limits"))
            .where(sa.text(RUNNING))
            .order_by(stage.c.run_id, stage.c.no)
        ),
        "stage.depth": Written(
            sa.union_all(_depth(READY), _depth(TIMED).where(sa.or_(waits, stage.c.not_before <= sa.bindparam("now")))),
        ),
    }


def _of_run(name: str) -> sa.ScalarSelect[str]:
    """A column of the stage's run. Not joined: a planner that guesses wrongly would read all runs for it."""
    return sa.select(run.c[name]).where(run.c.id == stage.c.run_id).scalar_subquery()


def _depth(where: str) -> sa.Select[tuple[str, int]]:
    return sa.select(stage.c.pool, sa.func.count()).where(sa.text(where)).group_by(stage.c.pool)

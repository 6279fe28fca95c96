"""Databases as the first version of the program left them, for tests of upgrades."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pauta.domain.plan import Plan
from pauta.domain.runs import Run, Stage
from pauta.domain.states import RunState, StageState
from pauta.storage import codec, migrating
from pauta.storage.records import run_row, stage_row
from pauta.storage.sqlite import DATABASE
from pauta.storage.versions import statements_between
from store_samples import NOON, SECOND, plan_of, run_id

_RUN = (
    "id", "pipeline", "state", "created_at", "open_stages", "failed_stages", "held_stages", "started_at", "ended_at",
    "cancel_requested_at", "stopping", "parameters", "inputs", "options", "of_run", "idempotency_key", "problem",
    "plan_hash",
)  # fmt: skip
_STAGE = (
    "run_id", "no", "state", "waiting_for", "fence", "tries", "deaths", "owner", "lease_until", "not_before",
)  # fmt: skip
STATES = ((RunState.RUNNING, StageState.READY), (RunState.COMPLETED, StageState.COMPLETED))


def rows(count: int) -> tuple[Plan, list[dict[str, Any]], list[dict[str, Any]]]:
    """A plan, and runs with two stages each, every second of them over."""
    plan = plan_of((), ())
    runs, stages = [], []
    for number in range(count):
        run_state, stage_state = STATES[number % 2]
        run = Run(run_id(number), f"p{number % 3}", run_state, NOON + number * SECOND, 2)
        runs.append({**run_row(run), "plan_hash": "h"})
        stages += [stage_row(Stage(run.id, no, stage_state)) for no in (0, 1)]
    return plan, runs, stages


def inserts(count: int, mark: str) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """What fills a database of the first version; `mark` stands for a value."""
    plan, runs, stages = rows(count)
    yield f"INSERT INTO plan VALUES ({mark}, {mark})", [("h", codec.to_json(plan))]
    for table, columns, records in (("run", _RUN, runs), ("stage", _STAGE, stages)):
        marks = ", ".join([mark] * len(columns))
        values = [tuple(record[name] for name in columns) for record in records]
        yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values


def old_sqlite(folder: Path, count: int) -> Path:
    """Make a folder's database in the first version, with so many runs."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = sqlite3.connect(folder / DATABASE, isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    migrating.upgrade_sqlite(raw, "0001")
    raw.execute("BEGIN")
    for text, values in inserts(count, "?"):
        raw.executemany(text, values)
    raw.execute("COMMIT")
    raw.close()
    return folder / DATABASE


def old_postgres(address: str, count: int) -> None:
    """Fill an empty database in the first version, with so many runs."""
    import psycopg

    with psycopg.connect(address) as raw:
        for _, text in statements_between("postgres", None, "0001"):
            raw.execute(text)
        raw.execute("INSERT INTO alembic_version VALUES ('0001')")
        for text, values in inserts(count, "%s"):
            with raw.cursor() as cursor:
                cursor.executemany(text, values)

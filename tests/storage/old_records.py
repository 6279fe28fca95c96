"""Databases as older versions of the program left them, for tests of upgrades."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pauta.domain.plan import Plan
from pauta.domain.runs import Event, LogChunk, LogLine, Run, Stage
from pauta.domain.states import AttemptOutcome, RunState, StageState, StepState
from pauta.ports.store import Store
from pauta.storage import codec, migrating, texts
from pauta.storage.records import run_row, stage_row
from pauta.storage.sqlite import DATABASE, open_sqlite
from pauta.storage.versions import statements_between
from store_samples import (
    NOON,
    SECOND,
    address,
    attempt,
    entry,
    full_run,
    full_step,
    model,
    plan_of,
    run_id,
)

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


# ---- any version, with rows in every table ---------------------------------------------------------

Dump = dict[str, tuple[list[str], list[tuple[Any, ...]]]]
"""Table → its columns, and its rows in order."""


def fill(store: Store) -> None:
    """Runs, stages, steps and attempts in every state that the second version knows, and what belongs to them."""
    steps = [no for no, state in enumerate(StepState) if state is not StepState.PAUSED]
    states = [state for state in StageState if state is not StageState.PAUSED]
    outcomes = [outcome for outcome in AttemptOutcome if outcome is not AttemptOutcome.PAUSED]
    plan = plan_of(*((no - 1,) if no else () for no in range(len(states))))
    with store.transaction() as tx:
        for number, state in enumerate(RunState):
            run = replace(full_run(number), state=state, idempotency_key=None, parent=None, paused_stages=0)
            stages = [
                Stage(run.id, no, s, no, no, 1, 0, "w", NOON if s is StageState.RUNNING else None, NOON)
                for no, s in enumerate(states)
            ]
            records = [
                replace(full_step(run.id, no), state=list(StepState)[no], objects=(), message="") for no in steps
            ]
            assert tx.runs.add(run, plan, stages, records)
            tx.attempts.add_many([replace(attempt(run.id, no), outcome=o) for no, o in enumerate(outcomes)])
            tx.events.append([Event(run.id, NOON, "claimed", 1, 2, {"a": 1})])
            tx.logs.append([LogChunk(run.id, 0, 1, 0, (LogLine(NOON, "INFO", "á"),))])
            tx.cache.put([entry(f"k{number}", run_id=run.id, models=(model(),))])
        tx.objects.put_profile(address(1), {"rows": 1})
        tx.objects.remember_import("i", {"address": address(2)})
        tx.pools.set_limit("licence", 3)


def dump(rows: Callable[[str], Iterable[tuple[Any, ...]]], columns: Mapping[str, list[str]]) -> Dump:
    """All rows of these tables, with these columns; `rows` asks the database."""
    found: Dump = {}
    for table, names in columns.items():
        listed = ", ".join(f'"{name}"' for name in names)
        found[table] = (names, sorted(map(tuple, rows(f'SELECT {listed} FROM "{table}"')), key=repr))
    return found


def columns_of(raw: sqlite3.Connection) -> dict[str, list[str]]:
    """Columns of every table of a SQLite database, each table after those that it refers to."""
    tables = [label.split()[1] for label in texts.load("sqlite_schema") if label.startswith("table ")]
    found = {table: [row[1] for row in raw.execute(f'PRAGMA table_info("{table}")')] for table in tables}
    return {table: names for table, names in found.items() if names and table != "alembic_version"}


def full_sqlite(folder: Path, version: str) -> Dump:
    """Make a folder's database in this version, with rows in its tables; gives the rows."""
    made = open_sqlite(folder / "made")
    fill(made)
    made.close()
    raw = sqlite3.connect(folder / DATABASE, isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    migrating.upgrade_sqlite(raw, version)
    columns = columns_of(raw)
    with closing(sqlite3.connect(folder / "made" / DATABASE)) as source:
        rows = dump(lambda text: source.execute(text), columns)
    raw.execute("BEGIN")
    for table, (names, found) in rows.items():
        marks = ", ".join("?" * len(names))
        raw.executemany(f'INSERT INTO "{table}" ({", ".join(names_of(names))}) VALUES ({marks})', found)
    raw.execute("COMMIT")
    raw.close()
    return rows


def full_postgres(address: str, folder: Path, version: str) -> Dump:
    """Fill an empty database in this version with the same rows; gives them."""
    import psycopg

    rows = full_sqlite(folder, version)
    with psycopg.connect(address) as raw:
        for _, text in statements_between("postgres", None, version):
            raw.execute(text)
        raw.execute("INSERT INTO alembic_version VALUES (%s)", (version,))
        for table, (names, found) in rows.items():
            marks = ", ".join(["%s"] * len(names))
            with raw.cursor() as cursor:
                cursor.executemany(f'INSERT INTO "{table}" ({", ".join(names_of(names))}) VALUES ({marks})', found)
    return rows


def names_of(names: Iterable[str]) -> list[str]:
    """Names of columns, quoted."""
    return [f'"{name}"' for name in names]

"""The schema's texts: made from one metadata, equal to what the migrations give, with the states of the program."""

from __future__ import annotations

import re
import sqlite3
from enum import StrEnum
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from msgspec.structs import replace

from pauta.domain.states import (
    FINAL_RUNS,
    FINAL_STAGES,
    FINAL_STEPS,
    AttemptOutcome,
    RunState,
    StageState,
    StepState,
)
from pauta.storage import compiling, migrating, texts, versions
from pauta.storage.sqlite import DATABASE, open_sqlite
from servers import PostgresServer, create_database
from store_samples import plan_of, run_id, submit

CHECKED: dict[str, type[StrEnum]] = {
    "run_state_ck": RunState,
    "stage_state_ck": StageState,
    "step_state_ck": StepState,
    "attempt_outcome_ck": AttemptOutcome,
}
FINAL = {"run": FINAL_RUNS, "stage": FINAL_STAGES, "step": FINAL_STEPS}


def test_the_texts_are_what_the_tables_and_statements_say() -> None:
    for path, text in compiling.texts().items():
        assert path.read_text() == text, f"{path.name}: run python -m pauta.storage.compiling"


def test_both_databases_have_the_same_statements_with_the_same_parameters() -> None:
    lite, post = texts.load("sqlite"), texts.load("postgres")
    assert lite.keys() == post.keys()
    for name in lite:
        assert set(re.findall(r"(?<!:):(\w+)", lite[name])) == set(re.findall(r"%\((\w+)\)s", post[name])), name


@pytest.mark.parametrize("name", ["sqlite_schema", "postgres_schema"])
def test_the_checks_list_exactly_the_states(name: str) -> None:
    schema = "\n".join(texts.load(name).values())
    for constraint, states in CHECKED.items():
        listed = re.search(rf"CONSTRAINT {constraint} CHECK \(\w+ IN \(([^)]*)\)\)", schema)
        assert listed, constraint
        assert {text.strip(" '") for text in listed[1].split(",")} == {state.value for state in states}


@pytest.mark.parametrize("name", ["sqlite_schema", "postgres_schema"])
def test_the_triggers_list_exactly_the_final_states(name: str) -> None:
    schema = texts.load(name)
    for table, states in FINAL.items():
        listed = re.search(r"OLD\.state IN \(([^)]*)\)", schema[f"trigger {table}_guard"])
        assert listed
        assert {text.strip(" '") for text in listed[1].split(",")} == {state.value for state in states}


def test_the_known_versions_are_those_of_the_migrations() -> None:
    scripts = ScriptDirectory.from_config(migrating.config())
    assert [s.revision for s in scripts.walk_revisions()][::-1] == list(versions.KNOWN)
    assert scripts.get_current_head() == versions.HEAD


def sqlite_schema(path: Path) -> list[tuple[str, str]]:
    raw = sqlite3.connect(path)
    rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    raw.close()
    return [(name, re.sub(r"\s+", " ", sql)) for name, sql in rows]


def test_migrations_of_an_empty_sqlite_file_give_the_same_schema(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "made").close()
    raw = sqlite3.connect(tmp_path / "migrated.db", isolation_level=None)
    migrating.upgrade_sqlite(raw)
    assert raw.execute("SELECT * FROM alembic_version").fetchall() == [(versions.HEAD,)]
    assert not raw.in_transaction
    raw.close()
    migrated, made = sqlite_schema(tmp_path / "migrated.db"), sqlite_schema(tmp_path / "made" / DATABASE)
    assert [row for row in migrated if row[0] != "alembic_version"] == [
        row for row in made if row[0] != "alembic_version"
    ]
    assert len(made) > 30


def test_a_migrated_sqlite_file_opens_and_works(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    migrating.upgrade_sqlite(raw)
    raw.close()
    store = open_sqlite(tmp_path)
    submit(store)
    store.close()


def test_p30_a_migration_that_breaks_off_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = texts.split

    def spoiled(text: str) -> dict[str, str]:
        return {**real(text), "last": "CREATE TABLE broken ("}

    monkeypatch.setattr(texts, "split", spoiled)
    raw = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    with pytest.raises(Exception, match="incomplete input"):
        migrating.upgrade_sqlite(raw)
    assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    monkeypatch.setattr(texts, "split", real)
    migrating.upgrade_sqlite(raw)
    raw.close()


def test_an_older_database_is_upgraded_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_sqlite(tmp_path)
    run = submit(store)[0]
    store.close()
    upgraded: list[sqlite3.Connection] = []

    def upgrade(raw: sqlite3.Connection) -> None:
        upgraded.append(raw)

    monkeypatch.setattr(versions, "KNOWN", (*versions.KNOWN, "9999"))
    monkeypatch.setattr(versions, "HEAD", "9999")
    monkeypatch.setattr(migrating, "upgrade_sqlite", upgrade)
    store = open_sqlite(tmp_path)
    assert len(upgraded) == 1
    with store.transaction() as tx:
        assert tx.runs.get(run.id) == run
    store.close()


def test_every_lookup_of_the_queue_and_the_lists_uses_an_index(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path)
    raw = sqlite3.connect(tmp_path / DATABASE)
    whole = {
        "run.find", "run.newest", "run.newest_before", "audit.newest", "reference.all",
        # few rows each, all of them wanted
        "pool.all", "limit.all", "worker.all", "worker.forget", "token.all", "token.forget", "audit.tip",
        "audit.lock_tip", "pipeline.heads", "pipeline.objects", "deployment.all", "schedule.all", "trigger.all",
        # once for each cleaning
        "run.sources",
    }  # fmt: skip
    for name, text in texts.load("sqlite").items():
        positional = re.sub(r":\w+", "'1'", text)
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {positional}")]
        scanned = [line for line in plan if line.startswith("SCAN") and "USING" not in line]
        scanned = [
            line
            for line in scanned
            if not re.search(r"SCAN l$|CONSTANT|json_each|anon_1|ranked|VIRTUAL|subquery", line)
        ]
        assert not scanned or name in whole, (name, plan)
    raw.close()
    store.close()


def test_equal_plans_are_stored_once_and_a_refused_run_leaves_none(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path)
    raw = sqlite3.connect(tmp_path / DATABASE)

    def plans() -> int:
        return int(raw.execute("SELECT count(*) FROM plan").fetchone()[0])

    run = submit(store, 1, idempotency_key="once")[0]
    submit(store, 2)
    assert plans() == 1
    with store.transaction() as tx:
        assert not tx.runs.add(replace(run, id=run_id(3)), plan_of((), name="other"), [], [])
        assert not tx.runs.add(replace(run, id=run_id(3)), plan_of(()), [], [])
    assert plans() == 1
    with store.transaction() as tx:
        for number in (1, 2):
            before = tx.runs.get(run_id(number))
            assert before is not None
            assert tx.runs.save(before, replace(before, state=RunState.CANCELLED))
            assert tx.objects.drop_run(before.id)
    assert plans() == 0
    raw.close()
    store.close()


POSTGRES_SCHEMA = (
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
    "a.attcollation::regcollation::text "
    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND a.attnum > 0 AND c.relkind = 'r' ORDER BY 1, 2",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
)


def postgres_schema(address: str) -> list[list[tuple[object, ...]]]:
    import psycopg

    with psycopg.connect(address) as raw:
        return [
            [row for row in raw.execute(query).fetchall() if "alembic_version" not in str(row[0])]
            for query in POSTGRES_SCHEMA
        ]


@pytest.mark.postgres
def test_migrations_of_an_empty_postgres_database_give_the_same_schema(
    postgres_server: PostgresServer, postgres_with_schema: str
) -> None:
    address = create_database(postgres_server, "pauta_migrated")
    migrating.upgrade_postgres(address)
    made = postgres_schema(postgres_with_schema)
    assert postgres_schema(address) == made
    assert all(made)

-- The schema as it was released first. Never change this file.

-- table alembic_version
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)

-- table cache
CREATE TABLE cache (
    key TEXT COLLATE "C" NOT NULL,
    recipe TEXT COLLATE "C" NOT NULL,
    inputs TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    step_no INTEGER NOT NULL,
    made_at BIGINT NOT NULL,
    output TEXT COLLATE "C",
    files TEXT COLLATE "C",
    models TEXT COLLATE "C",
    metrics TEXT COLLATE "C",
    CONSTRAINT cache_pk PRIMARY KEY (key)
)

-- index cache_by_recipe
CREATE INDEX cache_by_recipe ON cache (recipe, made_at)

-- index cache_by_run
CREATE INDEX cache_by_run ON cache (run_id)

-- table imported
CREATE TABLE imported (
    key TEXT COLLATE "C" NOT NULL,
    output TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    CONSTRAINT imported_pk PRIMARY KEY (key)
)

-- index imported_by_address
CREATE INDEX imported_by_address ON imported (address)

-- table plan
CREATE TABLE plan (
    hash TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT plan_pk PRIMARY KEY (hash)
)

-- table profile
CREATE TABLE profile (
    address TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT profile_pk PRIMARY KEY (address)
)

-- table cache_object
CREATE TABLE cache_object (
    key TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    CONSTRAINT cache_object_pk PRIMARY KEY (key, address),
    CONSTRAINT cache_object_key_fk FOREIGN KEY(key) REFERENCES cache (key) ON DELETE CASCADE
)

-- index cache_object_by_address
CREATE INDEX cache_object_by_address ON cache_object (address)

-- table run
CREATE TABLE run (
    id TEXT COLLATE "C" NOT NULL,
    pipeline TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    open_stages INTEGER NOT NULL,
    failed_stages INTEGER NOT NULL,
    held_stages INTEGER NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_requested_at BIGINT,
    stopping SMALLINT NOT NULL,
    parameters TEXT COLLATE "C",
    inputs TEXT COLLATE "C",
    options TEXT COLLATE "C",
    of_run TEXT COLLATE "C",
    idempotency_key TEXT COLLATE "C",
    problem TEXT COLLATE "C",
    plan_hash TEXT COLLATE "C" NOT NULL,
    CONSTRAINT run_pk PRIMARY KEY (id),
    CONSTRAINT run_idempotency_key_uq UNIQUE (idempotency_key),
    CONSTRAINT run_state_ck CHECK (state IN ('scheduled', 'pending', 'running', 'paused', 'held', 'completed', 'failed', 'crashed', 'cancelled')),
    CONSTRAINT run_plan_hash_fk FOREIGN KEY(plan_hash) REFERENCES plan (hash)
)

-- index run_by_pipeline
CREATE INDEX run_by_pipeline ON run (pipeline, id)

-- index run_by_plan
CREATE INDEX run_by_plan ON run (plan_hash)

-- index run_by_state
CREATE INDEX run_by_state ON run (state, id)

-- table attempt
CREATE TABLE attempt (
    run_id TEXT COLLATE "C" NOT NULL,
    stage_no INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT COLLATE "C",
    problem TEXT COLLATE "C",
    process BIGINT,
    CONSTRAINT attempt_pk PRIMARY KEY (run_id, stage_no, fence),
    CONSTRAINT attempt_outcome_ck CHECK (outcome IN ('completed', 'failed', 'crashed', 'cancelled', 'released')),
    CONSTRAINT attempt_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- table event
CREATE TABLE event (
    id BIGSERIAL NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    stage_no INTEGER,
    step_no INTEGER,
    details TEXT COLLATE "C",
    CONSTRAINT event_pk PRIMARY KEY (id),
    CONSTRAINT event_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index event_by_run
CREATE INDEX event_by_run ON event (run_id, id)

-- table log
CREATE TABLE log (
    run_id TEXT COLLATE "C" NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    step_no INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    lines TEXT COLLATE "C" NOT NULL,
    CONSTRAINT log_pk PRIMARY KEY (run_id, first),
    CONSTRAINT log_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index log_by_step
CREATE INDEX log_by_step ON log (run_id, step_no, first)

-- table need
CREATE TABLE need (
    run_id TEXT COLLATE "C" NOT NULL,
    upstream INTEGER NOT NULL,
    stage_no INTEGER NOT NULL,
    CONSTRAINT need_pk PRIMARY KEY (run_id, upstream, stage_no),
    CONSTRAINT need_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- table reference
CREATE TABLE reference (
    run_id TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    CONSTRAINT reference_pk PRIMARY KEY (run_id, address),
    CONSTRAINT reference_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index reference_by_address
CREATE INDEX reference_by_address ON reference (address)

-- table stage
CREATE TABLE stage (
    run_id TEXT COLLATE "C" NOT NULL,
    no INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    waiting_for INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    owner TEXT COLLATE "C",
    lease_until BIGINT,
    not_before BIGINT,
    CONSTRAINT stage_pk PRIMARY KEY (run_id, no),
    CONSTRAINT stage_state_ck CHECK (state IN ('pending', 'ready', 'scheduled', 'running', 'held', 'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT stage_waiting_for_ck CHECK (waiting_for >= 0),
    CONSTRAINT stage_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index stage_due
CREATE INDEX stage_due ON stage (not_before) WHERE state = 'scheduled'

-- index stage_leased
CREATE INDEX stage_leased ON stage (lease_until) WHERE state = 'running'

-- index stage_queued
CREATE INDEX stage_queued ON stage (run_id, no) WHERE state IN ('ready', 'scheduled')

-- table step
CREATE TABLE step (
    run_id TEXT COLLATE "C" NOT NULL,
    no INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    stage_no INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts INTEGER NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    seconds DOUBLE PRECISION,
    cached_from TEXT COLLATE "C",
    cache_key TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    output TEXT COLLATE "C",
    files TEXT COLLATE "C",
    models TEXT COLLATE "C",
    metrics TEXT COLLATE "C",
    problem TEXT COLLATE "C",
    CONSTRAINT step_pk PRIMARY KEY (run_id, no),
    CONSTRAINT step_state_ck CHECK (state IN ('pending', 'running', 'held', 'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT step_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index step_by_taken_key
CREATE INDEX step_by_taken_key ON step (cache_key) WHERE cached_from IS NOT NULL

-- function pauta_refuse
CREATE FUNCTION pauta_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'pauta: refused: %', TG_TABLE_NAME USING ERRCODE = 'PA010'; END $$

-- trigger run_guard
CREATE TRIGGER run_guard BEFORE UPDATE OF state ON run FOR EACH ROW
WHEN (OLD.state IN ('cancelled', 'completed', 'crashed', 'failed') AND NEW.state <> OLD.state)
EXECUTE FUNCTION pauta_refuse()

-- trigger stage_guard
CREATE TRIGGER stage_guard BEFORE UPDATE OF state, fence ON stage FOR EACH ROW
WHEN ((OLD.state IN ('cancelled', 'completed', 'failed', 'skipped') AND NEW.state <> OLD.state) OR NEW.fence < OLD.fence)
EXECUTE FUNCTION pauta_refuse()

-- trigger step_guard
CREATE TRIGGER step_guard BEFORE UPDATE OF state ON step FOR EACH ROW
WHEN (OLD.state IN ('cancelled', 'completed', 'failed', 'skipped') AND NEW.state <> OLD.state)
EXECUTE FUNCTION pauta_refuse()

-- trigger event_guard
CREATE TRIGGER event_guard BEFORE UPDATE ON event FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

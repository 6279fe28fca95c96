-- Made by pauta.storage.compiling; change the tables or the statements, not this file.

-- table activation
CREATE TABLE activation (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    "by" TEXT NOT NULL,
    why TEXT NOT NULL,
    CONSTRAINT activation_pk PRIMARY KEY (id)
)

-- index activation_by_name
CREATE INDEX activation_by_name ON activation (name, id)

-- table alembic_version
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)

-- table audit
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL,
    mac TEXT NOT NULL,
    CONSTRAINT audit_pk PRIMARY KEY (seq)
)
 WITHOUT ROWID

-- table audit_tip
CREATE TABLE audit_tip (
    id INTEGER NOT NULL,
    count BIGINT NOT NULL,
    last TEXT NOT NULL,
    CONSTRAINT audit_tip_pk PRIMARY KEY (id),
    CONSTRAINT audit_tip_single_ck CHECK (id = 1)
)

-- table cache
CREATE TABLE cache (
    "key" TEXT NOT NULL,
    recipe TEXT NOT NULL,
    inputs TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step_no INTEGER NOT NULL,
    made_at BIGINT NOT NULL,
    output TEXT,
    files TEXT,
    models TEXT,
    metrics TEXT,
    objects TEXT,
    until BIGINT,
    CONSTRAINT cache_pk PRIMARY KEY ("key")
)

-- index cache_by_recipe
CREATE INDEX cache_by_recipe ON cache (recipe, made_at)

-- index cache_by_run
CREATE INDEX cache_by_run ON cache (run_id)

-- table claim_limit
CREATE TABLE claim_limit (
    "key" TEXT NOT NULL,
    most INTEGER NOT NULL,
    period BIGINT,
    CONSTRAINT claim_limit_pk PRIMARY KEY ("key")
)

-- table deployment
CREATE TABLE deployment (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT deployment_pk PRIMARY KEY (name)
)

-- table deployment_form
CREATE TABLE deployment_form (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT deployment_form_pk PRIMARY KEY (id)
)

-- index deployment_form_by_name
CREATE INDEX deployment_form_by_name ON deployment_form (name, id)

-- table firing
CREATE TABLE firing (
    schedule_id TEXT NOT NULL,
    local TEXT NOT NULL,
    fold INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    fired_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    run_id TEXT,
    reason TEXT NOT NULL,
    zone_data TEXT NOT NULL,
    schedule_version INTEGER NOT NULL,
    CONSTRAINT firing_pk PRIMARY KEY (schedule_id, local, fold)
)

-- index firing_by_time
CREATE INDEX firing_by_time ON firing (schedule_id, due_at)

-- table imported
CREATE TABLE imported (
    "key" TEXT NOT NULL,
    output TEXT NOT NULL,
    address TEXT,
    CONSTRAINT imported_pk PRIMARY KEY ("key")
)

-- index imported_by_address
CREATE INDEX imported_by_address ON imported (address)

-- table meta
CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT meta_pk PRIMARY KEY (name)
)

-- table notice
CREATE TABLE notice (
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    sent_at BIGINT,
    error TEXT,
    CONSTRAINT notice_pk PRIMARY KEY (id)
)

-- index notice_by_run
CREATE INDEX notice_by_run ON notice (run_id)

-- index notice_due
CREATE INDEX notice_due ON notice (next_at, id) WHERE sent_at IS NULL

-- table pipeline_version
CREATE TABLE pipeline_version (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    file TEXT NOT NULL,
    scripts TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pipeline_version_pk PRIMARY KEY (name, version),
    CONSTRAINT pipeline_version_name_uq UNIQUE (name, digest)
)

-- table plan
CREATE TABLE "plan" (
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT plan_pk PRIMARY KEY (hash)
)

-- table pool
CREATE TABLE pool (
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    "limit" INTEGER,
    queue TEXT,
    description TEXT NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT pool_pk PRIMARY KEY (name)
)

-- table profile
CREATE TABLE profile (
    address TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT profile_pk PRIMARY KEY (address)
)

-- table schedule
CREATE TABLE schedule (
    id TEXT NOT NULL,
    deployment TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    next_at BIGINT,
    next_local TEXT,
    next_fold INTEGER,
    fire_at BIGINT,
    body TEXT NOT NULL,
    CONSTRAINT schedule_pk PRIMARY KEY (id)
)

-- index schedule_by_deployment
CREATE INDEX schedule_by_deployment ON schedule (deployment, name)

-- index schedule_due
CREATE INDEX schedule_due ON schedule (fire_at) WHERE state = 'active' AND fire_at IS NOT NULL

-- table token
CREATE TABLE token (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    kind TEXT NOT NULL,
    pools TEXT NOT NULL,
    pipelines TEXT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    CONSTRAINT token_pk PRIMARY KEY (id),
    CONSTRAINT token_digest_uq UNIQUE (digest)
)

-- table trigger
CREATE TABLE "trigger" (
    id TEXT NOT NULL,
    deployment TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT trigger_pk PRIMARY KEY (id)
)

-- index trigger_by_deployment
CREATE INDEX trigger_by_deployment ON "trigger" (deployment, name)

-- table trigger_event
CREATE TABLE trigger_event (
    trigger_id TEXT NOT NULL,
    event TEXT NOT NULL,
    at BIGINT NOT NULL,
    run_id TEXT,
    CONSTRAINT trigger_event_pk PRIMARY KEY (trigger_id, event)
)
 WITHOUT ROWID

-- table worker
CREATE TABLE worker (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    pools TEXT NOT NULL,
    tags TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    host TEXT NOT NULL,
    process BIGINT NOT NULL,
    version TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT worker_pk PRIMARY KEY (owner)
)

-- table cache_object
CREATE TABLE cache_object (
    "key" TEXT NOT NULL,
    address TEXT NOT NULL,
    CONSTRAINT cache_object_pk PRIMARY KEY ("key", address),
    CONSTRAINT cache_object_key_fk FOREIGN KEY("key") REFERENCES cache ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

-- index cache_object_by_address
CREATE INDEX cache_object_by_address ON cache_object (address)

-- table claim_time
CREATE TABLE claim_time (
    "key" TEXT NOT NULL,
    at BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    stage_no INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    CONSTRAINT claim_time_pk PRIMARY KEY ("key", at, run_id, stage_no, fence),
    CONSTRAINT claim_time_key_fk FOREIGN KEY("key") REFERENCES claim_limit ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

-- table run
CREATE TABLE run (
    id TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    open_stages INTEGER NOT NULL,
    failed_stages INTEGER NOT NULL,
    held_stages INTEGER NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_requested_at BIGINT,
    stopping SMALLINT NOT NULL,
    parameters TEXT,
    inputs TEXT,
    options TEXT,
    of_run TEXT,
    idempotency_key TEXT,
    problem TEXT,
    plan_hash TEXT NOT NULL,
    pool TEXT DEFAULT 'default' NOT NULL,
    priority INTEGER DEFAULT 0 NOT NULL,
    deployment TEXT,
    limits TEXT,
    asked_by TEXT,
    document_name TEXT,
    document_version INTEGER,
    paused_stages INTEGER DEFAULT 0 NOT NULL,
    parent_run TEXT,
    parent_call INTEGER,
    CONSTRAINT run_pk PRIMARY KEY (id),
    CONSTRAINT run_idempotency_key_uq UNIQUE (idempotency_key),
    CONSTRAINT run_state_ck CHECK (state IN ('scheduled', 'pending', 'running', 'paused', 'held', 'completed', 'failed', 'crashed', 'cancelled')),
    CONSTRAINT run_plan_hash_fk FOREIGN KEY(plan_hash) REFERENCES "plan" (hash)
)

-- index run_by_deployment
CREATE INDEX run_by_deployment ON run (deployment, id) WHERE deployment IS NOT NULL

-- index run_by_document
CREATE INDEX run_by_document ON run (document_name, document_version, id) WHERE document_name IS NOT NULL

-- index run_by_parent
CREATE INDEX run_by_parent ON run (parent_run, id) WHERE parent_run IS NOT NULL

-- index run_by_pipeline
CREATE INDEX run_by_pipeline ON run (pipeline, id)

-- index run_by_plan
CREATE INDEX run_by_plan ON run (plan_hash)

-- index run_by_state
CREATE INDEX run_by_state ON run (state, id)

-- index run_top_level
CREATE INDEX run_top_level ON run (id) WHERE parent_run IS NULL

-- table attempt
CREATE TABLE attempt (
    run_id TEXT NOT NULL,
    stage_no INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    owner TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    problem TEXT,
    process BIGINT,
    CONSTRAINT attempt_pk PRIMARY KEY (run_id, stage_no, fence),
    CONSTRAINT attempt_outcome_ck CHECK (outcome IN ('completed', 'failed', 'crashed', 'cancelled', 'released', 'paused')),
    CONSTRAINT attempt_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- table call
CREATE TABLE call (
    run_id TEXT NOT NULL,
    no INTEGER NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    metrics TEXT,
    changed INTEGER NOT NULL,
    CONSTRAINT call_pk PRIMARY KEY (run_id, no),
    CONSTRAINT call_state_ck CHECK (state IN ('running', 'pending', 'paused', 'completed', 'failed', 'cancelled')),
    CONSTRAINT call_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index call_awaited
CREATE INDEX call_awaited ON call (run_id, no) WHERE state = 'paused' AND kind IN ('approval', 'input')

-- index call_changed
CREATE INDEX call_changed ON call (run_id, changed)

-- index call_paused
CREATE INDEX call_paused ON call (run_id, no) WHERE state = 'paused'

-- table event
CREATE TABLE event (
    id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    stage_no INTEGER,
    step_no INTEGER,
    details TEXT,
    CONSTRAINT event_pk PRIMARY KEY (id),
    CONSTRAINT event_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index event_by_run
CREATE INDEX event_by_run ON event (run_id, id)

-- table log
CREATE TABLE log (
    run_id TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    step_no INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    lines TEXT NOT NULL,
    CONSTRAINT log_pk PRIMARY KEY (run_id, first),
    CONSTRAINT log_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index log_by_step
CREATE INDEX log_by_step ON log (run_id, step_no, first)

-- table need
CREATE TABLE need (
    run_id TEXT NOT NULL,
    upstream INTEGER NOT NULL,
    stage_no INTEGER NOT NULL,
    CONSTRAINT need_pk PRIMARY KEY (run_id, upstream, stage_no),
    CONSTRAINT need_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)
 WITHOUT ROWID

-- table reference
CREATE TABLE reference (
    run_id TEXT NOT NULL,
    address TEXT NOT NULL,
    CONSTRAINT reference_pk PRIMARY KEY (run_id, address),
    CONSTRAINT reference_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)
 WITHOUT ROWID

-- index reference_by_address
CREATE INDEX reference_by_address ON reference (address)

-- table stage
CREATE TABLE stage (
    run_id TEXT NOT NULL,
    no INTEGER NOT NULL,
    state TEXT NOT NULL,
    waiting_for INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    owner TEXT,
    lease_until BIGINT,
    not_before BIGINT,
    pool TEXT DEFAULT 'default' NOT NULL,
    priority INTEGER DEFAULT 0 NOT NULL,
    lane TEXT DEFAULT '' NOT NULL,
    CONSTRAINT stage_pk PRIMARY KEY (run_id, no),
    CONSTRAINT stage_state_ck CHECK (state IN ('pending', 'ready', 'scheduled', 'running', 'paused', 'held', 'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT stage_waiting_for_ck CHECK (waiting_for >= 0),
    CONSTRAINT stage_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)
 WITHOUT ROWID

-- index stage_due
CREATE INDEX stage_due ON stage (not_before) WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL

-- index stage_due_in_pool
CREATE INDEX stage_due_in_pool ON stage (pool, not_before) WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL

-- index stage_paused
CREATE INDEX stage_paused ON stage (run_id, no) WHERE state = 'paused'

-- index stage_queued
CREATE INDEX stage_queued ON stage (run_id, no) WHERE (state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL))

-- index stage_ready
CREATE INDEX stage_ready ON stage (pool, lane, priority DESC, run_id, no) WHERE state = 'ready'

-- index stage_running
CREATE INDEX stage_running ON stage (run_id, no) WHERE state = 'running'

-- table step
CREATE TABLE step (
    run_id TEXT NOT NULL,
    no INTEGER NOT NULL,
    name TEXT NOT NULL,
    stage_no INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    seconds DOUBLE,
    cached_from TEXT,
    cache_key TEXT,
    reason TEXT,
    output TEXT,
    files TEXT,
    models TEXT,
    metrics TEXT,
    problem TEXT,
    objects TEXT,
    message TEXT,
    CONSTRAINT step_pk PRIMARY KEY (run_id, no),
    CONSTRAINT step_state_ck CHECK (state IN ('pending', 'running', 'paused', 'held', 'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT step_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- index step_by_taken_key
CREATE INDEX step_by_taken_key ON step (cache_key) WHERE cached_from IS NOT NULL

-- trigger run_guard
CREATE TRIGGER run_guard BEFORE UPDATE OF state ON run
WHEN OLD.state IN ('cancelled', 'completed', 'crashed', 'failed') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'pauta: refused: run'); END

-- trigger stage_guard
CREATE TRIGGER stage_guard BEFORE UPDATE OF state, fence ON stage
WHEN (OLD.state IN ('cancelled', 'completed', 'failed', 'skipped') AND NEW.state <> OLD.state) OR NEW.fence < OLD.fence
BEGIN SELECT RAISE(ABORT, 'pauta: refused: stage'); END

-- trigger step_guard
CREATE TRIGGER step_guard BEFORE UPDATE OF state ON step
WHEN OLD.state IN ('cancelled', 'completed', 'failed', 'skipped') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'pauta: refused: step'); END

-- trigger call_guard
CREATE TRIGGER call_guard BEFORE UPDATE OF state ON call
WHEN OLD.state IN ('completed') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'pauta: refused: call'); END

-- trigger event_guard
CREATE TRIGGER event_guard BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'pauta: refused: event'); END

-- trigger audit_guard
CREATE TRIGGER audit_guard BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'pauta: refused: audit'); END

-- trigger audit_keep
CREATE TRIGGER audit_keep BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'pauta: refused: audit'); END

-- trigger audit_tip_guard
CREATE TRIGGER audit_tip_guard BEFORE UPDATE ON audit_tip
WHEN NEW.count <> OLD.count + 1
BEGIN SELECT RAISE(ABORT, 'pauta: refused: audit_tip'); END

-- trigger audit_tip_keep
CREATE TRIGGER audit_tip_keep BEFORE DELETE ON audit_tip
BEGIN SELECT RAISE(ABORT, 'pauta: refused: audit_tip'); END

-- trigger pipeline_version_guard
CREATE TRIGGER pipeline_version_guard BEFORE UPDATE ON pipeline_version
BEGIN SELECT RAISE(ABORT, 'pauta: refused: pipeline_version'); END

-- trigger pipeline_version_keep
CREATE TRIGGER pipeline_version_keep BEFORE DELETE ON pipeline_version
BEGIN SELECT RAISE(ABORT, 'pauta: refused: pipeline_version'); END

-- trigger activation_guard
CREATE TRIGGER activation_guard BEFORE UPDATE ON activation
BEGIN SELECT RAISE(ABORT, 'pauta: refused: activation'); END

-- trigger activation_keep
CREATE TRIGGER activation_keep BEFORE DELETE ON activation
BEGIN SELECT RAISE(ABORT, 'pauta: refused: activation'); END

-- trigger deployment_form_guard
CREATE TRIGGER deployment_form_guard BEFORE UPDATE ON deployment_form
BEGIN SELECT RAISE(ABORT, 'pauta: refused: deployment_form'); END

-- trigger deployment_form_keep
CREATE TRIGGER deployment_form_keep BEFORE DELETE ON deployment_form
BEGIN SELECT RAISE(ABORT, 'pauta: refused: deployment_form'); END

-- trigger firing_guard
CREATE TRIGGER firing_guard BEFORE UPDATE ON firing
BEGIN SELECT RAISE(ABORT, 'pauta: refused: firing'); END

-- trigger firing_keep
CREATE TRIGGER firing_keep BEFORE DELETE ON firing
BEGIN SELECT RAISE(ABORT, 'pauta: refused: firing'); END

-- Made by pauta.storage.compiling; change the tables or the statements, not this file.

-- table activation
CREATE TABLE activation (
    id BIGSERIAL NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    why TEXT COLLATE "C" NOT NULL,
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
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    CONSTRAINT audit_pk PRIMARY KEY (seq)
)

-- table audit_tip
CREATE TABLE audit_tip (
    id INTEGER NOT NULL,
    count BIGINT NOT NULL,
    last TEXT COLLATE "C" NOT NULL,
    CONSTRAINT audit_tip_pk PRIMARY KEY (id),
    CONSTRAINT audit_tip_single_ck CHECK (id = 1)
)

-- table cache
CREATE TABLE cache (
    key TEXT COLLATE "C" NOT NULL,
    recipe TEXT COLLATE "C" NOT NULL,
    inputs TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    step_no BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    output TEXT COLLATE "C",
    files TEXT COLLATE "C",
    models TEXT COLLATE "C",
    metrics TEXT COLLATE "C",
    objects TEXT COLLATE "C",
    until BIGINT,
    CONSTRAINT cache_pk PRIMARY KEY (key)
)

-- index cache_by_recipe
CREATE INDEX cache_by_recipe ON cache (recipe, made_at)

-- index cache_by_run
CREATE INDEX cache_by_run ON cache (run_id)

-- table claim_limit
CREATE TABLE claim_limit (
    key TEXT COLLATE "C" NOT NULL,
    most INTEGER NOT NULL,
    period BIGINT,
    CONSTRAINT claim_limit_pk PRIMARY KEY (key)
)

-- table deployment
CREATE TABLE deployment (
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT deployment_pk PRIMARY KEY (name)
)

-- table deployment_form
CREATE TABLE deployment_form (
    id BIGSERIAL NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT deployment_form_pk PRIMARY KEY (id)
)

-- index deployment_form_by_name
CREATE INDEX deployment_form_by_name ON deployment_form (name, id)

-- table firing
CREATE TABLE firing (
    schedule_id TEXT COLLATE "C" NOT NULL,
    local TEXT COLLATE "C" NOT NULL,
    fold INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    fired_at BIGINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    zone_data TEXT COLLATE "C" NOT NULL,
    schedule_version INTEGER NOT NULL,
    CONSTRAINT firing_pk PRIMARY KEY (schedule_id, local, fold)
)

-- index firing_by_time
CREATE INDEX firing_by_time ON firing (schedule_id, due_at)

-- table imported
CREATE TABLE imported (
    key TEXT COLLATE "C" NOT NULL,
    output TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    CONSTRAINT imported_pk PRIMARY KEY (key)
)

-- index imported_by_address
CREATE INDEX imported_by_address ON imported (address)

-- table meta
CREATE TABLE meta (
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    CONSTRAINT meta_pk PRIMARY KEY (name)
)

-- table notice
CREATE TABLE notice (
    id TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    sent_at BIGINT,
    error TEXT COLLATE "C",
    CONSTRAINT notice_pk PRIMARY KEY (id)
)

-- index notice_by_run
CREATE INDEX notice_by_run ON notice (run_id)

-- index notice_due
CREATE INDEX notice_due ON notice (next_at, id) WHERE sent_at IS NULL

-- table pipeline_version
CREATE TABLE pipeline_version (
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    scripts TEXT COLLATE "C" NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pipeline_version_pk PRIMARY KEY (name, version),
    CONSTRAINT pipeline_version_name_uq UNIQUE (name, digest)
)

-- table plan
CREATE TABLE plan (
    hash TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT plan_pk PRIMARY KEY (hash)
)

-- table pool
CREATE TABLE pool (
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    "limit" INTEGER,
    queue TEXT COLLATE "C",
    description TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pool_pk PRIMARY KEY (name)
)

-- table profile
CREATE TABLE profile (
    address TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT profile_pk PRIMARY KEY (address)
)

-- table schedule
CREATE TABLE schedule (
    id TEXT COLLATE "C" NOT NULL,
    deployment TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    next_at BIGINT,
    next_local TEXT COLLATE "C",
    next_fold INTEGER,
    fire_at BIGINT,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT schedule_pk PRIMARY KEY (id)
)

-- index schedule_by_deployment
CREATE INDEX schedule_by_deployment ON schedule (deployment, name)

-- index schedule_due
CREATE INDEX schedule_due ON schedule (fire_at) WHERE state = 'active' AND fire_at IS NOT NULL

-- table token
CREATE TABLE token (
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    pools TEXT COLLATE "C" NOT NULL,
    pipelines TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    CONSTRAINT token_pk PRIMARY KEY (id),
    CONSTRAINT token_digest_uq UNIQUE (digest)
)

-- table trigger
CREATE TABLE trigger (
    id TEXT COLLATE "C" NOT NULL,
    deployment TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT trigger_pk PRIMARY KEY (id)
)

-- index trigger_by_deployment
CREATE INDEX trigger_by_deployment ON trigger (deployment, name)

-- table trigger_event
CREATE TABLE trigger_event (
    trigger_id TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    run_id TEXT COLLATE "C",
    CONSTRAINT trigger_event_pk PRIMARY KEY (trigger_id, event)
)

-- table worker
CREATE TABLE worker (
    owner TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    pools TEXT COLLATE "C" NOT NULL,
    tags TEXT COLLATE "C" NOT NULL,
    capacity INTEGER NOT NULL,
    host TEXT COLLATE "C" NOT NULL,
    process BIGINT NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    CONSTRAINT worker_pk PRIMARY KEY (owner)
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

-- table claim_time
CREATE TABLE claim_time (
    key TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    stage_no INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    CONSTRAINT claim_time_pk PRIMARY KEY (key, at, run_id, stage_no, fence),
    CONSTRAINT claim_time_key_fk FOREIGN KEY(key) REFERENCES claim_limit (key) ON DELETE CASCADE
)

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
    pool TEXT COLLATE "C" DEFAULT 'default' NOT NULL,
    priority INTEGER DEFAULT 0 NOT NULL,
    deployment TEXT COLLATE "C",
    limits TEXT COLLATE "C",
    asked_by TEXT COLLATE "C",
    document_name TEXT COLLATE "C",
    document_version INTEGER,
    paused_stages INTEGER DEFAULT 0 NOT NULL,
    parent_run TEXT COLLATE "C",
    parent_call BIGINT,
    CONSTRAINT run_pk PRIMARY KEY (id),
    CONSTRAINT run_idempotency_key_uq UNIQUE (idempotency_key),
    CONSTRAINT run_state_ck CHECK (state IN ('scheduled', 'pending', 'running', 'paused', 'held', 'completed', 'failed', 'crashed', 'cancelled')),
    CONSTRAINT run_plan_hash_fk FOREIGN KEY(plan_hash) REFERENCES plan (hash)
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
    CONSTRAINT attempt_outcome_ck CHECK (outcome IN ('completed', 'failed', 'crashed', 'cancelled', 'released', 'paused')),
    CONSTRAINT attempt_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

-- table call
CREATE TABLE call (
    run_id TEXT COLLATE "C" NOT NULL,
    no BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    metrics TEXT COLLATE "C",
    changed BIGINT NOT NULL,
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
    id BIGSERIAL NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    stage_no INTEGER,
    step_no BIGINT,
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
    step_no BIGINT NOT NULL,
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
    pool TEXT COLLATE "C" DEFAULT 'default' NOT NULL,
    priority INTEGER DEFAULT 0 NOT NULL,
    lane TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT stage_pk PRIMARY KEY (run_id, no),
    CONSTRAINT stage_state_ck CHECK (state IN ('pending', 'ready', 'scheduled', 'running', 'paused', 'held', 'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT stage_waiting_for_ck CHECK (waiting_for >= 0),
    CONSTRAINT stage_run_id_fk FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
)

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
    objects TEXT COLLATE "C",
    message TEXT COLLATE "C",
    CONSTRAINT step_pk PRIMARY KEY (run_id, no),
    CONSTRAINT step_state_ck CHECK (state IN ('pending', 'running', 'paused', 'held', 'completed', 'failed', 'cancelled', 'skipped')),
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

-- trigger call_guard
CREATE TRIGGER call_guard BEFORE UPDATE OF state ON call FOR EACH ROW
WHEN (OLD.state IN ('completed') AND NEW.state <> OLD.state)
EXECUTE FUNCTION pauta_refuse()

-- trigger event_guard
CREATE TRIGGER event_guard BEFORE UPDATE ON event FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger audit_guard
CREATE TRIGGER audit_guard BEFORE UPDATE ON audit FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger audit_keep
CREATE TRIGGER audit_keep BEFORE DELETE ON audit FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger audit_tip_guard
CREATE TRIGGER audit_tip_guard BEFORE UPDATE ON audit_tip FOR EACH ROW
WHEN (NEW.count <> OLD.count + 1)
EXECUTE FUNCTION pauta_refuse()

-- trigger audit_tip_keep
CREATE TRIGGER audit_tip_keep BEFORE DELETE ON audit_tip FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger pipeline_version_guard
CREATE TRIGGER pipeline_version_guard BEFORE UPDATE ON pipeline_version FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger pipeline_version_keep
CREATE TRIGGER pipeline_version_keep BEFORE DELETE ON pipeline_version FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger activation_guard
CREATE TRIGGER activation_guard BEFORE UPDATE ON activation FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger activation_keep
CREATE TRIGGER activation_keep BEFORE DELETE ON activation FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger deployment_form_guard
CREATE TRIGGER deployment_form_guard BEFORE UPDATE ON deployment_form FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger deployment_form_keep
CREATE TRIGGER deployment_form_keep BEFORE DELETE ON deployment_form FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger firing_guard
CREATE TRIGGER firing_guard BEFORE UPDATE ON firing FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

-- trigger firing_keep
CREATE TRIGGER firing_keep BEFORE DELETE ON firing FOR EACH ROW
EXECUTE FUNCTION pauta_refuse()

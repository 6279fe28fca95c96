-- What runs over many machines need: the queue's front, and the control plane. Never change this file once it is released.

-- column run.pool
ALTER TABLE run ADD COLUMN pool TEXT DEFAULT 'default' NOT NULL

-- column run.priority
ALTER TABLE run ADD COLUMN priority INTEGER DEFAULT 0 NOT NULL

-- column run.deployment
ALTER TABLE run ADD COLUMN deployment TEXT

-- column run.limits
ALTER TABLE run ADD COLUMN limits TEXT

-- column run.asked_by
ALTER TABLE run ADD COLUMN asked_by TEXT

-- column run.document_name
ALTER TABLE run ADD COLUMN document_name TEXT

-- column run.document_version
ALTER TABLE run ADD COLUMN document_version INTEGER

-- column stage.pool
ALTER TABLE stage ADD COLUMN pool TEXT DEFAULT 'default' NOT NULL

-- column stage.priority
ALTER TABLE stage ADD COLUMN priority INTEGER DEFAULT 0 NOT NULL

-- column stage.lane
ALTER TABLE stage ADD COLUMN lane TEXT DEFAULT '' NOT NULL

-- lanes of stages that are not final
UPDATE stage SET lane = (SELECT run.pipeline FROM run WHERE run.id = stage.run_id)
WHERE state NOT IN ('completed', 'failed', 'cancelled', 'skipped')

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

-- table claim_limit
CREATE TABLE claim_limit (
    "key" TEXT NOT NULL,
    most INTEGER NOT NULL,
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

-- index run_by_deployment
CREATE INDEX run_by_deployment ON run (deployment, id) WHERE deployment IS NOT NULL

-- index run_by_document
CREATE INDEX run_by_document ON run (document_name, document_version, id) WHERE document_name IS NOT NULL

-- index stage_due_in_pool
CREATE INDEX stage_due_in_pool ON stage (pool, not_before) WHERE state = 'scheduled'

-- index stage_leased, of which the next one takes the place
DROP INDEX stage_leased

-- index stage_running
CREATE INDEX stage_running ON stage (run_id, no) WHERE state = 'running'

-- index stage_ready
CREATE INDEX stage_ready ON stage (pool, lane, priority DESC, run_id, no) WHERE state = 'ready'

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

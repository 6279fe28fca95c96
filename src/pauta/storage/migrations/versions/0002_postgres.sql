-- What runs over many machines need: the queue's front, and the control plane. Never change this file once it is released.

-- column run.pool
ALTER TABLE run ADD COLUMN pool TEXT COLLATE "C" DEFAULT 'default' NOT NULL

-- column run.priority
ALTER TABLE run ADD COLUMN priority INTEGER DEFAULT 0 NOT NULL

-- column run.deployment
ALTER TABLE run ADD COLUMN deployment TEXT COLLATE "C"

-- column run.limits
ALTER TABLE run ADD COLUMN limits TEXT COLLATE "C"

-- column run.asked_by
ALTER TABLE run ADD COLUMN asked_by TEXT COLLATE "C"

-- column run.document_name
ALTER TABLE run ADD COLUMN document_name TEXT COLLATE "C"

-- column run.document_version
ALTER TABLE run ADD COLUMN document_version INTEGER

-- column stage.pool
ALTER TABLE stage ADD COLUMN pool TEXT COLLATE "C" DEFAULT 'default' NOT NULL

-- column stage.priority
ALTER TABLE stage ADD COLUMN priority INTEGER DEFAULT 0 NOT NULL

-- column stage.lane
ALTER TABLE stage ADD COLUMN lane TEXT COLLATE "C" DEFAULT '' NOT NULL

-- lanes of stages that are not final
UPDATE stage SET lane = (SELECT run.pipeline FROM run WHERE run.id = stage.run_id)
WHERE state NOT IN ('completed', 'failed', 'cancelled', 'skipped')

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

-- table claim_limit
CREATE TABLE claim_limit (
    key TEXT COLLATE "C" NOT NULL,
    most INTEGER NOT NULL,
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

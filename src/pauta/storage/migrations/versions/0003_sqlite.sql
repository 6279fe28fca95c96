-- What flows need: calls, stages that pause, runs that flows begin; limits with a period. Never change this file once it is released.

-- column run.paused_stages
ALTER TABLE run ADD COLUMN paused_stages INTEGER DEFAULT 0 NOT NULL

-- column run.parent_run
ALTER TABLE run ADD COLUMN parent_run TEXT

-- column run.parent_call
ALTER TABLE run ADD COLUMN parent_call INTEGER

-- index run_by_parent
CREATE INDEX run_by_parent ON run (parent_run, id) WHERE parent_run IS NOT NULL

-- index run_top_level
CREATE INDEX run_top_level ON run (id) WHERE parent_run IS NULL

-- column cache.objects
ALTER TABLE cache ADD COLUMN objects TEXT

-- column cache.until
ALTER TABLE cache ADD COLUMN until BIGINT

-- column claim_limit.period
ALTER TABLE claim_limit ADD COLUMN period BIGINT

-- table stage as it was
ALTER TABLE stage RENAME TO stage_before

-- table stage, with another state
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

-- rows of stage
INSERT INTO stage (run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before, pool, priority, lane)
SELECT run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before, pool, priority, lane FROM stage_before

-- table stage_before with its indexes and triggers
DROP TABLE stage_before

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

-- trigger stage_guard
CREATE TRIGGER stage_guard BEFORE UPDATE OF state, fence ON stage
WHEN (OLD.state IN ('cancelled', 'completed', 'failed', 'skipped') AND NEW.state <> OLD.state) OR NEW.fence < OLD.fence
BEGIN SELECT RAISE(ABORT, 'pauta: refused: stage'); END

-- table step as it was
ALTER TABLE step RENAME TO step_before

-- table step, with another state
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

-- rows of step
INSERT INTO step (run_id, no, name, stage_no, state, attempts, started_at, ended_at, seconds, cached_from, cache_key, reason, output, files, models, metrics, problem)
SELECT run_id, no, name, stage_no, state, attempts, started_at, ended_at, seconds, cached_from, cache_key, reason, output, files, models, metrics, problem FROM step_before

-- table step_before with its indexes and triggers
DROP TABLE step_before

-- index step_by_taken_key
CREATE INDEX step_by_taken_key ON step (cache_key) WHERE cached_from IS NOT NULL

-- trigger step_guard
CREATE TRIGGER step_guard BEFORE UPDATE OF state ON step
WHEN OLD.state IN ('cancelled', 'completed', 'failed', 'skipped') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'pauta: refused: step'); END

-- table attempt as it was
ALTER TABLE attempt RENAME TO attempt_before

-- table attempt, with another state
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

-- rows of attempt
INSERT INTO attempt (run_id, stage_no, fence, owner, started_at, ended_at, outcome, problem, process)
SELECT run_id, stage_no, fence, owner, started_at, ended_at, outcome, problem, process FROM attempt_before

-- table attempt_before with its indexes and triggers
DROP TABLE attempt_before

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

-- trigger call_guard
CREATE TRIGGER call_guard BEFORE UPDATE OF state ON call
WHEN OLD.state IN ('completed') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'pauta: refused: call'); END

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

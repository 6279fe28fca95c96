-- What flows need: calls, stages that pause, runs that flows begin; limits with a period. Never change this file once it is released.

-- column run.paused_stages
ALTER TABLE run ADD COLUMN paused_stages INTEGER DEFAULT 0 NOT NULL

-- column run.parent_run
ALTER TABLE run ADD COLUMN parent_run TEXT COLLATE "C"

-- column run.parent_call
ALTER TABLE run ADD COLUMN parent_call BIGINT

-- index run_by_parent
CREATE INDEX run_by_parent ON run (parent_run, id) WHERE parent_run IS NOT NULL

-- index run_top_level
CREATE INDEX run_top_level ON run (id) WHERE parent_run IS NULL

-- column cache.objects
ALTER TABLE cache ADD COLUMN objects TEXT COLLATE "C"

-- column cache.until
ALTER TABLE cache ADD COLUMN until BIGINT

-- column claim_limit.period
ALTER TABLE claim_limit ADD COLUMN period BIGINT

-- column cache.step_no, which the number of a call may be
ALTER TABLE cache ALTER COLUMN step_no TYPE BIGINT

-- column log.step_no, which the number of a call may be
ALTER TABLE log ALTER COLUMN step_no TYPE BIGINT

-- column event.step_no, which the number of a call may be
ALTER TABLE event ALTER COLUMN step_no TYPE BIGINT

-- column step.objects
ALTER TABLE step ADD COLUMN objects TEXT COLLATE "C"

-- column step.message
ALTER TABLE step ADD COLUMN message TEXT COLLATE "C"

-- constraint stage_state_ck, with another state
ALTER TABLE stage DROP CONSTRAINT stage_state_ck, ADD CONSTRAINT stage_state_ck CHECK (state IN ('pending', 'ready', 'scheduled', 'running', 'paused', 'held', 'completed', 'failed', 'cancelled', 'skipped'))

-- constraint step_state_ck, with another state
ALTER TABLE step DROP CONSTRAINT step_state_ck, ADD CONSTRAINT step_state_ck CHECK (state IN ('pending', 'running', 'paused', 'held', 'completed', 'failed', 'cancelled', 'skipped'))

-- constraint attempt_outcome_ck, with another state
ALTER TABLE attempt DROP CONSTRAINT attempt_outcome_ck, ADD CONSTRAINT attempt_outcome_ck CHECK (outcome IN ('completed', 'failed', 'crashed', 'cancelled', 'released', 'paused'))

-- index stage_due, of which the next one takes the place
DROP INDEX stage_due

-- index stage_due
CREATE INDEX stage_due ON stage (not_before) WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL

-- index stage_due_in_pool, of which the next one takes the place
DROP INDEX stage_due_in_pool

-- index stage_due_in_pool
CREATE INDEX stage_due_in_pool ON stage (pool, not_before) WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL

-- index stage_queued, of which the next one takes the place
DROP INDEX stage_queued

-- index stage_queued
CREATE INDEX stage_queued ON stage (run_id, no) WHERE (state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL))

-- index stage_paused
CREATE INDEX stage_paused ON stage (run_id, no) WHERE state = 'paused'

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

-- trigger call_guard
CREATE TRIGGER call_guard BEFORE UPDATE OF state ON call FOR EACH ROW
WHEN (OLD.state IN ('completed') AND NEW.state <> OLD.state)
EXECUTE FUNCTION pauta_refuse()

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

-- Made by pauta.storage.compiling; change the tables or the statements, not this file.

-- plan.add
INSERT INTO "plan" (hash, body) VALUES (:hash, :body) ON CONFLICT DO NOTHING

-- plan.get
SELECT "plan".hash, "plan".body
FROM "plan" JOIN run ON run.plan_hash = "plan".hash
WHERE run.id = :k_id

-- run.add
INSERT INTO run (id, pipeline, state, created_at, open_stages, failed_stages, held_stages, started_at, ended_at, cancel_requested_at, stopping, parameters, inputs, options, of_run, idempotency_key, problem, plan_hash, pool, priority, deployment, limits, asked_by, document_name, document_version, paused_stages, parent_run, parent_call) VALUES (:id, :pipeline, :state, :created_at, :open_stages, :failed_stages, :held_stages, :started_at, :ended_at, :cancel_requested_at, :stopping, :parameters, :inputs, :options, :of_run, :idempotency_key, :problem, :plan_hash, :pool, :priority, :deployment, :limits, :asked_by, :document_name, :document_version, :paused_stages, :parent_run, :parent_call) ON CONFLICT DO NOTHING

-- run.get
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id = :k_id

-- run.by_key
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.idempotency_key = :k_idempotency_key

-- run.children
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.parent_run = :k_parent_run ORDER BY run.id

-- run.find
SELECT run.id
FROM run
WHERE run.id >= :low AND run.id < :high ORDER BY run.id DESC
 LIMIT 20

-- run.save
UPDATE run SET state=:state, open_stages=:open_stages, failed_stages=:failed_stages, held_stages=:held_stages, started_at=:started_at, ended_at=:ended_at, cancel_requested_at=:cancel_requested_at, stopping=:stopping, problem=:problem, paused_stages=:paused_stages WHERE run.id = :k_id AND run.state = :was_state AND run.open_stages = :was_open_stages AND run.failed_stages = :was_failed_stages AND run.held_stages = :was_held_stages AND run.paused_stages = :was_paused_stages AND run.cancel_requested_at IS :was_cancel_requested_at

-- run.save_whole
UPDATE run SET pipeline=:pipeline, state=:state, created_at=:created_at, open_stages=:open_stages, failed_stages=:failed_stages, held_stages=:held_stages, started_at=:started_at, ended_at=:ended_at, cancel_requested_at=:cancel_requested_at, stopping=:stopping, parameters=:parameters, inputs=:inputs, options=:options, of_run=:of_run, idempotency_key=:idempotency_key, problem=:problem, pool=:pool, priority=:priority, deployment=:deployment, limits=:limits, asked_by=:asked_by, document_name=:document_name, document_version=:document_version, paused_stages=:paused_stages, parent_run=:parent_run, parent_call=:parent_call WHERE run.id = :k_id AND run.state = :was_state AND run.open_stages = :was_open_stages AND run.failed_stages = :was_failed_stages AND run.held_stages = :was_held_stages AND run.paused_stages = :was_paused_stages AND run.cancel_requested_at IS :was_cancel_requested_at

-- stage.move
UPDATE stage SET pool=:pool, priority=:priority, lane=:lane WHERE stage.run_id = :k_id

-- run.by_document
SELECT run.id
FROM run
WHERE run.document_name = :k_name AND run.document_version = :k_version ORDER BY run.id DESC
 LIMIT :limit

-- run.sources
SELECT run.id, run.of_run
FROM run
WHERE run.of_run IS NOT NULL UNION SELECT step.run_id, step.cached_from
FROM step
WHERE step.cached_from IS NOT NULL AND step.cached_from != step.run_id

-- run.states
SELECT run.state, count(*) AS count_1
FROM run GROUP BY run.state

-- run.stuck
SELECT run.id
FROM run
WHERE run.state IN ('pending', 'running', 'scheduled') AND NOT (EXISTS (SELECT *
FROM stage
WHERE stage.run_id = run.id AND stage.state IN ('ready', 'scheduled', 'running'))) ORDER BY run.id
 LIMIT :limit

-- run.newest
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = :k_pipeline AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = :k_pipeline AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = :k_pipeline AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.pipeline = :k_pipeline AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.pipeline = :k_pipeline AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_state_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = :k_state AND run.pipeline = :k_pipeline AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.pipeline = :k_pipeline AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.pipeline = :k_pipeline AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.pipeline = :k_pipeline AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.pipeline = :k_pipeline AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.pipeline = :k_pipeline AND run.deployment = :k_deployment ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_state_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < :before AND run.state = :k_state AND run.pipeline = :k_pipeline AND run.deployment = :k_deployment AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT :limit

-- need.add
INSERT INTO need (run_id, upstream, stage_no) VALUES (:run_id, :upstream, :stage_no)

-- need.take
DELETE FROM need WHERE need.run_id = :k_run_id AND need.upstream IN (SELECT anon_1.value
FROM json_each(:upstream) AS anon_1) RETURNING stage_no

-- stage.lower
UPDATE stage SET waiting_for=CASE WHEN (stage.waiting_for > :by) THEN stage.waiting_for - :by ELSE 0 END WHERE stage.run_id = :k_run_id AND stage.no IN (SELECT anon_1.value
FROM json_each(:nos) AS anon_1) RETURNING run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before

-- stage.add
INSERT INTO stage (run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before, pool, priority, lane) VALUES (:run_id, :no, :state, :waiting_for, :fence, :tries, :deaths, :owner, :lease_until, :not_before, :pool, :priority, :lane)

-- stage.get
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = :k_run_id AND stage.no = :k_no

-- stage.locked
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = :k_run_id AND stage.no = :k_no

-- stage.get_many
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = :k_run_id AND stage.no IN (SELECT anon_1.value
FROM json_each(:nos) AS anon_1) ORDER BY stage.no

-- stage.of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = :k_run_id ORDER BY stage.no

-- stage.save
UPDATE stage SET state=:state, waiting_for=(stage.waiting_for + :by), fence=:fence, tries=:tries, deaths=:deaths, owner=:owner, lease_until=:lease_until, not_before=:not_before WHERE stage.run_id = :k_run_id AND stage.no = :k_no AND stage.state = :was_state AND stage.fence = :was_fence AND (state <> 'paused' OR stage.waiting_for = :was_waiting_for)

-- stage.answered
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.state = 'paused' AND stage.not_before IS NULL AND NOT (EXISTS (SELECT *
FROM step, call
WHERE step.run_id = stage.run_id AND step.stage_no = stage.no AND call.run_id = step.run_id AND call.no >= (CAST(step.no AS INTEGER) + 1) * 1000000 AND call.no < (CAST(step.no AS INTEGER) + 2) * 1000000 AND call.state = 'paused')) ORDER BY stage.run_id, stage.no
 LIMIT :limit

-- stage.claimable
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE (state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL)) AND (stage.state = 'ready' OR stage.not_before <= :now) ORDER BY stage.run_id, stage.no
 LIMIT :limit

-- stage.claimable_of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE (state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL)) AND (stage.state = 'ready' OR stage.not_before <= :now) AND stage.run_id = :k_run_id ORDER BY stage.run_id, stage.no
 LIMIT :limit

-- stage.expired
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state = 'running' AND stage.lease_until < :now ORDER BY stage.lease_until, stage.run_id, stage.no
 LIMIT :limit

-- stage.running
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state = 'running' ORDER BY stage.run_id, stage.no

-- stage.running_of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state = 'running' AND stage.run_id = :k_run_id ORDER BY stage.run_id, stage.no

-- stage.next_due
SELECT min(stage.not_before) AS min_1
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL

-- stage.next_due_of_run
SELECT min(stage.not_before) AS min_1
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL AND stage.run_id = :k_run_id

-- attempt.add
INSERT INTO attempt (run_id, stage_no, fence, owner, started_at, ended_at, outcome, problem, process) VALUES (:run_id, :stage_no, :fence, :owner, :started_at, :ended_at, :outcome, :problem, :process)

-- attempt.close
UPDATE attempt SET ended_at=:ended_at, outcome=:outcome, problem=:problem, process=:process WHERE attempt.run_id = :k_run_id AND attempt.stage_no = :k_stage_no AND attempt.fence = :k_fence

-- attempt.of_run
SELECT attempt.run_id, attempt.stage_no, attempt.fence, attempt.owner, attempt.started_at, attempt.ended_at, attempt.outcome, attempt.problem, attempt.process
FROM attempt
WHERE attempt.run_id = :k_run_id ORDER BY attempt.stage_no, attempt.fence

-- stage.lanes
WITH RECURSIVE lane(pool, name) AS (
    SELECT p.value, (SELECT min(s.lane) FROM stage AS s WHERE s.state = 'ready' AND s.pool = p.value)
    FROM json_each(:pools) AS p
    UNION ALL
    SELECT l.pool,
        (SELECT min(s.lane) FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane > l.name)
    FROM lane AS l WHERE l.name IS NOT NULL
)
SELECT l.pool, l.name,
    (SELECT s.priority FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane = l.name
    ORDER BY s.priority DESC, s.run_id, s.no LIMIT 1),
    (SELECT s.run_id FROM stage AS s WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane = l.name
    ORDER BY s.priority DESC, s.run_id, s.no LIMIT 1)
FROM lane AS l WHERE l.name IS NOT NULL

-- stage.heads
SELECT s.run_id, s.no, s.state, s.waiting_for, s.fence, s.tries, s.deaths, s.owner, s.lease_until, s.not_before, s.pool, s.priority, s.lane,
    (SELECT r.deployment FROM run AS r WHERE r.id = s.run_id),
    (SELECT r.limits FROM run AS r WHERE r.id = s.run_id)
FROM json_each(:pools) AS p CROSS JOIN json_each(:lanes) AS l ON l.key = p.key
CROSS JOIN stage AS s ON (s.run_id, s.no) IN (
    SELECT i.run_id, i.no FROM stage AS i WHERE i.state = 'ready' AND i.pool = p.value AND i.lane = l.value
    ORDER BY i.priority DESC, i.run_id, i.no LIMIT :each)

-- stage.late
SELECT s.run_id, s.no, s.state, s.waiting_for, s.fence, s.tries, s.deaths, s.owner, s.lease_until, s.not_before, s.pool, s.priority, s.lane,
    (SELECT r.deployment FROM run AS r WHERE r.id = s.run_id),
    (SELECT r.limits FROM run AS r WHERE r.id = s.run_id)
FROM json_each(:runs) AS p CROSS JOIN json_each(:nos) AS n ON n.key = p.key
CROSS JOIN stage AS s ON s.run_id = p.value AND s.no = n.value AND s.state IN ('paused', 'scheduled')

-- stage.late_heads
SELECT ranked.pool, ranked.lane, ranked.priority, ranked.run_id, ranked.no
FROM (SELECT stage.pool AS pool, stage.lane AS lane, stage.priority AS priority, stage.run_id AS run_id, stage.no AS no, row_number() OVER (PARTITION BY stage.lane ORDER BY stage.priority DESC, stage.run_id, stage.no) AS place
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL AND stage.pool IN (SELECT anon_1.value
FROM json_each(:pools) AS anon_1) AND stage.not_before <= :now) AS ranked
WHERE ranked.place <= :each

-- stage.leased
SELECT stage.run_id, stage.no, stage.fence, stage.owner, stage.lease_until, stage.pool, stage.lane, (SELECT run.deployment
FROM run
WHERE run.id = stage.run_id) AS anon_1, (SELECT run.limits
FROM run
WHERE run.id = stage.run_id) AS anon_2
FROM stage
WHERE state = 'running' ORDER BY stage.run_id, stage.no

-- stage.depth
SELECT stage.pool, count(*) AS count_1
FROM stage
WHERE state = 'ready' GROUP BY stage.pool UNION ALL SELECT stage.pool, count(*) AS count_2
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL AND (stage.state = 'scheduled' OR stage.not_before <= :now) GROUP BY stage.pool

-- step.add
INSERT INTO step (run_id, no, name, stage_no, state, attempts, started_at, ended_at, seconds, cached_from, cache_key, reason, output, files, models, metrics, problem, objects, message) VALUES (:run_id, :no, :name, :stage_no, :state, :attempts, :started_at, :ended_at, :seconds, :cached_from, :cache_key, :reason, :output, :files, :models, :metrics, :problem, :objects, :message)

-- step.of_run
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem, step.objects, step.message
FROM step
WHERE step.run_id = :k_run_id ORDER BY step.no

-- step.get
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem, step.objects, step.message
FROM step
WHERE step.run_id = :k_run_id AND step.no IN (SELECT anon_1.value
FROM json_each(:nos) AS anon_1)

-- step.put
UPDATE step SET name=:name, stage_no=:stage_no, state=:state, attempts=:attempts, started_at=:started_at, ended_at=:ended_at, seconds=:seconds, cached_from=:cached_from, cache_key=:cache_key, reason=:reason, output=:output, files=:files, models=:models, metrics=:metrics, problem=:problem, objects=:objects, message=:message WHERE step.run_id = :k_run_id AND step.no = :k_no

-- event.add
INSERT INTO event (run_id, at, kind, stage_no, step_no, details) VALUES (:run_id, :at, :kind, :stage_no, :step_no, :details)

-- event.of_run
SELECT event.run_id, event.at, event.kind, event.stage_no, event.step_no, event.details
FROM event
WHERE event.run_id = :k_run_id ORDER BY event.id

-- log.add
INSERT INTO log (run_id, first, last, step_no, fence, lines) VALUES (:run_id, :first, :last, :step_no, :fence, :lines)

-- log.sizes
SELECT log.first, log.last
FROM log
WHERE log.run_id = :k_run_id AND log.first >= coalesce((SELECT max(log.first) AS max_1
FROM log
WHERE log.run_id = :k_run_id AND log.first <= :after + 1), 0) AND log.last > :after ORDER BY log.first

-- log.sizes_of_step
SELECT log.first, log.last
FROM log
WHERE log.run_id = :k_run_id AND log.first >= coalesce((SELECT max(log.first) AS max_1
FROM log
WHERE log.run_id = :k_run_id AND log.first <= :after + 1), 0) AND log.last > :after AND log.step_no = :k_step_no ORDER BY log.first

-- log.bodies
SELECT log.run_id, log.step_no, log.fence, log.first, log.last, log.lines
FROM log
WHERE log.run_id = :k_run_id AND log.first >= :low AND log.first <= :high ORDER BY log.first

-- log.bodies_of_step
SELECT log.run_id, log.step_no, log.fence, log.first, log.last, log.lines
FROM log
WHERE log.run_id = :k_run_id AND log.first >= :low AND log.first <= :high AND log.step_no = :k_step_no ORDER BY log.first

-- log.last
SELECT log.last
FROM log
WHERE log.run_id = :k_run_id ORDER BY log.first DESC
 LIMIT 1

-- log.bytes
SELECT sum(length(CAST(log.lines AS BLOB))) AS sum_1
FROM log
WHERE log.run_id = :k_run_id

-- log.drop
DELETE FROM log WHERE log.run_id = :k_run_id

-- call.put
INSERT INTO call (run_id, no, state, kind, body, metrics, changed) VALUES (:run_id, :no, :state, :kind, :body, :metrics, coalesce((SELECT (SELECT coalesce(max(call.changed), 0) + 1 AS anon_2
FROM call
WHERE call.run_id = run.id) AS anon_1
FROM run
WHERE run.id = :k_run_id), 0)) ON CONFLICT (run_id, no) DO UPDATE SET state = excluded.state, kind = excluded.kind, body = excluded.body, metrics = excluded.metrics, changed = excluded.changed

-- call.of_run
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = :k_run_id ORDER BY call.no

-- call.page
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = :k_run_id AND call.no > :after ORDER BY call.no
 LIMIT :limit

-- call.paused
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = :k_run_id AND state = 'paused' ORDER BY call.no

-- call.changed
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = :k_run_id AND call.changed >= :since ORDER BY call.no

-- call.mark
SELECT (SELECT coalesce(max(call.changed), 0) + 1 AS anon_2
FROM call
WHERE call.run_id = run.id) AS anon_1
FROM run
WHERE run.id = :k_run_id

-- call.get
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = :k_run_id AND call.no IN (SELECT anon_1.value
FROM json_each(:nos) AS anon_1) ORDER BY call.no

-- call.awaited
SELECT call.body, call.metrics
FROM call
WHERE state = 'paused' AND kind IN ('approval', 'input') ORDER BY call.run_id, call.no
 LIMIT :limit

-- cache.get
SELECT cache."key", cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics, cache.objects, cache.until
FROM cache
WHERE cache."key" = :k_key

-- cache.get_many
SELECT cache."key", cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics, cache.objects, cache.until
FROM cache
WHERE cache."key" IN (SELECT anon_1.value
FROM json_each(:keys) AS anon_1)

-- cache.by_recipe
SELECT cache."key", cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics, cache.objects, cache.until
FROM cache
WHERE cache.recipe = :k_recipe ORDER BY cache.made_at DESC, cache."key"
 LIMIT :limit

-- cache.by_recipes
SELECT ranked."key", ranked.recipe, ranked.inputs, ranked.run_id, ranked.step_no, ranked.made_at, ranked.output, ranked.files, ranked.models, ranked.metrics, ranked.objects, ranked.until
FROM (SELECT cache."key" AS "key", cache.recipe AS recipe, cache.inputs AS inputs, cache.run_id AS run_id, cache.step_no AS step_no, cache.made_at AS made_at, cache.output AS output, cache.files AS files, cache.models AS models, cache.metrics AS metrics, cache.objects AS objects, cache.until AS until, row_number() OVER (PARTITION BY cache.recipe ORDER BY cache.made_at DESC, cache."key") AS place
FROM cache
WHERE cache.recipe IN (SELECT anon_1.value
FROM json_each(:recipes) AS anon_1)) AS ranked
WHERE ranked.place <= :limit ORDER BY ranked.recipe, ranked.place

-- cache.put
INSERT INTO cache ("key", recipe, inputs, run_id, step_no, made_at, output, files, models, metrics, objects, until) VALUES (:key, :recipe, :inputs, :run_id, :step_no, :made_at, :output, :files, :models, :metrics, :objects, :until) ON CONFLICT ("key") DO UPDATE SET recipe = excluded.recipe, inputs = excluded.inputs, run_id = excluded.run_id, step_no = excluded.step_no, made_at = excluded.made_at, output = excluded.output, files = excluded.files, models = excluded.models, metrics = excluded.metrics, objects = excluded.objects, until = excluded.until

-- cache.unlink
DELETE FROM cache_object WHERE cache_object."key" = :k_key

-- cache.link
INSERT INTO cache_object ("key", address) VALUES (:key, :address) ON CONFLICT DO NOTHING

-- reference.add
INSERT INTO reference (run_id, address) VALUES (:run_id, :address) ON CONFLICT DO NOTHING

-- reference.all
SELECT reference.address
FROM reference UNION SELECT cache_object.address
FROM cache_object UNION SELECT imported.address
FROM imported
WHERE imported.address IS NOT NULL

-- profile.put
INSERT INTO profile (address, body) VALUES (:address, :body) ON CONFLICT DO NOTHING

-- profile.get
SELECT profile.body
FROM profile
WHERE profile.address = :k_address

-- imported.get
SELECT imported.output
FROM imported
WHERE imported."key" = :k_key

-- imported.put
INSERT INTO imported ("key", output, address) VALUES (:key, :output, :address) ON CONFLICT ("key") DO UPDATE SET output = excluded.output, address = excluded.address

-- cache.forget
DELETE FROM cache WHERE cache."key" IN (SELECT cache_object."key"
FROM cache_object
WHERE cache_object.address IN (SELECT anon_1.value
FROM json_each(:addresses) AS anon_1))

-- imported.forget
DELETE FROM imported WHERE imported.address IN (SELECT anon_1.value
FROM json_each(:addresses) AS anon_1)

-- profile.forget
DELETE FROM profile WHERE profile.address IN (SELECT anon_1.value
FROM json_each(:addresses) AS anon_1)

-- run.state
SELECT run.state, run.plan_hash
FROM run
WHERE run.id = :k_run_id

-- run.drop_cache_hand_over
UPDATE cache SET run_id=coalesce((SELECT step.run_id
FROM step
WHERE step.cache_key = cache."key" AND step.cached_from IS NOT NULL AND step.state = 'completed' AND step.run_id != :k_run_id ORDER BY step.run_id DESC, step.no
 LIMIT 1), cache.run_id), step_no=coalesce((SELECT step.no
FROM step
WHERE step.cache_key = cache."key" AND step.cached_from IS NOT NULL AND step.state = 'completed' AND step.run_id != :k_run_id ORDER BY step.run_id DESC, step.no
 LIMIT 1), cache.step_no) WHERE cache.run_id = :k_run_id

-- run.drop_cache
DELETE FROM cache WHERE cache.run_id = :k_run_id

-- run.drop_imported
DELETE FROM imported WHERE imported.address IN (SELECT reference.address
FROM reference
WHERE reference.run_id = :k_run_id AND NOT (EXISTS (SELECT *
FROM reference AS other
WHERE other.address = reference.address AND other.run_id != :k_run_id)))

-- run.drop_profiles
DELETE FROM profile WHERE profile.address IN (SELECT reference.address
FROM reference
WHERE reference.run_id = :k_run_id AND NOT (EXISTS (SELECT *
FROM reference AS other
WHERE other.address = reference.address AND other.run_id != :k_run_id))) AND NOT (EXISTS (SELECT *
FROM cache_object
WHERE cache_object.address = profile.address)) AND NOT (EXISTS (SELECT *
FROM imported
WHERE imported.address = profile.address))

-- run.drop
DELETE FROM run WHERE run.id = :k_run_id

-- plan.drop
DELETE FROM "plan" WHERE "plan".hash = :k_hash AND NOT (EXISTS (SELECT *
FROM run
WHERE run.plan_hash = "plan".hash))

-- pipeline.add
INSERT INTO pipeline_version (name, version, digest, document, file, scripts, published_at, published_by, note) VALUES (:name, :version, :digest, :document, :file, :scripts, :published_at, :published_by, :note) ON CONFLICT DO NOTHING

-- pipeline.get
SELECT pipeline_version.name, pipeline_version.version, pipeline_version.digest, pipeline_version.document, pipeline_version.file, pipeline_version.scripts, pipeline_version.published_at, pipeline_version.published_by, pipeline_version.note
FROM pipeline_version
WHERE pipeline_version.name = :k_name AND pipeline_version.version = :k_version

-- pipeline.by_digest
SELECT pipeline_version.name, pipeline_version.version, pipeline_version.digest, pipeline_version.document, pipeline_version.file, pipeline_version.scripts, pipeline_version.published_at, pipeline_version.published_by, pipeline_version.note
FROM pipeline_version
WHERE pipeline_version.name = :k_name AND pipeline_version.digest = :k_digest

-- pipeline.versions
SELECT pipeline_version.name, pipeline_version.version, pipeline_version.digest, pipeline_version.document, pipeline_version.file, pipeline_version.scripts, pipeline_version.published_at, pipeline_version.published_by, pipeline_version.note
FROM pipeline_version
WHERE pipeline_version.name = :k_name ORDER BY pipeline_version.version DESC

-- pipeline.head
SELECT pipeline_version.name, coalesce((SELECT activation.version
FROM activation
WHERE activation.name = pipeline_version.name ORDER BY activation.id DESC
 LIMIT 1), 0) AS coalesce_1, max(pipeline_version.version) AS max_1
FROM pipeline_version
WHERE pipeline_version.name = :k_name GROUP BY pipeline_version.name ORDER BY pipeline_version.name

-- pipeline.heads
SELECT pipeline_version.name, coalesce((SELECT activation.version
FROM activation
WHERE activation.name = pipeline_version.name ORDER BY activation.id DESC
 LIMIT 1), 0) AS coalesce_1, max(pipeline_version.version) AS max_1
FROM pipeline_version GROUP BY pipeline_version.name ORDER BY pipeline_version.name

-- pipeline.objects
SELECT pipeline_version.document, pipeline_version.scripts
FROM pipeline_version

-- activation.add
INSERT INTO activation (name, version, at, "by", why) VALUES (:name, :version, :at, :by, :why)

-- activation.of_name
SELECT activation.name, activation.version, activation.at, activation."by", activation.why
FROM activation
WHERE activation.name = :k_name ORDER BY activation.id DESC

-- deployment.add
INSERT INTO deployment (name, version, body) VALUES (:name, :version, :body) ON CONFLICT DO NOTHING

-- deployment.save
UPDATE deployment SET version=:version, body=:body WHERE deployment.name = :k_name AND deployment.version = :was_version

-- deployment.get
SELECT deployment.body
FROM deployment
WHERE deployment.name = :k_name

-- deployment.all
SELECT deployment.body
FROM deployment ORDER BY deployment.name

-- deployment.remove
DELETE FROM deployment WHERE deployment.name = :k_name AND deployment.version = :was_version

-- deployment.remove_schedules
DELETE FROM schedule WHERE schedule.deployment = :k_name

-- deployment.remove_events
DELETE FROM trigger_event WHERE trigger_event.trigger_id IN (SELECT "trigger".id
FROM "trigger"
WHERE "trigger".deployment = :k_name)

-- deployment.remove_triggers
DELETE FROM "trigger" WHERE "trigger".deployment = :k_name

-- deployment_form.add
INSERT INTO deployment_form (name, body) VALUES (:name, :body)

-- deployment_form.of_name
SELECT deployment_form.body
FROM deployment_form
WHERE deployment_form.name = :k_name ORDER BY deployment_form.id DESC

-- schedule.add
INSERT INTO schedule (id, deployment, name, version, state, next_at, next_local, next_fold, fire_at, body) VALUES (:id, :deployment, :name, :version, :state, :next_at, :next_local, :next_fold, :fire_at, :body) ON CONFLICT DO NOTHING

-- schedule.save
UPDATE schedule SET deployment=:deployment, name=:name, version=:version, state=:state, next_at=:next_at, next_local=:next_local, next_fold=:next_fold, fire_at=:fire_at, body=:body WHERE schedule.id = :k_id AND schedule.version = :was_version AND schedule.state = :was_state AND schedule.next_at IS :was_next_at AND schedule.next_local IS :was_next_local AND schedule.next_fold IS :was_next_fold

-- schedule.get
SELECT schedule.body
FROM schedule
WHERE schedule.id = :k_id

-- schedule.all
SELECT schedule.body
FROM schedule ORDER BY schedule.deployment, schedule.name, schedule.id

-- schedule.of_deployment
SELECT schedule.body
FROM schedule
WHERE schedule.deployment = :k_deployment ORDER BY schedule.deployment, schedule.name, schedule.id

-- schedule.remove
DELETE FROM schedule WHERE schedule.id = :k_id AND schedule.version = :was_version

-- schedule.due
SELECT schedule.body
FROM schedule
WHERE state = 'active' AND fire_at IS NOT NULL AND schedule.fire_at <= :now ORDER BY schedule.fire_at, schedule.id
 LIMIT :limit

-- schedule.next_fire
SELECT min(schedule.fire_at) AS min_1
FROM schedule
WHERE state = 'active' AND fire_at IS NOT NULL

-- firing.add
INSERT INTO firing (schedule_id, local, fold, due_at, fired_at, outcome, run_id, reason, zone_data, schedule_version) VALUES (:schedule_id, :local, :fold, :due_at, :fired_at, :outcome, :run_id, :reason, :zone_data, :schedule_version) ON CONFLICT DO NOTHING

-- firing.of_schedule
SELECT firing.schedule_id, firing.local, firing.fold, firing.due_at, firing.fired_at, firing.outcome, firing.run_id, firing.reason, firing.zone_data, firing.schedule_version
FROM firing
WHERE firing.schedule_id = :k_schedule_id ORDER BY firing.due_at DESC, firing.local DESC, firing.fold DESC
 LIMIT :limit

-- trigger.add
INSERT INTO "trigger" (id, deployment, name, version, body) VALUES (:id, :deployment, :name, :version, :body) ON CONFLICT DO NOTHING

-- trigger.save
UPDATE "trigger" SET deployment=:deployment, name=:name, version=:version, body=:body WHERE "trigger".id = :k_id AND "trigger".version = :was_version

-- trigger.get
SELECT "trigger".body
FROM "trigger"
WHERE "trigger".id = :k_id

-- trigger.all
SELECT "trigger".body
FROM "trigger" ORDER BY "trigger".deployment, "trigger".name, "trigger".id

-- trigger.of_deployment
SELECT "trigger".body
FROM "trigger"
WHERE "trigger".deployment = :k_deployment ORDER BY "trigger".deployment, "trigger".name, "trigger".id

-- trigger.remove
DELETE FROM "trigger" WHERE "trigger".id = :k_id AND "trigger".version = :was_version

-- trigger_event.add
INSERT INTO trigger_event (trigger_id, event, at, run_id) VALUES (:trigger_id, :event, :at, :run_id) ON CONFLICT DO NOTHING

-- trigger_event.remove
DELETE FROM trigger_event WHERE trigger_event.trigger_id = :k_id

-- pool.add
INSERT INTO pool (name, kind, created_at, "limit", queue, description, state) VALUES (:name, :kind, :created_at, :limit, :queue, :description, :state) ON CONFLICT DO NOTHING

-- pool.save
UPDATE pool SET kind=:kind, created_at=:created_at, "limit"=:limit, queue=:queue, description=:description, state=:state WHERE pool.name = :k_name AND pool.kind IS :was_kind AND pool.created_at IS :was_created_at AND pool."limit" IS :was_limit AND pool.queue IS :was_queue AND pool.description IS :was_description AND pool.state IS :was_state

-- pool.get
SELECT pool.name, pool.kind, pool.created_at, pool."limit", pool.queue, pool.description, pool.state
FROM pool
WHERE pool.name = :k_name

-- pool.all
SELECT pool.name, pool.kind, pool.created_at, pool."limit", pool.queue, pool.description, pool.state
FROM pool ORDER BY pool.name

-- pool.remove
DELETE FROM pool WHERE pool.name = :k_name

-- limit.put
INSERT INTO claim_limit ("key", most, period) VALUES (:key, :most, :period) ON CONFLICT ("key") DO UPDATE SET most = excluded.most, period = excluded.period

-- limit.remove
DELETE FROM claim_limit WHERE claim_limit."key" = :k_key

-- limit.all
SELECT claim_limit."key", claim_limit.most, claim_limit.period
FROM claim_limit ORDER BY claim_limit."key"

-- claim.since
SELECT claim_time.at
FROM claim_time
WHERE claim_time."key" = :k_key AND claim_time.at > :since ORDER BY claim_time.at

-- claim.add
INSERT INTO claim_time ("key", at, run_id, stage_no, fence) VALUES (:key, :at, :run_id, :stage_no, :fence) ON CONFLICT DO NOTHING

-- claim.forget
DELETE FROM claim_time WHERE claim_time."key" = :k_key AND claim_time.at <= :since

-- limit.lock
SELECT claim_limit."key", claim_limit.most, claim_limit.period
FROM claim_limit
WHERE claim_limit."key" IN (SELECT anon_1.value
FROM json_each(:keys) AS anon_1) ORDER BY claim_limit."key"

-- worker.put
INSERT INTO worker (owner, name, pools, tags, capacity, host, process, version, started_at, seen_at, state) VALUES (:owner, :name, :pools, :tags, :capacity, :host, :process, :version, :started_at, :seen_at, :state) ON CONFLICT (owner) DO UPDATE SET name = excluded.name, pools = excluded.pools, tags = excluded.tags, capacity = excluded.capacity, host = excluded.host, process = excluded.process, version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at, state = excluded.state

-- worker.get
SELECT worker.owner, worker.name, worker.pools, worker.tags, worker.capacity, worker.host, worker.process, worker.version, worker.started_at, worker.seen_at, worker.state
FROM worker
WHERE worker.owner = :k_owner

-- worker.all
SELECT worker.owner, worker.name, worker.pools, worker.tags, worker.capacity, worker.host, worker.process, worker.version, worker.started_at, worker.seen_at, worker.state
FROM worker ORDER BY worker.seen_at DESC, worker.owner

-- worker.forget
DELETE FROM worker WHERE state IN ('left', 'lost') AND worker.seen_at < :before

-- notice.add
INSERT INTO notice (id, run_id, state, kind, address, created_at, next_at, tries, sent_at, error) VALUES (:id, :run_id, :state, :kind, :address, :created_at, :next_at, :tries, :sent_at, :error) ON CONFLICT DO NOTHING

-- notice.due
SELECT notice.id, notice.run_id, notice.state, notice.kind, notice.address, notice.created_at, notice.next_at, notice.tries, notice.sent_at, notice.error
FROM notice
WHERE sent_at IS NULL AND notice.next_at <= :now ORDER BY notice.next_at, notice.id
 LIMIT :limit

-- notice.save
UPDATE notice SET next_at=:next_at, tries=:tries, sent_at=:sent_at, error=:error WHERE notice.id = :k_id

-- notice.drop_of_run
DELETE FROM notice WHERE notice.run_id = :k_run_id

-- meta.get
SELECT meta.value
FROM meta
WHERE meta.name = :k_name

-- meta.put
INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- meta.add
INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING

-- token.add
INSERT INTO token (id, name, role, digest, created_at, created_by, kind, pools, pipelines, expires_at, revoked_at, last_used_at) VALUES (:id, :name, :role, :digest, :created_at, :created_by, :kind, :pools, :pipelines, :expires_at, :revoked_at, :last_used_at) ON CONFLICT DO NOTHING

-- token.get
SELECT token.id, token.name, token.role, token.digest, token.created_at, token.created_by, token.kind, token.pools, token.pipelines, token.expires_at, token.revoked_at, token.last_used_at
FROM token
WHERE token.id = :k_id

-- token.by_digest
SELECT token.id, token.name, token.role, token.digest, token.created_at, token.created_by, token.kind, token.pools, token.pipelines, token.expires_at, token.revoked_at, token.last_used_at
FROM token
WHERE token.digest = :k_digest

-- token.all
SELECT token.id, token.name, token.role, token.digest, token.created_at, token.created_by, token.kind, token.pools, token.pipelines, token.expires_at, token.revoked_at, token.last_used_at
FROM token ORDER BY token.created_at DESC, token.id

-- token.revoke
UPDATE token SET revoked_at=:revoked_at WHERE token.id = :k_id AND token.revoked_at IS NULL

-- token.used
UPDATE token SET last_used_at=:last_used_at WHERE token.id = :k_id

-- token.forget
DELETE FROM token WHERE kind IN ('session', 'link') AND (token.expires_at < :before OR token.revoked_at < :before)

-- audit.add
INSERT INTO audit (seq, at, actor, action, target, details, mac) VALUES (:seq, :at, :actor, :action, :target, :details, :mac)

-- audit.newest
SELECT audit.seq, audit.at, audit.actor, audit.action, audit.target, audit.details, audit.mac
FROM audit ORDER BY audit.seq DESC
 LIMIT 1

-- audit.read
SELECT audit.seq, audit.at, audit.actor, audit.action, audit.target, audit.details, audit.mac
FROM audit
WHERE audit.seq > :after ORDER BY audit.seq
 LIMIT :limit

-- audit.begin_tip
INSERT INTO audit_tip (id, count, last) VALUES (:id, :count, :last) ON CONFLICT DO NOTHING

-- audit.grow_tip
INSERT INTO audit_tip (id, count, last) VALUES (:id, :count, :last) ON CONFLICT (id) DO UPDATE SET count = (audit_tip.count + 1), last = excluded.last

-- audit.tip
SELECT audit_tip.count, audit_tip.last
FROM audit_tip

-- audit.lock_tip
SELECT audit_tip.count, audit_tip.last
FROM audit_tip

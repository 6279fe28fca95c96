-- Made by pauta.storage.compiling; change the tables or the statements, not this file.

-- plan.add
INSERT INTO plan (hash, body) VALUES (%(hash)s::VARCHAR COLLATE "C", %(body)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- plan.get
SELECT plan.hash, plan.body
FROM plan JOIN run ON run.plan_hash = plan.hash
WHERE run.id = %(k_id)s::VARCHAR COLLATE "C"

-- run.add
INSERT INTO run (id, pipeline, state, created_at, open_stages, failed_stages, held_stages, started_at, ended_at, cancel_requested_at, stopping, parameters, inputs, options, of_run, idempotency_key, problem, plan_hash, pool, priority, deployment, limits, asked_by, document_name, document_version, paused_stages, parent_run, parent_call) VALUES (%(id)s::VARCHAR COLLATE "C", %(pipeline)s::VARCHAR COLLATE "C", %(state)s::VARCHAR COLLATE "C", %(created_at)s::BIGINT, %(open_stages)s::INTEGER, %(failed_stages)s::INTEGER, %(held_stages)s::INTEGER, %(started_at)s::BIGINT, %(ended_at)s::BIGINT, %(cancel_requested_at)s::BIGINT, %(stopping)s::SMALLINT, %(parameters)s::VARCHAR COLLATE "C", %(inputs)s::VARCHAR COLLATE "C", %(options)s::VARCHAR COLLATE "C", %(of_run)s::VARCHAR COLLATE "C", %(idempotency_key)s::VARCHAR COLLATE "C", %(problem)s::VARCHAR COLLATE "C", %(plan_hash)s::VARCHAR COLLATE "C", %(pool)s::VARCHAR COLLATE "C", %(priority)s::INTEGER, %(deployment)s::VARCHAR COLLATE "C", %(limits)s::VARCHAR COLLATE "C", %(asked_by)s::VARCHAR COLLATE "C", %(document_name)s::VARCHAR COLLATE "C", %(document_version)s::INTEGER, %(paused_stages)s::INTEGER, %(parent_run)s::VARCHAR COLLATE "C", %(parent_call)s::BIGINT) ON CONFLICT DO NOTHING

-- run.get
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id = %(k_id)s::VARCHAR COLLATE "C"

-- run.by_key
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.idempotency_key = %(k_idempotency_key)s::VARCHAR COLLATE "C"

-- run.children
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.parent_run = %(k_parent_run)s::VARCHAR COLLATE "C" ORDER BY run.id

-- run.find
SELECT run.id
FROM run
WHERE run.id >= %(low)s::VARCHAR COLLATE "C" AND run.id < %(high)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT 20::INTEGER

-- run.save
UPDATE run SET state=%(state)s::VARCHAR COLLATE "C", open_stages=%(open_stages)s::INTEGER, failed_stages=%(failed_stages)s::INTEGER, held_stages=%(held_stages)s::INTEGER, started_at=%(started_at)s::BIGINT, ended_at=%(ended_at)s::BIGINT, cancel_requested_at=%(cancel_requested_at)s::BIGINT, stopping=%(stopping)s::SMALLINT, problem=%(problem)s::VARCHAR COLLATE "C", paused_stages=%(paused_stages)s::INTEGER WHERE run.id = %(k_id)s::VARCHAR COLLATE "C" AND run.state = %(was_state)s::VARCHAR COLLATE "C" AND run.open_stages = %(was_open_stages)s::INTEGER AND run.failed_stages = %(was_failed_stages)s::INTEGER AND run.held_stages = %(was_held_stages)s::INTEGER AND run.paused_stages = %(was_paused_stages)s::INTEGER AND run.cancel_requested_at IS NOT DISTINCT FROM %(was_cancel_requested_at)s::BIGINT

-- run.save_whole
UPDATE run SET pipeline=%(pipeline)s::VARCHAR COLLATE "C", state=%(state)s::VARCHAR COLLATE "C", created_at=%(created_at)s::BIGINT, open_stages=%(open_stages)s::INTEGER, failed_stages=%(failed_stages)s::INTEGER, held_stages=%(held_stages)s::INTEGER, started_at=%(started_at)s::BIGINT, ended_at=%(ended_at)s::BIGINT, cancel_requested_at=%(cancel_requested_at)s::BIGINT, stopping=%(stopping)s::SMALLINT, parameters=%(parameters)s::VARCHAR COLLATE "C", inputs=%(inputs)s::VARCHAR COLLATE "C", options=%(options)s::VARCHAR COLLATE "C", of_run=%(of_run)s::VARCHAR COLLATE "C", idempotency_key=%(idempotency_key)s::VARCHAR COLLATE "C", problem=%(problem)s::VARCHAR COLLATE "C", pool=%(pool)s::VARCHAR COLLATE "C", priority=%(priority)s::INTEGER, deployment=%(deployment)s::VARCHAR COLLATE "C", limits=%(limits)s::VARCHAR COLLATE "C", asked_by=%(asked_by)s::VARCHAR COLLATE "C", document_name=%(document_name)s::VARCHAR COLLATE "C", document_version=%(document_version)s::INTEGER, paused_stages=%(paused_stages)s::INTEGER, parent_run=%(parent_run)s::VARCHAR COLLATE "C", parent_call=%(parent_call)s::BIGINT WHERE run.id = %(k_id)s::VARCHAR COLLATE "C" AND run.state = %(was_state)s::VARCHAR COLLATE "C" AND run.open_stages = %(was_open_stages)s::INTEGER AND run.failed_stages = %(was_failed_stages)s::INTEGER AND run.held_stages = %(was_held_stages)s::INTEGER AND run.paused_stages = %(was_paused_stages)s::INTEGER AND run.cancel_requested_at IS NOT DISTINCT FROM %(was_cancel_requested_at)s::BIGINT

-- stage.move
UPDATE stage SET pool=%(pool)s::VARCHAR COLLATE "C", priority=%(priority)s::INTEGER, lane=%(lane)s::VARCHAR COLLATE "C" WHERE stage.run_id = %(k_id)s::VARCHAR COLLATE "C"

-- run.by_document
SELECT run.id
FROM run
WHERE run.document_name = %(k_name)s::VARCHAR COLLATE "C" AND run.document_version = %(k_version)s::INTEGER ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

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
 LIMIT %(limit)s::INTEGER

-- run.newest
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_state_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_pipeline_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_pipeline_deployment
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_state_pipeline_deployment_top_level
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem, run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document_name, run.document_version, run.paused_stages, run.parent_run, run.parent_call
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = %(k_state)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" AND run.deployment = %(k_deployment)s::VARCHAR COLLATE "C" AND run.parent_run IS NULL ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- need.add
INSERT INTO need (run_id, upstream, stage_no) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(upstream)s::INTEGER, %(stage_no)s::INTEGER)

-- need.take
DELETE FROM need WHERE need.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND need.upstream = ANY (%(upstream)s::INTEGER[]) RETURNING need.stage_no

-- stage.lower
UPDATE stage SET waiting_for=CASE WHEN (stage.waiting_for > %(by)s::INTEGER) THEN stage.waiting_for - %(by)s::INTEGER ELSE 0::INTEGER END WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = ANY (%(nos)s::INTEGER[]) RETURNING stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before

-- stage.add
INSERT INTO stage (run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before, pool, priority, lane) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(no)s::INTEGER, %(state)s::VARCHAR COLLATE "C", %(waiting_for)s::INTEGER, %(fence)s::INTEGER, %(tries)s::INTEGER, %(deaths)s::INTEGER, %(owner)s::VARCHAR COLLATE "C", %(lease_until)s::BIGINT, %(not_before)s::BIGINT, %(pool)s::VARCHAR COLLATE "C", %(priority)s::INTEGER, %(lane)s::VARCHAR COLLATE "C")

-- stage.get
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = %(k_no)s::INTEGER

-- stage.locked
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = %(k_no)s::INTEGER FOR UPDATE

-- stage.get_many
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = ANY (%(nos)s::INTEGER[]) ORDER BY stage.no

-- stage.of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY stage.no

-- stage.save
UPDATE stage SET state=%(state)s::VARCHAR COLLATE "C", waiting_for=(stage.waiting_for + %(by)s::INTEGER), fence=%(fence)s::INTEGER, tries=%(tries)s::INTEGER, deaths=%(deaths)s::INTEGER, owner=%(owner)s::VARCHAR COLLATE "C", lease_until=%(lease_until)s::BIGINT, not_before=%(not_before)s::BIGINT WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = %(k_no)s::INTEGER AND stage.state = %(was_state)s::VARCHAR COLLATE "C" AND stage.fence = %(was_fence)s::INTEGER AND (state <> 'paused' OR stage.waiting_for = %(was_waiting_for)s::INTEGER)

-- stage.answered
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.state = 'paused' AND stage.not_before IS NULL AND NOT (EXISTS (SELECT *
FROM step, call
WHERE step.run_id = stage.run_id AND step.stage_no = stage.no AND call.run_id = step.run_id AND call.no >= (CAST(step.no AS BIGINT) + 1::BIGINT) * 1000000 AND call.no < (CAST(step.no AS BIGINT) + 2::BIGINT) * 1000000 AND call.state = 'paused')) ORDER BY stage.run_id, stage.no
 LIMIT %(limit)s::INTEGER

-- stage.claimable
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE (state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL)) AND (stage.state = 'ready' OR stage.not_before <= %(now)s::BIGINT) ORDER BY stage.run_id, stage.no
 LIMIT %(limit)s::INTEGER FOR UPDATE SKIP LOCKED

-- stage.claimable_of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE (state IN ('ready', 'scheduled') OR (state = 'paused' AND not_before IS NOT NULL)) AND (stage.state = 'ready' OR stage.not_before <= %(now)s::BIGINT) AND stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY stage.run_id, stage.no
 LIMIT %(limit)s::INTEGER FOR UPDATE SKIP LOCKED

-- stage.expired
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state = 'running' AND stage.lease_until < %(now)s::BIGINT ORDER BY stage.lease_until, stage.run_id, stage.no
 LIMIT %(limit)s::INTEGER

-- stage.running
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state = 'running' ORDER BY stage.run_id, stage.no

-- stage.running_of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state = 'running' AND stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY stage.run_id, stage.no

-- stage.next_due
SELECT min(stage.not_before) AS min_1
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL

-- stage.next_due_of_run
SELECT min(stage.not_before) AS min_1
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL AND stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- attempt.add
INSERT INTO attempt (run_id, stage_no, fence, owner, started_at, ended_at, outcome, problem, process) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(fence)s::INTEGER, %(owner)s::VARCHAR COLLATE "C", %(started_at)s::BIGINT, %(ended_at)s::BIGINT, %(outcome)s::VARCHAR COLLATE "C", %(problem)s::VARCHAR COLLATE "C", %(process)s::BIGINT)

-- attempt.close
UPDATE attempt SET ended_at=%(ended_at)s::BIGINT, outcome=%(outcome)s::VARCHAR COLLATE "C", problem=%(problem)s::VARCHAR COLLATE "C", process=%(process)s::BIGINT WHERE attempt.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND attempt.stage_no = %(k_stage_no)s::INTEGER AND attempt.fence = %(k_fence)s::INTEGER

-- attempt.of_run
SELECT attempt.run_id, attempt.stage_no, attempt.fence, attempt.owner, attempt.started_at, attempt.ended_at, attempt.outcome, attempt.problem, attempt.process
FROM attempt
WHERE attempt.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY attempt.stage_no, attempt.fence

-- stage.lanes
WITH RECURSIVE lane(pool, name, priority, run_id) AS (
    SELECT p.value, f.lane, f.priority, f.run_id
    FROM unnest(CAST(%(pools)s AS TEXT[])) AS p(value) CROSS JOIN LATERAL (
        SELECT s.lane, s.priority, s.run_id FROM stage AS s WHERE s.state = 'ready' AND s.pool = p.value
        ORDER BY s.lane, s.priority DESC, s.run_id, s.no LIMIT 1) AS f
    UNION ALL
    SELECT l.pool, f.lane, f.priority, f.run_id
    FROM lane AS l CROSS JOIN LATERAL (
        SELECT s.lane, s.priority, s.run_id FROM stage AS s
        WHERE s.state = 'ready' AND s.pool = l.pool AND s.lane > l.name
        ORDER BY s.lane, s.priority DESC, s.run_id, s.no LIMIT 1) AS f
)
SELECT l.pool, l.name, l.priority, l.run_id FROM lane AS l

-- stage.heads
SELECT s.run_id, s.no, s.state, s.waiting_for, s.fence, s.tries, s.deaths, s.owner, s.lease_until, s.not_before, s.pool, s.priority, s.lane,
    (SELECT r.deployment FROM run AS r WHERE r.id = s.run_id),
    (SELECT r.limits FROM run AS r WHERE r.id = s.run_id)
FROM unnest(CAST(%(pools)s AS TEXT[]), CAST(%(lanes)s AS TEXT[])) AS l(pool, name)
CROSS JOIN LATERAL (
    SELECT i.* FROM stage AS i WHERE i.state = 'ready' AND i.pool = l.pool AND i.lane = l.name
    ORDER BY i.priority DESC, i.run_id, i.no LIMIT %(each)s FOR UPDATE SKIP LOCKED) AS s

-- stage.late
SELECT s.run_id, s.no, s.state, s.waiting_for, s.fence, s.tries, s.deaths, s.owner, s.lease_until, s.not_before, s.pool, s.priority, s.lane,
    (SELECT r.deployment FROM run AS r WHERE r.id = s.run_id),
    (SELECT r.limits FROM run AS r WHERE r.id = s.run_id)
FROM unnest(CAST(%(runs)s AS TEXT[]), CAST(%(nos)s AS INTEGER[])) AS p(run_id, no)
JOIN stage AS s ON s.run_id = p.run_id AND s.no = p.no AND s.state IN ('paused', 'scheduled')
FOR UPDATE OF s SKIP LOCKED

-- stage.late_heads
SELECT ranked.pool, ranked.lane, ranked.priority, ranked.run_id, ranked.no
FROM (SELECT stage.pool AS pool, stage.lane AS lane, stage.priority AS priority, stage.run_id AS run_id, stage.no AS no, row_number() OVER (PARTITION BY stage.lane ORDER BY stage.priority DESC, stage.run_id, stage.no) AS place
FROM stage
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL AND stage.pool = ANY (%(pools)s::TEXT[]) AND stage.not_before <= %(now)s::BIGINT) AS ranked
WHERE ranked.place <= %(each)s::INTEGER

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
WHERE state IN ('paused', 'scheduled') AND not_before IS NOT NULL AND (stage.state = 'scheduled' OR stage.not_before <= %(now)s::BIGINT) GROUP BY stage.pool

-- step.add
INSERT INTO step (run_id, no, name, stage_no, state, attempts, started_at, ended_at, seconds, cached_from, cache_key, reason, output, files, models, metrics, problem, objects, message) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(no)s::INTEGER, %(name)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(state)s::VARCHAR COLLATE "C", %(attempts)s::INTEGER, %(started_at)s::BIGINT, %(ended_at)s::BIGINT, %(seconds)s, %(cached_from)s::VARCHAR COLLATE "C", %(cache_key)s::VARCHAR COLLATE "C", %(reason)s::VARCHAR COLLATE "C", %(output)s::VARCHAR COLLATE "C", %(files)s::VARCHAR COLLATE "C", %(models)s::VARCHAR COLLATE "C", %(metrics)s::VARCHAR COLLATE "C", %(problem)s::VARCHAR COLLATE "C", %(objects)s::VARCHAR COLLATE "C", %(message)s::VARCHAR COLLATE "C")

-- step.of_run
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem, step.objects, step.message
FROM step
WHERE step.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY step.no

-- step.get
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem, step.objects, step.message
FROM step
WHERE step.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND step.no = ANY (%(nos)s::INTEGER[])

-- step.put
UPDATE step SET name=%(name)s::VARCHAR COLLATE "C", stage_no=%(stage_no)s::INTEGER, state=%(state)s::VARCHAR COLLATE "C", attempts=%(attempts)s::INTEGER, started_at=%(started_at)s::BIGINT, ended_at=%(ended_at)s::BIGINT, seconds=%(seconds)s, cached_from=%(cached_from)s::VARCHAR COLLATE "C", cache_key=%(cache_key)s::VARCHAR COLLATE "C", reason=%(reason)s::VARCHAR COLLATE "C", output=%(output)s::VARCHAR COLLATE "C", files=%(files)s::VARCHAR COLLATE "C", models=%(models)s::VARCHAR COLLATE "C", metrics=%(metrics)s::VARCHAR COLLATE "C", problem=%(problem)s::VARCHAR COLLATE "C", objects=%(objects)s::VARCHAR COLLATE "C", message=%(message)s::VARCHAR COLLATE "C" WHERE step.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND step.no = %(k_no)s::INTEGER

-- event.add
INSERT INTO event (run_id, at, kind, stage_no, step_no, details) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(at)s::BIGINT, %(kind)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(step_no)s::BIGINT, %(details)s::VARCHAR COLLATE "C") RETURNING event.id

-- event.of_run
SELECT event.run_id, event.at, event.kind, event.stage_no, event.step_no, event.details
FROM event
WHERE event.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY event.id

-- log.add
INSERT INTO log (run_id, first, last, step_no, fence, lines) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(first)s::BIGINT, %(last)s::BIGINT, %(step_no)s::BIGINT, %(fence)s::INTEGER, %(lines)s::VARCHAR COLLATE "C")

-- log.sizes
SELECT log.first, log.last
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first >= coalesce((SELECT max(log.first) AS max_1
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first <= %(after)s + 1::INTEGER), 0::INTEGER) AND log.last > %(after)s::BIGINT ORDER BY log.first

-- log.sizes_of_step
SELECT log.first, log.last
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first >= coalesce((SELECT max(log.first) AS max_1
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first <= %(after)s + 1::INTEGER), 0::INTEGER) AND log.last > %(after)s::BIGINT AND log.step_no = %(k_step_no)s::BIGINT ORDER BY log.first

-- log.bodies
SELECT log.run_id, log.step_no, log.fence, log.first, log.last, log.lines
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first >= %(low)s::BIGINT AND log.first <= %(high)s::BIGINT ORDER BY log.first

-- log.bodies_of_step
SELECT log.run_id, log.step_no, log.fence, log.first, log.last, log.lines
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first >= %(low)s::BIGINT AND log.first <= %(high)s::BIGINT AND log.step_no = %(k_step_no)s::BIGINT ORDER BY log.first

-- log.last
SELECT log.last
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY log.first DESC
 LIMIT 1::INTEGER

-- log.bytes
SELECT sum(octet_length(log.lines)) AS sum_1
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- log.drop
DELETE FROM log WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- call.put
INSERT INTO call (run_id, no, state, kind, body, metrics, changed) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(no)s::BIGINT, %(state)s::VARCHAR COLLATE "C", %(kind)s::VARCHAR COLLATE "C", %(body)s::VARCHAR COLLATE "C", %(metrics)s::VARCHAR COLLATE "C", coalesce((SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)
FROM run
WHERE run.id = %(k_run_id)s::VARCHAR COLLATE "C"), 0::INTEGER)) ON CONFLICT (run_id, no) DO UPDATE SET state = excluded.state, kind = excluded.kind, body = excluded.body, metrics = excluded.metrics, changed = excluded.changed

-- call.of_run
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY call.no

-- call.page
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND call.no > %(after)s::BIGINT ORDER BY call.no
 LIMIT %(limit)s::INTEGER

-- call.paused
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND state = 'paused' ORDER BY call.no

-- call.changed
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND call.changed >= %(since)s::BIGINT ORDER BY call.no

-- call.mark
SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)
FROM run
WHERE run.id = %(k_run_id)s::VARCHAR COLLATE "C"

-- call.get
SELECT call.body, call.metrics
FROM call
WHERE call.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND call.no = ANY (%(nos)s::BIGINT[]) ORDER BY call.no

-- call.awaited
SELECT call.body, call.metrics
FROM call
WHERE state = 'paused' AND kind IN ('approval', 'input') ORDER BY call.run_id, call.no
 LIMIT %(limit)s::INTEGER

-- cache.get
SELECT cache.key, cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics, cache.objects, cache.until
FROM cache
WHERE cache.key = %(k_key)s::VARCHAR COLLATE "C"

-- cache.get_many
SELECT cache.key, cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics, cache.objects, cache.until
FROM cache
WHERE cache.key = ANY (%(keys)s::TEXT[])

-- cache.by_recipe
SELECT cache.key, cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics, cache.objects, cache.until
FROM cache
WHERE cache.recipe = %(k_recipe)s::VARCHAR COLLATE "C" ORDER BY cache.made_at DESC, cache.key
 LIMIT %(limit)s::INTEGER

-- cache.by_recipes
SELECT ranked.key, ranked.recipe, ranked.inputs, ranked.run_id, ranked.step_no, ranked.made_at, ranked.output, ranked.files, ranked.models, ranked.metrics, ranked.objects, ranked.until
FROM (SELECT cache.key AS key, cache.recipe AS recipe, cache.inputs AS inputs, cache.run_id AS run_id, cache.step_no AS step_no, cache.made_at AS made_at, cache.output AS output, cache.files AS files, cache.models AS models, cache.metrics AS metrics, cache.objects AS objects, cache.until AS until, row_number() OVER (PARTITION BY cache.recipe ORDER BY cache.made_at DESC, cache.key) AS place
FROM cache
WHERE cache.recipe = ANY (%(recipes)s::TEXT[])) AS ranked
WHERE ranked.place <= %(limit)s::INTEGER ORDER BY ranked.recipe, ranked.place

-- cache.put
INSERT INTO cache (key, recipe, inputs, run_id, step_no, made_at, output, files, models, metrics, objects, until) VALUES (%(key)s::VARCHAR COLLATE "C", %(recipe)s::VARCHAR COLLATE "C", %(inputs)s::VARCHAR COLLATE "C", %(run_id)s::VARCHAR COLLATE "C", %(step_no)s::BIGINT, %(made_at)s::BIGINT, %(output)s::VARCHAR COLLATE "C", %(files)s::VARCHAR COLLATE "C", %(models)s::VARCHAR COLLATE "C", %(metrics)s::VARCHAR COLLATE "C", %(objects)s::VARCHAR COLLATE "C", %(until)s::BIGINT) ON CONFLICT (key) DO UPDATE SET recipe = excluded.recipe, inputs = excluded.inputs, run_id = excluded.run_id, step_no = excluded.step_no, made_at = excluded.made_at, output = excluded.output, files = excluded.files, models = excluded.models, metrics = excluded.metrics, objects = excluded.objects, until = excluded.until

-- cache.unlink
DELETE FROM cache_object WHERE cache_object.key = %(k_key)s::VARCHAR COLLATE "C"

-- cache.link
INSERT INTO cache_object (key, address) VALUES (%(key)s::VARCHAR COLLATE "C", %(address)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- reference.add
INSERT INTO reference (run_id, address) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(address)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- reference.all
SELECT reference.address
FROM reference UNION SELECT cache_object.address
FROM cache_object UNION SELECT imported.address
FROM imported
WHERE imported.address IS NOT NULL

-- profile.put
INSERT INTO profile (address, body) VALUES (%(address)s::VARCHAR COLLATE "C", %(body)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- profile.get
SELECT profile.body
FROM profile
WHERE profile.address = %(k_address)s::VARCHAR COLLATE "C"

-- imported.get
SELECT imported.output
FROM imported
WHERE imported.key = %(k_key)s::VARCHAR COLLATE "C"

-- imported.put
INSERT INTO imported (key, output, address) VALUES (%(key)s::VARCHAR COLLATE "C", %(output)s::VARCHAR COLLATE "C", %(address)s::VARCHAR COLLATE "C") ON CONFLICT (key) DO UPDATE SET output = excluded.output, address = excluded.address

-- cache.forget
DELETE FROM cache WHERE cache.key IN (SELECT cache_object.key
FROM cache_object
WHERE cache_object.address = ANY (%(addresses)s::TEXT[]))

-- imported.forget
DELETE FROM imported WHERE imported.address = ANY (%(addresses)s::TEXT[])

-- profile.forget
DELETE FROM profile WHERE profile.address = ANY (%(addresses)s::TEXT[])

-- run.state
SELECT run.state, run.plan_hash
FROM run
WHERE run.id = %(k_run_id)s::VARCHAR COLLATE "C" FOR UPDATE

-- run.drop_cache_hand_over
UPDATE cache SET run_id=coalesce((SELECT step.run_id
FROM step
WHERE step.cache_key = cache.key AND step.cached_from IS NOT NULL AND step.state = 'completed' AND step.run_id != %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY step.run_id DESC, step.no
 LIMIT 1::INTEGER), cache.run_id), step_no=coalesce((SELECT step.no
FROM step
WHERE step.cache_key = cache.key AND step.cached_from IS NOT NULL AND step.state = 'completed' AND step.run_id != %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY step.run_id DESC, step.no
 LIMIT 1::INTEGER), cache.step_no) WHERE cache.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- run.drop_cache
DELETE FROM cache WHERE cache.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- run.drop_imported
DELETE FROM imported WHERE imported.address IN (SELECT reference.address
FROM reference
WHERE reference.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND NOT (EXISTS (SELECT *
FROM reference AS other
WHERE other.address = reference.address AND other.run_id != %(k_run_id)s::VARCHAR COLLATE "C")))

-- run.drop_profiles
DELETE FROM profile WHERE profile.address IN (SELECT reference.address
FROM reference
WHERE reference.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND NOT (EXISTS (SELECT *
FROM reference AS other
WHERE other.address = reference.address AND other.run_id != %(k_run_id)s::VARCHAR COLLATE "C"))) AND NOT (EXISTS (SELECT *
FROM cache_object
WHERE cache_object.address = profile.address)) AND NOT (EXISTS (SELECT *
FROM imported
WHERE imported.address = profile.address))

-- run.drop
DELETE FROM run WHERE run.id = %(k_run_id)s::VARCHAR COLLATE "C"

-- plan.drop
DELETE FROM plan WHERE plan.hash = %(k_hash)s::VARCHAR COLLATE "C" AND NOT (EXISTS (SELECT *
FROM run
WHERE run.plan_hash = plan.hash))

-- pipeline.add
INSERT INTO pipeline_version (name, version, digest, document, file, scripts, published_at, published_by, note) VALUES (%(name)s::VARCHAR COLLATE "C", %(version)s::INTEGER, %(digest)s::VARCHAR COLLATE "C", %(document)s::VARCHAR COLLATE "C", %(file)s::VARCHAR COLLATE "C", %(scripts)s::VARCHAR COLLATE "C", %(published_at)s::BIGINT, %(published_by)s::VARCHAR COLLATE "C", %(note)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- pipeline.get
SELECT pipeline_version.name, pipeline_version.version, pipeline_version.digest, pipeline_version.document, pipeline_version.file, pipeline_version.scripts, pipeline_version.published_at, pipeline_version.published_by, pipeline_version.note
FROM pipeline_version
WHERE pipeline_version.name = %(k_name)s::VARCHAR COLLATE "C" AND pipeline_version.version = %(k_version)s::INTEGER

-- pipeline.by_digest
SELECT pipeline_version.name, pipeline_version.version, pipeline_version.digest, pipeline_version.document, pipeline_version.file, pipeline_version.scripts, pipeline_version.published_at, pipeline_version.published_by, pipeline_version.note
FROM pipeline_version
WHERE pipeline_version.name = %(k_name)s::VARCHAR COLLATE "C" AND pipeline_version.digest = %(k_digest)s::VARCHAR COLLATE "C"

-- pipeline.versions
SELECT pipeline_version.name, pipeline_version.version, pipeline_version.digest, pipeline_version.document, pipeline_version.file, pipeline_version.scripts, pipeline_version.published_at, pipeline_version.published_by, pipeline_version.note
FROM pipeline_version
WHERE pipeline_version.name = %(k_name)s::VARCHAR COLLATE "C" ORDER BY pipeline_version.version DESC

-- pipeline.head
SELECT pipeline_version.name, coalesce((SELECT activation.version
FROM activation
WHERE activation.name = pipeline_version.name ORDER BY activation.id DESC
 LIMIT 1::INTEGER), 0::INTEGER) AS coalesce_1, max(pipeline_version.version) AS max_1
FROM pipeline_version
WHERE pipeline_version.name = %(k_name)s::VARCHAR COLLATE "C" GROUP BY pipeline_version.name ORDER BY pipeline_version.name

-- pipeline.heads
SELECT pipeline_version.name, coalesce((SELECT activation.version
FROM activation
WHERE activation.name = pipeline_version.name ORDER BY activation.id DESC
 LIMIT 1::INTEGER), 0::INTEGER) AS coalesce_1, max(pipeline_version.version) AS max_1
FROM pipeline_version GROUP BY pipeline_version.name ORDER BY pipeline_version.name

-- pipeline.objects
SELECT pipeline_version.document, pipeline_version.scripts
FROM pipeline_version

-- activation.add
INSERT INTO activation (name, version, at, by, why) VALUES (%(name)s::VARCHAR COLLATE "C", %(version)s::INTEGER, %(at)s::BIGINT, %(by)s::VARCHAR COLLATE "C", %(why)s::VARCHAR COLLATE "C") RETURNING activation.id

-- activation.of_name
SELECT activation.name, activation.version, activation.at, activation.by, activation.why
FROM activation
WHERE activation.name = %(k_name)s::VARCHAR COLLATE "C" ORDER BY activation.id DESC

-- deployment.add
INSERT INTO deployment (name, version, body) VALUES (%(name)s::VARCHAR COLLATE "C", %(version)s::INTEGER, %(body)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- deployment.save
UPDATE deployment SET version=%(version)s::INTEGER, body=%(body)s::VARCHAR COLLATE "C" WHERE deployment.name = %(k_name)s::VARCHAR COLLATE "C" AND deployment.version = %(was_version)s::INTEGER

-- deployment.get
SELECT deployment.body
FROM deployment
WHERE deployment.name = %(k_name)s::VARCHAR COLLATE "C"

-- deployment.all
SELECT deployment.body
FROM deployment ORDER BY deployment.name

-- deployment.remove
DELETE FROM deployment WHERE deployment.name = %(k_name)s::VARCHAR COLLATE "C" AND deployment.version = %(was_version)s::INTEGER

-- deployment.remove_schedules
DELETE FROM schedule WHERE schedule.deployment = %(k_name)s::VARCHAR COLLATE "C"

-- deployment.remove_events
DELETE FROM trigger_event WHERE trigger_event.trigger_id IN (SELECT trigger.id
FROM trigger
WHERE trigger.deployment = %(k_name)s::VARCHAR COLLATE "C")

-- deployment.remove_triggers
DELETE FROM trigger WHERE trigger.deployment = %(k_name)s::VARCHAR COLLATE "C"

-- deployment_form.add
INSERT INTO deployment_form (name, body) VALUES (%(name)s::VARCHAR COLLATE "C", %(body)s::VARCHAR COLLATE "C") RETURNING deployment_form.id

-- deployment_form.of_name
SELECT deployment_form.body
FROM deployment_form
WHERE deployment_form.name = %(k_name)s::VARCHAR COLLATE "C" ORDER BY deployment_form.id DESC

-- schedule.add
INSERT INTO schedule (id, deployment, name, version, state, next_at, next_local, next_fold, fire_at, body) VALUES (%(id)s::VARCHAR COLLATE "C", %(deployment)s::VARCHAR COLLATE "C", %(name)s::VARCHAR COLLATE "C", %(version)s::INTEGER, %(state)s::VARCHAR COLLATE "C", %(next_at)s::BIGINT, %(next_local)s::VARCHAR COLLATE "C", %(next_fold)s::INTEGER, %(fire_at)s::BIGINT, %(body)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- schedule.save
UPDATE schedule SET deployment=%(deployment)s::VARCHAR COLLATE "C", name=%(name)s::VARCHAR COLLATE "C", version=%(version)s::INTEGER, state=%(state)s::VARCHAR COLLATE "C", next_at=%(next_at)s::BIGINT, next_local=%(next_local)s::VARCHAR COLLATE "C", next_fold=%(next_fold)s::INTEGER, fire_at=%(fire_at)s::BIGINT, body=%(body)s::VARCHAR COLLATE "C" WHERE schedule.id = %(k_id)s::VARCHAR COLLATE "C" AND schedule.version = %(was_version)s::INTEGER AND schedule.state = %(was_state)s::VARCHAR COLLATE "C" AND schedule.next_at IS NOT DISTINCT FROM %(was_next_at)s::BIGINT AND schedule.next_local IS NOT DISTINCT FROM %(was_next_local)s::VARCHAR COLLATE "C" AND schedule.next_fold IS NOT DISTINCT FROM %(was_next_fold)s::INTEGER

-- schedule.get
SELECT schedule.body
FROM schedule
WHERE schedule.id = %(k_id)s::VARCHAR COLLATE "C"

-- schedule.all
SELECT schedule.body
FROM schedule ORDER BY schedule.deployment, schedule.name, schedule.id

-- schedule.of_deployment
SELECT schedule.body
FROM schedule
WHERE schedule.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY schedule.deployment, schedule.name, schedule.id

-- schedule.remove
DELETE FROM schedule WHERE schedule.id = %(k_id)s::VARCHAR COLLATE "C" AND schedule.version = %(was_version)s::INTEGER

-- schedule.due
SELECT schedule.body
FROM schedule
WHERE state = 'active' AND fire_at IS NOT NULL AND schedule.fire_at <= %(now)s::BIGINT ORDER BY schedule.fire_at, schedule.id
 LIMIT %(limit)s::INTEGER FOR UPDATE SKIP LOCKED

-- schedule.next_fire
SELECT min(schedule.fire_at) AS min_1
FROM schedule
WHERE state = 'active' AND fire_at IS NOT NULL

-- firing.add
INSERT INTO firing (schedule_id, local, fold, due_at, fired_at, outcome, run_id, reason, zone_data, schedule_version) VALUES (%(schedule_id)s::VARCHAR COLLATE "C", %(local)s::VARCHAR COLLATE "C", %(fold)s::INTEGER, %(due_at)s::BIGINT, %(fired_at)s::BIGINT, %(outcome)s::VARCHAR COLLATE "C", %(run_id)s::VARCHAR COLLATE "C", %(reason)s::VARCHAR COLLATE "C", %(zone_data)s::VARCHAR COLLATE "C", %(schedule_version)s::INTEGER) ON CONFLICT DO NOTHING

-- firing.of_schedule
SELECT firing.schedule_id, firing.local, firing.fold, firing.due_at, firing.fired_at, firing.outcome, firing.run_id, firing.reason, firing.zone_data, firing.schedule_version
FROM firing
WHERE firing.schedule_id = %(k_schedule_id)s::VARCHAR COLLATE "C" ORDER BY firing.due_at DESC, firing.local DESC, firing.fold DESC
 LIMIT %(limit)s::INTEGER

-- trigger.add
INSERT INTO trigger (id, deployment, name, version, body) VALUES (%(id)s::VARCHAR COLLATE "C", %(deployment)s::VARCHAR COLLATE "C", %(name)s::VARCHAR COLLATE "C", %(version)s::INTEGER, %(body)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- trigger.save
UPDATE trigger SET deployment=%(deployment)s::VARCHAR COLLATE "C", name=%(name)s::VARCHAR COLLATE "C", version=%(version)s::INTEGER, body=%(body)s::VARCHAR COLLATE "C" WHERE trigger.id = %(k_id)s::VARCHAR COLLATE "C" AND trigger.version = %(was_version)s::INTEGER

-- trigger.get
SELECT trigger.body
FROM trigger
WHERE trigger.id = %(k_id)s::VARCHAR COLLATE "C"

-- trigger.all
SELECT trigger.body
FROM trigger ORDER BY trigger.deployment, trigger.name, trigger.id

-- trigger.of_deployment
SELECT trigger.body
FROM trigger
WHERE trigger.deployment = %(k_deployment)s::VARCHAR COLLATE "C" ORDER BY trigger.deployment, trigger.name, trigger.id

-- trigger.remove
DELETE FROM trigger WHERE trigger.id = %(k_id)s::VARCHAR COLLATE "C" AND trigger.version = %(was_version)s::INTEGER

-- trigger_event.add
INSERT INTO trigger_event (trigger_id, event, at, run_id) VALUES (%(trigger_id)s::VARCHAR COLLATE "C", %(event)s::VARCHAR COLLATE "C", %(at)s::BIGINT, %(run_id)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- trigger_event.remove
DELETE FROM trigger_event WHERE trigger_event.trigger_id = %(k_id)s::VARCHAR COLLATE "C"

-- pool.add
INSERT INTO pool (name, kind, created_at, "limit", queue, description, state) VALUES (%(name)s::VARCHAR COLLATE "C", %(kind)s::VARCHAR COLLATE "C", %(created_at)s::BIGINT, %(limit)s::INTEGER, %(queue)s::VARCHAR COLLATE "C", %(description)s::VARCHAR COLLATE "C", %(state)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- pool.save
UPDATE pool SET kind=%(kind)s::VARCHAR COLLATE "C", created_at=%(created_at)s::BIGINT, "limit"=%(limit)s::INTEGER, queue=%(queue)s::VARCHAR COLLATE "C", description=%(description)s::VARCHAR COLLATE "C", state=%(state)s::VARCHAR COLLATE "C" WHERE pool.name = %(k_name)s::VARCHAR COLLATE "C" AND pool.kind IS NOT DISTINCT FROM %(was_kind)s::VARCHAR COLLATE "C" AND pool.created_at IS NOT DISTINCT FROM %(was_created_at)s::BIGINT AND pool."limit" IS NOT DISTINCT FROM %(was_limit)s::INTEGER AND pool.queue IS NOT DISTINCT FROM %(was_queue)s::VARCHAR COLLATE "C" AND pool.description IS NOT DISTINCT FROM %(was_description)s::VARCHAR COLLATE "C" AND pool.state IS NOT DISTINCT FROM %(was_state)s::VARCHAR COLLATE "C"

-- pool.get
SELECT pool.name, pool.kind, pool.created_at, pool."limit", pool.queue, pool.description, pool.state
FROM pool
WHERE pool.name = %(k_name)s::VARCHAR COLLATE "C"

-- pool.all
SELECT pool.name, pool.kind, pool.created_at, pool."limit", pool.queue, pool.description, pool.state
FROM pool ORDER BY pool.name

-- pool.remove
DELETE FROM pool WHERE pool.name = %(k_name)s::VARCHAR COLLATE "C"

-- limit.put
INSERT INTO claim_limit (key, most, period) VALUES (%(key)s::VARCHAR COLLATE "C", %(most)s::INTEGER, %(period)s::BIGINT) ON CONFLICT (key) DO UPDATE SET most = excluded.most, period = excluded.period

-- limit.remove
DELETE FROM claim_limit WHERE claim_limit.key = %(k_key)s::VARCHAR COLLATE "C"

-- limit.all
SELECT claim_limit.key, claim_limit.most, claim_limit.period
FROM claim_limit ORDER BY claim_limit.key

-- claim.since
SELECT claim_time.at
FROM claim_time
WHERE claim_time.key = %(k_key)s::VARCHAR COLLATE "C" AND claim_time.at > %(since)s::BIGINT ORDER BY claim_time.at

-- claim.add
INSERT INTO claim_time (key, at, run_id, stage_no, fence) VALUES (%(key)s::VARCHAR COLLATE "C", %(at)s::BIGINT, %(run_id)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(fence)s::INTEGER) ON CONFLICT DO NOTHING

-- claim.forget
DELETE FROM claim_time WHERE claim_time.key = %(k_key)s::VARCHAR COLLATE "C" AND claim_time.at <= %(since)s::BIGINT

-- limit.lock
SELECT claim_limit.key, claim_limit.most, claim_limit.period
FROM claim_limit
WHERE claim_limit.key = ANY (%(keys)s::TEXT[]) ORDER BY claim_limit.key FOR UPDATE

-- worker.put
INSERT INTO worker (owner, name, pools, tags, capacity, host, process, version, started_at, seen_at, state) VALUES (%(owner)s::VARCHAR COLLATE "C", %(name)s::VARCHAR COLLATE "C", %(pools)s::VARCHAR COLLATE "C", %(tags)s::VARCHAR COLLATE "C", %(capacity)s::INTEGER, %(host)s::VARCHAR COLLATE "C", %(process)s::BIGINT, %(version)s::VARCHAR COLLATE "C", %(started_at)s::BIGINT, %(seen_at)s::BIGINT, %(state)s::VARCHAR COLLATE "C") ON CONFLICT (owner) DO UPDATE SET name = excluded.name, pools = excluded.pools, tags = excluded.tags, capacity = excluded.capacity, host = excluded.host, process = excluded.process, version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at, state = excluded.state

-- worker.get
SELECT worker.owner, worker.name, worker.pools, worker.tags, worker.capacity, worker.host, worker.process, worker.version, worker.started_at, worker.seen_at, worker.state
FROM worker
WHERE worker.owner = %(k_owner)s::VARCHAR COLLATE "C"

-- worker.all
SELECT worker.owner, worker.name, worker.pools, worker.tags, worker.capacity, worker.host, worker.process, worker.version, worker.started_at, worker.seen_at, worker.state
FROM worker ORDER BY worker.seen_at DESC, worker.owner

-- worker.forget
DELETE FROM worker WHERE state IN ('left', 'lost') AND worker.seen_at < %(before)s::BIGINT

-- notice.add
INSERT INTO notice (id, run_id, state, kind, address, created_at, next_at, tries, sent_at, error) VALUES (%(id)s::VARCHAR COLLATE "C", %(run_id)s::VARCHAR COLLATE "C", %(state)s::VARCHAR COLLATE "C", %(kind)s::VARCHAR COLLATE "C", %(address)s::VARCHAR COLLATE "C", %(created_at)s::BIGINT, %(next_at)s::BIGINT, %(tries)s::INTEGER, %(sent_at)s::BIGINT, %(error)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- notice.due
SELECT notice.id, notice.run_id, notice.state, notice.kind, notice.address, notice.created_at, notice.next_at, notice.tries, notice.sent_at, notice.error
FROM notice
WHERE sent_at IS NULL AND notice.next_at <= %(now)s::BIGINT ORDER BY notice.next_at, notice.id
 LIMIT %(limit)s::INTEGER FOR UPDATE SKIP LOCKED

-- notice.save
UPDATE notice SET next_at=%(next_at)s::BIGINT, tries=%(tries)s::INTEGER, sent_at=%(sent_at)s::BIGINT, error=%(error)s::VARCHAR COLLATE "C" WHERE notice.id = %(k_id)s::VARCHAR COLLATE "C"

-- notice.drop_of_run
DELETE FROM notice WHERE notice.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- meta.get
SELECT meta.value
FROM meta
WHERE meta.name = %(k_name)s::VARCHAR COLLATE "C"

-- meta.put
INSERT INTO meta (name, value) VALUES (%(name)s::VARCHAR COLLATE "C", %(value)s::VARCHAR COLLATE "C") ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- meta.add
INSERT INTO meta (name, value) VALUES (%(name)s::VARCHAR COLLATE "C", %(value)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- token.add
INSERT INTO token (id, name, role, digest, created_at, created_by, kind, pools, pipelines, expires_at, revoked_at, last_used_at) VALUES (%(id)s::VARCHAR COLLATE "C", %(name)s::VARCHAR COLLATE "C", %(role)s::VARCHAR COLLATE "C", %(digest)s::VARCHAR COLLATE "C", %(created_at)s::BIGINT, %(created_by)s::VARCHAR COLLATE "C", %(kind)s::VARCHAR COLLATE "C", %(pools)s::VARCHAR COLLATE "C", %(pipelines)s::VARCHAR COLLATE "C", %(expires_at)s::BIGINT, %(revoked_at)s::BIGINT, %(last_used_at)s::BIGINT) ON CONFLICT DO NOTHING

-- token.get
SELECT token.id, token.name, token.role, token.digest, token.created_at, token.created_by, token.kind, token.pools, token.pipelines, token.expires_at, token.revoked_at, token.last_used_at
FROM token
WHERE token.id = %(k_id)s::VARCHAR COLLATE "C"

-- token.by_digest
SELECT token.id, token.name, token.role, token.digest, token.created_at, token.created_by, token.kind, token.pools, token.pipelines, token.expires_at, token.revoked_at, token.last_used_at
FROM token
WHERE token.digest = %(k_digest)s::VARCHAR COLLATE "C"

-- token.all
SELECT token.id, token.name, token.role, token.digest, token.created_at, token.created_by, token.kind, token.pools, token.pipelines, token.expires_at, token.revoked_at, token.last_used_at
FROM token ORDER BY token.created_at DESC, token.id

-- token.revoke
UPDATE token SET revoked_at=%(revoked_at)s::BIGINT WHERE token.id = %(k_id)s::VARCHAR COLLATE "C" AND token.revoked_at IS NULL

-- token.used
UPDATE token SET last_used_at=%(last_used_at)s::BIGINT WHERE token.id = %(k_id)s::VARCHAR COLLATE "C"

-- token.forget
DELETE FROM token WHERE kind IN ('session', 'link') AND (token.expires_at < %(before)s::BIGINT OR token.revoked_at < %(before)s::BIGINT)

-- audit.add
INSERT INTO audit (seq, at, actor, action, target, details, mac) VALUES (%(seq)s::BIGINT, %(at)s::BIGINT, %(actor)s::VARCHAR COLLATE "C", %(action)s::VARCHAR COLLATE "C", %(target)s::VARCHAR COLLATE "C", %(details)s::VARCHAR COLLATE "C", %(mac)s::VARCHAR COLLATE "C")

-- audit.newest
SELECT audit.seq, audit.at, audit.actor, audit.action, audit.target, audit.details, audit.mac
FROM audit ORDER BY audit.seq DESC
 LIMIT 1::INTEGER

-- audit.read
SELECT audit.seq, audit.at, audit.actor, audit.action, audit.target, audit.details, audit.mac
FROM audit
WHERE audit.seq > %(after)s::BIGINT ORDER BY audit.seq
 LIMIT %(limit)s::INTEGER

-- audit.begin_tip
INSERT INTO audit_tip (id, count, last) VALUES (%(id)s::INTEGER, %(count)s::BIGINT, %(last)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- audit.grow_tip
INSERT INTO audit_tip (id, count, last) VALUES (%(id)s::INTEGER, %(count)s::BIGINT, %(last)s::VARCHAR COLLATE "C") ON CONFLICT (id) DO UPDATE SET count = (audit_tip.count + 1::BIGINT), last = excluded.last

-- audit.tip
SELECT audit_tip.count, audit_tip.last
FROM audit_tip

-- audit.lock_tip
SELECT audit_tip.count, audit_tip.last
FROM audit_tip FOR UPDATE

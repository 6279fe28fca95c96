-- Made by pauta.storage.compiling; change the tables or the statements, not this file.

-- plan.add
INSERT INTO plan (hash, body) VALUES (%(hash)s::VARCHAR COLLATE "C", %(body)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- plan.get
SELECT plan.hash, plan.body
FROM plan JOIN run ON run.plan_hash = plan.hash
WHERE run.id = %(k_id)s::VARCHAR COLLATE "C"

-- run.add
INSERT INTO run (id, pipeline, state, created_at, open_stages, failed_stages, held_stages, started_at, ended_at, cancel_requested_at, stopping, parameters, inputs, options, of_run, idempotency_key, problem, plan_hash) VALUES (%(id)s::VARCHAR COLLATE "C", %(pipeline)s::VARCHAR COLLATE "C", %(state)s::VARCHAR COLLATE "C", %(created_at)s::BIGINT, %(open_stages)s::INTEGER, %(failed_stages)s::INTEGER, %(held_stages)s::INTEGER, %(started_at)s::BIGINT, %(ended_at)s::BIGINT, %(cancel_requested_at)s::BIGINT, %(stopping)s::SMALLINT, %(parameters)s::VARCHAR COLLATE "C", %(inputs)s::VARCHAR COLLATE "C", %(options)s::VARCHAR COLLATE "C", %(of_run)s::VARCHAR COLLATE "C", %(idempotency_key)s::VARCHAR COLLATE "C", %(problem)s::VARCHAR COLLATE "C", %(plan_hash)s::VARCHAR COLLATE "C") ON CONFLICT DO NOTHING

-- run.get
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id = %(k_id)s::VARCHAR COLLATE "C"

-- run.by_key
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.idempotency_key = %(k_idempotency_key)s::VARCHAR COLLATE "C"

-- run.find
SELECT run.id
FROM run
WHERE run.id >= %(low)s::VARCHAR COLLATE "C" AND run.id < %(high)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT 20::INTEGER

-- run.save
UPDATE run SET state=%(state)s::VARCHAR COLLATE "C", open_stages=%(open_stages)s::INTEGER, failed_stages=%(failed_stages)s::INTEGER, held_stages=%(held_stages)s::INTEGER, started_at=%(started_at)s::BIGINT, ended_at=%(ended_at)s::BIGINT, cancel_requested_at=%(cancel_requested_at)s::BIGINT, stopping=%(stopping)s::SMALLINT, problem=%(problem)s::VARCHAR COLLATE "C" WHERE run.id = %(k_id)s::VARCHAR COLLATE "C" AND run.state = %(was_state)s::VARCHAR COLLATE "C" AND run.open_stages = %(was_open_stages)s::INTEGER AND run.failed_stages = %(was_failed_stages)s::INTEGER AND run.held_stages = %(was_held_stages)s::INTEGER AND run.cancel_requested_at IS NOT DISTINCT FROM %(was_cancel_requested_at)s::BIGINT

-- run.save_whole
UPDATE run SET pipeline=%(pipeline)s::VARCHAR COLLATE "C", state=%(state)s::VARCHAR COLLATE "C", created_at=%(created_at)s::BIGINT, open_stages=%(open_stages)s::INTEGER, failed_stages=%(failed_stages)s::INTEGER, held_stages=%(held_stages)s::INTEGER, started_at=%(started_at)s::BIGINT, ended_at=%(ended_at)s::BIGINT, cancel_requested_at=%(cancel_requested_at)s::BIGINT, stopping=%(stopping)s::SMALLINT, parameters=%(parameters)s::VARCHAR COLLATE "C", inputs=%(inputs)s::VARCHAR COLLATE "C", options=%(options)s::VARCHAR COLLATE "C", of_run=%(of_run)s::VARCHAR COLLATE "C", idempotency_key=%(idempotency_key)s::VARCHAR COLLATE "C", problem=%(problem)s::VARCHAR COLLATE "C" WHERE run.id = %(k_id)s::VARCHAR COLLATE "C" AND run.state = %(was_state)s::VARCHAR COLLATE "C" AND run.open_stages = %(was_open_stages)s::INTEGER AND run.failed_stages = %(was_failed_stages)s::INTEGER AND run.held_stages = %(was_held_stages)s::INTEGER AND run.cancel_requested_at IS NOT DISTINCT FROM %(was_cancel_requested_at)s::BIGINT

-- run.newest
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_states
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.state = ANY (%(states)s::TEXT[]) ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_states_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.state = ANY (%(states)s::TEXT[]) AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_states
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = ANY (%(states)s::TEXT[]) ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- run.newest_before_states_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < %(before)s::VARCHAR COLLATE "C" AND run.state = ANY (%(states)s::TEXT[]) AND run.pipeline = %(k_pipeline)s::VARCHAR COLLATE "C" ORDER BY run.id DESC
 LIMIT %(limit)s::INTEGER

-- need.add
INSERT INTO need (run_id, upstream, stage_no) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(upstream)s::INTEGER, %(stage_no)s::INTEGER)

-- need.take
DELETE FROM need WHERE need.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND need.upstream = ANY (%(upstream)s::INTEGER[]) RETURNING need.stage_no

-- stage.lower
UPDATE stage SET waiting_for=CASE WHEN (stage.waiting_for > %(by)s::INTEGER) THEN stage.waiting_for - %(by)s::INTEGER ELSE 0::INTEGER END WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = ANY (%(nos)s::INTEGER[]) RETURNING stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before

-- stage.add
INSERT INTO stage (run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(no)s::INTEGER, %(state)s::VARCHAR COLLATE "C", %(waiting_for)s::INTEGER, %(fence)s::INTEGER, %(tries)s::INTEGER, %(deaths)s::INTEGER, %(owner)s::VARCHAR COLLATE "C", %(lease_until)s::BIGINT, %(not_before)s::BIGINT)

-- stage.get
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = %(k_no)s::INTEGER

-- stage.get_many
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = ANY (%(nos)s::INTEGER[]) ORDER BY stage.no

-- stage.of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY stage.no

-- stage.save
UPDATE stage SET state=%(state)s::VARCHAR COLLATE "C", waiting_for=(stage.waiting_for + %(by)s::INTEGER), fence=%(fence)s::INTEGER, tries=%(tries)s::INTEGER, deaths=%(deaths)s::INTEGER, owner=%(owner)s::VARCHAR COLLATE "C", lease_until=%(lease_until)s::BIGINT, not_before=%(not_before)s::BIGINT WHERE stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND stage.no = %(k_no)s::INTEGER AND stage.state = %(was_state)s::VARCHAR COLLATE "C" AND stage.fence = %(was_fence)s::INTEGER

-- stage.claimable
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state IN ('ready', 'scheduled') AND (stage.state = 'ready' OR stage.not_before <= %(now)s::BIGINT) ORDER BY stage.run_id, stage.no
 LIMIT %(limit)s::INTEGER FOR UPDATE SKIP LOCKED

-- stage.claimable_of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state IN ('ready', 'scheduled') AND (stage.state = 'ready' OR stage.not_before <= %(now)s::BIGINT) AND stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY stage.run_id, stage.no
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
WHERE state = 'scheduled'

-- stage.next_due_of_run
SELECT min(stage.not_before) AS min_1
FROM stage
WHERE state = 'scheduled' AND stage.run_id = %(k_run_id)s::VARCHAR COLLATE "C"

-- attempt.add
INSERT INTO attempt (run_id, stage_no, fence, owner, started_at, ended_at, outcome, problem, process) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(fence)s::INTEGER, %(owner)s::VARCHAR COLLATE "C", %(started_at)s::BIGINT, %(ended_at)s::BIGINT, %(outcome)s::VARCHAR COLLATE "C", %(problem)s::VARCHAR COLLATE "C", %(process)s::BIGINT)

-- attempt.close
UPDATE attempt SET ended_at=%(ended_at)s::BIGINT, outcome=%(outcome)s::VARCHAR COLLATE "C", problem=%(problem)s::VARCHAR COLLATE "C", process=%(process)s::BIGINT WHERE attempt.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND attempt.stage_no = %(k_stage_no)s::INTEGER AND attempt.fence = %(k_fence)s::INTEGER

-- attempt.of_run
SELECT attempt.run_id, attempt.stage_no, attempt.fence, attempt.owner, attempt.started_at, attempt.ended_at, attempt.outcome, attempt.problem, attempt.process
FROM attempt
WHERE attempt.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY attempt.stage_no, attempt.fence

-- step.add
INSERT INTO step (run_id, no, name, stage_no, state, attempts, started_at, ended_at, seconds, cached_from, cache_key, reason, output, files, models, metrics, problem) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(no)s::INTEGER, %(name)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(state)s::VARCHAR COLLATE "C", %(attempts)s::INTEGER, %(started_at)s::BIGINT, %(ended_at)s::BIGINT, %(seconds)s, %(cached_from)s::VARCHAR COLLATE "C", %(cache_key)s::VARCHAR COLLATE "C", %(reason)s::VARCHAR COLLATE "C", %(output)s::VARCHAR COLLATE "C", %(files)s::VARCHAR COLLATE "C", %(models)s::VARCHAR COLLATE "C", %(metrics)s::VARCHAR COLLATE "C", %(problem)s::VARCHAR COLLATE "C")

-- step.of_run
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem
FROM step
WHERE step.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY step.no

-- step.get
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem
FROM step
WHERE step.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND step.no = ANY (%(nos)s::INTEGER[])

-- step.put
UPDATE step SET name=%(name)s::VARCHAR COLLATE "C", stage_no=%(stage_no)s::INTEGER, state=%(state)s::VARCHAR COLLATE "C", attempts=%(attempts)s::INTEGER, started_at=%(started_at)s::BIGINT, ended_at=%(ended_at)s::BIGINT, seconds=%(seconds)s, cached_from=%(cached_from)s::VARCHAR COLLATE "C", cache_key=%(cache_key)s::VARCHAR COLLATE "C", reason=%(reason)s::VARCHAR COLLATE "C", output=%(output)s::VARCHAR COLLATE "C", files=%(files)s::VARCHAR COLLATE "C", models=%(models)s::VARCHAR COLLATE "C", metrics=%(metrics)s::VARCHAR COLLATE "C", problem=%(problem)s::VARCHAR COLLATE "C" WHERE step.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND step.no = %(k_no)s::INTEGER

-- event.add
INSERT INTO event (run_id, at, kind, stage_no, step_no, details) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(at)s::BIGINT, %(kind)s::VARCHAR COLLATE "C", %(stage_no)s::INTEGER, %(step_no)s::INTEGER, %(details)s::VARCHAR COLLATE "C") RETURNING event.id

-- event.of_run
SELECT event.run_id, event.at, event.kind, event.stage_no, event.step_no, event.details
FROM event
WHERE event.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY event.id

-- log.add
INSERT INTO log (run_id, first, last, step_no, fence, lines) VALUES (%(run_id)s::VARCHAR COLLATE "C", %(first)s::BIGINT, %(last)s::BIGINT, %(step_no)s::INTEGER, %(fence)s::INTEGER, %(lines)s::VARCHAR COLLATE "C")

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
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first <= %(after)s + 1::INTEGER), 0::INTEGER) AND log.last > %(after)s::BIGINT AND log.step_no = %(k_step_no)s::INTEGER ORDER BY log.first

-- log.bodies
SELECT log.run_id, log.step_no, log.fence, log.first, log.last, log.lines
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first >= %(low)s::BIGINT AND log.first <= %(high)s::BIGINT ORDER BY log.first

-- log.bodies_of_step
SELECT log.run_id, log.step_no, log.fence, log.first, log.last, log.lines
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" AND log.first >= %(low)s::BIGINT AND log.first <= %(high)s::BIGINT AND log.step_no = %(k_step_no)s::INTEGER ORDER BY log.first

-- log.last
SELECT log.last
FROM log
WHERE log.run_id = %(k_run_id)s::VARCHAR COLLATE "C" ORDER BY log.first DESC
 LIMIT 1::INTEGER

-- cache.get
SELECT cache.key, cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics
FROM cache
WHERE cache.key = %(k_key)s::VARCHAR COLLATE "C"

-- cache.get_many
SELECT cache.key, cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics
FROM cache
WHERE cache.key = ANY (%(keys)s::TEXT[])

-- cache.by_recipe
SELECT cache.key, cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics
FROM cache
WHERE cache.recipe = %(k_recipe)s::VARCHAR COLLATE "C" ORDER BY cache.made_at DESC, cache.key
 LIMIT %(limit)s::INTEGER

-- cache.by_recipes
SELECT ranked.key, ranked.recipe, ranked.inputs, ranked.run_id, ranked.step_no, ranked.made_at, ranked.output, ranked.files, ranked.models, ranked.metrics
FROM (SELECT cache.key AS key, cache.recipe AS recipe, cache.inputs AS inputs, cache.run_id AS run_id, cache.step_no AS step_no, cache.made_at AS made_at, cache.output AS output, cache.files AS files, cache.models AS models, cache.metrics AS metrics, row_number() OVER (PARTITION BY cache.recipe ORDER BY cache.made_at DESC, cache.key) AS place
FROM cache
WHERE cache.recipe = ANY (%(recipes)s::TEXT[])) AS ranked
WHERE ranked.place <= %(limit)s::INTEGER ORDER BY ranked.recipe, ranked.place

-- cache.put
INSERT INTO cache (key, recipe, inputs, run_id, step_no, made_at, output, files, models, metrics) VALUES (%(key)s::VARCHAR COLLATE "C", %(recipe)s::VARCHAR COLLATE "C", %(inputs)s::VARCHAR COLLATE "C", %(run_id)s::VARCHAR COLLATE "C", %(step_no)s::INTEGER, %(made_at)s::BIGINT, %(output)s::VARCHAR COLLATE "C", %(files)s::VARCHAR COLLATE "C", %(models)s::VARCHAR COLLATE "C", %(metrics)s::VARCHAR COLLATE "C") ON CONFLICT (key) DO UPDATE SET recipe = excluded.recipe, inputs = excluded.inputs, run_id = excluded.run_id, step_no = excluded.step_no, made_at = excluded.made_at, output = excluded.output, files = excluded.files, models = excluded.models, metrics = excluded.metrics

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

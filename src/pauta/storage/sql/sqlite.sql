-- Made by pauta.storage.compiling; change the tables or the statements, not this file.

-- plan.add
INSERT INTO "plan" (hash, body) VALUES (:hash, :body) ON CONFLICT DO NOTHING

-- plan.get
SELECT "plan".hash, "plan".body
FROM "plan" JOIN run ON run.plan_hash = "plan".hash
WHERE run.id = :k_id

-- run.add
INSERT INTO run (id, pipeline, state, created_at, open_stages, failed_stages, held_stages, started_at, ended_at, cancel_requested_at, stopping, parameters, inputs, options, of_run, idempotency_key, problem, plan_hash) VALUES (:id, :pipeline, :state, :created_at, :open_stages, :failed_stages, :held_stages, :started_at, :ended_at, :cancel_requested_at, :stopping, :parameters, :inputs, :options, :of_run, :idempotency_key, :problem, :plan_hash) ON CONFLICT DO NOTHING

-- run.get
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id = :k_id

-- run.by_key
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.idempotency_key = :k_idempotency_key

-- run.find
SELECT run.id
FROM run
WHERE run.id >= :low AND run.id < :high ORDER BY run.id DESC
 LIMIT 20

-- run.save
UPDATE run SET state=:state, open_stages=:open_stages, failed_stages=:failed_stages, held_stages=:held_stages, started_at=:started_at, ended_at=:ended_at, cancel_requested_at=:cancel_requested_at, stopping=:stopping, problem=:problem WHERE run.id = :k_id AND run.state = :was_state AND run.open_stages = :was_open_stages AND run.failed_stages = :was_failed_stages AND run.held_stages = :was_held_stages AND run.cancel_requested_at IS :was_cancel_requested_at

-- run.save_whole
UPDATE run SET pipeline=:pipeline, state=:state, created_at=:created_at, open_stages=:open_stages, failed_stages=:failed_stages, held_stages=:held_stages, started_at=:started_at, ended_at=:ended_at, cancel_requested_at=:cancel_requested_at, stopping=:stopping, parameters=:parameters, inputs=:inputs, options=:options, of_run=:of_run, idempotency_key=:idempotency_key, problem=:problem WHERE run.id = :k_id AND run.state = :was_state AND run.open_stages = :was_open_stages AND run.failed_stages = :was_failed_stages AND run.held_stages = :was_held_stages AND run.cancel_requested_at IS :was_cancel_requested_at

-- run.newest
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_states
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.state IN (SELECT anon_1.value
FROM json_each(:states) AS anon_1) ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_states_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.state IN (SELECT anon_1.value
FROM json_each(:states) AS anon_1) AND run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < :before ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < :before AND run.pipeline = :k_pipeline ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_states
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < :before AND run.state IN (SELECT anon_1.value
FROM json_each(:states) AS anon_1) ORDER BY run.id DESC
 LIMIT :limit

-- run.newest_before_states_pipeline
SELECT run.id, run.pipeline, run.state, run.created_at, run.open_stages, run.failed_stages, run.held_stages, run.started_at, run.ended_at, run.cancel_requested_at, run.stopping, run.parameters, run.inputs, run.options, run.of_run, run.idempotency_key, run.problem
FROM run
WHERE run.id < :before AND run.state IN (SELECT anon_1.value
FROM json_each(:states) AS anon_1) AND run.pipeline = :k_pipeline ORDER BY run.id DESC
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
INSERT INTO stage (run_id, no, state, waiting_for, fence, tries, deaths, owner, lease_until, not_before) VALUES (:run_id, :no, :state, :waiting_for, :fence, :tries, :deaths, :owner, :lease_until, :not_before)

-- stage.get
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
UPDATE stage SET state=:state, waiting_for=(stage.waiting_for + :by), fence=:fence, tries=:tries, deaths=:deaths, owner=:owner, lease_until=:lease_until, not_before=:not_before WHERE stage.run_id = :k_run_id AND stage.no = :k_no AND stage.state = :was_state AND stage.fence = :was_fence

-- stage.claimable
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state IN ('ready', 'scheduled') AND (stage.state = 'ready' OR stage.not_before <= :now) ORDER BY stage.run_id, stage.no
 LIMIT :limit

-- stage.claimable_of_run
SELECT stage.run_id, stage.no, stage.state, stage.waiting_for, stage.fence, stage.tries, stage.deaths, stage.owner, stage.lease_until, stage.not_before
FROM stage
WHERE state IN ('ready', 'scheduled') AND (stage.state = 'ready' OR stage.not_before <= :now) AND stage.run_id = :k_run_id ORDER BY stage.run_id, stage.no
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
WHERE state = 'scheduled'

-- stage.next_due_of_run
SELECT min(stage.not_before) AS min_1
FROM stage
WHERE state = 'scheduled' AND stage.run_id = :k_run_id

-- attempt.add
INSERT INTO attempt (run_id, stage_no, fence, owner, started_at, ended_at, outcome, problem, process) VALUES (:run_id, :stage_no, :fence, :owner, :started_at, :ended_at, :outcome, :problem, :process)

-- attempt.close
UPDATE attempt SET ended_at=:ended_at, outcome=:outcome, problem=:problem, process=:process WHERE attempt.run_id = :k_run_id AND attempt.stage_no = :k_stage_no AND attempt.fence = :k_fence

-- attempt.of_run
SELECT attempt.run_id, attempt.stage_no, attempt.fence, attempt.owner, attempt.started_at, attempt.ended_at, attempt.outcome, attempt.problem, attempt.process
FROM attempt
WHERE attempt.run_id = :k_run_id ORDER BY attempt.stage_no, attempt.fence

-- step.add
INSERT INTO step (run_id, no, name, stage_no, state, attempts, started_at, ended_at, seconds, cached_from, cache_key, reason, output, files, models, metrics, problem) VALUES (:run_id, :no, :name, :stage_no, :state, :attempts, :started_at, :ended_at, :seconds, :cached_from, :cache_key, :reason, :output, :files, :models, :metrics, :problem)

-- step.of_run
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem
FROM step
WHERE step.run_id = :k_run_id ORDER BY step.no

-- step.get
SELECT step.run_id, step.no, step.name, step.stage_no, step.state, step.attempts, step.started_at, step.ended_at, step.seconds, step.cached_from, step.cache_key, step.reason, step.output, step.files, step.models, step.metrics, step.problem
FROM step
WHERE step.run_id = :k_run_id AND step.no IN (SELECT anon_1.value
FROM json_each(:nos) AS anon_1)

-- step.put
UPDATE step SET name=:name, stage_no=:stage_no, state=:state, attempts=:attempts, started_at=:started_at, ended_at=:ended_at, seconds=:seconds, cached_from=:cached_from, cache_key=:cache_key, reason=:reason, output=:output, files=:files, models=:models, metrics=:metrics, problem=:problem WHERE step.run_id = :k_run_id AND step.no = :k_no

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

-- cache.get
SELECT cache."key", cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics
FROM cache
WHERE cache."key" = :k_key

-- cache.get_many
SELECT cache."key", cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics
FROM cache
WHERE cache."key" IN (SELECT anon_1.value
FROM json_each(:keys) AS anon_1)

-- cache.by_recipe
SELECT cache."key", cache.recipe, cache.inputs, cache.run_id, cache.step_no, cache.made_at, cache.output, cache.files, cache.models, cache.metrics
FROM cache
WHERE cache.recipe = :k_recipe ORDER BY cache.made_at DESC, cache."key"
 LIMIT :limit

-- cache.by_recipes
SELECT ranked."key", ranked.recipe, ranked.inputs, ranked.run_id, ranked.step_no, ranked.made_at, ranked.output, ranked.files, ranked.models, ranked.metrics
FROM (SELECT cache."key" AS "key", cache.recipe AS recipe, cache.inputs AS inputs, cache.run_id AS run_id, cache.step_no AS step_no, cache.made_at AS made_at, cache.output AS output, cache.files AS files, cache.models AS models, cache.metrics AS metrics, row_number() OVER (PARTITION BY cache.recipe ORDER BY cache.made_at DESC, cache."key") AS place
FROM cache
WHERE cache.recipe IN (SELECT anon_1.value
FROM json_each(:recipes) AS anon_1)) AS ranked
WHERE ranked.place <= :limit ORDER BY ranked.recipe, ranked.place

-- cache.put
INSERT INTO cache ("key", recipe, inputs, run_id, step_no, made_at, output, files, models, metrics) VALUES (:key, :recipe, :inputs, :run_id, :step_no, :made_at, :output, :files, :models, :metrics) ON CONFLICT ("key") DO UPDATE SET recipe = excluded.recipe, inputs = excluded.inputs, run_id = excluded.run_id, step_no = excluded.step_no, made_at = excluded.made_at, output = excluded.output, files = excluded.files, models = excluded.models, metrics = excluded.metrics

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

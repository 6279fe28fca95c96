# Every target explains itself: `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?=
BIN := .venv/bin
DEMO := examples/vehicle_failures

# Our own modules may keep their bytecode, whatever the machine's habits: a command starts faster by it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make .venv with everything needed (costs nothing when nothing changed)
	@PYTHON="$(PYTHON)" tools/setup.sh

.PHONY: demo
demo: setup ## Run the main example: from vehicle data to a trained model
	@test -f $(DEMO)/data/falhas.csv || $(BIN)/python $(DEMO)/generate.py
	@$(BIN)/pauta run $(DEMO)/pipeline.json
	@command -v pauta >/dev/null || echo "(. $(BIN)/activate puts pauta on your path.)"

.PHONY: test
test: setup check ## Run every check and test (at most ten minutes on two cores)
	@tools/test_tools.sh
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --durations 15

# Tests that must be alone with the machine, and others that have a larger size: most of those wait more than they
# compute, so that four at a time are right for two cores.
STORMS := tests/chaos
LARGE := tests/integration/test_stopped_worker.py tests/integration/test_broken_wire.py \
	tests/integration/test_celery.py tests/integration/test_celery_faults.py \
	tests/integration/test_schedulers_at_once.py tests/integration/server/test_api_fuzz.py \
	tests/properties/test_calendar.py tests/storage/test_t8_postgres_restarts.py \
	tests/storage/test_t10_contention.py tests/integration/test_flows_going_on.py tests/examples/test_feed_scraper_kills.py \
	tests/integration/test_collector_race_elsewhere.py tests/contracts/test_depots.py

.PHONY: chaos
chaos: setup ## Run the crash tests at their large size: kills, restarts, cut wires, many cases (about half an hour)
	@tools/test_tools.sh
	PAUTA_TEST_SCALE=ci $(BIN)/python -m pytest -p no:cacheprovider -rA --durations 0 --durations-min 1 $(STORMS)
	PAUTA_TEST_SCALE=ci $(BIN)/python -m pytest -p no:cacheprovider --numprocesses 4 --dist worksteal --durations 30 $(LARGE)

.PHONY: ci
ci: ## Run what a change must pass: the tests, then the crash tests at their large size
	@$(MAKE) test
	@$(MAKE) chaos

.PHONY: check
check: setup ## Lint, formatting, types, and which room imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: unit
unit: setup ## Run the quick tests alone
	$(BIN)/python -m pytest tests/unit tests/architecture

.PHONY: bench
bench: setup ## Measure speed and memory beside bare baselines
	@for script in $(filter-out %/measuring.py,$(sort $(wildcard benchmarks/*.py))); do echo; $(BIN)/python $$script || exit 1; done

.PHONY: docs-check
docs-check: setup ## Run the snippets of the documentation and check its links and generated pages
	$(BIN)/python -m pytest tests/architecture -k docs

.PHONY: docs
docs: setup ## Write the generated pages of the reference anew
	$(BIN)/python tools/write_reference.py
	$(BIN)/python tools/write_openapi.py
	$(BIN)/python tools/write_settings.py
	$(BIN)/python -m pauta.authoring.schema > docs/reference/pipeline.schema.json

.PHONY: format
format: setup ## Format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: setup ## Resolve the dependencies anew (UPGRADE=--upgrade takes the newest)
	tools/lock.sh $(UPGRADE)

.PHONY: clean
clean: ## Remove what was built, kept or cached, but not your data
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find src tests tools examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Everything a newcomer and a contributor run. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
UV := $(BIN)/uv
PACKAGES := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml))
SOURCES := libs services deploy tests
ARGS ?=

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/installed .muster/kafka/jars/pom.xml ## Set up: tools into .venv, Kafka's jars into .muster

.venv/uv: deploy/local/prerequisites.sh
	@python=$$(deploy/local/prerequisites.sh); \
	test -x $(BIN)/pip || $$python -m venv .venv; \
	test -x $(UV) || { echo "putting uv into .venv"; $(BIN)/pip install --quiet uv; }
	@touch $@

.venv/locked: requirements.lock .venv/uv
	@echo "installing what requirements.lock names"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

.venv/installed: .venv/locked $(addsuffix /pyproject.toml,$(PACKAGES))
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@touch $@

.muster/kafka/jars/pom.xml: deploy/local/src/local_stack/pom.xml | .venv/installed
	@deploy/local/prerequisites.sh >/dev/null
	@$(BIN)/python -m local_stack setup
	@touch $@

# Generators of clients, for the tests: their own dependencies do not agree with ours.
GENERATORS := .venv/clients/installed
CLIENTS := tests/clients
$(GENERATORS): $(addprefix $(CLIENTS)/,package.json package-lock.json .npmrc requirements.lock) | .venv/installed
	@command -v npm >/dev/null || { echo "missing: Node.js with npm (apt install nodejs npm)" >&2; exit 1; }
	@echo "installing the generators of clients"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv/clients
	@$(UV) pip install --quiet --python .venv/clients/bin/python --require-hashes -r $(CLIENTS)/requirements.lock
	@cp $(CLIENTS)/package.json $(CLIENTS)/package-lock.json $(CLIENTS)/.npmrc .venv/clients
	@npm ci --silent --prefix .venv/clients
	@touch $@

.PHONY: demo
demo: setup ## Run the main job: one campaign to 27,000 members, judged and reported
	@$(BIN)/python -m muster_demo $(ARGS)

.PHONY: chaos
chaos: setup ## Kill everything in mid-campaign under hostile providers, and judge (SEED=, KILLS=, MEMBERS=, PACE=, INCIDENTS=)
	@$(BIN)/python -m muster_chaos $(ARGS)

.PHONY: chaos-mutants
chaos-mutants: setup ## Take each protection out in turn and see which test misses it (ONLY= part of a name)
	@$(BIN)/python -m muster_chaos.mutants $(ARGS)

.PHONY: up
up: setup ## Run the whole stack in the foreground; Ctrl-C stops it
	@$(BIN)/python -m local_stack up $(ARGS)

.PHONY: token
token: .venv/installed ## Print a bearer token for the stack that `make up` runs
	@$(BIN)/python -m local_stack token

.PHONY: test
test: setup $(GENERATORS) ## Run the tests against real Kafka and real PostgreSQL (ARGS="tests/ballot -k closing": some of them)
	@$(BIN)/pytest $(ARGS)

.PHONY: test-long
test-long: setup ## Run the tests that take minutes or search by chance, which are not in the suite
	@$(BIN)/pytest -m long $(ARGS)

.PHONY: lint
lint: .venv/installed ## Check style, types and the arrows between the parts
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy $(SOURCES)
	@$(BIN)/lint-imports

.PHONY: format
format: .venv/installed ## Format, and mend what can be mended
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

.PHONY: schemas
schemas: .venv/installed ## Write the JSON Schemas of the events as they are now
	@$(BIN)/python -m contracts.schemas

EXPORT := export --quiet --frozen --no-emit-workspace --no-annotate --no-header --format requirements-txt

.PHONY: lock
lock: .venv/installed ## Resolve the dependencies anew and pin them with their hashes
	@$(UV) lock --quiet
	@$(UV) $(EXPORT) --all-packages --all-groups --output-file requirements.lock
	@$(UV) $(EXPORT) --no-default-groups --group build --output-file deploy/requirements.lock \
		$(addprefix --package muster-,access members segmenter dispatch-sms dispatch-email ballot sandbox)
	@$(UV) pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header --universal --python-version 3.11 \
		$(CLIENTS)/requirements.in --output-file $(CLIENTS)/requirements.lock
	@npm update --silent --package-lock-only --prefix $(CLIENTS)

.PHONY: clean
clean: ## Remove what runs left behind: data, logs, caches (.venv and Kafka's jars stay)
	@find .muster -mindepth 1 -maxdepth 1 ! -name kafka -exec rm -rf {} + 2>/dev/null || true
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Every command a developer needs. `make help` lists them; each installs first what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
# Where it is set, every process compiles Dagster, MLflow and the tests anew: a third of the time of all tests.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
STAGE := .ci/stage
PYTEST := $(BIN)/python -m pytest -q
COUNT := $(BIN)/python -m slipcover --json --out build/coverage
WORKERS ?= 2
# The long tests wait for what they started, so one more runs than there are cores.
LONG_WORKERS ?= 3
# In the order of tests/conftest.py: what takes minutes first, so that no worker is left alone with it at the end.
SHARED := --dist loadfile --no-loadscope-reorder -n
STAMP := .venv/.installed
LIVE := adapters api game midround models streaming
KAFKA := build/kafka/.fetched
POSTGRES := build/postgres/.found
PLAYGROUND := api/playground/dist/.built
REDIS := build/redis/.found
CHROMIUM := build/chromium/.found
SERVERS := $(KAFKA) $(POSTGRES) $(REDIS) $(CHROMIUM)

# The dashboard: its build needs a few packages, its checks many. Whoever has these has those.
DASHBOARD := api/dashboard
PAGES := $(DASHBOARD)/dist/.built
PAGE_SOURCES := $(shell find $(DASHBOARD)/src $(DASHBOARD)/public -type f) \
	$(addprefix $(DASHBOARD)/,index.html vite.config.ts tsconfig.json package.json)
PAGE_BUILDERS := $(DASHBOARD)/node_modules/.builders
PAGE_CHECKERS := $(DASHBOARD)/node_modules/.checkers
NPM_CI := .ci/npm ci --silent --ignore-scripts --no-audit --no-fund
TRY_PAGES := $(MAKE) --no-print-directory pages || echo "the dashboard is not built; all else goes on without it"

# The three selections are disjoint and cover every test (tests/house/test_makefile.py holds that).
FAST := not server and not slow and not recorded and not proof
LONG := (slow or recorded or server) and not proof
PROOF := proof

# Options for the commands: make demo ONCE=1 BATCH=1 INPUT=path SPEED=8; make bench NAME=latency ARGS="--seconds 60".
NAME ?= reduce latency throughput cold
DEMO_OPTIONS := $(if $(ONCE),--once) $(if $(BATCH),--batch) $(if $(INPUT),--input $(INPUT)) $(if $(SPEED),--speed $(SPEED)) $(ARGS)

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(STAMP) $(PLAYGROUND) ## create .venv with everything, build the pages; .venv/bin/midround is the command
	@$(TRY_PAGES)

# What starts is compiled once here: uv leaves that to the first start of every process, which then takes twice as long.
$(STAMP): requirements/dev.txt pyproject.toml
	@python=$$(.ci/python) || exit 1; \
	if ! $(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
		rm -rf .venv && "$$python" -m venv .venv; fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r <(awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements/dev.txt)
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --compile-bytecode -r requirements/live.txt
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet -r requirements/dev.txt
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q $(LIVE)
	@touch $@

.PHONY: playground
playground: $(PLAYGROUND) ## build the pages for people at /graphql and /api/docs

# Without Node everything else works, and the pages say what to do.
$(PLAYGROUND): $(addprefix api/playground/,package.json package-lock.json vite.config.js docs.html graphql.html) \
		$(wildcard api/playground/src/*) | $(STAMP)
	@{ $(NPM_CI) --prefix ../playground && .ci/npm --prefix ../playground run --silent build -- --logLevel error && touch $@; } \
		|| echo "the pages at /graphql and /api/docs are not built; all else goes on without them"

.PHONY: lock
lock: $(STAMP) ## compile requirements/*.txt anew from pyproject.toml
	@compile="$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --generate-hashes"; \
	$$compile --extra live --extra train --extra batch --extra notebooks --extra dev -o requirements/dev.txt && \
	$$compile --extra live -c requirements/dev.txt -o requirements/live.txt

	@.ci/npm install --package-lock-only --silent --ignore-scripts
	@$(BIN)/python .ci/plain_lock $(DASHBOARD)/package-lock.json

.PHONY: pages
pages: $(PAGES) ## build the dashboard (api/dashboard) when its sources have changed

$(PAGES): $(PAGE_SOURCES) $(PAGE_BUILDERS)
	@.ci/npm run --silent build -- --logLevel warn
	@touch $@

$(PAGE_BUILDERS): $(DASHBOARD)/package-lock.json | $(STAMP)
	@$(NPM_CI) --omit=dev
	@touch $@

$(PAGE_CHECKERS): $(DASHBOARD)/package-lock.json | $(STAMP)
	@$(NPM_CI)
	@touch $@ $(PAGE_BUILDERS)

.PHONY: format
format: $(STAMP) ## format and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: check
check: $(STAMP) $(PAGE_CHECKERS) ## format, lint, types, import rules, fast tests, the dashboard, links of the documentation
	@$(STAGE) --begin
	@$(STAGE) format $(BIN)/ruff format --check --quiet .
	@$(STAGE) lint $(BIN)/ruff check --quiet .
	@($(STAGE) types $(BIN)/mypy && $(STAGE) dashboard .ci/npm run --silent check) & beside=$$!; \
	$(STAGE) imports $(BIN)/lint-imports --no-logo && $(STAGE) fast $(PYTEST) $(SHARED) $(WORKERS) -m "$(FAST)"; \
	others=$$?; wait $$beside && [ $$others -eq 0 ] || { $(STAGE) --report; exit 1; }
	@$(STAGE) --report

# A Kafka of a test lives for seconds: Java's second compiler and its parallel collector cost it more than they give.
test coverage: export JAVA_TOOL_OPTIONS := -XX:TieredStopAtLevel=1 -XX:+UseSerialGC

.PHONY: test
test: export MIDROUND_NOT_RUN := $(CURDIR)/build/not-run.txt
test: fresh check $(PAGES) $(PLAYGROUND) $(SERVERS) ## check, then recorded matches, contracts on real servers; what CI runs
	@$(STAGE) long $(PYTEST) $(SHARED) $(LONG_WORKERS) -m "$(LONG)"
	@$(STAGE) --report
	@.ci/not-run

.PHONY: fresh
fresh:
	@rm -f build/not-run.txt

.PHONY: coverage
coverage: $(STAMP) $(PAGES) $(PLAYGROUND) $(SERVERS) ## lines that all tests but the proofs reach (half as slow again as without counting)
	@rm -rf build/coverage && mkdir -p build/coverage
	@$(COUNT)/fast.json -m pytest -q $(SHARED) $(WORKERS) -m "$(FAST)"
	@$(COUNT)/long.json -m pytest -q $(SHARED) $(LONG_WORKERS) -m "$(LONG)"
	@$(BIN)/python -m slipcover --merge build/coverage/{fast,long}.json --out build/coverage/all.json --skip-covered

.PHONY: proofs
proofs: $(STAMP) $(KAFKA) ## the long proofs: all recorded maps in every variant, kills at random points
	@$(STAGE) --begin
	@$(STAGE) proofs $(PYTEST) -m "$(PROOF)" $(ARGS)
	@$(STAGE) laws $(PYTEST) -n $(WORKERS) -m "hypothesis and not server and not proof" --hypothesis-profile=thorough
	@$(STAGE) --report

.PHONY: demo
demo: $(STAMP) $(PLAYGROUND) ## play a match on this machine (ONCE=1: play, check, end; INPUT=path; SPEED=8)
	@$(TRY_PAGES)
	@$(BIN)/midround demo $(DEMO_OPTIONS)

.PHONY: bench
bench: $(STAMP) ## the benchmarks with their targets (NAME=reduce|latency|throughput|cold|marts|finals|retraining, or backfill, beside: 15 minutes; of the API feed|requests|subscriptions|what-if|neighbours|restart|frame|replay|queries)
	@set -e; for name in $(NAME); do $(BIN)/midround bench $$name $(ARGS); done

# Jupyter asks nobody for news or newer versions.
QUIET_LAB := --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

.PHONY: notebook
notebook: $(STAMP) ## Jupyter in notebooks/, on the lake and the running stack (this machine alone can reach it)
	@PYTHONPATH=$(CURDIR) $(BIN)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks $(QUIET_LAB) $(ARGS)

.PHONY: train
train: $(STAMP) ## train the round and map model from the recorded maps
	@$(BIN)/midround train $(ARGS)

.PHONY: evaluate
evaluate: $(STAMP) ## out-of-fold figures of the model beside its baselines
	@$(BIN)/midround evaluate $(ARGS)

.PHONY: kafka
kafka: $(KAFKA) ## fetch Apache Kafka into build/kafka (Debian packages maven and Java when missing)

$(KAFKA): infra/kafka/fetch.sh infra/kafka/pom.xml | $(STAMP)
	@mkdir -p build && $(STAGE) kafka infra/kafka/fetch.sh

$(POSTGRES): infra/postgres/fetch.sh
	@mkdir -p build && $(STAGE) postgres infra/postgres/fetch.sh

$(REDIS): infra/redis/fetch.sh
	@mkdir -p build && $(STAGE) redis infra/redis/fetch.sh

$(CHROMIUM): infra/chromium/fetch.sh
	@mkdir -p build && $(STAGE) chromium infra/chromium/fetch.sh

.PHONY: clean
clean: ## remove what was built or fetched; .venv and the data folder stay
	@rm -rf $(DASHBOARD)/dist $(DASHBOARD)/node_modules api/playground/dist api/playground/node_modules build dist .mypy_cache .ruff_cache \
		.import_linter_cache .pytest_cache .hypothesis

# Builds its own environment: Python 3.11 and make are all it needs. `make help` lists the targets.

PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
RUN     := $(VENV)/.run-stamp
DEV     := $(VENV)/.dev-stamp

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# setpriv, where there is one, stops the daemon even when make itself is killed.
.PHONY: run
run: $(RUN) ## the daemon on its own PostgreSQL and Redis, reconciling manifests/ (more flags: ARGS=...)
	@set -- $(BIN)/reconciler run --embedded $(ARGS); \
	  setpriv --pdeathsig TERM true 2>/dev/null && exec setpriv --pdeathsig TERM -- "$$@"; exec "$$@"

.PHONY: test
test: $(DEV) ## the whole suite, against real servers
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

.PHONY: check format lint types layers unit
check: format lint types layers unit ## format, lint, types, layers and unit tests; no servers
format: $(DEV)
	$(BIN)/ruff format --check
lint: $(DEV)
	$(BIN)/ruff check
types: $(DEV)
	$(BIN)/mypy
layers: $(DEV)
	$(BIN)/lint-imports
unit: $(DEV)
	$(BIN)/pytest -q tests/unit

.PHONY: fix
fix: $(DEV) ## format, and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: bench
bench: $(DEV) ## the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: lock
lock: ## the lock files, made anew with the latest versions
	requirements/lock

.PHONY: clean
clean: ## remove what make built; the data under .reconciler/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python without ensurepip (Debian's, without python3-venv) lends its own pip.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "reconciler needs Python 3.11 or later; '$(PYTHON)' is: $$($(PYTHON) -V 2>&1)." \
	    "Name another: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Building the environment in $(VENV): once, a quarter of a minute or so." >&2
	@rm -rf $(VENV)
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	  else $(PYTHON) -m venv --without-pip $(VENV) && $(INSTALL_PIP); fi

INSTALL_PIP = $(PYTHON) -m pip --python $(BIN)/python install --quiet pip
INSTALL     = $(BIN)/python -m pip install --quiet --only-binary :all: --require-hashes

$(RUN): $(BIN)/python requirements/run.lock pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  echo "$(VENV) was left half built: make clean, then again." >&2; exit 1; }
	@$(INSTALL) -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUN) requirements/dev.lock
	@$(INSTALL) -r requirements/dev.lock
	@touch $@

# Every target sets itself up: python3.11, make and git are all it needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Airflow starts five times slower when Python may not keep its bytecode.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

.PHONY: help setup nightly simulate test check lint types format lock bench clean

help: ## this text
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(READY) ## the virtual environment, from requirements.lock with hashes

# pip installs only the hash-locked uv; uv installs the rest, much faster. Where only pip is told how to reach a package
# index (a mirror in pip.conf), pip does all of it, from the same hashes.
$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11 or run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if v == (3, 11) else f"make: Python 3.11 is needed, $(PYTHON) is {v[0]}.{v[1]}")'
	@echo "Setting up $(VENV) (once, and again when requirements.lock changes) …"
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) \
	  && awk '/^uv==/ {on=1} on && !/^uv==|^ / {exit} on' requirements.lock > $(VENV)/uv.lock \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.lock; }
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock \
	  || $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . \
	  || $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

nightly: $(READY) ## one night: fetch, judge, publish (DATE=2026-07-02: that day, in the sandbox)
	@$(BIN)/soc2 nightly $(if $(DATE),--date $(DATE))

simulate: $(READY) ## many nights of the sandbox company (NIGHTS=30)
	@$(BIN)/soc2 simulate --nights $(or $(NIGHTS),30)

test: $(READY) ## all tests, dbt unit tests included
	@$(BIN)/pytest

lint: $(READY) ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY) ## mypy
	@$(BIN)/mypy

check: lint types test ## lint, types, tests: what CI runs

format: $(READY) ## rewrite the code as ruff wants it
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lock: $(READY) ## resolve requirements.in again
	$(BIN)/uv pip compile requirements.in --python-version 3.11 --generate-hashes --no-emit-index-url --quiet -o requirements.lock

bench: $(READY) ## does the cost of a night follow the day or the history? (NIGHTS=10)
	@$(BIN)/python benchmarks/nightly_cost.py --nights $(or $(NIGHTS),10)

clean: ## everything that can be made again; evidence under var/ stays
	rm -rf $(VENV) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

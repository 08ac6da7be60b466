# What one does with the relay. Needs Python 3.11 or newer, and nothing else, to run and to test.

PYTHON ?= python3
VENV = .venv
# one more than there are cores: those who kill processes mostly wait
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes

.PHONY: help run test lint bench screenshots lock
.DEFAULT_GOAL = help

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST) | awk '{printf "  make %-11s", $$2; $$1 = $$2 = ""; print}'

run: $(VENV)/.run ## install, migrate and run everything on PORT (8000); Ctrl-C stops it
	@RELAY_MODE=$${RELAY_MODE:-local} exec $(BIN)/python -m relay up

test: $(VENV)/.dev ## run all tests that can run here; TESTS="tests/core -x" chooses
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder $(TESTS)

lint: $(VENV)/.dev ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure, against PostgreSQL and Redis of its own
	$(BIN)/python -m bench

screenshots: $(VENV)/.dev ## take a picture of every page of the console into docs/screenshots; needs Chromium
	$(BIN)/python -m tests.e2e.screenshots docs/screenshots

lock: ## pin the requirements anew from pyproject.toml; needs uv
	uv pip compile --quiet --upgrade $(LOCKED) -o requirements.txt pyproject.toml
	uv pip compile --quiet --upgrade $(LOCKED) -o requirements-dev.txt --extra dev -c requirements.txt pyproject.toml

LOCKED = --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
  --no-annotate --custom-compile-command "make lock"

$(VENV)/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing what the relay needs"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "installing what its development needs"
	@$(PIP) -r requirements-dev.txt
	@touch $@

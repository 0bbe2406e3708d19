# Every target sets up what it needs; a second run finds it done. `make` alone explains itself.
PYTHON ?= python3
BIN := .venv/bin
SETUP := @$(PYTHON) .ci/setup.py
PIN := .venv/.uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench soak lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## prepare .venv for development (PYTHON=python3.12 picks an interpreter)
	$(SETUP) dev

demo: ## run five nodes on this machine, from report to receipt (ONCE=1 ends by itself)
	$(SETUP) runtime
	@$(BIN)/comity demo $(if $(ONCE),--once)

test: ## run every test (COMITY_REQUIRE=shared makes missing public data a failure)
	$(SETUP) dev
	@$(BIN)/python .ci/browser.py
	@COMITY_REQUIRE=pg,browser,$$COMITY_REQUIRE $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: ## format, lint, types, layers and the rules of the house
	$(SETUP) dev
	@echo "check: format";  $(BIN)/ruff format --check --quiet --output-format concise .
	@echo "check: lint";    $(BIN)/ruff check --quiet --output-format concise .
	@echo "check: types";   $(BIN)/mypy --strict --no-error-summary
	@echo "check: layers";  out=$$($(BIN)/lint-imports --no-logo) || { echo "$$out"; exit 1; }
	@echo "check: house";   $(BIN)/pytest -n 2 tests/house
	@echo "check: all good"

bench: ## measure beside the best peer (BENCH=name runs one)
	$(SETUP) dev
	@$(BIN)/python -m bench.run $(BENCH)

soak: ## kill, cut, repeat and fuzz for a long time (COMITY_SOAK=rounds, COMITY_FUZZ=requests an operation; 200 each)
	$(SETUP) dev
	@COMITY_SOAK=$${COMITY_SOAK:-200} $(BIN)/pytest tests/faults -m torture
	@$(BIN)/python -m tests.model
	@COMITY_FUZZ=$${COMITY_FUZZ:-200} $(BIN)/pytest tests/api_fuzz

lock: ## pin anew after a change of pyproject.toml (UPGRADE=1 takes the newest it allows)
	$(SETUP) dev
	@test -x $(firstword $(PIN)) || { echo "lock: uv could not be had, and only uv writes the locks"; exit 1; }
	@$(PIN) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -o requirements-dev.lock
	@$(PIN) pyproject.toml -c requirements-dev.lock -o requirements.lock
	@printf 'editables\nhatchling\n' | $(PIN) - -c requirements-dev.lock -o requirements-build.lock
	@echo 'uv==0.13.9' | $(PIN) - -o requirements-uv.lock
	@git --no-pager diff --stat -- 'requirements*.lock'

clean: ## remove caches, build output and the demo's nodes (.venv stays)
	@rm -rf .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

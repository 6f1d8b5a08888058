# The commands of this repository; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# A test run starts some dozens of processes, and each would compile the product anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test suite menus-sound bench slow faults fmt lint docs screenshots

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 12

run: $(VENV)/.run ## start everything on this machine
	@exec $(BIN)/gateway up

test: $(VENV)/.test ## all tests, lint, types, import laws and menu checks
	@$(MAKE) --no-print-directory --jobs 3 lint menus-sound suite

suite: $(VENV)/.test
	$(BIN)/python -m pytest -n 3 --dist loadgroup -m "not slow"

menus-sound: $(VENV)/.test
	$(BIN)/gateway menus check
	$(BIN)/gateway menus test

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test ## the timed comparisons, one table
	$(BIN)/python bench/run.py
	@$(BIN)/python -c "import gunicorn" 2>/dev/null && $(BIN)/python -m bench.web || echo "The yardstick over HTTP needs gunicorn: pip install -e '.[bench]', then python -m bench.web"

slow: $(VENV)/.test ## the tests that take minutes, and every law with all its examples
	EXAMPLES=all $(BIN)/python -m pytest -m "slow or hypothesis"

faults: $(VENV)/.test ## plants faults one at a time; each must turn a named test red
	$(BIN)/python -m tests.laws.plant

docs: $(VENV)/.test ## the documentation site, into dist/site; its made pages anew
	$(BIN)/python -m tests.docs.make_pages
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

screenshots: $(VENV)/.test ## the pictures of the README, taken from the running product
	$(BIN)/python -m tests.docs.make_screenshots

fmt: $(VENV)/.test ## format and mend what can be mended by a tool
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: config/requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r config/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.test: config/requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r config/requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@ $(VENV)/.run

# Everything runs from a virtual environment in .venv, made from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

# What needs no server, and takes seconds.
FAST := tests/domain tests/mail tests/store $(wildcard tests/test_*.py) tests/repository/test_versions.py \
	tests/repository/test_documentation.py

# What those run at least of all lines and branches, in percent.
FLOOR := 62

.PHONY: help setup demo up check test test-any-day lint tidy hooks coverage bench year chaos mutants record pictures lock wheel image release

help: ## show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(INSTALLED) ## make .venv from requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Followthrough needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2
	@touch $@

demo: setup ## play an incident from its alert to its last closed action item
	@$(BIN)/followthrough demo $(ARGS)

up: setup ## run everything on http://127.0.0.1:8080
	@$(BIN)/followthrough serve $(ARGS)

check: lint ## lint, types and the fast tests, before each commit
	$(BIN)/pytest --quiet --numprocesses=2 --hypothesis-profile=quick $(FAST) $(ARGS)

test: lint ## lint, types and all tests, on a real Temporal server
	$(BIN)/pytest --numprocesses=3 --dist=loadfile $(ARGS)

test-any-day: setup ## tests/workflows on every day on which calendars matter
	@failed=; for day in $${DAYS:-$$($(BIN)/python -m tests.days)}; do \
		$(BIN)/pytest tests/workflows --day=$$day $(ARGS) || failed="$$failed $$day"; \
	done; test -z "$$failed" || { echo "Failed on:$$failed" >&2; exit 1; }

lint: setup ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

tidy: setup ## what the commit hooks do, on all files
	$(BIN)/pre-commit run --all-files

hooks: setup ## do that at each commit, on what it changes
	$(BIN)/pre-commit install

coverage: setup ## what the fast tests run of the code; fails under the floor
	$(BIN)/pytest --quiet --numprocesses=2 --cov --cov-fail-under=$(FLOOR) $(FAST) $(ARGS)

bench: setup ## measure what it costs
	$(BIN)/python -m bench $(ARGS)

year: setup ## play a year with its incidents, which goes on after being stopped; ARGS="--folder F"
	$(BIN)/python -m bench.year $(ARGS)

chaos: setup ## kill, hang and cut while incidents are played, and prove that nothing is lost
	$(BIN)/python -m tests.chaos $(SEED) $(ARGS)

mutants: setup ## change what replays in one place at a time, and see that a test fails
	$(BIN)/mutmut run $(ARGS)

record: setup ## record a life of workflows for tests/replay
	$(BIN)/python -m tests.replay.record $(NAME)

pictures: setup ## take the README's pictures anew, of what its pages show now
	$(BIN)/pytest --quiet tests/browser/test_pictures.py --take-pictures

lock: ## bring requirements.lock up to pyproject.toml; ARGS=--upgrade for newer versions
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev $(ARGS) pyproject.toml -o requirements.lock

wheel: setup ## build dist/*.whl
	$(BIN)/python -m hatchling build --target wheel

image: ## build the container image with buildah (many minutes), ARGS=--debian without a registry
	deploy/image $(ARGS)

release: setup ## build and tag the version of this commit (docs/releasing.md)
	@deploy/release

# Everything runs from a virtual environment in .venv, made from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: setup demo up test test-any-day lint bench chaos record lock

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Followthrough needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable . >&2
	@touch $@

demo: setup
	@$(BIN)/followthrough demo $(ARGS)

up: setup
	@$(BIN)/followthrough serve $(ARGS)

test: lint
	$(BIN)/pytest --numprocesses=2 --dist=loadfile $(ARGS)

test-any-day: setup
	@failed=; for day in $${DAYS:-$$($(BIN)/python -m tests.days)}; do \
		$(BIN)/pytest tests/workflows --day=$$day $(ARGS) || failed="$$failed $$day"; \
	done; test -z "$$failed" || { echo "Failed on:$$failed" >&2; exit 1; }

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m bench $(ARGS)

chaos: setup
	$(BIN)/python -m tests.chaos $(SEED) $(ARGS)

record: setup
	$(BIN)/python -m tests.replay.record $(NAME)

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

# The two commands of the README are `make demo` and `make test`; both set themselves up on a fresh machine.
PYTHON ?= python3
VENV   ?= .venv
PYTHONS ?= python3.11 python3.12 python3.13
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LOCK   := uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 pyproject.toml
LOCKED := requirements/lock.txt
export SEGMINT_DATA ?= ../shared/data
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help demo test check docs check-fast proof matrix bench bench-peers lock browser clean

help:            ## what can be made
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

$(READY): requirements/lock.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "segmint needs Python 3.11, 3.12 or 3.13; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/lock.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY)   ## from the embedded sample to a report, in one command
	$(BIN)/segmint demo

test: $(READY) browser  ## everything the suite needs, then the whole suite
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

check: $(READY)  ## lint, types, the staircase, the documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

docs: $(READY)   ## the documentation as a site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

check-fast: $(READY)  ## the tests that need no TensorFlow and no browser, in about four minutes
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q -n 2 -m "not network and not browser and not slow"

proof: $(READY) browser  ## the long proofs
	$(BIN)/python -m pytest -m slow

matrix:          ## the whole suite under every Python that segmint supports, each in an environment of its own
	for python in $(PYTHONS); do $(MAKE) PYTHON=$$python VENV=.venv-$$python test || exit 1; done

bench: $(READY)  ## what the scripts in benchmarks/ need beside the product; then: .venv/bin/python benchmarks/NAME.py
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/bench.txt
	@ls benchmarks/*.py

bench-peers:     ## an environment of its own for AutoGluon, see benchmarks/peers.py
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/peers.txt

browser:
	@command -v chromium >/dev/null || { \
	  echo "installing chromium for the page tests"; \
	  SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq chromium; }

lock:            ## renew the locks in requirements/ (needs uv)
	$(LOCK) --all-extras --group dev -o $(LOCKED)
	$(LOCK) --all-extras --group dev --group bench -c $(LOCKED) -o requirements/bench.txt
	$(LOCK) -c $(LOCKED) -o requirements/base.txt
	$(LOCK) --extra serve --extra train -c $(LOCKED) -o requirements/serve-train.txt

clean:
	rm -rf $(VENV) .venv-python3.* .venv-peers .pytest_cache .mypy_cache .ruff_cache

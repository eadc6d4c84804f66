# Thin verbs; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench format viz lock clean

help:  ## list the verbs
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

setup: $(READY)  ## create .venv with the locked dependencies
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 14) else f"Python 3.11, 3.12 or 3.13 is needed, this is {sys.version.split()[0]}; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --quiet --requirement requirements.lock
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --editable .
	touch $(READY)

demo: $(READY)  ## run all five pipelines on the archives that come with the repository
	$(BIN)/kedro run --env=demo --pipelines=__default__,scoring

test: $(READY)  ## run the test suite
	$(BIN)/pytest --numprocesses=auto --dist=loadfile

lint: $(READY)  ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## measure speed in minutes; FULL=1 RAW=data/01_raw: at full size, in hours
	$(BIN)/python benchmarks/all.py $(if $(FULL),--full) $(if $(RAW),--raw=$(RAW))

format: $(READY)  ## rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

viz: $(READY)  ## show the pipelines in a browser
	$(BIN)/kedro viz

lock: $(READY)  ## resolve the dependencies anew, for every supported Python and platform
	$(BIN)/pip install --disable-pip-version-check --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:  ## remove everything that runs have made; raw archives stay
	find data -mindepth 1 -maxdepth 1 ! -name 01_raw -exec rm -rf {} +

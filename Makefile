# make demo   a first plan, on a machine with python3 and nothing else
# make test   what every change must pass
# make bench  power flow and moves beside their peers; rewrites the tables of docs/performance.md
# PYTHON=python3.12 chooses the interpreter (3.11 to 3.13).

PYTHON ?= python3
VENV ?= .venv
NETWORK ?= networks/hongjiawan
STUDY ?= scenarios/spring-festival-2027.yaml
OUT ?= out/hongjiawan

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint coverage bench clean

help:
	@sed -n 's/^# //p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else \
	  "gridplan needs Python 3.11, 3.12 or 3.13; this is %d.%d. Choose one: make PYTHON=python3.12 ..." % v)'
	$(PYTHON) -m venv $(VENV)

# stamps: an install is repeated only when the dependencies change
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/gridplan plan $(NETWORK) $(STUDY) -o $(OUT)
	@echo "The report: $(abspath $(OUT))/report.html"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -q -n 2

coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n 2 --cov

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.moves

clean:
	rm -rf $(VENV) out .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

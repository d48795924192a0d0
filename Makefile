# Needs make and Python 3.11 or later. Every target prepares .venv by itself, once.
#   make test WORKERS=0            run the tests in one process
#   make test ARGS=tests/unit      run some of them

WORKERS ?= 2
ARGS ?=
PORT ?= 8000

BIN := .venv/bin
READY := .venv/.ready
QUIET := $(if $(MAKE_TERMOUT),,--quiet)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# Fits of four parameters gain nothing from threads that wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
# The tests start many processes: what the first compiled, the others read.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test torture lint format typecheck check coverage mutation bench bench-full estimates serve clean

help:
	@echo "make demo       close a quarter of sample books and write out/"
	@echo "make serve      HTTP API on http://127.0.0.1:$(PORT)"
	@echo "make test       all tests but the long random ones"
	@echo "make torture    the long random ones, up to an hour"
	@echo "make lint       ruff, import contracts, spelling"
	@echo "make typecheck  mypy, strict"
	@echo "make check      lint, typecheck, test"
	@echo "make bench      measure speed (half an hour)"
	@echo "make bench-full companies of 10,000, 100,000 and 1,000,000 contracts (half an hour)"
	@echo "make mutation   plant small wrongs, write docs/quality.md (an hour; goes on where it stopped)"
	@echo "make estimates  judge the estimates and write docs/estimates.md (minutes)"
	@echo "make coverage   write docs/coverage.yaml: paragraphs, rules, cases"
	@echo "make clean      remove what can be made again; books stay"

demo: $(READY)
	@$(BIN)/revrec demo

serve: $(READY)
	@$(BIN)/revrec serve --port $(PORT)

test: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

torture: $(READY)
	@REVREC_TORTURE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m torture \
	  --timeout 7200 $(ARGS)

bench: $(READY)
	@set -e; for program in $(wildcard tests/bench/bench_*.py); do \
	  echo "== $$program"; $(BIN)/python -m $$(echo $${program%.py} | tr / .); \
	done

bench-full: $(READY)
	@$(BIN)/python -m tests.bench.bench_company 10000
	@$(BIN)/python -m tests.bench.bench_company 100000 --close
	@$(BIN)/python -m tests.bench.bench_company 1000000 --whole

coverage: $(READY)
	@$(BIN)/python -m tests.audit.write_coverage

estimates: $(READY)
	@$(BIN)/python -m tests.estimation.write_report

mutation: $(READY)
	@$(BIN)/python -m tests.mutation.run --workers $(WORKERS) $(ARGS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/codespell

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

typecheck: $(READY)
	@$(BIN)/mypy

check: $(READY)
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory typecheck
	@$(MAKE) --no-print-directory test

clean:
	rm -rf out dist build mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The locked packages, all of them and no others, then this one. An interrupted or moved .venv is
# made anew.
$(READY): requirements.lock pyproject.toml
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || { \
	  for name in python3.11 python3.12 python3.13 python3 python; do \
	    $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || continue; \
	    version=$$($$name -c 'import platform; print(platform.python_version())'); \
	    $$name -c 'import ensurepip, venv' 2> /dev/null || { bare="$$name $$version"; continue; }; \
	    echo "Preparing .venv with Python $$version"; \
	    $$name -m venv --clear .venv && exit 0; \
	    exit 1; \
	  done; \
	  if [ -n "$$bare" ]; then \
	    echo "$$bare cannot make virtual environments: its module venv or ensurepip is missing." >&2; \
	    echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  else \
	    echo "revrec needs Python 3.11 or later; none is on the PATH." >&2; \
	  fi; \
	  exit 1; }
	@echo "Installing the locked packages into .venv (once, about a minute)"
	@$(BIN)/python -m pip install $(QUIET) --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install $(QUIET) --no-deps --no-build-isolation -e .
	@touch $(READY)

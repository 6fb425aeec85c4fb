# make report   set everything up, run the embedded review and the second example
# make test     set everything up, run every check
# make bench    measure time, memory and errors; ARGS=--full also a million records

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXAMPLE := examples/depression-prevention

# each is one script: benchmarks/NAME.py
BENCHMARKS := records deduplication synthesis umbrella overlap
BENCH := $(BENCHMARKS:%=bench-%)

.PHONY: help report test check-style bench $(BENCH) setup lock clean

help:
	@sed -n '1,3s/^# //p' Makefile

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Say: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install -q --compile-bytecode --require-hashes -r requirements.lock --python $(BIN)/python && \
	  uv pip install -q --no-deps --no-build-isolation -e . --python $(BIN)/python; \
	else \
	  $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 2; }; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@$(BIN)/python -m compileall -q src
	@touch $@

report: $(READY)
	@$(BIN)/snakemake
	@$(BIN)/snakemake --directory $(EXAMPLE)
	@echo
	@echo "The two reports; open them in a browser:"
	@echo "  reports/index.html"
	@echo "  $(EXAMPLE)/reports/index.html"

test: $(READY) check-style
	$(BIN)/python -m pytest -n 2 --dist worksteal

check-style: $(READY)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/rules

bench: $(BENCH)

$(BENCH): bench-%: $(READY)
	@$(BIN)/python -m benchmarks.$* $(ARGS)

# a new lock after a change of pyproject.toml; needs uv and the registry
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .bench .snakemake results reports/index.html reports/tables reports/figures

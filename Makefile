# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test check golden bench weights run clean

demo: $(INSTALLED)
	@$(BIN)/soulcaster weights || echo "No local model: the simpler vectoriser is used."
	@$(BIN)/soulcaster demo $(ARGS)

test: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

golden: $(INSTALLED)
	$(BIN)/pytest --update-golden -q tests/unit

bench: $(INSTALLED)
	@for each in tests/benchmarks/bench_*.py; do echo "== $$each"; $(BIN)/python $$each || exit 1; done

# The local embedding model: 84 MB, pinned by hash. Without it the hashing vectoriser is used.
weights: $(INSTALLED)
	$(BIN)/soulcaster weights

$(INSTALLED): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Soulcaster needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

clean:
	rm -rf .venv .soulcaster build *.egg-info

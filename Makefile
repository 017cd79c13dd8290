# `make demo` and `make test` do all the set-up; `make` alone says what else there is.
PYTHON ?= python3
SHELL := bash
.SHELLFLAGS := -o pipefail -c
BIN := .venv/bin
RUNNING := .venv/.running
DEVELOPING := .venv/.developing
TYPES := .venv/.types
# Many tests wait for processes: one worker more than there are cores keeps them busy.
WORKERS := $(shell expr 1 + $$($(PYTHON) -c 'import os; print(os.cpu_count())'))
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Where it is set, each of the many processes that tests start compiles all of ours again.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --disable-pip-version-check

INSTALLS := import sys; from bot.adapters.agents.rows import ROWS; from bot.settings import Settings; \
	folder = Settings.load().soulcaster_agents_dir.expanduser().absolute(); \
	print(*(ROWS[n].install(f"{folder}/{n}") for n in sys.argv[1:] or ROWS), sep="\n")
.PHONY: help demo weights agents test long live fuzz mutants golden bench lock sbom dist clean

help: ## say what there is
	@awk -F ' *:.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(RUNNING) ## the whole of it on this machine, with simulators of GitHub and Slack; Ctrl-C ends it
	@$(BIN)/soulcaster models fetch minilm || echo "No local model: the simpler vectoriser is used."
	@$(BIN)/soulcaster demo $(ARGS)

weights: $(RUNNING) ## fetch the local embedding model: 84 MB, pinned by hash
	$(BIN)/soulcaster models fetch minilm

agents: $(RUNNING) ## install the agents' CLIs, each at its pinned version: 2 GB (ARGS="claude" for one)
	@$(BIN)/python -c '$(INSTALLS)' $(ARGS) | sh -ex

test: $(DEVELOPING) ## every check, the same every time (about 11 minutes on two cores)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/vulture
	$(BIN)/deptry .
	$(BIN)/lint-imports
	@# It keeps one core for a minute, and what it says is read after the tests.
	$(BIN)/mypy > $(TYPES) 2>&1 & mypy=$$!; $(PYTEST) $(ARGS); tests=$$?; \
	wait $$mypy; types=$$?; cat $(TYPES); exit $$((tests | types))

long: $(DEVELOPING) ## the full counts of what `make test` samples
	$(PYTEST) -m long --timeout 3600 $(ARGS)
	TEST_ENTERPRISE=1 $(PYTEST) --timeout 3600 tests/e2e $(ARGS)

live: $(DEVELOPING) ## the contract suites against the services whose keys are set, here or in .env
	@$(BIN)/pytest -q -m live --live --tb=no --no-header -r N tests/contract/test_live.py $(ARGS)

fuzz: $(DEVELOPING) ## property tests at random and fifty times as long; prints how to repeat what fails
	$(PYTEST) -m hypothesis --hypothesis-profile fuzz --timeout 3600 $(ARGS)

mutants: $(DEVELOPING) ## break every guard, one by one, and see that a test notices
	$(BIN)/python tests/mutants $(ARGS)

golden: $(DEVELOPING) ## rewrite the golden files; read the diff
	$(BIN)/pytest --update-golden -q tests/unit

bench: $(DEVELOPING) ## what things cost: samples in four minutes; FULL=1 takes twenty
	@for each in tests/benchmarks/bench_*.py; do echo "== $$each"; FULL=$(FULL) $(BIN)/python $$each || exit 1; done

# uv is needed for this alone, so it is no dependency.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-strip-extras --extra s3 --custom-compile-command "make lock" pyproject.toml

lock: ## write both lock files from pyproject.toml (needs uv; ARGS=--upgrade for newer versions)
	$(LOCK) --group build --group dev -o requirements-dev.lock $(ARGS)
	cp requirements-dev.lock requirements.lock # the same versions; what only developers need is left out
	$(LOCK) --group build -o requirements.lock

sbom: $(DEVELOPING) ## list what the running install consists of, as CycloneDX, in build/sbom.json
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
		--output-reproducible -o build/sbom.json

# The wheel is made from the unpacked sdist: what it holds is in both, and nothing of an older build.
dist: $(RUNNING) ## build the sdist and the wheel into dist/, for pipx and pip
	rm -rf dist
	@$(BIN)/python -c 'from setuptools.build_meta import build_sdist; build_sdist("dist")' >/dev/null
	@$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist dist/*.tar.gz
	@ls -l dist

clean: ## remove what was installed and built, and the demo's data
	rm -rf .venv .soulcaster build dist *.egg-info

# pip names a package when it begins to fetch it; then it unpacks all of them without a word.
install = $(PIP) install --require-hashes -r $(1) | awk '\
	BEGIN { print "Installing $(2), from $(1) into .venv" } \
	/^(Collecting|Processing)/ { sub(".*/", "", $$2); printf "\r  %3d  %-60.60s", ++n, $$2; fflush() } \
	/^Installing/ { printf "\r  unpacking %d packages%50s\n", n, ""; fflush() }'

$(RUNNING): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Soulcaster needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv .venv
	@$(call install,requirements.lock,what Soulcaster runs on: about 400 MB in a minute or two)
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEVELOPING): $(RUNNING) requirements-dev.lock
	@$(call install,requirements-dev.lock,what the checks need: about 300 MB more)
	@touch $@

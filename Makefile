# Everything a newcomer needs: each target does its own set-up in .venv.
# Without make, see "Without make" in README.md.
PYTHON ?= python3
BIN := .venv/bin
# small matrices: threads only stand in each other's way
export OMP_NUM_THREADS := 1
# the published file of monthly referrals, for `make bench` on real outcomes
PUBLISHED ?= $(wildcard ../shared/data/dfe_referrals_by_month.csv)

.PHONY: report test coverage mutation test-full lint explore bench lock clean docs pictures licences wheelhouse sbom
report: .venv/ready
	@$(BIN)/trend-or-spike report

# the tests of a file stay together until a process has none left: what a file makes once is made once
test: .venv/ready
	$(BIN)/python -m pytest -n auto --dist worksteal

# and what takes long: runs that are killed at many instants, a cluster that loses a worker, faults put into the code
test-full: .venv/explore
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "full or not full"
	$(BIN)/python bench/mutation.py 60

# How many lines the tests run, the command line's and the kernels' among them: docs/quality.md.
coverage: .venv/ready
	$(BIN)/python -m pytest -q -n auto --dist worksteal --cov --cov-report=term:skip-covered

# How many faults the tests of the verdict, the control chart and the protection find: docs/quality.md.
MUTANTS ?= 300
mutation: .venv/explore
	$(BIN)/python bench/mutation.py $(MUTANTS)

lint: .venv/explore
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

explore: .venv/explore
	$(BIN)/trend-or-spike explore

bench: .venv/explore
	$(BIN)/python bench/speed.py
	$(BIN)/python bench/batch.py
	$(BIN)/python bench/nation.py 10 3 12 60000
	$(BIN)/python bench/reading.py
	$(BIN)/python bench/quality.py $(PUBLISHED)

# The site in site/, without the network.
docs: .venv/explore
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The pictures of README and docs, from the sample; needs Chromium, Chrome or Edge.
pictures: .venv/ready
	$(BIN)/python docs/pictures.py

licences: .venv/explore
	$(BIN)/python docs/licences.py

# Everything for a laptop without a network, checked against the lock's hashes: docs/how-to/offline.md.
wheelhouse: .venv/ready
	$(BIN)/python -m pip download --no-deps --require-hashes -r requirements.lock -d wheelhouse
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w wheelhouse .

# The bill of materials of what is installed, in CycloneDX.
sbom: .venv/explore
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o sbom.json $(BIN)/python

# A lock is whole: with --no-deps pip installs what it names and looks for nothing newer; `pip check` sees what is missing.
# pip says on stderr how far it is: stdout is the report's.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(None if sys.version_info >= (3, 11) else 'Python 3.11 or later is needed')"
	@echo "Setting up .venv with what requirements.lock names, once: this takes some minutes." >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --no-deps --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . >&2
	@$(BIN)/python -m pip check >&2
	@touch $@

.venv/explore: requirements-dev.lock .venv/ready
	@$(BIN)/python -m pip install --no-deps --require-hashes -r requirements-dev.lock >&2
	@$(BIN)/python -m pip check >&2
	@touch $@

# Writes the two locks: names, versions and hashes, never an address, and that nothing is built from source, which would
# resolve what the build needs.
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --only-binary :all: --emit-build-options
lock:
	$(LOCK) --extra build --extra test pyproject.toml -o requirements.lock
	$(LOCK) --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv outputs/publish outputs/restricted

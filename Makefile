# A thin face on the `rapport` command. Everything it needs is installed into .venv.
.PHONY: run england findings pictures test check dev setup lock calibrate bench faults fuzz audit

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

setup: $(INSTALLED)

# uv installs the locked packages (versions and hashes) in seconds and compiles them, which
# halves every later start.
$(INSTALLED): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q pipeline
	@touch $@

run: setup
	@$(BIN)/rapport run sample

england: setup
	@$(BIN)/rapport run england $(if $(MIRROR),--mirror $(MIRROR))

# README's findings and picture, from the published database of the real data.
findings: setup
	@$(BIN)/python -m pipeline.report.findings

# The pictures in docs, of the sample as it was last run. Needs Chromium, pngquant, and `make dev`
# running in another window.
SHOOT = chromium --headless --disable-gpu --hide-scrollbars --virtual-time-budget=60000 $(CHROMIUM_FLAGS)
pictures:
	@$(SHOOT) --window-size=1180,880 --screenshot=docs/report.png http://localhost:3001/sample/index.html
	@$(SHOOT) --window-size=1300,900 --screenshot=docs/dagster.png \
		http://localhost:3000/assets/sample/publish/version
	@pngquant --force --ext .png --speed 1 32 docs/report.png docs/dagster.png

# The test processes take every processor already, so that linear algebra has one thread in each.
test: setup
	@OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

check: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

calibrate: setup
	@$(BIN)/python -m pipeline.calibration

bench: setup
	@$(BIN)/python -m benchmarks.importance
	@$(BIN)/python -m benchmarks.pipeline $(if $(MIRROR),--mirror $(MIRROR))

# Every fault against whole runs of the sample: killed, out of disk, two at once, restored, upgraded;
# and against what runs them: `rapport dev` and a Celery worker killed
# (about 25 minutes of processor time).
faults: setup
	@$(BIN)/python -m tests.faults

# Changed copies of every source's files, generated or from MIRROR: a clear error, or an acceptance.
fuzz: setup
	@$(BIN)/python -m tests.faults.fuzz --each $(or $(EACH),200) $(if $(MIRROR),--published $(MIRROR))

# Known vulnerabilities of the locked packages. Needs a network that reaches PyPI's own service: a
# package that could not be looked up fails the audit.
audit: setup
	@$(BIN)/python -m tests.faults.audit $(BIN)/uv tool run --quiet "pip-audit>=2.9"

dev: setup
	@$(BIN)/rapport dev

lock: setup
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev --all-extras pyproject.toml -o requirements.lock

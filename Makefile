# Every target does its own set-up. What a target needs of the machine is checked by tools/need.
VENV := .venv
PYTHON := $(VENV)/bin/python
REQUIREMENTS := $(addprefix tools/requirements-,test.txt dev.txt)
# One interpreter for maturin and for cargo: a change of it would build PyO3 again.
export PYO3_PYTHON := $(CURDIR)/$(PYTHON)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build influxd ## writes a point and a DataFrame to a private InfluxDB and reads them back
	@$(PYTHON) examples/demo.py

.PHONY: test
test: build influxd ## every Rust and Python test
	# With the optional fast paths, which the Python crate enables.
	cargo test --workspace --no-fail-fast
	# The same of connections that a foreign event loop drives.
	AIOINFLUX_DRIVEN=1 cargo test --package aioinflux --all-features --test it
	# Without the fast paths, on which the decoders do not depend.
	cargo test --package aioinflux --no-default-features --lib --test it -- --skip decode::
	$(PYTHON) -m pytest tests

.PHONY: test-server
test-server: build influxd ## the scenario tests on the InfluxDB 2.x that AIOINFLUX_TEST_V2_URL, _TOKEN and _ORG name
	@: "$${AIOINFLUX_TEST_V2_URL:?names no server}" "$${AIOINFLUX_TEST_V2_TOKEN:?names no token}" "$${AIOINFLUX_TEST_V2_ORG:?names no organization}"
	cargo test --package aioinflux --all-features --test it -- --ignored
	$(PYTHON) -m pytest tests -k "2.x"

.PHONY: lint
lint: tools venv ## formats, lints and types of both languages; a warning is an error
	@tools/need rustfmt clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --package aioinflux --no-default-features --all-targets -- -D warnings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

.PHONY: test-pythons
test-pythons: tools venv influxd ## the Python tests on each CPython from 3.10 on, pandas 2 and 3
	$(PYTHON) tools/test_pythons.py

# Wheels, so that every environment has the release build. CASE chooses a family or a case of RESULTS.md.
BENCH_WHEELS := target/bench/wheels
BENCH_PYTHON := .venvs/bench/bin/python
.PHONY: bench
bench: tools venv influxd ## both directions beside every peer, into benchmarks/RESULTS.md; CASE=... runs one
	@tools/need curl
	@tools/venv .venvs/bench "$$(tools/python)" tools/requirements-bench.txt tools/requirements-pandas3.txt
	@old=$$(tools/python-old) && { [ -z "$$old" ] || tools/venv .venvs/bench-old "$$old" tools/requirements-bench-old.txt; }
	@echo "building the release wheels: minutes the first time"
	@rm -rf $(BENCH_WHEELS)
	@for crate in "" "-m benchmarks/anchors/Cargo.toml"; do \
	    out=$$(CARGO_TARGET_DIR=target $(VENV)/bin/maturin build --quiet --release --out $(BENCH_WHEELS) $$crate 2>&1) \
	        || { echo "$$out"; exit 1; }; \
	done
	@$(BENCH_PYTHON) -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(BENCH_WHEELS)/*.whl
	@$(BENCH_PYTHON) -m benchmarks.run $$([ ! -d .venvs/bench-old ] || echo --old .venvs/bench-old/bin/python) $(if $(CASE),"$(CASE)")

.PHONY: docs
docs: tools ## the manual into site/, the Rust documentation into target/doc
	@tools/venv .venvs/docs "$$(tools/python)" tools/requirements-docs.txt
	@# The theme has a notice of its own that --quiet does not silence.
	NO_MKDOCS_2_WARNING=1 .venvs/docs/bin/mkdocs build --quiet --strict
	.venvs/docs/bin/python tools/own_host.py site
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet -p aioinflux -p aioinflux-line

.PHONY: clean
clean: ## removes everything that was made here
	rm -rf target site dist $(VENV) .venvs .mypy_cache .pytest_cache .ruff_cache
	find python -name '*.so' -delete
	find python tests tools examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: tools
tools:
	@tools/need python cargo cc

.PHONY: venv
venv:
	@tools/venv $(VENV) "$$(tools/python)" $(REQUIREMENTS) "$$(tools/pandas)"

.PHONY: build
build: tools venv
	@echo "building the package: minutes the first time, seconds afterwards"
	@out=$$($(VENV)/bin/maturin develop --quiet 2>&1) || { echo "$$out"; exit 1; }

.PHONY: influxd
influxd:
	@"$$(tools/python)" tools/influxd.py

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
	cargo test --workspace
	$(PYTHON) -m pytest tests

.PHONY: lint
lint: venv ## formats, lints and types of both languages; a warning is an error
	@tools/need cargo cc rustfmt clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

.PHONY: test-pythons
test-pythons: venv influxd ## the Python tests on every CPython 3.10 to 3.14 of the machine, pandas 2 and 3
	@tools/need cargo cc
	$(PYTHON) tools/test_pythons.py

.PHONY: bench
bench: venv influxd ## times of writing and reading through the Python interface, release build
	@tools/need cargo cc
	@$(VENV)/bin/maturin develop --quiet --release
	@$(PYTHON) benchmarks/bench.py

.PHONY: docs
docs: venv ## the manual into site/, the Rust documentation into target/doc
	@tools/need cargo cc
	@tools/venv .venvs/docs "$$(tools/python)" tools/requirements-docs.txt
	.venvs/docs/bin/mkdocs build --quiet --strict
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

.PHONY: clean
clean: ## removes everything that was made here
	rm -rf target site dist $(VENV) .venvs .mypy_cache .pytest_cache .ruff_cache
	find python -name '*.so' -delete
	find python tests tools examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: venv
venv:
	@tools/need python
	@tools/venv $(VENV) "$$(tools/python)" $(REQUIREMENTS) "$$(tools/pandas)"

.PHONY: build
build: venv
	@tools/need cargo cc
	@$(VENV)/bin/maturin develop --quiet

.PHONY: influxd
influxd:
	@tools/need python
	@"$$(tools/python)" tools/influxd.py

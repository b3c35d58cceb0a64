# Everything a newcomer types. Needs Rust (rustup), gcc, Python with pip and make; the rest is fetched into .tot/, pinned.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo test storm conformance clients fmt fuzz lint bench coverage sbom secrets clean setup tools

TARGET := $(or $(CARGO_TARGET_DIR),target)
# Where `make demo` finds the platform; by itself it asks the running `make run`.
URL ?=
# More bodies than cores only swap; the numbers that CI prints stay comparable.
export CARGO_TERM_COLOR ?= auto
# A test judges the snapshots in its source and never writes one, on CI least of all; `INSTA_UPDATE=new make test` may.
export INSTA_UPDATE ?= no
NEXTEST_PROFILE := $(if $(CI),ci,default)

export PATH := $(CURDIR)/.tot/tools/bin:$(PATH)

help: ## Say what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@tools/scripts/setup

tools:
	@tools/scripts/setup --tools

run: setup ## Start the platform with demo data on http://localhost:3000
	cargo run --locked --bin tot -- dev

demo: ## Walk one scheduled and one urgent booking through a running platform (URL=… for another than `make run`'s)
	cargo run --locked --quiet --bin tot -- demo $(if $(URL),--url $(URL))

# One set of features for clippy, build and tests: always the whole workspace, all targets. A test that fails says where;
# the runtime's frames below it would push what it says out of CI's log.
test: export RUST_BACKTRACE = 0
test: tools ## Prove the promises: format, licences and crate boundaries, lints, every test
	cargo fmt --all --check
	cargo deny --locked --log-level error check licenses bans sources
	@tools/scripts/advisories
	cargo build --locked --workspace --all-targets
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(TARGET)/debug/dev-stack exec -- cargo nextest run --locked --workspace --profile $(NEXTEST_PROFILE)
	@$(MAKE) --no-print-directory conformance

conformance: setup ## Let foreign programs judge the API's description, our stand-in for the payment providers, our exports, our webhooks, our calendars, our alerts and what pages can do
	@tools/conformance/setup
	clients/build
	cargo build --locked --workspace --all-targets
	$(or $(PYTHON),python3) tools/conformance/run.py $(TARGET)/debug/provider-sandbox .tot/conformance
	$(TARGET)/debug/dev-stack exec -- $(or $(PYTHON),python3) tools/conformance/exports.py $(TARGET)/debug/tot .tot/conformance/readers
	$(or $(PYTHON),python3) tools/conformance/webhooks.py $(TARGET)/debug/tot .tot/conformance
	$(or $(PYTHON),python3) tools/conformance/calendars.py $(TARGET)/debug/tot .tot/conformance
	$(or $(PYTHON),python3) tools/conformance/browser.py $(TARGET)/debug/tot .tot/conformance
	$(or $(PYTHON),python3) tools/conformance/alerts.py . .tot/conformance/promtool/promtool
	@$(MAKE) --no-print-directory sbom
	PYTHONPATH=$(CURDIR)/.tot/conformance/sbom $(or $(PYTHON),python3) tools/conformance/sbom.py .tot/sbom/tot.cdx.json
	$(or $(PYTHON),python3) tools/conformance/clients.py $(TARGET)/debug/tot .tot/conformance
	$(or $(PYTHON),python3) tools/conformance/described.py $(TARGET)/debug/tot .tot/conformance

clients: ## Generate and pack the clients for TypeScript and Python, into .tot/clients
	@tools/conformance/setup clients
	clients/build

fmt: ## Format the code
	cargo fmt --all

lint: tools ## Only the checks of `make test`, without its tests
	cargo fmt --all --check
	cargo deny --locked --log-level error check licenses bans sources
	cargo clippy --locked --workspace --all-targets -- -D warnings

storm: setup tools ## Two thousand payments through faults, kills and clock jumps (about a quarter of an hour)
	cargo build --locked --workspace --all-targets
	TOT_STORM_BOOKINGS=$${TOT_STORM_BOOKINGS:-2000} \
	$(TARGET)/debug/dev-stack exec -- .tot/tools/bin/cargo-nextest nextest run --locked --workspace --no-capture -E 'test(/^storm::/)'

fuzz: setup ## Let libFuzzer make inputs up (SECONDS_EACH=60 for each of fuzz/'s targets, TARGET=… for one)
	cargo build --locked -p dev-stack
	$(TARGET)/debug/dev-stack exec -- tools/scripts/fuzz

# The build that today's is measured against.
BASELINE ?= 03d2ffa

bench: setup ## Measure pgbench, a stock cqrs-es service, an earlier build and us, side by side
	cargo build --locked --release -p server -p bench -p stock-peer -p provider-sandbox
	ulimit -S -n $$(ulimit -H -n) || true; $(TARGET)/release/bench --baseline "$$(tools/scripts/baseline $(BASELINE))"

coverage: tools ## Report line coverage of the tests (needs llvm-cov of LLVM 22, or rustup's llvm-tools)
	tools/scripts/coverage

sbom: ## Write the bill of materials (CycloneDX) into .tot/sbom
	@tools/scripts/setup --sbom
	PYTHONPATH=$(CURDIR)/.tot/sbom-writer $(or $(PYTHON),python3) tools/scripts/sbom.py .tot/sbom/tot.cdx.json

# BLESS=1 after you looked at what was found and it is none.
secrets: ## Look for secrets in the repository, as CI does
	@tools/scripts/setup --secrets
	PYTHONPATH=$(CURDIR)/.tot/secrets-scanner $(or $(PYTHON),python3) tools/scripts/secrets.py $(if $(BLESS),--bless)

clean: ## Forget the platform's data (servers, tools and builds stay)
	@shopt -s nullglob; for data in .tot/data .tot/test-*; do \
	    if [[ -e $$data/lock ]] && ! flock -n "$$data/lock" true; then \
	        echo "make clean: $$data is in use; stop the platform (or the tests) that runs on it first" >&2; exit 1; \
	    fi; \
	    rm -rf "$$data"; \
	done

# What people and CI run. Each recipe installs what it lacks (Debian, as root) and is quiet when all is there.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
CARGO ?= cargo
CARGO_DENY := target/tools/bin/cargo-deny

XO_DATA_DIR ?= data
XO_HTTPS ?= 127.0.0.1:8443
XO_HTTP ?= off
XO_LAB ?= 1
export XO_DATA_DIR XO_HTTPS XO_HTTP XO_LAB

.PHONY: help run test lint fmt deny bench clients build-tools test-tools

help: ## This list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: build-tools ## Build and start xo-server with a lab pool
	$(CARGO) run --release --locked --quiet --package xo-server

test: test-tools lint clients ## Everything that CI checks
	tests/run.sh

lint: fmt deny ## Format, clippy, licences
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

fmt:
	$(CARGO) fmt --all --check

deny: $(CARGO_DENY)
	$(CARGO_DENY) --log-level error check bans licenses sources

bench: build-tools ## One table of medians; ROWS="latency memory" or ROWS=--quick for less
	$(CARGO) build --release --locked --quiet --package xo-server --package xo-lab --package xo-tests --bins
	target/release/xo-bench $(ROWS)

clients: ## Existing clients of Xen Orchestra and of XAPI, for the end-to-end tests
	@tests/clients/install.sh

build-tools:
	@tests/tools.sh build

test-tools: build-tools
	@tests/tools.sh test

$(CARGO_DENY):
	$(CARGO) install --locked --quiet --root target/tools cargo-deny

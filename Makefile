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
# For that server alone: the servers of tests are told what they need.
run: export XO_DATA_DIR := $(XO_DATA_DIR)
run: export XO_HTTPS := $(XO_HTTPS)
run: export XO_HTTP := $(XO_HTTP)
run: export XO_LAB := $(XO_LAB)

# Node 20.19 or newer: the system's, or one that tests/tools.sh put here.
export PATH := $(CURDIR)/target/tools/node/bin:$(PATH)
WEB_BUILT := web/dist/index.html
WEB_PACKAGES := web/node_modules/.package-lock.json
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune -o -path web/bench -prune -o -type f -print)

# The appliance: make appliance [VERSION=1.2.3] [DEV=1], make boot [PORT=9443]
VERSION ?= $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
IMAGE := xoa-$(VERSION)$(if $(DEV),-dev)
PORT ?= 9443
# All that goes into it is built with the same features of dependencies as the tool, so that none is built twice.
IMAGE_PACKAGES := xo-image-build xo-image-init $(sort $(shell sed -n 's/^\([a-z][^ ]*\) .*/\1/p' image-build/image/programs))
IMAGE_TOOL = $(CARGO) build --release --locked --quiet $(IMAGE_PACKAGES:%=--package %) --bin xo-image-build
# make test-appliance [ONLY="boots settings"] [CUTS=10] [ACCEL=kvm]
CUTS ?= 10
ACCEL ?= tcg

.PHONY: help run test lint fmt deny web web-test advisories bench bench-updates appliance boot test-appliance test-twice clients build-tools test-tools image-tools boot-tools browser-tools

help: ## This list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: build-tools web ## Build and start xo-server with a lab pool
	@test -x target/release/xo-server || echo "Building xo-server and xo-cli: the first time this takes about ten minutes, and says nothing meanwhile."
	@$(CARGO) build --release --locked --quiet --package xo-server --package xo-cli
	@exec target/release/xo-server

test: test-tools lint clients web ## Everything that CI checks
	tests/run.sh
	$(MAKE) --no-print-directory web-test

lint: fmt deny ## Format, clippy, licences
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

fmt:
	$(CARGO) fmt --all --check

deny: $(CARGO_DENY)
	$(CARGO_DENY) --log-level error check bans licenses sources

advisories: $(CARGO_DENY) ## Known weaknesses of what we depend on (needs the network)
	$(CARGO_DENY) --log-level error check advisories

bench: test-tools web ## Tables of medians: server, browser, updates; ROWS="latency memory" or ROWS=--quick for less
	$(CARGO) build --release --locked --quiet --package xo-server --package xo-lab --package xo-image-build --package xo-tests --bins
	target/release/xo-bench $(ROWS)
	cd web && npm run --silent bench -- $(ROWS)
	$(if $(ROWS),,$(MAKE) --no-print-directory bench-updates)

bench-updates: ## What an update costs: bytes, time, outage; boots the appliance in QEMU
	$(MAKE) --no-print-directory test-appliance ONLY="update deltas"

appliance: build-tools image-tools web ## The appliance's disk and XVA, in target/appliance
	$(IMAGE_TOOL)
	target/release/xo-image-build build --version $(VERSION) $(if $(DEV),--dev)

boot: boot-tools ## Start the built appliance in QEMU; ends with Ctrl-C
	image-build/boot.sh target/appliance/$(IMAGE).raw $(PORT)

test-appliance: build-tools image-tools boot-tools browser-tools web ## Boot the appliance in QEMU and look whether it does what it should (not in make test)
	$(IMAGE_TOOL)
	$(CARGO) build --locked --quiet --package xo-appliance-tests
	target/debug/xo-appliance-test --version $(VERSION) --cuts $(CUTS) --accelerator $(ACCEL) $(ONLY)

test-twice: appliance ## Build the appliance once more and compare the bytes; FRESH=1 fetches the packages again
	image-build/twice.sh target/release/xo-image-build $(VERSION) $(if $(FRESH),--fresh)

web: build-tools $(WEB_BUILT) ## The web client's files, which xo-server holds

$(WEB_PACKAGES): web/package-lock.json web/package.json web/.npmrc
	cd web && npm ci --silent
	@touch $@

$(WEB_BUILT): $(WEB_PACKAGES) $(WEB_SOURCES)
	cd web && npm run --silent build

web-test: test-tools web ## Lint, unit tests, size and browser tests of the web client
	cd web && npm run --silent lint && npm test --silent && npm run --silent size
	$(CARGO) build --locked --quiet --package xo-server --package xo-lab --package xo-appliance
	cd web && npm run --silent e2e

clients: ## Existing clients of Xen Orchestra and of XAPI, for the end-to-end tests
	@tests/clients/install.sh

build-tools:
	@tests/tools.sh build

image-tools:
	@tests/tools.sh image

boot-tools:
	@tests/tools.sh boot

browser-tools:
	@tests/tools.sh browser

test-tools: build-tools
	@tests/tools.sh test

$(CARGO_DENY):
	$(CARGO) install --locked --quiet --root target/tools cargo-deny

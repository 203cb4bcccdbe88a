# The daily commands. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
GOFLAGS_BUILD := -buildvcs=false -ldflags "-s -w -X monitord/internal/version.version=$(VERSION)"
# One setting for build, vet and lint shares the compiled packages; only the race
# detector needs cgo.
export CGO_ENABLED := 0
TOOL := go tool -modfile=internal/tools/go.mod
PKGS := ./...
ONLY ?=
SHARED ?= $(CURDIR)/../shared
FUZZTIME ?= 20s
COUNT ?= 6
export SHARED

.PHONY: help run build web check test bench fuzz e2e accept golden docs new-check new-action test-deps clean

help: ## this list
	@grep -hE '^[a-z][a-z0-9-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

run: build ## server and probe on this machine: http://127.0.0.1:8460/ (ARGS='--listen 127.0.0.1:8470' for another port)
	@exec internal/tools/run.sh $(ARGS)

build: web ## both programs, into bin/
	go build $(GOFLAGS_BUILD) -o bin/monitord ./cmd/monitord
	go build $(GOFLAGS_BUILD) -o bin/probe ./cmd/probe

# The bundle is made again when a source of it is newer.
web: dashboards/web/dist/app.js
dashboards/web/dist/app.js: $(wildcard dashboards/web/src/*) dashboards/web/package.json dashboards/web/package-lock.json
	cd dashboards/web && npm ci --no-audit --no-fund --silent && npm run --silent build

check: web ## fast: format, vet, lint, layering, short tests (no root, no network)
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not gofmt'd: $$bad"; exit 1; }
	go vet $(PKGS)
	go vet -tags "e2e accept" ./internal/... ./alerting/... ./checks/... ./collectors/...
	$(TOOL) staticcheck $(PKGS)
	go test -short $(PKGS)

test-deps:
	@internal/tools/install-test-deps.sh

test: test-deps build ## everything, with the race detector and the main-job story
	go vet $(PKGS)
	go vet -tags "e2e accept" ./internal/... ./alerting/... ./checks/... ./collectors/...
	$(TOOL) staticcheck $(PKGS)
	CGO_ENABLED=1 go test -race -timeout 15m $(PKGS)
	go test -run '^Test(Incidents|Whatever|TheSimulation)' ./alerting
	$(MAKE) --no-print-directory e2e ONLY=main-job

story-deps:
	@internal/tools/install-test-deps.sh stories

e2e: $(if $(filter main-job,$(ONLY)),test-deps,story-deps) build ## stories with real services; ONLY=main-job for one, ALLOW_SKIP=1 where one cannot run
	MONITORD_BIN=$(CURDIR)/bin go test -tags e2e -count=1 -timeout 60m -v $(if $(ONLY),-run '^TestStory/$(ONLY)$$') ./internal/e2e

accept: build ## runs on the acceptance data in SHARED (default ../shared); ONLY=sysstat for one set
	@go test -tags accept -count=1 -timeout 30m -v -run '(?i)^TestAccept$(ONLY)' $$(grep -rl '^func TestAccept' --include='*_test.go' . | xargs -n1 dirname | sort -u) >bin/accept.log 2>&1; rc=$$?; \
	  grep -E '^accept:|^--- FAIL|_test.go:|^panic|^FAIL' bin/accept.log; exit $$rc

# One package after the other: what is measured must not compete. Whole programs
# (internal/bench) run once: each of theirs is seconds of work.
bench: build ## benchmarks six times (COUNT), ready for benchstat; peers beside them where they are installed
	go test -run '^$$' -bench '$(or $(ONLY),.)' -benchmem -benchtime 0.5s -count $(COUNT) -p 1 -timeout 30m $$(go list $(PKGS) | grep -v /internal/bench$$)
	go test -run '^$$' -bench '$(or $(ONLY),.)' -count 1 -timeout 30m ./internal/bench

# Without its limit, making one input smaller takes the whole time of a target.
fuzz: ## each fuzz target for FUZZTIME (20s)
	@for pkg in $$(go list $(PKGS)); do \
	  for f in $$(go test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
	    echo "fuzz: $$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; done

golden: ## rewrites the expected outputs; review the diff
	go test $(PKGS) -run Golden -args -update

docs: build ## README blocks from the samples, screenshots of the pages
	go run ./internal/docgen

new-check: ## a new kind of check, already green: make new-check NAME=foo (KIND=collector for one of those)
	@test -n "$(NAME)" || { echo "say which: make new-check NAME=foo"; exit 2; }
	go run ./internal/skeleton $(or $(KIND),check) "$(NAME)"
	go run ./internal/docgen -pictures=false

new-action: ## a new kind of action on states, already green: make new-action NAME=foo
	@$(MAKE) --no-print-directory new-check KIND=action

clean: ## removes what was built; your data in ./var stays
	rm -rf bin dashboards/web/dist/app.* dashboards/web/node_modules

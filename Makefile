# Targets a person types. `make` alone lists them.
SHELL    := /bin/bash
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -X main.version=$(VERSION)
BIN      := bin/pipeline
DEMO     := demo
ACCOUNTS ?= 2000
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0

.PHONY: help build run run-salesforce test test-all test-interop test-faults test-linking bench bench-link bench-linking lint clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/pipeline
	@go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/pipeline

run: build ## build, generate the demo, run all layers, show what came out
	@test -f $(DEMO)/pipeline.json || $(BIN) demo --out $(DEMO) --accounts $(ACCOUNTS) --lake lake
	@$(BIN) run --layer all --config $(DEMO)/pipeline.json

run-salesforce: ACCOUNTS := 300
run-salesforce: build ## the same from simulated Salesforce orgs: a first load and three nights, held against their exports
	@go run ./tests/salesforcerun -pipeline $(BIN) -accounts $(ACCOUNTS)

test: ## the tests (Go only, under 10 minutes on two cores)
	go test -short -ldflags '-s -w' -timeout 20m ./...

test-all: ## the tests whole: 50 kills in a row, the past of a lake, lakes on 8 threads
	go test -ldflags '-s -w' -timeout 40m ./...

test-interop: build ## read the results with other people's clients (needs Python 3 with venv)
	tests/interop/run.sh

test-faults: build ## the long kill and corruption campaigns, for hours; their counts at the end
	@set -o pipefail; FAULTS=long go test -p 1 -timeout 8h -count 1 -run 'Fault|Kill|Crash|NoSpace|Verified|SchemaChanges|CompactSets' -v ./pipeline/lake/... ./tests/... 2>&1 \
		| tee bin/faults.log; code=$$?; echo "== what was counted (all of it: bin/faults.log)"; \
		grep -E '^ *(--- (PASS|FAIL|SKIP)|[a-z_]+_test\.go:[0-9]+: )' bin/faults.log; exit $$code

test-linking: ## account linking in a lake of 100,000 accounts against the truth
	LINKING_ACCOUNTS=100000 go test -timeout 30m -count 1 -run TestLinkingOfGroup -v ./tests/

bench: build ## bronze, silver and gold beside bare DuckDB on 100,000 accounts
	tests/bench/run.sh
	go run ./tests/salesforcebench
	go run ./tests/salesforcebench -objects 4 -rows 5000 -long 131072

bench-link: ## account linking: time, memory and quality at 100,000 and 1,000,000 accounts
	@go run ./tests/linkbench

bench-linking: build ## account linking beside Splink and dedupe (needs Python 3 with venv)
	tests/linking/run.sh

lint: ## gofmt, go vet, golangci-lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run $(GOLANGCI) run ./...

clean: ## remove the binary, the demo and the demo's lake
	rm -rf bin $(DEMO) demo-salesforce
	find lake -mindepth 1 ! -name README.md -delete

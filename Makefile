# `make` shows what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GOLANGCI_VERSION := v2.15.0
GOLANGCI := .bin/golangci-lint-$(GOLANGCI_VERSION)
FUZZTIME ?= 10s
SEEDS ?= 50
SEED ?=

##@ Every day

test: ## all tests, with the race detector, against servers of their own and in a real browser
	scripts/test.sh

test-quick: ## the tests that need no server, and how many were skipped and why
	go test -json ./... | go run ./internal/skips

lint: $(GOLANGCI) ## go vet, golangci-lint and the format
	go vet ./...
	$(GOLANGCI) run
	$(GOLANGCI) fmt --diff
	scripts/each-module.sh go vet ./...
	scripts/each-module.sh $(CURDIR)/$(GOLANGCI) run
	scripts/each-module.sh $(CURDIR)/$(GOLANGCI) fmt --diff

fmt: $(GOLANGCI) ## format everything
	$(GOLANGCI) fmt
	scripts/each-module.sh $(CURDIR)/$(GOLANGCI) fmt

tidy: ## make go.mod say what is imported
	go mod tidy
	scripts/each-module.sh go mod tidy

##@ Now and then

mutants: ## break each guard in turn; a test must notice (ONLY='^keyset|budget' for some)
	scripts/with-servers.sh go run ./internal/mutants -only '$(ONLY)'

faults: ## break the servers under SEEDS schedules (50), or under one: SEED=17
	COFACTOR_FAULTS_SEEDS=$(SEEDS) COFACTOR_FAULTS_SEED=$(SEED) scripts/with-servers.sh \
		go test -race -count=1 -timeout 30m -v ./internal/faults

fuzz: ## each fuzz test for FUZZTIME (10s)
	scripts/fuzz.sh $(FUZZTIME)

bench: ## a login's speed beside that of one written by hand, in minutes (BENCH=-full: every size, a quarter of an hour; BENCH=-help)
	scripts/with-servers.sh go run ./internal/bench $(BENCH)
	scripts/with-servers.sh go test -run '^$$' -bench Together -benchtime 1x ./registry
	go test -run '^$$' -bench LoginVerify -benchtime 3s ./provider/webauthn

cover: ## how much of each function the tests reach
	scripts/with-servers.sh go test -coverpkg=./... -coverprofile=cover.out ./...
	go tool cover -func=cover.out

ci: ## what the build server runs
	.ci/run

help:
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { print "\n" substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The version is in the name, so a new one replaces the old.
$(GOLANGCI):
	@mkdir -p .bin
	GOBIN="$(CURDIR)/.bin" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .bin/golangci-lint $@

.PHONY: test test-quick lint fmt tidy mutants faults fuzz bench cover ci help

#!/usr/bin/env bash
# `make test`: every test, with the race detector, against real servers and in a real browser. Arguments go to go test: scripts/test.sh -run Rotation
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

install_npm_packages
export CGO_ENABLED=1 # for -race
exec scripts/with-servers.sh bash -euo pipefail -c '
	go test -race -shuffle=on "$@" ./...
	scripts/each-module.sh go test -race -shuffle=on -timeout 20m "$@" ./... # what only tests and examples need stays out of our module
' test.sh "$@"

#!/usr/bin/env bash
# `make test`: every test, with the race detector, against real servers and in a real browser. Arguments go to go test: scripts/test.sh -run Rotation
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

install_npm_packages
export CGO_ENABLED=1 # for -race
exec scripts/with-servers.sh bash -euo pipefail -c '
	go test -race -shuffle=on "$@" ./...
	go -C e2e test -race -shuffle=on "$@" ./... # a module of its own: what only tests need stays out of ours
' test.sh "$@"

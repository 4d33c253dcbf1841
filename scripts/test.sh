#!/usr/bin/env bash
# `make test`: every test, with the race detector, against real servers. Arguments go to go test: scripts/test.sh -run Rotation
set -euo pipefail
cd "$(dirname "$0")/.."

export CGO_ENABLED=1 # for -race
exec scripts/with-servers.sh go test -race -shuffle=on "$@" ./...

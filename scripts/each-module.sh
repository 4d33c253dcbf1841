#!/usr/bin/env bash
# Runs a command in each module that is nested in this repository: scripts/each-module.sh go vet ./...
set -euo pipefail
cd "$(dirname "$0")/.."

find e2e examples -name node_modules -prune -o -name go.mod -printf '%h\n' | sort | while read -r module; do
	echo "== $module: $*"
	(cd "$module" && "$@") </dev/null
done

#!/usr/bin/env bash
# Runs every fuzz test of the module for the given time each, one after the other: scripts/fuzz.sh 30s
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-10s}

# go test -list prints the names of a package's tests, then a line with the package.
go test -list '^Fuzz' ./... | awk '
	/^Fuzz/ { names[++n] = $1 }
	/^ok/   { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }
' | while read -r package name; do
	echo "== $name, $package"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package" </dev/null
done

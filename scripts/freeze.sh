#!/usr/bin/env bash
# Keeps the tree of a version, as far as the example program needs it, for the test that upgrades a deployment from that version to this one. Run it when a version
# has been released: scripts/freeze.sh v1.2.0
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?which version?}
into=internal/faults/testdata

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git archive "$version" | tar -x -C "$tree"
mapfile -t packages < <(cd "$tree" && GOWORK=off go list -deps -f '{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}' ./examples/replica)
paths=(go.mod go.sum)
for package in "${packages[@]}"; do
	paths+=("${package#"$tree"/}/")
done
exclude=(':(exclude)**/*_test.go' ':(exclude)**/testdata/**')
mkdir -p "$into"
git archive --format=zip -9 -o "$into/previous.zip" "$version" -- "${paths[@]}" "${exclude[@]}"
git log -1 --format='%H %cs %s' "$version" >"$into/previous.txt"
ls -l "$into/previous.zip"

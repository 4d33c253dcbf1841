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
mapfile -t files < <(cd "$tree" && GOWORK=off go list -deps -f '{{with .Module}}{{if .Main}}{{range $.GoFiles}}{{$.Dir}}/{{.}}
{{end}}{{range $.IgnoredGoFiles}}{{$.Dir}}/{{.}}
{{end}}{{range $.EmbedFiles}}{{$.Dir}}/{{.}}
{{end}}{{end}}{{end}}' ./examples/replica | grep -v '^$' | grep -v '_test\.go$')
mkdir -p "$into"
git archive --format=zip -9 -o "$into/previous.zip" "$version" -- go.mod go.sum "${files[@]#"$tree"/}"
git log -1 --format='%H %cs %s' "$version" >"$into/previous.txt"
ls -l "$into/previous.zip"

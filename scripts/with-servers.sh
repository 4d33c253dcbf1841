#!/usr/bin/env bash
# Starts a Redis and a PostgreSQL of its own on free loopback ports, runs the command, and stops them again:
#
#   scripts/with-servers.sh go test ./factor/sqlstore
#
# Nothing outlives the command, not even when it fails or is interrupted.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

install_missing

folder=$(mktemp -d "${TMPDIR:-/tmp}/cofactor-test.XXXXXX")
chmod 755 "$folder" # PostgreSQL runs as another user
servers=()

stop() {
	for pid in "${servers[@]}"; do
		kill -INT "$pid" 2>/dev/null || true
	done
	for pid in "${servers[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

# A port that was free a moment ago. Another program may take it in between; the server then does not start, and we say so.
free_port() {
	local port
	while port=$((20000 + RANDOM % 10000)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# wait_for NAME PID COMMAND... runs the command until it succeeds, for 20 seconds at most.
wait_for() {
	local name=$1 pid=$2
	shift 2
	for _ in $(seq 200); do
		if "$@" >/dev/null 2>&1; then return; fi
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	echo "$name did not start:" >&2
	tail -20 "$folder/$name.log" >&2
	exit 1
}

start_redis() {
	local port
	port=$(free_port)
	redis-server --bind 127.0.0.1 --port "$port" --dir "$folder" --save '' --appendonly no \
		--maxmemory-policy noeviction >"$folder/redis.log" 2>&1 &
	servers+=($!)
	wait_for redis $! redis-cli -p "$port" ping
	export COFACTOR_TEST_REDIS="redis://127.0.0.1:$port"
}

# PostgreSQL refuses to run as root; setpriv changes the user without a process in between, so the pid is the server's. fsync stays
# on, as in production; the rest is small.
start_postgres() {
	local port as=()
	port=$(free_port)
	mkdir "$folder/postgres"
	if [ "$(id -u)" = 0 ]; then
		chown postgres "$folder/postgres"
		as=(setpriv --reuid=postgres --regid=postgres --init-groups)
	fi
	(
		cd "$folder/postgres"
		export LC_ALL=C.UTF-8
		"${as[@]}" "$(postgres_bin)/initdb" -A trust -U postgres -D data --no-sync >../postgres.log 2>&1 || {
			cat ../postgres.log >&2
			exit 1
		}
	)
	(
		cd "$folder/postgres"
		exec "${as[@]}" "$(postgres_bin)/postgres" -D data -p "$port" -k "$folder/postgres" \
			-c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=32MB
	) >>"$folder/postgres.log" 2>&1 &
	servers+=($!)
	wait_for postgres $! "$(postgres_bin)/pg_isready" -h 127.0.0.1 -p "$port"
	export COFACTOR_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
}

start_redis
start_postgres
export COFACTOR_TEST_REQUIRE=1
"$@"

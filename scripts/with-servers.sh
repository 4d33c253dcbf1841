#!/usr/bin/env bash
# Starts a Redis, a PostgreSQL and, as root, a Postfix of its own on free loopback ports, runs the command, and stops them again:
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
	if [ -d "$folder/postfix" ]; then
		postfix -c "$folder/postfix" stop >/dev/null 2>&1 || true
	fi
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

# Postfix is somebody else's mail server: it offers STARTTLS and nothing without, knows alice@example.test and nobody else, and puts her mail into
# a folder. It runs as root only, so that tests that want it are skipped for everybody else.
start_postfix() {
	local port config=$folder/postfix
	if [ "$(id -u)" != 0 ]; then return; fi
	port=$(free_port)
	mkdir -p "$config/queue" "$config/data" "$folder/mail/alice"
	chown postfix "$config/data"
	chown -R nobody "$folder/mail"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$config/key.pem" -out "$config/cert.pem" >"$folder/postfix.log" 2>&1
	cat >"$config/main.cf" <<-EOF
		compatibility_level = 3.6
		queue_directory = $config/queue
		data_directory = $config/data
		daemon_directory = $(postconf -d -h daemon_directory)
		command_directory = /usr/sbin
		mail_owner = postfix
		setgid_group = postdrop
		maillog_file = $folder/postfix.log
		maillog_file_prefixes = $folder
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		myhostname = mail.example.test
		mydestination =
		alias_maps =
		local_recipient_maps =
		virtual_mailbox_domains = example.test
		virtual_mailbox_maps = inline:{ alice@example.test=alice/, bob@example.test=bob/ }
		virtual_mailbox_base = $folder/mail
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		smtpd_tls_security_level = encrypt
		smtpd_tls_cert_file = $config/cert.pem
		smtpd_tls_key_file = $config/key.pem
		smtpd_relay_restrictions = reject_unauth_destination
	EOF
	cat >"$config/master.cf" <<-EOF
		127.0.0.1:$port inet n - n - - smtpd
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		proxymap unix - - n - - proxymap
		tlsmgr unix - - n 1000? 1 tlsmgr
		anvil unix - - n - 1 anvil
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		virtual unix - n n - - virtual
		postlog unix-dgram n - n - 1 postlogd
	EOF
	postfix -c "$config" start-fg >>"$folder/postfix.log" 2>&1 &
	wait_for postfix $! bash -c "exec 3<>/dev/tcp/127.0.0.1/$port && head -c 3 <&3 | grep -q 220"
	export COFACTOR_TEST_SMTP="smtp://localhost:$port?ca=$config/cert.pem&mailbox=$folder/mail/alice/new"
}

start_redis
start_postgres
start_postfix
export COFACTOR_TEST_REQUIRE=1
"$@"

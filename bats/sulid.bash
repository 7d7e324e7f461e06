# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# The server from a bats file: started on free ports that it publishes itself, ended by its pid.
#
#	load sulid
#	setup_file() {
#		content f0 0 f1 1
#		server_start <<-YAML
#			vhosts:
#			  - names: ["*"]
#			    …
#		YAML
#	}
#	teardown_file() { server_stop; }
#	teardown() { server_check; }
#
# server_start adds what every test needs (run directory, accounts, log) unless the YAML says it, and exports:
#	SULID_PID, SITE (a directory to serve), and HTTPS, HTTP, GEMINI: the ports.
# TLS_PATH is "kernel" or "relayed": what connections are expected to be here.

SULID_BUILD=${SULID_BUILD:-$BATS_TEST_DIRNAME/../build}
SULID=$SULID_BUILD/sulid
export SULID_BUILD SULID

# What the kernel encrypts here. Guests say SULID_EXPECT=kernel, so that nothing can be relayed there unseen.
tls_path() {
	if [[ ${SULID_EXPECT:-} ]]; then
		TLS_PATH=$SULID_EXPECT
	elif "$SULID" doctor >/dev/null 2>&1; then
		TLS_PATH=kernel
	else
		TLS_PATH=relayed
	fi
	KERNEL=prefer
	[[ $TLS_PATH != kernel ]] || KERNEL=require
	export TLS_PATH KERNEL
}

# within SECONDS COMMAND…: poll until it succeeds; fails when the time is over.
within() {
	local deadline=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.05
	done
}

# never COMMAND…: fails if the command succeeds. ("! command" fails no test: bash exempts it from errexit.)
never() {
	if "$@"; then
		echo "this should not have succeeded: $*" >&2
		return 1
	fi
}

# content NAME SIZE…: files of random bytes below SITE.
content() {
	export SITE=${SITE:-$BATS_FILE_TMPDIR/site}
	mkdir -p "$SITE"
	while (($# > 0)); do
		head -c "$2" /dev/urandom >"$SITE/$1"
		shift 2
	done
	chmod -R a+rX "$SITE"
}

# hash_of NAME: the SHA-256 of a file below SITE, in HASH.
# shellcheck disable=SC2034 # for the caller
hash_of() {
	read -r HASH _ < <(sha256sum "$SITE/$1")
}

# certificate DIR NAME…: a self-signed pair, valid from now on.
certificate() {
	local directory=$1

	shift
	"$SULID" certificate --quiet -o "$directory" "$@"
}

# The configuration on standard input, completed by what it does not say at the top, to a file.
server_config() {
	local file=$1 given line key

	given=$(cat)
	printf '%s\n' "$given" >"$file"
	while IFS= read -r line; do
		key=${line%%:*}
		[[ $'\n'$given == *$'\n'"$key:"* ]] || printf '%s\n' "$line" >>"$file"
	done <<-YAML
		run: $BATS_FILE_TMPDIR/run
		user: {worker: nobody, handshaker: nobody, admin: nobody}
		tls: {kernel: $KERNEL}
		acme: none
		log: {access: $BATS_FILE_TMPDIR/access.log}
		processes: {workers: 2, handshakers: 1}
	YAML
}

server_is_ready() {
	grep -q '^sulid: ready:' "$SERVER_LOG" || ! kill -0 "$SULID_PID" 2>/dev/null
}

# The port of the first listener of a protocol.
server_port() {
	local line

	while IFS= read -r line; do
		if [[ $line == "sulid: listening on $1://"* ]]; then
			echo "${line##*:}"
			return
		fi
	done <"$SERVER_LOG"
}

# Start "sulid run" with the configuration on standard input. SERVER_PREFIX: a command to run it under.
server_start() {
	tls_path
	export SERVER_LOG=$BATS_FILE_TMPDIR/server.log SERVER_CONFIG=$BATS_FILE_TMPDIR/sulid.yaml
	server_config "$SERVER_CONFIG"
	: >"$SERVER_LOG"
	# shellcheck disable=SC2086 # a prefix is several words
	${SERVER_PREFIX:-} "$SULID" run -c "$SERVER_CONFIG" >"$BATS_FILE_TMPDIR/server.out" 2>"$SERVER_LOG" 3>&- &
	export SULID_PID=$!
	if ! within 30 server_is_ready || ! kill -0 "$SULID_PID" 2>/dev/null; then
		echo "sulid did not become ready:" >&2
		cat "$SERVER_LOG" >&2
		return 1
	fi
	HTTPS=$(server_port https) HTTP=$(server_port http) GEMINI=$(server_port gemini)
	export HTTPS HTTP GEMINI
}

# What most files of tests want: SITE as one.example over https, gemini and plain http, with a certificate of its
# own. Further keys for the top of the configuration come on standard input.
server_start_site() {
	local tls=$BATS_FILE_TMPDIR/tls more

	more=$(cat)
	[[ -d $tls ]] || certificate "$tls" one.example
	server_start <<-YAML
		$more
		listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0", "http://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate: {chain: $tls/fullchain.pem, key: $tls/privkey.pem}
		    http: serve
	YAML
}

server_log_is_clean() {
	! grep -E 'ended by signal|ended with status|ERROR: |runtime error|Sanitizer' "$SERVER_LOG" >&2
}

# After each test: the server lives, no child died, nothing was said by a sanitizer.
server_check() {
	if ! kill -0 "$SULID_PID" 2>/dev/null || ! server_log_is_clean; then
		echo "the server is not as it should be:" >&2
		tail -n 40 "$SERVER_LOG" >&2
		return 1
	fi
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

server_stop() {
	local pid

	[[ ${SULID_PID:-} ]] || return 0
	kill -TERM "$SULID_PID" 2>/dev/null || true
	if ! within 20 is_gone "$SULID_PID"; then
		echo "sulid did not end after SIGTERM:" >&2
		tail -n 20 "$SERVER_LOG" >&2
		"$SULID" status -c "$SERVER_CONFIG" >&2 || true
		for pid in $(pgrep -P "$SULID_PID"); do
			ls -l "/proc/$pid/fd" >&2
		done
		kill -KILL "$SULID_PID"
		return 1
	fi
	unset SULID_PID
}

# children NAME: pids of sulid's processes of that program, in PIDS.
children() {
	PIDS=()
	local pid comm

	for pid in $(pgrep -P "$SULID_PID"); do
		read -r comm <"/proc/$pid/comm" || continue
		# The kernel keeps 15 characters of a name.
		[[ $comm == "${1:0:15}" ]] && PIDS+=("$pid")
	done
	((${#PIDS[@]} > 0))
}

# Open descriptors of a process.
descriptors() {
	local all=(/proc/"$1"/fd/*)

	echo "${#all[@]}"
}

# A number from "sulid status --json": status_counter 'connections_open'. Dies with status.
status_counter() {
	"$SULID" status -c "$SERVER_CONFIG" --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["counters"][sys.argv[1]])' "$1"
}

no_connection_open() {
	[[ $(status_counter connections_open) == 0 ]]
}

# No access log line so far is of another path than TLS_PATH (plain ones apart).
logged_paths_hold() {
	local other=relayed

	[[ $TLS_PATH != relayed ]] || other=kernel
	! grep -m1 "\"path\":\"$other\"" "$BATS_FILE_TMPDIR/access.log" >&2
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# slow_down: a client that asks too often, in both protocols. What comes back in an hour does not during a test.

bats_require_minimum_version 1.5.0
load sulid
load client

configuration() {
	cat <<-YAML
		listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0", "http://127.0.0.1:0"]
		processes: {workers: $1, handshakers: 1}
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/tls/fullchain.pem, key: $BATS_FILE_TMPDIR/tls/privkey.pem}
		    http: serve
		    error_pages: {429: /429.html}
		    paths:
		      /capsule/: {slow_down: {rate: 1/h, burst: 2}}
		      /web/: {slow_down: {rate: 1/h, burst: 2}}
		      /soon/: {slow_down: {rate: 30/m, burst: 1}}
		      /shared/: {slow_down: {rate: 1/h, burst: 2}}
		      /shared/below/: {cache: 1d}
		      /shared/own/: {slow_down: {rate: 1/h, burst: 1}}
		      /shared/free/: {slow_down: none}
		      /each/: {slow_down: {rate: 1/h, burst: 1}}
		      /log/: {slow_down: {rate: 1/h, burst: 1}}
		      /list/: {slow_down: {rate: 1/h, burst: 2}, listing: true}
		      /parts/: {slow_down: {rate: 2/d, burst: 4}}
	YAML
}

setup_file() {
	local path

	export SITE=$BATS_FILE_TMPDIR/site
	for path in capsule web soon shared shared/below shared/own shared/free each log list parts; do
		mkdir -p "$SITE/$path"
		echo "$path" >"$SITE/$path/a.txt"
	done
	echo free >"$SITE/a.txt"
	printf 'gently' >"$SITE/429.html"
	chmod -R a+rX "$SITE"
	certificate "$BATS_FILE_TMPDIR/tls" one.example
	server_start < <(configuration 1)
	client_start
}

teardown_file() {
	client_stop
	server_stop
}

teardown() {
	server_check
	logged_paths_hold
}

gemini() {
	local path=$1

	shift
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=one.example want=body \
		raw="gemini://one.example:$GEMINI$path\\r\\n" "$@"
}

web() {
	local path=$1

	shift
	client get host=127.0.0.1 port="$HTTP" tls=none want=all header="Host: one.example" path="$path" "$@"
}

# The counter of the metrics, in COUNT.
count() {
	client get host="$BATS_FILE_TMPDIR/run/admin.sock" tls=none path=/metrics want=body
	client_has status=200
	[[ ${R[body]} =~ sulid_limit_total\{limit=\"slow_down\"\}\ ([0-9]+) ]]
	COUNT=${BASH_REMATCH[1]}
}

@test "slow_down: Gemini's 44 says how many seconds to wait" {
	gemini /capsule/a.txt
	client_has status=20 $'body=capsule\n'
	gemini /capsule/a.txt
	client_has status=20
	gemini /capsule/a.txt
	client_has status=44 bytes=0 end=close_notify
	[[ ${R[meta]} =~ ^[1-9][0-9]*$ ]]
	((R[meta] > 3000 && R[meta] <= 3600))
	gemini /a.txt
	client_has status=20 $'body=free\n'
}

@test "slow_down: HTTP's 429 has Retry-After and the vhost's page, and the connection goes on" {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example header="Host: one.example" path=/web/a.txt \
		count=4 want=all keep=web
	client_has statuses=200,200,429,429 status=429 complete=yes body=gently end=keep
	[[ ${R[head]} =~ Retry-After:\ ([1-9][0-9]*) ]]
	((BASH_REMATCH[1] > 3000 && BASH_REMATCH[1] <= 3600))
	client get conn=web header="Host: one.example" path=/a.txt want=body
	client_has status=200 $'body=free\n'
	client close conn=web
}

@test "slow_down: who waits, or goes on asking, is served again when it is time" {
	local begun=${EPOCHREALTIME/./} served

	web /soon/a.txt pipeline=2
	client_has statuses=200,429
	[[ ${R[head]} == *"Retry-After: 2"* ]]
	is_served() {
		web /soon/a.txt
		[[ ${R[status]} == 200 ]]
	}
	within 30 is_served
	served=${EPOCHREALTIME/./}
	((served - begun >= 2000000))
}

@test "slow_down: paths that inherit it count together, in all protocols; one that says its own does not" {
	web /shared/a.txt
	client_has status=200
	gemini /shared/below/a.txt
	client_has status=20
	web /shared/below/a.txt
	client_has status=429
	gemini /shared/a.txt
	client_has status=44
	web /shared/own/a.txt count=2
	client_has statuses=200,429
	web /shared/free/a.txt count=5
	client_has statuses=200,200,200,200,200
}

@test "slow_down: each client counts for itself" {
	web /each/a.txt count=2
	client_has statuses=200,429
	web /each/a.txt from=127.0.0.2 count=2
	client_has statuses=200,429
}

@test "slow_down: a listing is one request" {
	web /list/ count=3
	client_has statuses=200,200,429
}

@test "slow_down: the access log has it, and the metrics count it" {
	local before

	count
	before=$COUNT
	web /log/a.txt
	client_has status=200
	web /log/a.txt
	client_has status=429
	gemini /log/a.txt
	client_has status=44
	within 5 grep -q '"request":"GET /log/a.txt HTTP/1.1","status":429,' "$BATS_FILE_TMPDIR/access.log"
	within 5 grep -q '/log/a.txt","status":44,' "$BATS_FILE_TMPDIR/access.log"
	count
	((COUNT == before + 2))
}

@test "slow_down: each of two workers lets its part through" {
	local worker

	server_config "$SERVER_CONFIG" < <(configuration 2)
	"$SULID" reload -c "$SERVER_CONFIG"
	both_alone() {
		children sulid-worker && ((${#PIDS[@]} == 2))
	}
	within 30 both_alone
	# While one stands still the other takes what comes.
	for worker in "${PIDS[@]}"; do
		kill -STOP "$worker"
		web /parts/a.txt count=3
		kill -CONT "$worker"
		client_has statuses=200,200,429
		[[ ${R[head]} =~ Retry-After:\ ([1-9][0-9]*) ]]
		((BASH_REMATCH[1] > 86000 && BASH_REMATCH[1] <= 86400))
	done
}

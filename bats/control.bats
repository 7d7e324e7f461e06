#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Signals, reload, status, crashes, logs.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content small 1000 big 3000000
	certificate "$BATS_FILE_TMPDIR/one" one.example
	certificate "$BATS_FILE_TMPDIR/two" one.example
	certificate "$BATS_FILE_TMPDIR/other" other.example
	mkdir "$BATS_FILE_TMPDIR/live"
	cp "$BATS_FILE_TMPDIR/one/"* "$BATS_FILE_TMPDIR/live/"
	server_start <<-YAML
		listen: ["https://127.0.0.1:0", "http://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate: $BATS_FILE_TMPDIR/live
		    http: serve
		  - names: [plain.example]
		    root: $SITE
		    log: {access: $BATS_FILE_TMPDIR/combined.log, format: combined, clients: network}
		    listen: ["http://127.0.0.1:0"]
	YAML
	client_start
}

teardown_file() {
	client_stop
	server_stop
}

secure() {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/small "$@"
}

@test "control: status as a table and as JSON" {
	secure
	run "$SULID" status -c "$SERVER_CONFIG"
	[[ $status == 0 && $output == *"generation 1, serving"* && $output == *sulid-worker* && $output == *sha256:* ]]
	"$SULID" status -c "$SERVER_CONFIG" --json | python3 -c '
import json, sys
s = json.load(sys.stdin)
assert s["ready"] is True
assert [g["state"] for g in s["generations"]] == ["serving"]
assert sorted(p["program"] for p in s["generations"][0]["processes"]) == ["sulid-admin", "sulid-handshaker", "sulid-worker", "sulid-worker"]
assert s["generations"][0]["certificates"][0]["names"] == "one.example"'
	server_check
}

@test "control: a crash of any child is said with its signal, and it comes back" {
	local program pid before

	for program in sulid-worker sulid-handshaker sulid-admin; do
		children $program
		before="${PIDS[*]}"
		pid=${PIDS[0]}
		kill -SEGV "$pid"
		within 5 is_gone "$pid"
		all_back() {
			"$SULID" status -c "$SERVER_CONFIG" >/dev/null && children "$program" && [[ ${PIDS[*]} != "$before" ]]
		}
		within 10 all_back
		grep -q "$program\[$pid\] was ended by signal 11" "$SERVER_LOG"
	done
	secure
	client_has status=200
	sed -i '/ended by signal 11/d' "$SERVER_LOG"
}

@test "control: reload takes a new certificate up, and an open connection is answered on" {
	local first

	secure
	first=${R[peer]}
	secure keep=open
	cp "$BATS_FILE_TMPDIR/two/"* "$BATS_FILE_TMPDIR/live/"
	run "$SULID" reload -c "$SERVER_CONFIG"
	[[ $status == 0 && $output == *reloaded* ]]
	# The old generation answers what comes at once, and says that it closes.
	client get conn=open host=127.0.0.1 port="$HTTPS" path=/small want=head
	client_has status=200
	[[ ${R[head]} == *"Connection: close"* ]]
	secure
	client_has status=200
	[[ ${R[peer]} != "$first" ]]
	old_is_gone() {
		[[ $("$SULID" status -c "$SERVER_CONFIG") != *draining* ]]
	}
	within 10 old_is_gone
	server_check
}

@test "control: a reload that is refused says why, exits 3, and the old generation goes on" {
	local digest

	secure
	digest=${R[peer]}
	cp "$SERVER_CONFIG" "$BATS_TEST_TMPDIR/good.yaml"
	echo 'rot: 1' >>"$SERVER_CONFIG"
	run "$SULID" reload -c "$SERVER_CONFIG"
	[[ $status == 3 && $output == *'unknown key "rot"'* ]]
	cp "$BATS_TEST_TMPDIR/good.yaml" "$SERVER_CONFIG"
	# A mismatched pair is seen by the new generation only.
	cp "$BATS_FILE_TMPDIR/other/privkey.pem" "$BATS_FILE_TMPDIR/live/privkey.pem"
	run "$SULID" reload -c "$SERVER_CONFIG"
	[[ $status == 3 && $output == *"is not that of the certificate"* ]]
	secure
	client_has status=200 peer="$digest"
	cp "$BATS_FILE_TMPDIR/two/privkey.pem" "$BATS_FILE_TMPDIR/live/privkey.pem"
	server_check
}

@test "control: HUP reloads" {
	children sulid-worker
	local before="${PIDS[*]}"

	kill -HUP "$SULID_PID"
	replaced() {
		children sulid-worker && [[ " ${PIDS[*]} " != *" ${before%% *} "* ]]
	}
	within 10 replaced
	secure
	client_has status=200
	server_check
}

@test "control: log lines: JSON with all fields, combined with networks only" {
	secure header="User-Agent: a \"quoted\" agent" header="Connection: close"
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: plain.example" path=/small
	within 5 grep -q quoted "$BATS_FILE_TMPDIR/access.log"
	tail -n 1 "$BATS_FILE_TMPDIR/access.log" | python3 -c '
import json, sys
l = json.loads(sys.stdin.read())
assert l["client"] == "127.0.0.1" and l["vhost"] == "one.example" and l["protocol"] == "https", l
assert l["request"] == "GET /small HTTP/1.1" and l["status"] == 200 and l["bytes"] == 1000, l
assert l["tls"] == "TLSv1.3" and l["certificate"] is None and l["complete"] is True, l
assert l["user_agent"] == "a \"quoted\" agent" and l["referer"] is None, l
assert 0 <= l["seconds"] < 60 and l["time"].endswith("Z"), l
assert l["path"] == sys.argv[1], l' "$TLS_PATH"
	within 5 grep -q 'GET /small' "$BATS_FILE_TMPDIR/combined.log"
	grep -qE '^127\.0\.0\.0 - - \[[^]]+\] "GET /small HTTP/1\.1" 200 1000 ' "$BATS_FILE_TMPDIR/combined.log"
	server_check
}

@test "control: USR1 opens the logs anew" {
	mv "$BATS_FILE_TMPDIR/access.log" "$BATS_FILE_TMPDIR/access.log.1"
	kill -USR1 "$SULID_PID"
	within 5 test -e "$BATS_FILE_TMPDIR/access.log"
	written() {
		secure
		grep -q 'GET /small' "$BATS_FILE_TMPDIR/access.log"
	}
	within 5 written
	server_check
}

@test "control: admin.sock answers /healthz, /readyz and /metrics" {
	run curl -sS --unix-socket "$BATS_FILE_TMPDIR/run/admin.sock" http://localhost/healthz
	[[ $output == ok ]]
	run curl -sS --unix-socket "$BATS_FILE_TMPDIR/run/admin.sock" http://localhost/readyz
	[[ $output == ready ]]
	run curl -sS --unix-socket "$BATS_FILE_TMPDIR/run/admin.sock" http://localhost/metrics
	[[ $output == *'# TYPE sulid_connections_total counter'* ]]
	[[ $output =~ sulid_requests_total\{protocol=\"https\"\}\ [1-9] ]]
	server_check
}

@test "control: TERM lets a response in flight end, a second one does not wait" {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/big rate=2000000 keep=flight stall=300
	client_has status=200 complete=yes
	client open host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example keep=flight2 rcvbuf=4096
	client send conn=flight2 raw='GET /big HTTP/1.1\r\nHost: one.example\r\n\r\n'
	kill -TERM "$SULID_PID"
	client read conn=flight2 timeout=60000
	client_has status=200 bytes=3000000 complete=yes
	client close conn=flight
	within 20 is_gone "$SULID_PID"
	unset SULID_PID
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A server that is full says so in each protocol's words, and serves again when it is not.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content a.txt 100
	server_start_site <<-YAML
		processes: {workers: 1, handshakers: 1}
		limits: {connections: 2, relayed: 2, min_rate: none}
		timeouts: {first_byte: 60s, head: 60s}
	YAML
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
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=one.example want=body \
		raw="gemini://one.example:$GEMINI/a.txt\\r\\n"
}

# A connection that says nothing yet, and so does not give way.
occupy() {
	client open host=127.0.0.1 port="$HTTP" tls=none keep="$1"
	within 5 taken "$2"
}

taken() {
	[ "$(status_counter connections_open)" -eq "$1" ]
}

@test "overload: a full server answers 41 and 503, and serves again when there is room" {
	occupy first 1
	occupy second 2
	gemini
	client_has status=41 bytes=0 end=close_notify
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/a.txt want=all
	client_has status=503 complete=yes end=close_notify
	[[ ${R[head]} == *"Retry-After: 1"* ]]
	client get host=127.0.0.1 port="$HTTP" tls=none path=/a.txt
	client_has status=503
	client close conn=first
	within 5 taken 1
	gemini
	client_has status=20 bytes=100
	client close conn=second
}

@test "overload: an idle connection gives way to one that asks" {
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/a.txt keep=idle
	client_has status=200
	within 5 taken 1
	occupy first 2
	gemini
	client_has status=20 bytes=100
	client wait conn=idle
	client_has end=eof
	client close conn=first
}

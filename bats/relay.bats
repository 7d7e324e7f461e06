#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The relay, on every kernel: what the kernel cannot take is served all the same, whole and ended in order.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content page 40000 large 3000000
	server_start_site <<<'tls: {kernel: prefer}'
	client_start
}

teardown_file() {
	client_stop
	server_stop
}

teardown() {
	server_check
}

last_line() {
	tail -n 1 "$BATS_FILE_TMPDIR/access.log"
}

@test "relay: a client that negotiates max_fragment_length is relayed, and whole" {
	local name

	for name in page large; do
		hash_of $name
		client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example mfl=1024 path=/$name header="Connection: close"
		client_has status=200 sha256="$HASH" end=close_notify
		[[ $(last_line) == *'"path":"relayed"'* ]]
		client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=one.example mfl=1024 \
			raw="gemini://one.example:$GEMINI/$name\\r\\n"
		client_has status=20 sha256="$HASH" end=close_notify
		[[ $(last_line) == *'"path":"relayed"'* ]]
	done
}

@test "relay: other clients of the same server are served as this kernel can" {
	hash_of page
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/page count=3
	client_has responses=3 sha256="$HASH"
	[[ $(last_line) == *"\"path\":\"$TLS_PATH\""* ]]
}

@test "relay: a relayed client that half-closes is answered, one that is gone frees its relay" {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example mfl=1024 path=/page how=notify
	client_has status=200 bytes=40000
	client many n=20 conns=20 host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example mfl=1024 path=/large close_after=1000 how=rst
	no_relay_open() {
		[[ $(status_counter relayed_open) == 0 ]]
	}
	within 10 no_relay_open
}

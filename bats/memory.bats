#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The worker calls no allocator after its start: counted by a library that is loaded before it.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content small 1000 page 60000 index.gmi 100
	export COUNT_ALLOCATIONS=$BATS_FILE_TMPDIR/counts
	mkdir -m 777 "$COUNT_ALLOCATIONS"
	chmod a+x "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	# The worker runs as another user, who may not be able to read a checkout below a home.
	install -m 755 "$SULID_BUILD/tests/count_allocations.so" "$BATS_FILE_TMPDIR/"
	export SERVER_PREFIX="env LD_PRELOAD=$BATS_FILE_TMPDIR/count_allocations.so"
	server_start_site <<-YAML
		processes: {workers: 1, handshakers: 1}
		timeouts: {head: 1s, first_byte: 1s}
		defaults: {listing: true}
	YAML
	client_start
}

teardown_file() {
	client_stop
	server_stop
}

teardown() {
	server_check
}

# Calls so far of malloc, calloc, realloc and mmap in the worker, in CALLS.
count_calls() {
	children sulid-worker
	read -r CALLS <"$COUNT_ALLOCATIONS/${PIDS[0]}"
	CALLS=$((10#$CALLS))
}

@test "memory: 0 allocations by the worker over 10,000 requests of every kind" {
	local before i

	count_calls
	before=$CALLS
	echo "# calls of malloc, calloc, realloc and mmap before the first request: $before" >&3
	((before > 0))
	for ((i = 0; i < 8; i++)); do
		client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/small count=1000
		client_has responses=1000
	done
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/none count=1000
	client_has status=404 responses=1000
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/page count=700
	client_has responses=700
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/small pipeline=100
	client get host=127.0.0.1 port="$HTTP" tls=none path=/page count=100 \
		header="Host: one.example" header="Range: bytes=0-9,100-199,50000-"
	client_has status=206 responses=100
	client get host=127.0.0.1 port="$HTTP" tls=none path=/page count=100 \
		header="Host: one.example" header="If-None-Match: *"
	client_has status=304 responses=100
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/ count=50
	client_has status=200 responses=50
	client many n=100 conns=10 host=127.0.0.1 port="$GEMINI" tls=openssl sni=one.example proto=gemini \
		raw="gemini://one.example:$GEMINI/\\r\\n"
	client_has ok=100
	client many n=50 conns=10 host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/page close_after=1000 how=rst
	client many n=40 conns=10 cut=random seed=1 host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/page
	for ((i = 0; i < 20; i++)); do
		client get host=127.0.0.1 port="$HTTP" tls=none raw='GET / HTTP/1.1\r\nHost : x\r\n\r\n'
		client_has status=400
	done
	client get host=127.0.0.1 port="$HTTP" tls=none raw='GET / HT'
	client_has status=408
	count_calls
	echo "# and after them: $CALLS" >&3
	((CALLS == before))
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Bodies of every size that matters, to readers of every kind, equal byte for byte and ended in order.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content f0 0 f1 1 f14000 14000 f14001 14001 f16383 16383 f16384 16384 f16385 16385 f1m 1048576 f4m 4194304
	server_start_site </dev/null
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

# A file over https with Connection: close and over Gemini: equal by hash, close_notify after the last byte.
whole() {
	local name=$1

	shift
	hash_of "$name"
	client get host=127.0.0.1 port="$HTTPS" sni=one.example path="/$name" header="Connection: close" "$@"
	client_has status=200 sha256="$HASH" complete=yes end=close_notify fin=yes
	client get host=127.0.0.1 port="$GEMINI" proto=gemini sni=one.example \
		raw="gemini://one.example:$GEMINI/$name\\r\\n" "$@"
	client_has status=20 sha256="$HASH" end=close_notify fin=yes
}

@test "bodies: 0 B, 1 B, 14,000 B and one more, 16 KiB and one byte around it, 1 MiB, 4 MiB" {
	local name

	for name in f0 f1 f14000 f14001 f16383 f16384 f16385 f1m f4m; do
		whole $name tls=openssl
	done
}

@test "bodies: the same to GnuTLS and under TLS 1.2" {
	local name

	for name in f0 f1 f16384 f16385 f1m; do
		whole $name tls=gnutls
		whole $name tls=openssl version=1.2
	done
}

@test "bodies: the same over plain http" {
	local name

	for name in f0 f1 f14000 f14001 f16385 f4m; do
		hash_of $name
		client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/$name
		client_has status=200 sha256="$HASH" complete=yes end=keep
	done
}

@test "bodies: 4 MiB to a reader of 200 KB/s" {
	whole f4m tls=openssl rate=200000 timeout=90000
}

@test "bodies: 4 MiB to a reader with a receive window of 4 KiB" {
	whole f4m tls=openssl rcvbuf=4096 timeout=120000
}

@test "bodies: 300 MiB, and what the worker calls for it" {
	local trace=$BATS_FILE_TMPDIR/trace pids=() pid calls i

	# Eight different MiB, each repetition with its number: a slip by a block would show.
	head -c 8388600 /dev/urandom >"$BATS_FILE_TMPDIR/block"
	for ((i = 0; i < 38; i++)); do
		printf '%08d' "$i"
		cat "$BATS_FILE_TMPDIR/block"
	done | head -c 314572800 >"$SITE/f300m"
	hash_of f300m
	children sulid-worker
	for pid in "${PIDS[@]}"; do
		strace -f -p "$pid" -o "$trace.$pid" -y -s 16 3>&- 2>"$trace.err.$pid" &
		pids+=($!)
	done
	for pid in "${PIDS[@]}"; do
		within 20 grep -q attached "$trace.err.$pid"
	done
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/f300m timeout=300000 \
		header="Connection: close"
	kill "${pids[@]}"
	wait "${pids[@]}" || true
	client_has status=200 bytes=314572800 sha256="$HASH" complete=yes end=close_notify
	cat "$trace".[0-9]* >"$trace"
	calls=$(grep -c '(' "$trace")
	echo "# worker: $calls system calls for 300 MiB, $((calls / 300)) per MiB" >&3
	grep -q 'sendfile(' "$trace"
	# No byte of the file passes through the worker.
	never grep -E '(read|pread64|preadv2?|readv|mmap)\([0-9]+<[^>]*f300m' "$trace"
	# What it writes by other means is heads, log lines and alerts: little.
	never grep -E '^[0-9]+ +(write|writev|send|sendto|sendmsg)\(.* = [0-9]{5,}$' "$trace"
	rm "$SITE/f300m"
}

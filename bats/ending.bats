#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The end of a connection: the last byte and close_notify arrive, however slow the reader. In a network
# namespace of its own, where the send buffer can be made small.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	local size

	export NAMESPACE=sulid-$$
	ip netns add "$NAMESPACE"
	ip netns exec "$NAMESPACE" ip link set lo up
	export SITE=$BATS_FILE_TMPDIR/site
	mkdir -p "$SITE"
	# 40 files of random sizes, each named by its size.
	head -c 400000 /dev/urandom >"$BATS_FILE_TMPDIR/source"
	sizes=()
	for size in $(shuf -i 1-400000 -n 40 --random-source="$BATS_FILE_TMPDIR/source"); do
		head -c "$size" "$BATS_FILE_TMPDIR/source" >"$SITE/$size"
		sizes+=("$size")
	done
	export SIZES="${sizes[*]}"
	chmod -R a+rX "$SITE"
}

teardown_file() {
	ip netns delete "$NAMESPACE"
}

teardown() {
	server_check
	client_stop
	server_stop
}

start() {
	export SERVER_PREFIX="ip netns exec $NAMESPACE" CLIENT_PREFIX="ip netns exec $NAMESPACE"
	server_start_site </dev/null
	client_start
}

# Every size eight times at once, to readers that take 1 MB/s: 320 responses; all are whole.
all_whole() {
	local size ok=0 failed=0

	for size in $SIZES; do
		client many n=8 conns=8 host=127.0.0.1 tls=openssl sni=one.example rate=1000000 rcvbuf=16384 timeout=60000 \
			header="Connection: close" path="/$size" port="$HTTPS"
		((ok += R[ok], failed += R[failed])) || true
		[[ ${R[failed]} == 0 ]] || echo "size $size: ${R[error]}" >&2
	done
	echo "# $ok responses whole, $failed cut" >&3
	((ok == 320 && failed == 0))
}

@test "ending: 320 responses of random size to slow readers, default send buffer" {
	ip netns exec "$NAMESPACE" sysctl -qw net.ipv4.tcp_wmem="4096 16384 4194304"
	start
	all_whole
}

@test "ending: 320 responses of random size to slow readers, small send buffer" {
	ip netns exec "$NAMESPACE" sysctl -qw net.ipv4.tcp_wmem="4096 16384 65536"
	start
	all_whole
}

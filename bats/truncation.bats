#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A file that changes under a response: the client sees an error, nobody else sees anything.

bats_require_minimum_version 1.5.0
load sulid
load client
load gnutls

setup_file() {
	content small 1000 grows 100000
	server_start_site <<<'processes: {workers: 1, handshakers: 1}'
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

# User and system time of a process in clock ticks.
ticks() {
	local fields

	read -ra fields <"/proc/$1/stat"
	echo $((fields[13] + fields[14]))
}

# The worker has this file open.
is_open() {
	children sulid-worker
	ls -l "/proc/${PIDS[0]}/fd" | grep -q "/$1\$"
}

# A response whose reader does not read yet; when the worker has the file open, it is cut to 1,000,000 bytes.
cut_under() {
	local name=$1 request=$2

	shift 2
	head -c 16777216 /dev/urandom >"$SITE/$name"
	client open host=127.0.0.1 tls=openssl sni=one.example rcvbuf=4096 keep="$name" "$@"
	client send conn="$name" raw="$request"
	within 5 is_open "$name"
	truncate -s 1000000 "$SITE/$name"
	client read conn="$name" timeout=20000
	echo "# end=${R[end]} after ${R[bytes]} bytes" >&3
}

@test "truncation: a file cut short: HTTP is short of Content-Length, Gemini has no close_notify" {
	cut_under victim "GET /victim HTTP/1.1\\r\\nHost: one.example\\r\\n\\r\\n" port="$HTTPS"
	# A reset may overtake even the head: what arrived is in any case less than was promised.
	client_has complete=no
	[[ ${R[status]} == 200 || ! ${R[status]} ]]
	[[ ${R[end]} != close_notify && ${R[end]} != keep && ${R[end]} != timeout ]]
	cut_under second "gemini://one.example:$GEMINI/second\\r\\n" port="$GEMINI" proto=gemini
	((R[bytes] < 16777216))
	[[ ${R[end]} != close_notify && ${R[end]} != timeout ]]
	within 5 grep -q '"request":"GET /victim HTTP/1.1".*"complete":false' "$BATS_FILE_TMPDIR/access.log"
}

@test "truncation: GnuTLS says of a Gemini response cut short that it was" {
	local out

	head -c 33554432 /dev/urandom >"$SITE/third"
	mkfifo "$BATS_TEST_TMPDIR/received"
	# Nobody reads: gnutls-cli stops at what the FIFO holds.
	exec {out}<>"$BATS_TEST_TMPDIR/received"
	gnutls_open "$GEMINI" one.example "gemini://one.example:$GEMINI/third\r\n"
	within 10 is_open third
	truncate -s 1000000 "$SITE/third"
	cat <"$BATS_TEST_TMPDIR/received" >/dev/null {out}>&- 3>&- &
	exec {out}>&-
	gnutls_wait
	wait
	echo "$SAID"
	[[ $SAID != *'Peer has closed the GnuTLS connection'* && $SAID == *'Fatal error'* ]]
}

@test "truncation: the worker neither spins nor stops afterwards" {
	local before after

	children sulid-worker
	before=$(ticks "${PIDS[0]}")
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path=/small
	client_has status=200
	# Two seconds of nothing, measured by the client's wait for an answer that does not come.
	client open host=127.0.0.1 port="$HTTP" tls=none keep=idle
	client wait conn=idle timeout=2000
	client close conn=idle
	after=$(ticks "${PIDS[0]}")
	((after - before < 20))
}

@test "truncation: a file that grows is sent as long as it was" {
	(until [[ -e $BATS_TEST_TMPDIR/go ]]; do sleep 0.02; done; head -c 500000 /dev/zero >>"$SITE/grows") 3>&- &
	: >"$BATS_TEST_TMPDIR/go"
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/small
	client_has status=200 bytes=1000
	wait
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/grows count=2
	client_has bytes=600000 complete=yes
}

@test "truncation: a file replaced by rename is served whole, old or new" {
	local old new

	hash_of small
	old=$HASH
	head -c 1000 /dev/urandom >"$SITE/next"
	hash_of next
	new=$HASH
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example path=/small keep=c
	client_has sha256="$old"
	mv "$SITE/next" "$SITE/small"
	client get conn=c host=127.0.0.1 port="$HTTPS" path=/small
	client_has sha256="$new"
}

@test "truncation: while a reader sleeps and files shrink, another client waits less than 100 ms" {
	local worst size

	# 60 sizes in steps of 500 B around the one at which the send buffer is full again; one worker serves all.
	read -r worst size < <(python3 "$BATS_TEST_DIRNAME/../tests/sleeping_readers.py" "$HTTPS" one.example "$SITE" 60 500)
	echo "# the longest wait beside 60 sleeping readers: $worst ms, at $size bytes" >&3
	((worst < 100))
	# The readers were cut, not served to an end that was not there.
	grep -q '"request":"GET /shrinks HTTP/1.1".*"complete":false' "$BATS_FILE_TMPDIR/access.log"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# HTTP as RFC 9110, 9111 and 9112 say: the table of tests/http, over TCP and over TLS.

bats_require_minimum_version 1.5.0
load sulid

SUITE=$BATS_TEST_DIRNAME/../tests/http
TABLE=$BATS_TEST_DIRNAME/../tests/table
LEAST=320 # requests over each

# The first listener on an address, as "sulid run" names it.
listener() {
	local line

	while IFS= read -r line; do
		if [[ $line == "sulid: listening on $1:"* ]]; then
			echo "${line##*:}"
			return
		fi
	done <"$SERVER_LOG"
	echo "no listener on $1" >&2
	return 1
}

# Certificates for the server and for three clients; the digests of two are groups.
certificates() {
	local name

	certificate "$TLS/server" site.example old.example other.example '*.wild.example' id.example \
		secure.example net.example members.example
	for name in staff board stranger; do
		certificate "$TLS/$name" "$name"
	done
	{
		echo '# who works here'
		digest_of staff
		echo "$DIGEST"
	} >"$TLS/staff.txt"
	digest_of board
	chmod -R a+rX "$TLS"
	chmod go= "$TLS"/*/privkey.pem
}

# "sha256:…", in DIGEST.
digest_of() {
	DIGEST=$("$SULID" digest "$TLS/$1/fullchain.pem" | grep -oE 'sha256:[0-9a-f]{64}')
}

configuration() {
	sed -e "s|@SITES@|$SITES|; s|@TLS@|$TLS|g; s|@BOARD@|$DIGEST|" "$SUITE/sulid.yaml"
}

# suite ARGUMENT…: the runner with this server's listeners.
suite() {
	"$SUITE/run" --listener plain=127.0.0.1:"$PLAIN" --listener tls=127.0.0.1:"$SECURE" \
		--listener proxy-plain=127.0.0.3:"$PROXY_PLAIN" --listener proxy-tls=127.0.0.3:"$PROXY_SECURE" \
		--sites "$SITES" --certificates "$TLS" --log "$BATS_FILE_TMPDIR/access.log" "$@" 3>&-
}

# All rows over all of $OVER at once; each test then looks at its part. What the runner says is for a person who asks.
send_all() {
	local over pids=()

	for over in $OVER; do
		suite --over "$over" --results "$RESULTS/$over" --jobs 6 >"$RESULTS/$over.out" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}" || true
}

setup_file() {
	export SITES=$BATS_FILE_TMPDIR/sites TLS=$BATS_FILE_TMPDIR/tls RESULTS=$BATS_FILE_TMPDIR/results
	"$SUITE/contents" "$SITES"
	certificates
	mkdir -p "$RESULTS"
	server_start < <(configuration)
	PLAIN=$(listener http://127.0.0.1) SECURE=$(listener https://127.0.0.1)
	PROXY_PLAIN=$(listener http://127.0.0.3) PROXY_SECURE=$(listener https://127.0.0.3)
	children sulid-worker
	export PLAIN SECURE PROXY_PLAIN PROXY_SECURE WORKERS="${PIDS[*]}"
	# Plain TCP is the same with every kernel, and guests are slow.
	export OVER="plain tls"
	[[ $TLS_PATH != kernel ]] || OVER=tls
	send_all
}

teardown_file() {
	# So that whoever is not root can remove it.
	chmod u+rwx "$SITES/site.example/closed"
	server_stop
}

teardown() {
	server_check
}

# conforms SUBJECT: nothing of tests/http/rows/SUBJECT.txt failed.
conforms() {
	local over count counts=() failed=''

	for over in $OVER; do
		if [[ ! -s $RESULTS/$over/$1 ]]; then
			echo "there is no result of $1 over $over" >&2
			tail -n 20 "$RESULTS/$over.out" >&2
			return 1
		fi
		{
			read -r count
			failed+=$(cat)
		} <"$RESULTS/$over/$1"
		counts+=("$count over $over")
	done
	tell "$1: requests: ${counts[*]}"
	[[ ! $failed ]] || {
		echo "$failed" >&2
		return 1
	}
}

# needs PEER…: skips if one is not to be had.
needs() {
	local name

	for name; do
		run --separate-stderr "$TABLE/peers" "$name"
		[[ $status -ne 75 ]] || skip "$stderr"
	done
}

# For whoever reads the results.
tell() {
	printf '# %s\n' "$@" >&3
}

@test "conformance: methods (RFC 9110 §9)" {
	conforms 01-methods
}

@test "conformance: heads that two servers could read in two ways (RFC 9112 §2, §3, §5, §6, §11.2)" {
	conforms 02-heads
}

@test "conformance: whose request it is, and how long it may be (RFC 9112 §3.2, RFC 9110 §7.4)" {
	conforms 03-targets
}

@test "conformance: connections, pipelining, bodies of requests (RFC 9112 §9, RFC 9110 §10.1.1)" {
	conforms 04-connections
}

@test "conformance: validators and preconditions (RFC 9110 §8.8, §13)" {
	conforms 05-validators
}

@test "conformance: ranges and If-Range (RFC 9110 §14, §13.1.5)" {
	conforms 06-ranges
}

@test "conformance: encoded neighbours (RFC 9110 §8.4, §12.5.3)" {
	conforms 07-encodings
}

@test "conformance: from the URL to the name (RFC 3986 §2, §3.3, §5.2.4)" {
	conforms 08-paths
}

@test "conformance: from the name to the file (RFC 3986 §6.2.3, RFC 8615)" {
	conforms 09-files
}

@test "conformance: types, caching, fields, error pages (RFC 9110 §8.3, RFC 9111 §5.2, RFC 6797 §7)" {
	conforms 10-settings
}

@test "conformance: where the configuration leads (RFC 9110 §15.4, §15.5.11)" {
	conforms 11-redirects
}

@test "conformance: listings (RFC 9110 §12.5.1)" {
	conforms 12-listings
}

@test "conformance: who may have what (RFC 9110 §15.5.4)" {
	conforms 13-access
}

@test "conformance: request ids and the PROXY protocol" {
	conforms 14-proxied
}

@test "conformance: every subject was sent, and the same workers answered" {
	local over file line tests subject sections

	tests=$(<"$BATS_TEST_FILENAME")
	for file in "$SUITE"/rows/*.txt; do
		subject=${file##*/}
		[[ $tests == *"	conforms ${subject%.txt}"$'\n'* ]]
	done
	for over in $OVER; do
		# "  922 requests in 857 rows, 0 failed"
		mapfile -t sections <"$RESULTS/$over.out"
		line=${sections[-1]}
		tell "$over: $line"
		[[ $line =~ ^\ *([0-9]+)\ requests ]]
		((BASH_REMATCH[1] >= LEAST))
	done
	while IFS= read -r line; do
		[[ ! $line =~ ^\ *[0-9]+\ (RFC|PROXY)\  ]] || tell "$line"
	done <"$RESULTS/tls.out"
	children sulid-worker
	[ "${PIDS[*]}" = "$WORKERS" ]
}

@test "conformance: the planted faults still fit the sources" {
	[[ $TLS_PATH != kernel ]] || skip "guests have the same sources"
	run "$TABLE/plant" --check http
	tell "${lines[0]#1..} faults"
	grep -E '^(not ok|#)' <<<"$output" || true
	[ "$status" -eq 0 ]
}

@test "conformance: 200 escapes, none leaves the root; what is no file delays nobody" {
	run suite --escapes
	tell "${lines[@]}"
	[ "$status" -eq 0 ]
	children sulid-worker
	[ "${PIDS[*]}" = "$WORKERS" ]
}

@test "conformance: the system calls of 304, of 1 KiB, and of three ranges" {
	# shellcheck disable=SC2086 # words
	run --separate-stderr suite --calls $WORKERS
	[[ $status -ne 75 ]] || skip "$stderr"
	tell "${lines[@]}"
	[ "$status" -eq 0 ]
}

@test "conformance: nginx agrees, or is wrong by a named section" {
	needs nginx
	run suite --against nginx
	echo "$output"
	tell "${lines[-1]}"
	[ "$status" -eq 0 ]
}

@test "conformance: nothing is smuggled through nginx and HAProxy" {
	needs nginx haproxy
	run suite --through
	echo "$output" | tail -n 40 | cut -c1-300
	grep -E '^(nginx|nginx-streaming|haproxy): ' <<<"$output" | sed 's/^/# /' >&3
	[ "$status" -eq 0 ]
}

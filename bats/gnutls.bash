# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# gnutls-cli from a bats file: a second opinion of how a connection ends.
#
#	gnutls_open PORT NAME REQUEST [PRIORITY]
#	gnutls_wait
#
# gnutls_open starts it and returns; what it receives goes to the file "received" in BATS_TEST_TMPDIR (or the
# FIFO of that name, which is there already). gnutls_wait waits for its end; what it said is then in SAID.

gnutls_open() {
	local port=$1 name=$2 request=$3 priority=${4:-NORMAL}

	mkfifo "$BATS_TEST_TMPDIR/request"
	# Open for reading, too: at the end of its input gnutls-cli would end the connection itself.
	exec {GNUTLS_IN}<>"$BATS_TEST_TMPDIR/request"
	printf '%b' "$request" >&"$GNUTLS_IN"
	timeout 60 gnutls-cli --insecure --logfile="$BATS_TEST_TMPDIR/said.log" --priority "$priority" --sni-hostname "$name" \
		--port "$port" 127.0.0.1 <&"$GNUTLS_IN" >"$BATS_TEST_TMPDIR/received" 2>"$BATS_TEST_TMPDIR/said.err" 3>&- &
	GNUTLS_PID=$!
}

# shellcheck disable=SC2034 # SAID is for the caller
gnutls_wait() {
	wait "$GNUTLS_PID" || true
	exec {GNUTLS_IN}>&-
	rm "$BATS_TEST_TMPDIR/request"
	SAID=$(cat "$BATS_TEST_TMPDIR/said.log" "$BATS_TEST_TMPDIR/said.err")
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Gemini (specification 0.24.1): what is no row of tests/gemini, which tests/gemini/run sends by itself.

bats_require_minimum_version 1.5.0
load sulid
load gnutls

SUITE=$BATS_TEST_DIRNAME/../tests/gemini
TABLE=$BATS_TEST_DIRNAME/../tests/table

setup_file() {
	content large.bin 307200
	printf '# home\n' >"$SITE/index.gmi"
	certificate "$BATS_FILE_TMPDIR/tls" capsule.example
	server_start <<-YAML
		listen: ["gemini://127.0.0.1:0"]
		vhosts:
		  - names: [capsule.example]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/tls/fullchain.pem, key: $BATS_FILE_TMPDIR/tls/privkey.pem}
	YAML
}

teardown_file() {
	server_stop
}

teardown() {
	server_check
	logged_paths_hold
}

# The table's count; fewer would mean that rows were lost in silence.
LEAST=240

@test "gemini: GnuTLS gets 300 KiB and close_notify, under TLS 1.3 and 1.2" {
	local priority

	for priority in NORMAL:-VERS-ALL:+VERS-TLS1.3 NORMAL:-VERS-ALL:+VERS-TLS1.2; do
		gnutls_open "$GEMINI" capsule.example "gemini://capsule.example:$GEMINI/large.bin\r\n" "$priority"
		gnutls_wait
		echo "$SAID"
		tail -c 307200 "$BATS_TEST_TMPDIR/received" | cmp - "$SITE/large.bin"
		[[ $SAID == *'Peer has closed the GnuTLS connection'* ]]
	done
}

@test "gemini: the table has its rows, and the planted faults still fit the sources" {
	[[ $TLS_PATH != kernel ]] || skip "guests have the same sources"
	local rows

	rows=$("$SUITE/run" --list | wc -l)
	((rows >= LEAST))
	run "$TABLE/plant" --check gemini
	echo "# $rows rows, ${lines[0]#1..} faults" >&3
	grep -E '^(not ok|#)' <<<"$output" || true
	[ "$status" -eq 0 ]
}

@test "gemini: molly-brown keeps the rules that docs/GEMINI.md says, and no others" {
	run --separate-stderr "$TABLE/peers" molly-brown
	[[ $status -ne 75 ]] || skip "$stderr"
	"$SUITE/run" --table molly-brown "$SULID_BUILD" >"$BATS_TEST_TMPDIR/page" 3>&-
	diff -u "$BATS_TEST_DIRNAME/../docs/GEMINI.md" "$BATS_TEST_TMPDIR/page"
}

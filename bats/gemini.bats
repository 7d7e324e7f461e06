#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Gemini (specification 0.24.1): statuses 20, 31, 51, 53, 59, index files, media types, the end.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content page.gmi 300 picture.png 500
	mkdir -p "$SITE/log" "$SITE/none"
	printf '# home\n' >"$SITE/index.gmi"
	printf '# log\n' >"$SITE/log/index.gmi"
	chmod -R a+rX "$SITE"
	certificate "$BATS_FILE_TMPDIR/tls" capsule.example other.example
	certificate "$BATS_FILE_TMPDIR/any" any
	server_start <<-YAML
		listen: ["gemini://127.0.0.1:0"]
		vhosts:
		  - names: [capsule.example]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/tls/fullchain.pem, key: $BATS_FILE_TMPDIR/tls/privkey.pem}
		  - names: [other.example]
		    root: $SITE/log
		    certificate: {chain: $BATS_FILE_TMPDIR/tls/fullchain.pem, key: $BATS_FILE_TMPDIR/tls/privkey.pem}
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

# A raw request line, CRLF added.
ask() {
	local line=$1

	shift
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=capsule.example want=body raw="$line\\r\\n" "$@"
}

url() {
	ask "gemini://capsule.example:$GEMINI$1"
}

@test "gemini: 20 with media type, close_notify after the last byte" {
	url /page.gmi
	client_has status=20 bytes=300 end=close_notify "meta=text/gemini; charset=utf-8"
	url /picture.png
	client_has status=20 bytes=500 end=close_notify meta=image/png
}

@test "gemini: an empty path is /, and both are served" {
	url ""
	client_has status=20 $'body=# home\n'
	url /
	client_has status=20 $'body=# home\n'
}

@test "gemini: 31 to the slash, 51 for nothing and for no index" {
	url '/log?q'
	client_has status=31
	[[ ${R[meta]} == *"/log/?q" ]]
	url /nothing
	client_has status=51 end=close_notify
	url /none/
	client_has status=51
}

@test "gemini: 53 for another scheme, host or port" {
	ask "https://capsule.example/"
	client_has status=53
	ask "gemini://foreign.example:$GEMINI/"
	client_has status=53
	ask "gemini://capsule.example:1/"
	client_has status=53
	ask "gemini://other.example:$GEMINI/"
	client_has status=53
}

@test "gemini: 59 for what is no absolute URI, has userinfo or a fragment, or is not UTF-8" {
	local line

	for line in "/page.gmi" "page" "" "//capsule.example/" "gemini://u@capsule.example:$GEMINI/" \
		"gemini://capsule.example:$GEMINI/#f" "gemini://capsule.example:$GEMINI/\\xff" \
		"gemini://capsule.example:$GEMINI/../x" "gemini://capsule.example:$GEMINI/%00"; do
		ask "$line"
		client_has status=59 end=close_notify || {
			echo "line: $line" >&2
			return 1
		}
	done
}

@test "gemini: 1024 bytes of URI are understood, 1025 are not" {
	local base="gemini://capsule.example:$GEMINI/" pad

	printf -v pad '%*s' $((1024 - ${#base})) ''
	pad=${pad// /a}
	ask "$base$pad"
	client_has status=51
	ask "$base${pad}a"
	client_has status=59
}

@test "gemini: a bare LF is no end of line and gets no answer" {
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=capsule.example timeout=1500 \
		raw="gemini://capsule.example:$GEMINI/\\n"
	client_has status=
}

@test "gemini: the line byte by byte, and under TLS 1.2 with GnuTLS" {
	ask "gemini://capsule.example:$GEMINI/page.gmi" byte_by_byte=true
	client_has status=20 bytes=300
	ask "gemini://capsule.example:$GEMINI/page.gmi" tls=gnutls version=1.2
	client_has status=20 bytes=300 end=close_notify
}

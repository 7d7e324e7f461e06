#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sulid serve: readiness to the letter, ports, the end; doctor; the command line.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content index.html 100 index.gmi 50
	tls_path
	export HOME=$BATS_FILE_TMPDIR/home
	mkdir -p "$HOME"
	unset XDG_STATE_HOME
	client_start
}

teardown_file() {
	client_stop
}

teardown() {
	[[ ! ${SERVE_PID:-} ]] || kill -KILL "$SERVE_PID" 2>/dev/null || true
}

# sulid serve with these arguments, ready when "lines" URLs have been written; URLS are they.
serve() {
	local lines=$1

	shift
	"$SULID" serve "$@" "$SITE" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	SERVE_PID=$!
	published() {
		(($(wc -l <"$BATS_TEST_TMPDIR/out") >= lines)) || ! kill -0 "$SERVE_PID" 2>/dev/null
	}
	within 30 published
	mapfile -t URLS <"$BATS_TEST_TMPDIR/out"
	((${#URLS[@]} == lines)) || {
		cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err" >&2
		return 1
	}
}

# End it with a signal; its status in STATUS.
finish() {
	STATUS=0
	kill -"${1:-TERM}" "$SERVE_PID"
	wait "$SERVE_PID" || STATUS=$?
	SERVE_PID=
}

port_of() {
	local rest=${1#*://}

	rest=${rest%/}
	PORT=${rest##*:}
}

@test "serve: each URL alone on a line, answered once it stands there, 0 when ended by a signal" {
	serve 3 --https 0 --http 0 --gemini 0
	[[ ${URLS[0]} =~ ^https://localhost:[0-9]+/$ && ${URLS[1]} =~ ^http://localhost:[0-9]+/$ ]]
	[[ ${URLS[2]} =~ ^gemini://localhost:[0-9]+/$ ]]
	port_of "${URLS[0]}"
	client get host=127.0.0.1 port="$PORT" tls=openssl sni=localhost path=/
	client_has status=200 bytes=100
	port_of "${URLS[1]}"
	client get host=127.0.0.1 port="$PORT" tls=none path=/ header="Host: 127.0.0.1"
	client_has status=200 bytes=100
	port_of "${URLS[2]}"
	client get host=127.0.0.1 port="$PORT" tls=openssl proto=gemini sni=localhost raw="gemini://localhost:$PORT/\\r\\n"
	client_has status=20 bytes=50
	finish TERM
	[[ $STATUS == 0 ]]
	# Nothing else was ever written there.
	[[ $(wc -l <"$BATS_TEST_TMPDIR/out") == 3 ]]
	grep -q '"GET / HTTP/1.1" 200 100' "$BATS_TEST_TMPDIR/err"
}

@test "serve: protocols can be left out, and Ctrl-C ends it" {
	serve 1 --https none --gemini none --http 0
	[[ ${URLS[0]} == http://* ]]
	finish INT
	[[ $STATUS == 0 ]]
}

@test "serve: the certificate is made once and kept" {
	local first

	serve 1 --https 0 --gemini none --http none
	port_of "${URLS[0]}"
	client get host=127.0.0.1 port="$PORT" tls=openssl sni=localhost path=/
	first=${R[peer]}
	finish
	serve 1 --https 0 --gemini none --http none
	port_of "${URLS[0]}"
	client get host=127.0.0.1 port="$PORT" tls=openssl sni=localhost path=/
	client_has status=200 peer="$first"
	finish
	[[ $(stat -c %a "$HOME"/.local/state/sulid/certificates/localhost/privkey.pem) == 600 ]]
}

@test "serve: a given port that is taken is 4; a reader that goes away does no harm" {
	serve 1 --https none --gemini none --http 0
	port_of "${URLS[0]}"
	run timeout 20 "$SULID" serve --https none --gemini none --http "$PORT" "$SITE"
	[[ $status == 4 && $output == *"Address already in use"* ]]
	finish
	"$SULID" serve --https none --gemini none --http 0 "$SITE" 2>"$BATS_TEST_TMPDIR/err2" 3>&- > >(exec true) &
	SERVE_PID=$!
	within 20 grep -q 'ready:' "$BATS_TEST_TMPDIR/err2"
	finish
	[[ $STATUS == 0 ]]
}

@test "serve: says who encrypts; with the kernel required and unable it is 4, with cause and remedy" {
	if [[ $TLS_PATH == kernel ]]; then
		serve 1 --https 0 --gemini none --http none --kernel require
		grep -q 'the kernel encrypts' "$BATS_TEST_TMPDIR/err"
		finish
		# The same question where the answer is no is asked on a kernel without TLS.
		run "$SULID" doctor
		[[ $status == 0 && $output == *"AES-128-GCM"* ]]
	else
		run timeout 20 "$SULID" serve --https 0 --gemini none --http none --kernel require "$SITE"
		[[ $status == 4 ]]
		[[ $output == *'"require", but this kernel encrypts nothing'* ]]
		[[ $output == *modprobe* || $output == *CONFIG_TLS* ]]
		run "$SULID" doctor
		[[ $status == 4 && $output == *"to mend it"* ]]
		serve 1 --https 0 --gemini none --http none
		grep -q 'relayed' "$BATS_TEST_TMPDIR/err"
		finish
	fi
}

@test "serve: NOTIFY_SOCKET hears READY=1 and STOPPING=1" {
	python3 - "$BATS_TEST_TMPDIR/notify" >"$BATS_TEST_TMPDIR/heard" 3>&- <<-'PYTHON' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		s.settimeout(30)
		while True:
		    text = s.recv(4096).decode()
		    print(text, flush=True)
		    if "STOPPING=1" in text:
		        break
	PYTHON
	local listener=$!
	within 10 test -S "$BATS_TEST_TMPDIR/notify"
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify
	serve 1 --https none --gemini none --http 0
	within 10 grep -q READY=1 "$BATS_TEST_TMPDIR/heard"
	finish
	within 10 grep -q STOPPING=1 "$BATS_TEST_TMPDIR/heard"
	wait "$listener"
}

@test "command line: help, version, unknown words, exit 2" {
	run --separate-stderr "$SULID" --help
	[[ $status == 0 && $output == *"sulid serve DIR"* && ! $stderr ]]
	run --separate-stderr "$SULID"
	[[ $status == 2 && ! $output && $stderr == *usage:* ]]
	run "$SULID" help serve
	[[ $status == 0 && $output == *--gemini* ]]
	run --separate-stderr "$SULID" --version
	[[ $status == 0 && $output =~ ^sulid\ [0-9.]+\ .*OpenSSL\ [0-9.]+ && ${#lines[@]} == 1 ]]
	run "$SULID" srve
	[[ $status == 2 && $output == *'did you mean "serve"'* ]]
	run "$SULID" serve --htps 1
	[[ $status == 2 && $output == *'did you mean "--https"'* ]]
	run "$SULID" serve --https 70000
	[[ $status == 2 ]]
	run env RUNTIME_DIRECTORY="$BATS_TEST_TMPDIR" "$SULID" status -c /dev/null
	[[ $status == 1 ]]
	run "$SULID" digest /dev/null
	[[ $status == 1 ]]
}

@test "command line: certificate never overwrites, digest is what clients see" {
	local digest

	run "$SULID" certificate -o "$BATS_TEST_TMPDIR/c" a.example b.example
	[[ $status == 0 && $output == *sha256:* ]]
	digest=$("$SULID" digest "$BATS_TEST_TMPDIR/c/fullchain.pem")
	[[ $output == *"$digest"* ]]
	[[ $digest == "sha256:$(openssl x509 -in "$BATS_TEST_TMPDIR/c/fullchain.pem" -outform DER | sha256sum | cut -d' ' -f1)" ]]
	run "$SULID" certificate -o "$BATS_TEST_TMPDIR/c" a.example
	[[ $status == 1 ]]
	[[ $("$SULID" digest - <"$BATS_TEST_TMPDIR/c/fullchain.pem") == "$digest" ]]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Certificates: made once and kept, read anew on reload, refused with their place, told of before they expire.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content small 1000
	printf '# home\n' >"$SITE/index.gmi"
	export STATE_DIRECTORY=$BATS_FILE_TMPDIR/state LIVE=$BATS_FILE_TMPDIR/live MADE=$BATS_FILE_TMPDIR/made
	certificate "$MADE/first" one.example
	certificate "$MADE/second" one.example
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=one.example -days 30 -addext subjectAltName=DNS:one.example \
		-keyout "$MADE/rsa.key" -out "$MADE/rsa.pem" 2>/dev/null
	cp -r "$MADE/first" "$LIVE"
	server_start <<-YAML
		timeouts: {first_byte: 60s, head: 60s}
		listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate: $LIVE
		  - names: [own.example, "*.own.example", "*.test", 192.0.2.7, "[2001:db8::7]"]
		    moved_from: [old.example]
		    root: $SITE
		    certificate: auto
		  - names: ["*"]
		    root: $SITE
		    certificate: auto
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

# The digest that one.example shows now, as `sulid digest` prints it: in PEER, the same over https and Gemini.
peer() {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni="${1:-one.example}" path=/small
	PEER=sha256:${R[peer]}
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni="${1:-one.example}" \
		raw="gemini://${1:-one.example}:$GEMINI/\\r\\n"
	[[ $PEER == "sha256:${R[peer]}" ]]
}

digest() {
	DIGEST=$("$SULID" digest "$1")
}

# `sulid check` of vhosts on standard input: status, output and stderr as bats has them.
check() {
	printf 'listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0"]\nvhosts:\n' >"$BATS_TEST_TMPDIR/part"
	cat >>"$BATS_TEST_TMPDIR/part"
	server_config "$BATS_TEST_TMPDIR/c.yaml" <"$BATS_TEST_TMPDIR/part"
	run --separate-stderr "$SULID" check -c "$BATS_TEST_TMPDIR/c.yaml" </dev/null
}

reload() {
	run --separate-stderr "$SULID" reload -c "$SERVER_CONFIG"
}

# A certificate for NAME in DIR that ends at a time `date` understands.
certificate_until() {
	local directory=$1 name=$2 end

	end=$(date -u -d "$3" +%y%m%d%H%M%SZ)
	mkdir -p "$directory/issued"
	: >"$directory/index.txt"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
		-keyout "$directory/privkey.pem" -out "$directory/request.pem" 2>/dev/null
	printf '%s\n' '[ca]' 'default_ca = own' '[own]' "database = $directory/index.txt" \
		"new_certs_dir = $directory/issued" 'default_md = sha256' 'policy = any' 'rand_serial = yes' \
		'x509_extensions = names' '[any]' 'commonName = supplied' '[names]' "subjectAltName = DNS:$name" \
		>"$directory/ca.cnf"
	openssl ca -batch -notext -selfsign -config "$directory/ca.cnf" -startdate 200101000000Z -enddate "$end" \
		-keyfile "$directory/privkey.pem" -in "$directory/request.pem" -out "$directory/fullchain.pem" 2>/dev/null
}

@test "certificates: auto makes one for all names, tells its digest, and everybody agrees about it" {
	local own=$STATE_DIRECTORY/certificates/own.example facts

	grep -q "^sulid: made a self-signed certificate for own.example, .* and . more: $own/fullchain.pem, sha256:" \
		"$SERVER_LOG"
	[[ $(stat -c %a "$STATE_DIRECTORY/certificates" "$own" "$own/privkey.pem" | tr '\n' ' ') == "700 700 600 " ]]
	facts=$(openssl x509 -in "$own/fullchain.pem" -noout -text -fingerprint -sha256)
	[[ $facts == *"DNS:own.example, DNS:*.own.example, DNS:*.test, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, DNS:old.example"* ]]
	[[ $facts == *"NIST CURVE: P-256"* ]]
	facts=${facts##*Fingerprint=}
	digest "$own/fullchain.pem"
	[[ $DIGEST == "sha256:$(tr -d : <<<"${facts,,}")" ]]
	grep -q "$own/fullchain.pem, $DIGEST\$" "$SERVER_LOG"
	peer old.example
	[[ $PEER == "$DIGEST" ]]
	run --separate-stderr "$SULID" check -c "$SERVER_CONFIG"
	[[ $status == 0 && -z $stderr ]]
	[[ ${lines[2]} == "  own.example, *.own.example and 4 more"*"  ECDSA P-256  until 20"* && ${lines[3]} == "    $DIGEST" ]]
	[[ ${lines[-1]} == "$SERVER_CONFIG: ok, 3 vhosts, 3 certificates, the first expires on 20"* ]]
	# "*" alone has this host's names.
	[[ ${lines[4]} == "  localhost"* ]]
	"$SULID" status -c "$SERVER_CONFIG" --json | python3 -c '
import json, sys, time
one, own, any = json.load(sys.stdin)["generations"][0]["certificates"]
assert own["digest"] == sys.argv[1] and own["key"] == "ECDSA P-256" and own["names_count"] == 6, own
assert own["state"] == "good" and own["not_after"] > time.time() + 9 * 365 * 86400, own
assert 0 <= time.time() - own["loaded"] < 600 and own["chain"] == sys.argv[2], own' "$DIGEST" "$own/fullchain.pem"
	run "$SULID" status -c "$SERVER_CONFIG"
	[[ $output == *$'\ncertificates, loaded 20'*" UTC"$'\n'*"$DIGEST"* && $output != *$'\033'* ]]
}

@test "certificates: auto is never made again, whatever happens to names and their order" {
	local made

	digest "$STATE_DIRECTORY/certificates/own.example/fullchain.pem"
	# Other vhosts first, another name first, the first one gone, a new one.
	check <<-YAML
		  - {names: ["*"], root: $SITE, certificate: auto}
		  - {names: ["*.own.example", new.example], moved_from: [old.example], root: $SITE, certificate: auto}
	YAML
	[[ $status == 0 && ${lines[3]} == "    $DIGEST" ]]
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr == "$BATS_TEST_TMPDIR/c.yaml:4:"*": warning: the certificate $STATE_DIRECTORY/certificates/_wildcard.own.example/fullchain.pem does not cover the name \"new.example\"; Gemini clients have pinned it, so it is kept; delete $STATE_DIRECTORY/certificates/_wildcard.own.example to have a new one made"* ]]
	# A new first name, and the old one has moved there.
	check <<-YAML
		  - {names: [brand.example], moved_from: [own.example], root: $SITE, certificate: auto}
		  - {names: [second.example], root: $SITE, certificate: auto}
	YAML
	[[ $status == 0 && ${lines[1]} == "    $DIGEST" && ${lines[3]} != "${lines[1]}" ]]
	[[ $stderr == *"made a self-signed certificate for second.example: "* && $stderr == *'not cover the name "brand.example"'* ]]
	# A directory that is another vhost's is not shared, whichever comes first.
	check <<-YAML
		  - {names: [third.example, second.example], listen: "https://127.0.0.1:0", root: $SITE, certificate: auto}
		  - {names: [second.example], listen: "gemini://127.0.0.1:0", root: $SITE, certificate: auto}
	YAML
	[[ $status == 0 && ${lines[0]} == "  third.example, second.example  "* && ${lines[2]} == "  second.example  "* ]]
	# Of those only two were made; the other names lead to what was there.
	mapfile -t made < <(find "$STATE_DIRECTORY/certificates" -mindepth 1 -type d -printf '%f\n' | sort)
	[[ ${made[*]} == "default own.example second.example third.example" ]]
}

@test "certificates: auto completes what was interrupted, and says what cannot be mended" {
	local at=$BATS_TEST_TMPDIR/state/certificates

	export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
	mkdir -p "$at/half.example" "$at/lost.example"
	cp "$MADE/first/privkey.pem" "$at/half.example/"
	cp "$MADE/first/fullchain.pem" "$at/lost.example/"
	: >"$at/half.example/.fullchain.pem.0123abcd"
	: >"$at/file.example"
	# Two that begin with one name have one certificate, for the names of both.
	check <<-YAML
		  - {names: [half.example], listen: "https://127.0.0.1:0", root: $SITE, certificate: auto}
		  - {names: [half.example, more.example], listen: "gemini://127.0.0.1:0", root: $SITE, certificate: auto}
	YAML
	[[ $status == 0 && $stderr == "sulid: made a self-signed certificate for half.example, more.example: "* ]]
	[[ ${lines[0]} == "  half.example, more.example  "* && ${lines[-1]} == *": ok, 2 vhosts, 1 certificate, "* ]]
	cmp "$MADE/first/privkey.pem" "$at/half.example/privkey.pem"
	[[ $(ls -A "$at/half.example") == $'fullchain.pem\nprivkey.pem' ]]
	check <<-YAML
		  - {names: [lost.example], root: $SITE, certificate: auto}
		  - {names: [file.example], root: $SITE, certificate: auto}
	YAML
	[[ $status == 3 && -z $output ]]
	# shellcheck disable=SC2154
	[[ ${stderr_lines[0]} == "$BATS_TEST_TMPDIR/c.yaml:3:"*": $at/lost.example/fullchain.pem has lost its key, "*"or delete $at/lost.example to "* ]]
	[[ ${stderr_lines[2]} == *^ ]]
	[[ ${stderr_lines[3]} == "$BATS_TEST_TMPDIR/c.yaml:4:"*": no self-signed certificate can be made: $at/file.example: Not a directory" ]]
}

@test "certificates: reload takes a new one up on https and Gemini, open connections go on" {
	peer
	client open host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=one.example keep=gemini
	client open host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example keep=https
	# One that is idle may be closed meanwhile.
	client send conn=https raw='GET /small HTTP/1.1\r\n'
	cp "$MADE/second/"* "$LIVE/"
	reload
	[[ $status == 0 && -z $stderr ]]
	digest "$MADE/second/fullchain.pem"
	[[ ${lines[0]} == "  one.example "* && ${lines[1]} == "    $DIGEST" && ${lines[-2]} == "$SERVER_CONFIG: ok, 3 vhosts, 3 certificates, "* ]]
	[[ $PEER != "$DIGEST" ]]
	client send conn=https raw='Host: one.example\r\n\r\n'
	client read conn=https
	client_has status=200 bytes=1000
	client get conn=gemini proto=gemini raw="gemini://one.example:$GEMINI/\\r\\n"
	client_has status=20 complete=yes
	peer
	[[ $PEER == "$DIGEST" ]]
}

@test "certificates: what is wrong with a file is said, at its place" {
	local bad=$BATS_TEST_TMPDIR chain=$MADE/first/fullchain.pem key=$MADE/first/privkey.pem i

	: >"$bad/empty"
	openssl x509 -in "$chain" -outform DER -out "$bad/chain.der"
	openssl pkey -in "$key" -outform DER -out "$bad/key.der"
	openssl pkey -in "$key" -aes128 -passout pass:secret -out "$bad/locked"
	check <<-YAML
		  - {names: [a.example], root: $SITE, certificate: {chain: $bad/empty, key: $key}}
		  - {names: [b.example], root: $SITE, certificate: {chain: $bad/chain.der, key: $key}}
		  - {names: [c.example], root: $SITE, certificate: {chain: $chain, key: $bad/key.der}}
		  - {names: [d.example], root: $SITE, certificate: {chain: $chain, key: $bad/locked}}
		  - {names: [e.example], root: $SITE, certificate: {chain: $chain, key: $MADE/rsa.key}}
	YAML
	[[ $status == 3 && -z $output ]]
	local -a said=("$bad/empty holds no usable certificate: the file is empty"
		"$bad/chain.der holds no usable certificate: it is DER, PEM is needed *"
		"$bad/key.der holds no usable key: it is DER, PEM is needed *"
		"$bad/locked holds no usable key: the key is encrypted; sulid cannot ask for its password"
		"the key $MADE/rsa.key is not that of the certificate $chain: it is RSA 2048, the certificate's is ECDSA P-256")
	for i in 0 1 2 3 4; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ ${stderr_lines[3 * i]} == $bad/c.yaml:$((i + 3)):*": "${said[i]} ]] || {
			echo "$stderr" >&2
			return 1
		}
	done
	check <<-YAML
		  - {names: [a.example], root: $SITE, certificate: {chain: $chain, key: $bad/none}}
	YAML
	[[ $status == 3 && ${stderr_lines[0]} == *": the key $bad/none cannot be opened: No such file or directory" ]]
}

@test "certificates: what expires within 14 days is told of by check, reload, status and the log" {
	local soon=$BATS_TEST_TMPDIR/soon

	certificate_until "$soon" one.example "now + 9 days + 6 hours"
	certificate_until "$BATS_TEST_TMPDIR/over" over.example yesterday
	check <<-YAML
		  - {names: [one.example], root: $SITE, certificate: $soon}
		  - {names: [over.example], root: $SITE, certificate: $BATS_TEST_TMPDIR/over}
	YAML
	[[ $status == 0 ]]
	[[ ${stderr_lines[0]} == "$BATS_TEST_TMPDIR/c.yaml:3:"*": warning: the certificate $soon/fullchain.pem expires in 9 days, on 20"* ]]
	[[ ${stderr_lines[3]} == "$BATS_TEST_TMPDIR/c.yaml:4:"*": warning: the certificate $BATS_TEST_TMPDIR/over/fullchain.pem expired on 20"* ]]
	[[ ${lines[0]} == "  one.example   ECDSA P-256  expires in 9 days" && ${lines[2]} == "  over.example  ECDSA P-256  EXPIRED 20"* ]]
	cp "$soon/fullchain.pem" "$soon/privkey.pem" "$LIVE/"
	reload
	[[ $status == 0 && $stderr == "$SERVER_CONFIG:6:18: warning: the certificate $LIVE/fullchain.pem expires in 9 days, on 20"* ]]
	[[ ${lines[0]} == "  one.example "*"  expires in 9 days" ]]
	grep -q "^$SERVER_CONFIG:6:18: warning: the certificate .* expires in 9 days" "$SERVER_LOG"
	# On a terminal it is coloured, unless that is not wanted.
	on_terminal() {
		python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@" </dev/null
	}
	unset NO_COLOR
	run on_terminal "$SULID" status -c "$SERVER_CONFIG"
	[[ $status == 0 && $output == *$'\033[1;33mexpires in 9 days\033[0m'* ]]
	run on_terminal env NO_COLOR=1 "$SULID" status -c "$SERVER_CONFIG"
	[[ $status == 0 && $output == *"expires in 9 days"* && $output != *$'\033'* ]]
	# What was said at the reload is not said again on the same day.
	never grep -q '^sulid: the certificate for' "$SERVER_LOG"
}

@test "certificates: a running service tells of one that begins to expire" {
	certificate_until "$BATS_TEST_TMPDIR/edge" one.example "now + 14 days + 10 seconds"
	cp "$BATS_TEST_TMPDIR/edge/fullchain.pem" "$BATS_TEST_TMPDIR/edge/privkey.pem" "$LIVE/"
	reload
	[[ $status == 0 && -z $stderr ]]
	within 20 grep -q "^sulid: the certificate for one.example expires in 13 days, on .*: $LIVE/fullchain.pem\$" "$SERVER_LOG"
	run --separate-stderr "$SULID" status -c "$SERVER_CONFIG"
	[[ ${lines[*]} == *"  expires in 13 days"* ]]
	[[ $(grep -c '^sulid: the certificate for' "$SERVER_LOG") == 1 ]]
}

@test "certificates: half of a renewal is refused with its place, the old goes on, the other half is taken" {
	local pid old

	peer
	old=$PEER
	# In place, as cp does it: the files that are open are the same.
	cat "$MADE/first/fullchain.pem" >"$LIVE/fullchain.pem"
	reload
	[[ $status == 3 && -z $output ]]
	[[ ${stderr_lines[0]} == "$SERVER_CONFIG:6:18: the key $LIVE/privkey.pem is not that of the certificate $LIVE/fullchain.pem: was only one of the two renewed?" ]]
	[[ ${stderr_lines[1]} == "    certificate: $LIVE" && ${stderr_lines[2]} == "                 ^" ]]
	grep -qF "${stderr_lines[0]}" "$SERVER_LOG"
	peer
	[[ $PEER == "$old" ]]
	# Also a handshaker that is started after that has the old one.
	children sulid-handshaker
	pid=${PIDS[0]}
	kill -SEGV "$pid"
	within 10 is_gone "$pid"
	is_back() {
		children sulid-handshaker && [[ ${PIDS[0]} != "$pid" ]] && "$SULID" status -c "$SERVER_CONFIG" >/dev/null
	}
	within 30 is_back
	# Before it is looked through for crashes; from here on the log goes to the old file.
	sed -i '/ended by signal 11/d' "$SERVER_LOG"
	peer
	[[ $PEER == "$old" ]]
	cat "$MADE/first/privkey.pem" >"$LIVE/privkey.pem"
	reload
	[[ $status == 0 ]]
	digest "$LIVE/fullchain.pem"
	peer
	[[ $PEER == "$DIGEST" && $PEER != "$old" ]]
}

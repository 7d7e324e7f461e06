#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The handshake and what follows it: ciphers, versions, resumption, client certificates, tickets.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content small 1000 page 40000
	certificate "$BATS_FILE_TMPDIR/one" one.example
	certificate "$BATS_FILE_TMPDIR/two" two.example
	certificate "$BATS_FILE_TMPDIR/client" client
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=one.example -days 30 -addext subjectAltName=DNS:one.example \
		-keyout "$BATS_FILE_TMPDIR/rsa.key" -out "$BATS_FILE_TMPDIR/rsa.pem" 2>/dev/null
	server_start <<-YAML
		listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate:
		      - {chain: $BATS_FILE_TMPDIR/one/fullchain.pem, key: $BATS_FILE_TMPDIR/one/privkey.pem}
		      - {chain: $BATS_FILE_TMPDIR/rsa.pem, key: $BATS_FILE_TMPDIR/rsa.key}
		  - names: [two.example]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/two/fullchain.pem, key: $BATS_FILE_TMPDIR/two/privkey.pem}
		    client_certificates: request
		  - names: [three.example]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/two/fullchain.pem, key: $BATS_FILE_TMPDIR/two/privkey.pem}
		    client_certificates: require
	YAML
	client_start
	hash_of page
	export HASH
}

teardown_file() {
	client_stop
	server_stop
}

teardown() {
	server_check
	logged_paths_hold
}

secure() {
	client get host=127.0.0.1 port="$HTTPS" path=/page "$@"
}

last_line() {
	tail -n 1 "$BATS_FILE_TMPDIR/access.log"
}

# One cipher and version: full and resumed, with both client libraries, ended in order.
matrix() {
	local version=$1 cipher=$2 stack

	for stack in openssl gnutls; do
		secure tls=$stack version="$version" cipher="$cipher" sni=one.example \
			session="$stack$version$cipher" header="Connection: close"
		client_has status=200 bytes=40000 sha256="$HASH" end=close_notify resumed=no
		secure tls=$stack version="$version" cipher="$cipher" sni=one.example \
			session="$stack$version$cipher" header="Connection: close"
		client_has status=200 bytes=40000 sha256="$HASH" end=close_notify resumed=yes
		[[ $(last_line) == *"\"resumed\":true"*"\"complete\":true"* ]]
		[[ $(last_line) == *"\"tls\":\"TLSv$version\""*"\"path\":\"$TLS_PATH\""* ]]
	done
}

@test "tls: 1.3 AES-128-GCM, full and resumed, OpenSSL and GnuTLS" {
	matrix 1.3 aes128
}

@test "tls: 1.3 AES-256-GCM, full and resumed, OpenSSL and GnuTLS" {
	matrix 1.3 aes256
}

@test "tls: 1.3 ChaCha20-Poly1305, full and resumed, OpenSSL and GnuTLS" {
	matrix 1.3 chacha20
}

@test "tls: 1.2 AES-128-GCM, full and resumed, OpenSSL and GnuTLS" {
	matrix 1.2 aes128
}

@test "tls: 1.2 AES-256-GCM, full and resumed, OpenSSL and GnuTLS" {
	matrix 1.2 aes256
}

@test "tls: 1.2 ChaCha20-Poly1305, full and resumed, OpenSSL and GnuTLS" {
	matrix 1.2 chacha20
}

@test "tls: several requests on one connection, in both directions" {
	secure tls=openssl sni=one.example count=50
	client_has responses=50 sha256="$HASH" complete=yes
	secure tls=gnutls version=1.2 sni=one.example count=50
	client_has responses=50 sha256="$HASH" complete=yes
}

@test "tls: the first request in one segment with the client's Finished" {
	secure tls=openssl sni=one.example coalesce=true count=3
	client_has responses=3 sha256="$HASH" complete=yes
	secure tls=openssl version=1.2 sni=one.example coalesce=true
	client_has status=200 sha256="$HASH"
}

@test "tls: the certificate is chosen by what the client can verify" {
	secure tls=openssl version=1.2 auth=rsa sni=one.example
	client_has status=200
	local rsa=${R[peer]}
	secure tls=openssl version=1.2 auth=ecdsa sni=one.example
	client_has status=200
	[[ ${R[peer]} != "$rsa" ]]
}

@test "tls: ALPN chooses http/1.1, and refuses a client that cannot speak it" {
	secure tls=openssl sni=one.example alpn=h2,http/1.1
	client_has status=200 alpn=http/1.1
	secure tls=openssl sni=one.example alpn=h2
	client_has status= alert=no_application_protocol
}

@test "tls: a ticket of one vhost shown to another: full handshake, 1.3 and 1.2" {
	local version

	for version in 1.3 1.2; do
		secure tls=openssl version=$version sni=one.example session="cross$version"
		client_has status=200 resumed=no
		secure tls=openssl version=$version sni=two.example session="cross$version"
		client_has status=200 resumed=no
		secure tls=openssl version=$version sni=one.example session="back$version"
		secure tls=openssl version=$version sni=one.example session="back$version"
		client_has status=200 resumed=yes
	done
}

@test "tls: the client certificate's digest reaches the log, also when resumed" {
	local digest version

	digest=$("$SULID" digest "$BATS_FILE_TMPDIR/client/fullchain.pem")
	for version in 1.3 1.2; do
		secure tls=openssl version=$version sni=two.example session="id$version" \
			cert="$BATS_FILE_TMPDIR/client/fullchain.pem" key="$BATS_FILE_TMPDIR/client/privkey.pem"
		client_has status=200 resumed=no
		[[ $(last_line) == *"\"certificate\":\"$digest\""* ]]
		secure tls=openssl version=$version sni=two.example session="id$version" \
			cert="$BATS_FILE_TMPDIR/client/fullchain.pem" key="$BATS_FILE_TMPDIR/client/privkey.pem"
		client_has status=200 resumed=yes
		[[ $(last_line) == *"\"certificate\":\"$digest\""* ]]
	done
}

@test "tls: where certificates are asked for, a session without one gets no ticket" {
	secure tls=openssl sni=two.example session=none
	client_has status=200
	[[ $(last_line) == *"\"certificate\":null"* ]]
	secure tls=openssl sni=two.example session=none
	client_has status=200 resumed=no
}

@test "tls: a required client certificate that is missing ends the handshake" {
	secure tls=openssl sni=three.example
	client_has status=
	secure tls=gnutls sni=three.example cert="$BATS_FILE_TMPDIR/client/fullchain.pem" \
		key="$BATS_FILE_TMPDIR/client/privkey.pem"
	client_has status=200 sha256="$HASH"
}

@test "tls: a client that negotiates max_fragment_length is relayed, and whole" {
	secure tls=openssl sni=one.example mfl=1024 header="Connection: close"
	if [[ $KERNEL == require ]]; then
		# What would have to be relayed is closed under "require".
		client_has status=
	else
		client_has status=200 sha256="$HASH" end=close_notify
		[[ $(last_line) == *'"path":"relayed"'* ]]
	fi
}

@test "tls: a KeyUpdate ends the connection in order and nobody else's" {
	secure tls=openssl version=1.3 sni=one.example keep=other
	client_has status=200
	secure tls=openssl version=1.3 sni=one.example keyupdate=true timeout=5000
	[[ ${R[end]} != timeout ]]
	if [[ $TLS_PATH == relayed ]]; then
		client_has status=200
	fi
	secure conn=other
	client_has status=200 sha256="$HASH"
}

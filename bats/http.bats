#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# HTTP/1.1 over plain TCP and over TLS: what a browser's first look needs.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	content hello.txt 100 page.html 2000 .secret 10 f.unknown 5
	mkdir -p "$SITE/dir" "$SITE/empty" "$SITE/.well-known"
	printf '<title>index</title>' >"$SITE/dir/index.html"
	printf 'root' >"$SITE/index.html"
	printf 'policy' >"$SITE/.well-known/security.txt"
	ln -s /etc/passwd "$SITE/outside"
	ln -s hello.txt "$SITE/inside"
	mkdir -p "$BATS_FILE_TMPDIR/other"
	mkdir -p "$BATS_FILE_TMPDIR/acme/.well-known/acme-challenge"
	printf token >"$BATS_FILE_TMPDIR/acme/.well-known/acme-challenge/token"
	printf 'other' >"$BATS_FILE_TMPDIR/other/index.html"
	chmod -R a+rX "$BATS_FILE_TMPDIR/acme" "$BATS_FILE_TMPDIR/other" "$SITE"
	certificate "$BATS_FILE_TMPDIR/one" one.example '*.wild.example'
	certificate "$BATS_FILE_TMPDIR/two" two.example
	server_start <<-YAML
		acme: $BATS_FILE_TMPDIR/acme
		listen: ["https://127.0.0.1:0", "http://127.0.0.1:0"]
		timeouts: {head: 1s, first_byte: 1s, idle: 2s}
		vhosts:
		  - names: [one.example, "*.wild.example"]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/one/fullchain.pem, key: $BATS_FILE_TMPDIR/one/privkey.pem}
		    http: serve
		  - names: [two.example]
		    root: $BATS_FILE_TMPDIR/other
		    certificate: {chain: $BATS_FILE_TMPDIR/two/fullchain.pem, key: $BATS_FILE_TMPDIR/two/privkey.pem}
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

plain() {
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" want=all "$@"
}

secure() {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example want=all "$@"
}

@test "http: a file is served with type, length and date, and the connection is kept" {
	plain path=/hello.txt
	client_has status=200 complete=yes end=keep bytes=100 length=100
	[[ ${R[head]} == *"Content-Type: text/plain; charset=utf-8"* ]]
	[[ ${R[head]} == *"Date: "*" GMT"* && ${R[head]} == *"Last-Modified: "*" GMT"* ]]
	secure path=/hello.txt
	client_has status=200 complete=yes end=keep bytes=100
}

@test "http: HEAD has the same fields and no body" {
	secure path=/hello.txt method=HEAD count=2
	client_has status=200 bytes=0 responses=2
	[[ ${R[head]} == *"Content-Length: 100"* ]]
}

@test "http: index, redirect to the slash with the query, no index" {
	plain path=/
	client_has status=200 body=root
	plain path=/dir/
	client_has status=200 "body=<title>index</title>"
	plain 'path=/dir?a=b'
	client_has status=301
	[[ ${R[head]} == *"Location: /dir/?a=b"* ]]
	plain path=/empty/
	client_has status=403
}

@test "http: 404, and what must not be reached is not there" {
	plain path=/nothing
	client_has status=404
	plain path=/.secret
	client_has status=404
	plain path=/.well-known/security.txt
	client_has status=200 body=policy
	plain path=/outside
	client_has status=404
	plain path=/inside
	client_has status=200 bytes=100
	plain path=/../etc/passwd
	client_has status=400
	plain path=/%2e%2e/%2e%2e/etc/passwd
	client_has status=400
	plain path=/dir%2Findex.html
	client_has status=400
	plain path=/a%00b
	client_has status=400
	plain path=//dir//./index.html
	client_has status=200
}

@test "http: methods: 405 with Allow for those we know, 501 for others" {
	plain path=/hello.txt method=POST
	client_has status=405
	[[ ${R[head]} == *"Allow: GET, HEAD"* ]]
	plain path=/hello.txt method=BREW
	client_has status=501
}

@test "http: refused heads: 400, 414, 431, 505" {
	plain raw='GET / HTTP/1.1\r\nHost: one.example\r\nHost: two.example\r\n\r\n'
	client_has status=400
	plain raw='GET / HTTP/1.1\r\n\r\n'
	client_has status=400
	plain raw='GET / HTTP/1.1\r\nHost : one.example\r\n\r\n'
	client_has status=400
	plain raw='GET / HTTP/1.1\r\nHost: one.example\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'
	client_has status=400
	plain raw='GET / HTTP/2.0\r\nHost: one.example\r\n\r\n'
	client_has status=505
	plain raw="GET /$(printf 'a%.0s' {1..9000}) HTTP/1.1\\r\\nHost: one.example\\r\\n\\r\\n"
	client_has status=414
	plain raw="GET / HTTP/1.1\\r\\nHost: one.example\\r\\nX: $(printf 'a%.0s' {1..9000})\\r\\n\\r\\n"
	client_has status=431
}

@test "http: an unfinished head gets 408, silence is closed without a word" {
	plain raw='GET / HT'
	client_has status=408
	plain raw='' timeout=5000
	client_has status= bytes=0
	[[ ${R[end]} != timeout ]]
}

@test "http: pipelined requests are answered in order, heads may come byte by byte" {
	plain path=/hello.txt pipeline=20
	client_has responses=20 complete=yes
	secure path=/hello.txt pipeline=20
	client_has responses=20 complete=yes
	secure path=/hello.txt byte_by_byte=true
	client_has status=200
}

@test "http: Connection: close, HTTP/1.0 with and without keep-alive" {
	secure path=/hello.txt header="Connection: close"
	client_has status=200 complete=yes end=close_notify
	plain raw='GET /hello.txt HTTP/1.0\r\n\r\n'
	client_has status=421
	plain raw='GET /hello.txt HTTP/1.0\r\nHost: one.example\r\n\r\n'
	client_has status=200 end=eof
	plain raw='GET /hello.txt HTTP/1.0\r\nHost: one.example\r\nConnection: keep-alive\r\n\r\n'
	client_has status=200 end=keep
	[[ ${R[head]} == *"Connection: keep-alive"* ]]
}

@test "http: names: exact, wildcard, unknown 421, of another vhost than the handshake's 421" {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=a.wild.example path=/
	client_has status=200
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=a.b.wild.example path=/
	client_has status=200
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example header="Host: a.wild.example" path=/
	client_has status=200
	secure path=/ header="Host: two.example"
	client_has status=421
	secure path=/ header="Host: unknown.example"
	client_has status=421
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: unknown.example" path=/
	client_has status=421
}

@test "http: an unknown or missing server name is refused by alert" {
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=unknown.example path=/
	client_has status= alert=unrecognized_name
	client get host=127.0.0.1 port="$HTTPS" tls=gnutls sni=none path=/
	client_has status=
	[[ ${R[alert]} ]]
}

@test "http: a vhost with a certificate redirects plain http to https" {
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: two.example" path=/x?y=z want=head
	client_has status=301
	[[ ${R[head]} == *"Location: https://two.example:$HTTPS/x?y=z"* ]]
}

@test "http: ACME challenges are answered on plain http for every name" {
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: two.example" path=/.well-known/acme-challenge/token want=body
	client_has status=200 body=token
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: new.example" path=/.well-known/acme-challenge/token want=body
	client_has status=200 body=token
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: new.example" path=/.well-known/acme-challenge/../acme-challenge/none want=body
	client_has status=421
}

@test "http: a client that closes its half after the request is still answered" {
	plain path=/page.html how=half header="Connection: close"
	client_has status=200 bytes=2000
}

@test "http: a body on GET is dropped and the next request is understood" {
	plain raw='GET /hello.txt HTTP/1.1\r\nHost: one.example\r\nContent-Length: 5\r\n\r\nhelloGET /page.html HTTP/1.1\r\nHost: one.example\r\n\r\n' responses=2
	client_has responses=2 bytes=2000
}

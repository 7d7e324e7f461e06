#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Whose name is it: international names in every spelling, wildcards, names of before, and addresses.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	local tls=$BATS_FILE_TMPDIR/tls

	SITE=$BATS_FILE_TMPDIR/site
	mkdir -p "$SITE/books" "$SITE/example" "$SITE/six"
	printf '# books\n' >"$SITE/books/index.gmi"
	printf 'books' >"$SITE/books/index.html"
	printf '# example\n' >"$SITE/example/index.gmi"
	printf '# six\n' >"$SITE/six/index.gmi"
	printf 'six' >"$SITE/six/index.html"
	chmod -R a+rX "$SITE"
	export SITE
	certificate "$tls" xn--bcher-kva.example '*.xn--bcher-kva.example' xn--bch-hoa.example \
		'*.xn--r8jz45g.example'
	certificate "$tls/six" ::1
	server_start <<-YAML
		listen: ["https://*:0", "gemini://*:0", "http://*:0"]
		defaults:
		  certificate: {chain: $tls/fullchain.pem, key: $tls/privkey.pem}
		  http: serve
		vhosts:
		  - names: [BÜCHER.example, "*.bücher.example"]
		    moved_from: [büch.example]
		    root: $SITE/books
		  - names: ["*.例え.example"]
		    root: $SITE/example
		    http: redirect
		    paths:
		      /old/: {moved: "https://{host}/new/{rest}"}
		  - names: ["[0:0::0:1]"]
		    root: $SITE/six
		    certificate: {chain: $tls/six/fullchain.pem, key: $tls/six/privkey.pem}
		    paths:
		      /old/: {redirect: "gemini://{host}/new"}
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

books=xn--bcher-kva.example

# A raw URI up to its port, and what follows it. SNI: what the client says before.
gemini() {
	local uri=$1 path=$2

	shift 2
	client get port="$GEMINI" proto=gemini sni="${SNI:-$books}" want=body raw="gemini://$uri:$GEMINI$path\\r\\n" "$@"
}

secure() {
	local host=$1

	shift
	client get port="$HTTPS" sni="${SNI:-$books}" header="Host: $host" want=all path=/ "$@"
}

plain() {
	local host=$1

	shift
	client get port="$HTTP" tls=none header="Host: $host" want=all path=/ "$@"
}

# The books' page in both protocols, for a host in this spelling.
is_books() {
	gemini "$1" /
	client_has status=20 $'body=# books\n' end=close_notify
	secure "$1:$HTTPS"
	client_has status=200 body=books
	plain "$1"
	client_has status=200 body=books
}

# In no protocol is it anybody's.
is_foreign() {
	gemini "$1" /
	client_has status=53
	secure "$1"
	client_has status=421
	plain "$1"
	client_has status=421
}

# Nor is it a host.
is_malformed() {
	gemini "$1" /
	client_has status=59
	secure "$1"
	client_has status=400
	plain "$1"
	client_has status=400
}

location_is() {
	[[ ${R[head]}$'\n' == *$'\n'"Location: $1"[$'\r\n']* ]] || {
		echo "not $1: ${R[head]}" >&2
		return 1
	}
}

@test "names: an international name is the same in UTF-8, in punycode, and with escapes" {
	local host

	for host in bücher.example "$books" b%C3%BCcher.example b%c3%bccher.%65xample; do
		is_books "$host"
	done
	is_books XN--BCHER-KVA.Example
	is_books Bücher.EXAMPLE
	SNI=XN--Bcher-KVA.example gemini bücher.example /
	client_has status=20
}

@test "names: a wildcard of one stands for any label in any spelling" {
	local host

	for host in www.bücher.example "www.$books" 日本.www.b%C3%BCcher.example; do
		is_books "$host"
	done
	SNI=xn--wgv71a.$books gemini 日本.bücher.example /
	client_has status=20 $'body=# books\n'
}

@test "names: what takes tables to know is somebody else's, and so is every other name" {
	is_foreign büchner.example
	is_foreign xn--bchner-3ya.example
	is_foreign BÜCHER.example
	is_foreign $'bu\xcc\x88cher.example'
	is_foreign example
	is_foreign bücher
}

@test "names: an escaped dot, NUL, delimiter or half a letter is a bad host" {
	local host

	for host in b%C3%BCcher%2Eexample b%C3%BCcher.example%00 b%C3%BCcher.example%3A b%C3cher.example \
		b%C3%B.example %; do
		is_malformed "$host"
	done
}

@test "names: the name of before leads to the A-label, whatever the spelling" {
	local host

	for host in büch.example b%C3%BCch.example xn--bch-hoa.example; do
		SNI=xn--bch-hoa.example gemini "$host" '/a?b'
		client_has status=31 "meta=gemini://$books:$GEMINI/a?b"
		SNI=xn--bch-hoa.example secure "$host" path='/a?b'
		client_has status=301
		location_is "https://$books:$HTTPS/a?b"
		plain "$host" path='/a?b'
		client_has status=301
		location_is "http://$books:$HTTP/a?b"
	done
}

@test "names: a redirect says A-labels, also of what a wildcard stands for" {
	local host asked=xn--rzte-koa.xn--r8jz45g.example

	for host in ärzte.例え.example %C3%A4rzte.xn--r8jz45g.example; do
		plain "$host" path=/b
		client_has status=301
		location_is "https://$asked:$HTTPS/b"
		SNI=$asked secure "$host" path=/old/c
		client_has status=301
		location_is "https://$asked/new/c"
		SNI=$asked gemini "$host" /old/c
		client_has status=31 "meta=https://$asked/new/c"
	done
	SNI=$asked gemini "$asked" /
	client_has status=20 $'body=# example\n'
}

@test "names: an address is the same in every spelling, and needs no server name" {
	local host

	for host in '[::1]' '[0:0:0:0:0:0:0:1]' '[::0.0.0.1]' '[0::0001]'; do
		SNI=none gemini "$host" / host=::1
		client_has status=20 $'body=# six\n'
		SNI=none secure "$host:$HTTPS" host=::1
		client_has status=200 body=six
		plain "$host:$HTTP" host=::1
		client_has status=200 body=six
	done
	SNI=none gemini '[0::1]' /old/ host=::1
	client_has status=30 'meta=gemini://[::1]/new'
	SNI=none gemini '[::2]' / host=::1
	client_has status=53
	plain '[::2]' host=::1
	client_has status=421
	# Nobody is named 127.0.0.1, and nobody answers all other names.
	SNI=none gemini 127.0.0.1 /
	client_has alert=unrecognized_name
}

@test "names: a server name in UTF-8 is refused, which harms nobody" {
	SNI=bücher.example secure bücher.example
	client_has alert=decode_error
	is_books "$books"
}

@test "names: the certificate covers them all as they are in it" {
	never grep 'does not cover' "$SERVER_LOG"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# One site in two protocols: questions, listings, and gemtext for browsers.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	export SITE=$BATS_FILE_TMPDIR/site
	mkdir -p "$SITE/birds" "$SITE/letters" "$SITE/list/sub dir"
	printf '# gannet\n' >"$SITE/birds/gannet.gmi"
	printf 'private' >"$SITE/letters/word.txt"
	printf 'two\n' >"$SITE/list/a: b?.txt"
	printf '# page\n' >"$SITE/page.gmi"
	printf '<title>page</title>' >"$SITE/page.html"
	printf '# newer\n' >"$SITE/stale.gmi"
	printf '<title>older</title>' >"$SITE/stale.html"
	printf '# lone\n' >"$SITE/lone.gmi"
	touch -d '2026-01-31 12:00 UTC' "$SITE/page.gmi" "$SITE/stale.html" "$SITE/list/a: b?.txt"
	touch -d '2026-02-01 12:00 UTC' "$SITE/page.html" "$SITE/stale.gmi"
	chmod -R a+rX "$SITE"
	certificate "$BATS_FILE_TMPDIR/tls" one.example old.example
	server_start <<-YAML
		listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0", "http://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    moved_from: [old.example]
		    root: $SITE
		    certificate: {chain: $BATS_FILE_TMPDIR/tls/fullchain.pem, key: $BATS_FILE_TMPDIR/tls/privkey.pem}
		    try: [.gmi]
		    paths:
		      /ask: {input: "Which bird?", answers: /birds/}
		      /letters/: {sensitive_input: "The word, please", answers: /letters/}
		      /list/: {listing: true}
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

gemini() {
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=one.example want=body \
		raw="gemini://one.example:$GEMINI$1\\r\\n"
}

web() {
	local path=$1

	shift
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=one.example want=all header="Host: one.example" path="$path" "$@"
}

@test "protocols: a question is 10 in Gemini and a form on the web, and its answer names a file" {
	gemini /ask
	client_has status=10 "meta=Which bird?" bytes=0 end=close_notify
	gemini '/ask?'
	client_has status=10
	gemini '/ask?gannet'
	client_has status=20 $'body=# gannet\n'
	gemini '/ask?penguin'
	client_has status=51
	web /ask
	client_has status=200 complete=yes
	[[ ${R[body]} == *'<label for="q">Which bird?</label>'*'name="q"'* ]]
	web '/ask?q=gannet.gmi'
	client_has status=200 $'body=# gannet\n'
	web '/ask?q=penguin'
	client_has status=404
}

@test "protocols: an answer that climbs out is refused, however it is written" {
	local answer

	for answer in ../page.gmi %2e%2e/page.gmi x/../../page.gmi /../page.gmi ..%2fpage.gmi; do
		gemini "/ask?$answer"
		client_has status=59
		web "/ask?q=$answer"
		client_has status=400
	done
}

@test "protocols: a sensitive question is 11, and its answer is in no log and no cache" {
	gemini /letters/word.txt
	client_has status=11 "meta=The word, please"
	gemini '/letters/?word.txt'
	client_has status=20 body=private
	web '/letters/'
	client_has status=200
	[[ ${R[body]} == *' type="password" '* ]]
	web '/letters/?q=word.txt'
	client_has status=200 body=private
	[[ ${R[head]} == *"Cache-Control: no-store"*"Referrer-Policy: no-referrer"* ]]
	web '/letters/?q=swordfish'
	client_has status=404
	within 5 grep -q '"GET /letters/?\* HTTP/1.1"' "$BATS_FILE_TMPDIR/access.log"
	grep -q "gemini://one.example:$GEMINI/letters/?\*\"" "$BATS_FILE_TMPDIR/access.log"
	never grep -E 'swordfish|\?(q=)?word' "$BATS_FILE_TMPDIR/access.log"
}

@test "protocols: a sensitive answer is in no log either where it only leads on, or is refused" {
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: one.example" path='/letters/?q=albatross'
	client_has status=301
	client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=old.example header="Host: old.example" path='/letters/?q=albatross'
	client_has status=301
	client get host=127.0.0.1 port="$GEMINI" tls=openssl proto=gemini sni=old.example want=body \
		raw="gemini://old.example:$GEMINI/letters/?albatross\\r\\n"
	client_has status=31
	web '/letters/?q=albatross' method=POST
	client_has status=405
	web '/letters/?q=albatross' method=OPTIONS
	client_has status=204
	within 5 grep -q '"OPTIONS /letters/?\* HTTP/1.1"' "$BATS_FILE_TMPDIR/access.log"
	never grep albatross "$BATS_FILE_TMPDIR/access.log"
}

@test "protocols: a directory is gemtext for Gemini and a page for browsers" {
	gemini /list/
	client_has status=20 "meta=text/gemini; charset=utf-8" end=close_notify \
		$'body=# /list/\n\n=> ../ ..\n=> ./sub%20dir/ sub dir/\n=> ./a:%20b%3F.txt a: b?.txt (4 B, 2026-01-31)\n'
	gemini '/list/a:%20b%3F.txt'
	client_has status=20 $'body=two\n'
	gemini /birds/
	client_has status=51
	web /list/
	client_has status=200
	[[ ${R[head]} == *"Content-Type: text/html; charset=utf-8"* ]]
}

@test "protocols: gemtext reaches browsers as the page beside it, if that is not older" {
	local browser="Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

	web /page.gmi header="$browser"
	client_has status=200 "body=<title>page</title>"
	[[ ${R[head]} == *"Content-Type: text/html; charset=utf-8"* ]]
	[[ ${R[head]} == *"Vary: Accept, Accept-Encoding"* ]]
	web /page header="$browser"
	client_has status=200 "body=<title>page</title>"
	web /page.gmi header="Accept: text/gemini"
	client_has status=200 $'body=# page\n'
	[[ ${R[head]} == *"Content-Type: text/gemini; charset=utf-8"* ]]
	[[ ${R[head]} == *"Vary: Accept"* ]]
	web /page.gmi
	client_has status=200 $'body=# page\n'
	web /stale.gmi header="$browser"
	client_has status=200 $'body=# newer\n'
	web /lone.gmi header="$browser"
	client_has status=200 $'body=# lone\n'
	gemini /page.gmi
	client_has status=20 $'body=# page\n'
}

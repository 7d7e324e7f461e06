#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Chromium and the server: the demonstration site, listings, pages of a capsule, error pages, media, its cache.

bats_require_minimum_version 1.5.0
load sulid
load ../tests/browser/place

# The guests say what they expect of their kernel. A browser in an emulated machine would take minutes.
on_host() {
	[[ ! ${SULID_EXPECT:-} ]]
}

setup_file() {
	on_host || return 0
	export PLACE=$BATS_FILE_TMPDIR/place
	mkdir -p "$PLACE"
	place_everything
	server_start < <(place_configuration)
}

teardown_file() {
	server_stop
}

setup() {
	on_host || skip 'on the host only'
	place_home "$BATS_TEST_TMPDIR/home" "$PLACE/tls/ca.pem"
}

teardown() {
	on_host || return 0
	server_check
}

browse() {
	"$BROWSER_TOP/tests/browser/browse" "$BATS_TEST_TMPDIR/home" "https://$BROWSER_NAME:$HTTPS" "$@" 3>&-
}

@test "browser: the demonstration site, light and dark, wide and on a phone" {
	browse pages 200 / /about.html /files/ /files/drawings/
}

@test "browser: listings, light and dark, wide and on a phone" {
	browse pages 200 /seabirds/ /odd/ '/seabirds/?sort=date&order=desc'
}

@test "browser: pages of a capsule, light and dark, wide and on a phone, under a strict policy" {
	# As they are linked, which is by the names of their documents.
	browse pages 200 /gemlog/ /gemlog/2026-05-17-plunge.gmi
	browse capsule /gemlog/everything.html
}

@test "browser: the built-in error pages, light and dark, wide and on a phone" {
	browse pages 404 /nothing "/$(printf 'long%.0s' {1..50})"
	browse pages 403 /pages/
}

@test "browser: a listing is sorted by clicks, and the first line leads up" {
	browse sort /seabirds/ "$PLACE/seabirds"
}

@test "browser: each line of a listing leads to the file of that name" {
	browse names /odd/ "$PLACE/odd"
}

@test "browser: a video seeks by ranges" {
	browse seek /medium/ "$PLACE/medium/sound.wav"
}

@test "browser: links and reloads revalidate with 304, back and forward where Chromium asks; a change is seen" {
	browse revalidate "$PLACE/pages" "$BATS_FILE_TMPDIR/access.log"
}

@test "browser: without the test CA, Chromium does not trust the server" {
	place_home "$BATS_TEST_TMPDIR/stranger"
	run "$BROWSER_TOP/tests/browser/browse" "$BATS_TEST_TMPDIR/stranger" "https://$BROWSER_NAME:$HTTPS" \
		untrusted /
	[[ $status == 0 && ! $output ]]
}

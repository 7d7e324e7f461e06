#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A root is what its path names now: a deploy switches a link, and nobody reloads.

bats_require_minimum_version 1.5.0
load sulid
load client

setup_file() {
	mkdir -p "$BATS_FILE_TMPDIR/releases/1" "$BATS_FILE_TMPDIR/releases/2"
	printf 'one' >"$BATS_FILE_TMPDIR/releases/1/version"
	printf 'two' >"$BATS_FILE_TMPDIR/releases/2/version"
	chmod -R a+rX "$BATS_FILE_TMPDIR/releases"
	ln -s releases/1 "$BATS_FILE_TMPDIR/current"
	server_start <<-YAML
		listen: ["http://127.0.0.1:0"]
		vhosts:
		  - names: ["*"]
		    root: $BATS_FILE_TMPDIR/current
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

ask() {
	client get host=127.0.0.1 port="$HTTP" tls=none header="Host: any" path=/version want=body "$@"
}

serves() {
	ask
	[[ ${R[body]} == "$1" ]]
}

@test "roots: a switched link is served within 2 s, and never anything but old or new" {
	local started now

	ask
	client_has body=one
	ln -sfn releases/2 "$BATS_FILE_TMPDIR/next"
	mv -T "$BATS_FILE_TMPDIR/next" "$BATS_FILE_TMPDIR/current"
	started=${EPOCHREALTIME/./}
	while ask && [[ ${R[body]} != two ]]; do
		client_has status=200 body=one
		now=${EPOCHREALTIME/./}
		((now - started < 2000000))
	done
	# From now on all of it is new.
	ask count=200
	client_has status=200 body=two responses=200
}

@test "roots: one that is gone answers 404 and comes back by itself" {
	mv "$BATS_FILE_TMPDIR/current" "$BATS_FILE_TMPDIR/away"
	is_404() {
		ask
		[[ ${R[status]} == 404 ]]
	}
	within 4 is_404
	grep -q 'current is gone' "$SERVER_LOG"
	mv "$BATS_FILE_TMPDIR/away" "$BATS_FILE_TMPDIR/current"
	within 4 serves two
}

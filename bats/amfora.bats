#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A person's view: the demonstration capsule in amfora, a client of Gemini for the terminal, inside tmux.

bats_require_minimum_version 1.5.0
load sulid

setup_file() {
	certificate "$BATS_FILE_TMPDIR/tls" localhost
	server_start <<-YAML
		listen: ["gemini://127.0.0.1:0"]
		vhosts:
		  - names: [localhost]
		    root: $BATS_TEST_DIRNAME/../conf/demo
		    certificate: {chain: $BATS_FILE_TMPDIR/tls/fullchain.pem, key: $BATS_FILE_TMPDIR/tls/privkey.pem}
	YAML
	amfora_start "gemini://localhost:$GEMINI/"
}

teardown_file() {
	terminal kill-server || true
	server_stop
}

teardown() {
	server_check
	logged_paths_hold
}

terminal() {
	tmux -S "$BATS_FILE_TMPDIR/tmux" -f /dev/null "$@" 3>&-
}

# Its settings, and the certificates that it has seen, are the test's own.
amfora_start() {
	local home=$BATS_FILE_TMPDIR/home

	mkdir -p "$home"
	TERM=xterm LC_ALL=C.UTF-8 terminal new-session -d -x 100 -y 40 env -i PATH="$PATH" HOME="$home" TERM=screen-256color \
		LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$home/config" XDG_DATA_HOME="$home/data" XDG_CACHE_HOME="$home/cache" amfora "$1"
}

# All words on the screen, with one space between: how lines are broken and filled is amfora's business.
screen() {
	terminal capture-pane -p | tr -s '[:space:]' ' '
}

# shows NAME: the screen holds tests/amfora/NAME.txt.
shows() {
	local text

	text=$(tr -s '[:space:]' ' ' <"$BATS_TEST_DIRNAME/../tests/amfora/$1.txt")
	[[ $text && $(screen) == *"${text% }"* ]]
}

comes_to_show() {
	within 60 shows "$1" || {
		terminal capture-pane -p >&2
		return 1
	}
}

@test "amfora: the capsule's page is as its source says" {
	comes_to_show index
}

@test "amfora: a link is followed by its number" {
	# Typing a number opens a line for it.
	terminal send-keys 1
	terminal send-keys Enter
	comes_to_show about
	within 10 grep -q '"request":"gemini://localhost:[0-9]*/about.gmi".*"status":20' "$BATS_FILE_TMPDIR/access.log"
}

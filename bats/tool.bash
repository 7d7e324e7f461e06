# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# A command of sulid that works in the background, for the files of tests that watch it: one at a time. What it
# prints is in OUT, what it says in OUT.err, its pid in PID.

tool_start() {
	OUT=$BATS_TEST_TMPDIR/out
	"$SULID" "$@" >"$OUT" 2>"$OUT.err" 3>&- &
	PID=$!
}

# Its exit status in STATUS, once it has ended by itself or by a signal.
# shellcheck disable=SC2034 # for the caller
tool_wait() {
	within 20 tool_is_gone "$PID" || {
		echo "it did not end" >&2
		return 1
	}
	STATUS=0
	wait "$PID" || STATUS=$?
	PID=
}

# Or a zombie, which wait has not seen.
tool_is_gone() {
	local line

	line=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	[[ $line == *') Z '* ]]
}

# For teardown: what a test that failed has left.
tool_kill() {
	[[ ! ${PID:-} ]] || kill -KILL "$PID" 2>/dev/null || true
}

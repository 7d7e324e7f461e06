# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# The test client from a bats file. One process serves all tests of a file:
#
#	load client
#	setup_file() { client_start; }
#	teardown_file() { client_stop; }
#	@test "a file is served" {
#		client get port="$PORT" path=/a.txt header="Accept-Encoding: gzip"
#		client_has status=200 complete=yes end=keep
#		[ "${R[length]}" -gt 100 ]
#	}
#
# `client VERB KEY=VALUE…` sends one command (they are in tests/client/README.md) and leaves the
# answer in REPLY_LINE as it came and in the associative array R word by word, decoded. In values
# \r \n \t \\ \xNN are escapes; quotes stand for themselves. It fails if the client has died, takes
# longer than CLIENT_TIMEOUT seconds, or refuses the command; a server that misbehaves is an answer.
#
# Nothing here starts a process per call. client_start may also be called in setup or in a test; the
# client then belongs to that test alone. A daemon that is started while the client runs should not
# inherit its descriptors: start it with `3>&- {CLIENT_IN}>&- {CLIENT_OUT}<&-`.

declare -gA R=()
REPLY_LINE=
CLIENT_COUNT=0
CLIENT_TIMEOUT=${CLIENT_TIMEOUT:-120}

client_start() {
	local program=${SULID_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/client
	local read_end write_end directory=${BATS_FILE_TMPDIR:-${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}}

	if [[ ! -x $program ]]; then
		echo "client_start: $program is missing; make it, or set SULID_BUILD" >&2
		return 1
	fi
	CLIENT_ERRORS=$directory/client.$$.err
	# CLIENT_PREFIX: a command to run it under. Its standard error goes to a file: a descriptor of bats held open would make bats wait.
	coproc CLIENT_PROCESS { exec ${CLIENT_PREFIX:-} "$program" 2>"$CLIENT_ERRORS" 3>&-; }
	CLIENT_PID=$CLIENT_PROCESS_PID
	# Those of a coprocess are closed on exec, and so is a duplicate; bats runs each test in a
	# program of its own. Opened again they are inherited.
	read_end=${CLIENT_PROCESS[0]} write_end=${CLIENT_PROCESS[1]}
	exec {CLIENT_OUT}<"/proc/self/fd/$read_end" {CLIENT_IN}>"/proc/self/fd/$write_end"
	exec {read_end}<&- {write_end}>&-
	export CLIENT_ERRORS CLIENT_PID CLIENT_OUT CLIENT_IN
}

client() {
	# bats traps every command, which makes all ten times slower; what is called here is spared.
	local -
	set +T
	client_command "$@"
}

# client_has KEY=VALUE… compares with the last answer, and shows it if it differs.
client_has() {
	local -
	set +T
	client_compare "$@"
}

# Fails if the client was not there any more, or left something on its standard error.
client_stop() {
	local status=0 deadline

	[[ ${CLIENT_PID:-} ]] || return 0
	client_write quit || status=1
	exec {CLIENT_IN}>&-
	deadline=$((SECONDS + 10))
	while ((SECONDS < deadline)) && IFS= read -r -t 1 -u "$CLIENT_OUT" REPLY_LINE; do
		:
	done
	exec {CLIENT_OUT}<&-
	client_end || status=1
	if [[ -s $CLIENT_ERRORS ]]; then
		client_lament "it complained"
		status=1
	fi
	unset CLIENT_PID CLIENT_IN CLIENT_OUT
	return "$status"
}

# The rest is for the functions above.

client_command() {
	local line=$1 id=$BASHPID.$((++CLIENT_COUNT)) word value

	line+=" id=$id"
	shift
	for word; do
		value=${word#*=}
		value=${value//\"/\\\"}
		value=${value//$'\n'/\\n}
		line+=" ${word%%=*}=\"$value\""
	done
	R=()
	REPLY_LINE=
	client_write "$line" || return 1
	# What nobody waited for any more, after a test that failed, comes first and is dropped.
	while IFS= read -r -t "$CLIENT_TIMEOUT" -u "$CLIENT_OUT" REPLY_LINE; do
		[[ $REPLY_LINE == "id=$id "* ]] || continue
		client_parse "$REPLY_LINE"
		# A refusal has nothing but a reason.
		((${#R[@]} > 2)) || [[ -z ${R[error]} ]] && return 0
		echo "client: ${R[error]}; the command was: $line" >&2
		return 1
	done
	client_lament "no answer to: $line"
	return 1
}

client_compare() {
	local word key wrong=0

	for word; do
		key=${word%%=*}
		if [[ ! -v R[$key] ]]; then
			echo "client: the answer has no $key" >&2
			wrong=1
		elif [[ ${R[$key]} != "${word#*=}" ]]; then
			echo "client: $key is \"${R[$key]}\", not \"${word#*=}\"" >&2
			wrong=1
		fi
	done
	((wrong)) || return 0
	echo "client: the answer was: $REPLY_LINE" >&2
	return 1
}

client_write() {
	local status=0

	if [[ ! ${CLIENT_PID:-} ]]; then
		echo "client: it was not started" >&2
		return 1
	fi
	trap '' PIPE
	{ printf '%s\n' "$1" >&"$CLIENT_IN"; } 2>/dev/null || status=1
	trap - PIPE
	((status == 0)) || client_lament "it is not there any more"
	return "$status"
}

client_parse() {
	local LC_ALL=C rest=$1 key value

	# Neither byte is ever in an answer: with them, a quote always ends a value.
	rest=${rest//\\\\/$'\x01'}
	rest=${rest//\\\"/$'\x02'}
	while [[ $rest == *=* ]]; do
		key=${rest%%=*}
		rest=${rest#*=}
		if [[ $rest != '"'* ]]; then
			value=${rest%% *}
			rest=${rest:${#value}+1}
		else
			rest=${rest:1}
			value=${rest%%'"'*}
			rest=${rest:${#value}+2}
			value=${value//$'\x01'/\\\\}
			value=${value//$'\x02'/\"}
			printf -v value %b "$value"
		fi
		R[$key]=$value
	done
}

client_lament() {
	echo "client: $1" >&2
	if kill -0 "$CLIENT_PID" 2>/dev/null; then
		echo "client: process $CLIENT_PID is there" >&2
	else
		echo "client: process $CLIENT_PID has ended" >&2
	fi
	[[ ! -s $CLIENT_ERRORS ]] || cat "$CLIENT_ERRORS" >&2
}

# It has been told to end; makes sure of it. Fails with its exit status if it can be known.
client_end() {
	local deadline=$((SECONDS + 5)) status=0

	while kill -0 "$CLIENT_PID" 2>/dev/null; do
		if ((SECONDS >= deadline)); then
			kill -KILL "$CLIENT_PID" 2>/dev/null
			break
		fi
		sleep 0.02
	done
	wait "$CLIENT_PID" 2>/dev/null || status=$?
	# 127: it was started by another process, which alone can ask.
	((status == 0 || status == 127))
}

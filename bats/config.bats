#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Bad input is refused with its place, and nothing starts.

bats_require_minimum_version 1.5.0
load sulid

setup_file() {
	content index.html 10
	certificate "$BATS_FILE_TMPDIR/one" one.example
	certificate "$BATS_FILE_TMPDIR/two" two.example
	tls_path
}

# Every command that reads a configuration refuses it with 3; stdout stays empty, and no process stays.
refused() {
	run --separate-stderr "$SULID" check -c "$1"
	[[ $status == 3 && ! $output ]]
	CHECK_ERRORS=$stderr
	run --separate-stderr timeout 20 "$SULID" run -c "$1"
	[[ $status == 3 && ! $output ]]
	[[ $stderr == "$CHECK_ERRORS"* ]] || [[ $CHECK_ERRORS == *"$stderr"* ]]
	never pgrep -f "sulid run -c $1"
}

@test "config: every bad fixture is refused at the line and column that its first comment names" {
	local file line place text count=0

	for file in "$BATS_TEST_DIRNAME"/../tests/fixtures/config/bad/*.yaml; do
		run --separate-stderr "$SULID" check --syntax -c "$file"
		[[ $status == 3 ]] || {
			echo "$file: status $status" >&2
			return 1
		}
		while IFS= read -r line && [[ $line =~ ^#\ ([0-9]+:[0-9]+)\ (.*)$ ]]; do
			place=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]}
			grep -F ":$place: " <<<"$stderr" | grep -qF "$text" || {
				echo "$file: expected $place $text, got:" >&2
				echo "$stderr" >&2
				return 1
			}
		done <"$file"
		count=$((count + 1))
	done
	echo "# $count fixtures" >&3
	((count >= 20))
}

@test "config: the message shows the line with a caret, and what may have been meant" {
	printf 'vhosts:\n  - names: [a.example]\n    rot: /srv\n' >"$BATS_TEST_TMPDIR/c.yaml"
	refused "$BATS_TEST_TMPDIR/c.yaml"
	[[ $CHECK_ERRORS == *'c.yaml:3:5: unknown key "rot"; did you mean "root"?'* ]]
	[[ $CHECK_ERRORS == *$'    rot: /srv\n'*'^'* ]]
}

@test "config: a key that does not fit its certificate refuses everything, at the key's place" {
	server_config "$BATS_TEST_TMPDIR/c.yaml" <<-YAML
		listen: ["https://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate:
		      chain: $BATS_FILE_TMPDIR/one/fullchain.pem
		      key: $BATS_FILE_TMPDIR/two/privkey.pem
	YAML
	run --separate-stderr "$SULID" check -c "$BATS_TEST_TMPDIR/c.yaml"
	[[ $status == 3 ]]
	[[ $stderr == *"c.yaml:7:12: the key"*"is not that of the certificate"* ]]
	run --separate-stderr timeout 20 "$SULID" run -c "$BATS_TEST_TMPDIR/c.yaml"
	[[ $status == 3 && ! $output ]]
	[[ $stderr == *"c.yaml:7:12: the key"* ]]
}

@test "config: a root, a certificate or a log that is not there is said at its place" {
	server_config "$BATS_TEST_TMPDIR/c.yaml" <<-YAML
		listen: ["https://127.0.0.1:0"]
		log: {access: $BATS_TEST_TMPDIR/none/access.log}
		vhosts:
		  - names: [one.example]
		    root: $BATS_TEST_TMPDIR/none
		    certificate: $BATS_TEST_TMPDIR/nocert
	YAML
	refused "$BATS_TEST_TMPDIR/c.yaml"
	[[ $CHECK_ERRORS == *"c.yaml:2:15: the log"*"No such file or directory"* ]]
	[[ $CHECK_ERRORS == *"c.yaml:5:11: the directory"*"No such file or directory"* ]]
	[[ $CHECK_ERRORS == *"c.yaml:6:18: the certificate"*"No such file or directory"* ]]
}

@test "config: a port in use is 4, with its place" {
	export SITE
	server_start <<-YAML
		listen: ["http://127.0.0.1:0"]
		vhosts:
		  - {names: ["*"], root: $SITE}
	YAML
	server_config "$BATS_TEST_TMPDIR/c.yaml" <<-YAML
		listen: ["http://127.0.0.1:$HTTP"]
		run: $BATS_TEST_TMPDIR/run
		vhosts:
		  - {names: ["*"], root: $SITE}
	YAML
	run --separate-stderr timeout 20 "$SULID" run -c "$BATS_TEST_TMPDIR/c.yaml"
	server_stop
	[[ $status == 4 && ! $output ]]
	[[ $stderr == *"c.yaml:1:10: cannot listen on http://127.0.0.1:"*"Address already in use"* ]]
}

@test "config: check prints what it found, config prints what parses to the same" {
	server_config "$BATS_TEST_TMPDIR/c.yaml" <<-YAML
		listen: ["https://127.0.0.1:0"]
		vhosts:
		  - names: [one.example]
		    root: $SITE
		    certificate: $BATS_FILE_TMPDIR/one
	YAML
	run --separate-stderr "$SULID" check -c "$BATS_TEST_TMPDIR/c.yaml"
	[[ $status == 0 ]]
	[[ ! $stderr ]]
	[[ $output =~ c.yaml:\ ok,\ 1\ vhost,\ 1\ certificate,\ the\ first\ expires\ on\ [0-9]{4}-[0-9]{2}-[0-9]{2}$ ]]
	"$SULID" config -c "$BATS_TEST_TMPDIR/c.yaml" >"$BATS_TEST_TMPDIR/d.yaml"
	"$SULID" config -c "$BATS_TEST_TMPDIR/d.yaml" >"$BATS_TEST_TMPDIR/e.yaml"
	cmp "$BATS_TEST_TMPDIR/d.yaml" "$BATS_TEST_TMPDIR/e.yaml"
	"$SULID" config -c - <"$BATS_TEST_TMPDIR/d.yaml" | cmp - "$BATS_TEST_TMPDIR/d.yaml"
}

@test "config: the configuration as shipped and the examples pass the syntax check" {
	local file

	for file in "$BATS_TEST_DIRNAME"/../conf/sulid.yaml "$BATS_TEST_DIRNAME"/../conf/examples/*.yaml; do
		run "$SULID" check --syntax -c "$file"
		[[ $status == 0 ]] || {
			echo "$output" >&2
			return 1
		}
	done
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# tests/vm/compare: bats tests/vm/compare.bats (a second).

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR" || return
	printf '1..3\nok 1 a: first\nok 2 b # second\nnot ok 3 c\n# (in test file x)\n#   false failed\n' >all
	cp all host
	cp all debian12
	cp all debian13
	printf '# nothing\n\n' >only
}

compare() {
	run "$BATS_TEST_DIRNAME/compare" --only only host debian12 debian13
	printf '%s\n' "$output"
}

@test "the same tests everywhere: silent" {
	compare
	((status == 0))
	[[ -z $output ]]
}

@test "a test that one place lacks is named" {
	printf '1..2\nok 1 b # second\nok 2 c\n' >debian12
	compare
	((status == 1))
	[[ $output == "compare: not in debian12: a: first" ]]
}

@test "a skipped test was not run" {
	printf '1..3\nok 1 a: first # skip no kernel\nok 2 b # second # skip\nok 3 c in 5ms # skip why # not\n' >host
	compare
	((status == 1))
	[[ $output == $'compare: skipped in host: a: first\ncompare: skipped in host: b # second\ncompare: skipped in host: c' ]]
}

@test "what is listed may be missing elsewhere, not where it must run" {
	printf '1..2\nok 1 b # second\nok 2 c\n' >debian12
	printf 'a: *\thost,debian13\ta reason\n' >only
	compare
	((status == 0))
	cp debian12 debian13
	compare
	((status == 1))
	[[ $output == "compare: not in debian13: a: first" ]]
}

@test "the first line that matches counts, and the others count as used" {
	printf '1..2\nok 1 b # second\nok 2 c\n' >debian12
	printf 'a: first\thost,debian13\ta reason\na:*\thost\tanother\n' >only
	compare
	((status == 0))
	cp debian12 debian13
	compare
	[[ $output == "compare: not in debian13: a: first" ]]
}

@test "a line that matches no test is named" {
	printf 'z*\thost\tgone\n' >only
	compare
	((status == 1))
	[[ $output == 'compare: only: "z*" matches no test' ]]
}

@test "a line without a reason, and an unknown place" {
	printf 'a*\thost\nc\tdebian11\tfor no reason\n' >only
	compare
	((status == 1))
	[[ ${lines[0]} == "compare: only:1: wants a name, places and a reason, with a tab between them" ]]
	[[ ${lines[1]} == 'compare: only:2: unknown place "debian11"; there are: host debian12 debian13' ]]
}

@test "a run that broke off is a difference, and so is an empty one" {
	printf '1..4\nok 1 a: first\nok 2 b # second\nok 3 c\n' >host
	compare
	((status == 1))
	[[ $output == "compare: host: 4 tests were planned, 3 have a result" ]]
	: >host
	compare
	((status == 1))
	[[ ${lines[0]} == "compare: host: host has no plan (1..N): not what bats prints" ]]
	printf '1..0\n' | tee host debian12 >debian13
	compare
	((status == 1))
	[[ $output == "compare: no tests at all" ]]
}

@test "two tests of one name are two" {
	printf '1..2\nok 1 same\nok 2 same\n' | tee host debian12 >/dev/null
	printf '1..1\nok 1 same\n' >debian13
	compare
	((status == 1))
	[[ $output == "compare: not in debian13: same (2)" ]]
}

@test "bats' own output is read, with and without times" {
	printf '@test "one: x" { true; }\n@test "two # y" { skip "z"; }\n@test "three" { false; }\n' >t.bats
	bats -F tap t.bats >host || :
	bats -F tap -T t.bats >debian12 || :
	cp host debian13
	printf 'two*\thost\tit says so\n' >only
	compare
	((status == 1))
	[[ $output == "compare: skipped in host: two # y" ]]
}

@test "wrong usage is 2" {
	run "$BATS_TEST_DIRNAME/compare" host debian12
	((status == 2))
}

@test "the list as it is can be read" {
	run "$BATS_TEST_DIRNAME/compare" host debian12 debian13
	run ! grep -E 'wants a name|unknown place' <<<"$output"
}

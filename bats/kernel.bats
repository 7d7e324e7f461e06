#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The handover itself, below any server: keys of real handshakes in the kernel's hands.

bats_require_minimum_version 1.5.0
load sulid

# A cmocka program; none of its tests may be skipped where the kernel has TLS.
unit() {
	[[ $TLS_PATH == kernel ]] || skip "this kernel has no TLS"
	run env CMOCKA_MESSAGE_OUTPUT=TAP "$SULID_BUILD/tests/unit/$1"
	echo "$output"
	[[ $status == 0 && $output == *"ok 1 "* && $output != *"# SKIP"* ]]
}

setup_file() {
	tls_path
}

@test "kernel: every cipher, version, resumption, client certificate; what must be relayed is" {
	unit handshaker/kernel_test
}

@test "kernel: the probe finds each cipher in both directions" {
	unit base/ktls_test
}

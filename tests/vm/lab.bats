#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Whether the lab itself can be believed: bats tests/vm/lab.bats (some minutes). Not part of the suite that
# runs in the guests. With LAB_GUEST=debian12 or debian13 for one of them.

setup_file() {
	bats_require_minimum_version 1.5.0
	# A tree of its own, with a program that says what it was built with.
	export tree=$BATS_FILE_TMPDIR/tree
	mkdir -p "$tree"/{packaging,tests,src}
	cp "$BATS_TEST_DIRNAME/../../packaging/dependencies" "$tree/packaging/"
	cp -r "$BATS_TEST_DIRNAME" "$tree/tests/vm"
	printf 'build/\n' >"$tree/.gitignore"
	cat >"$tree/GNUmakefile" <<-'MAKE'
		build/hello: $(wildcard src/*.c); mkdir -p build && $(CC) -o $@ $^ -lcrypto && echo linked
	MAKE
	cat >"$tree/src/hello.c" <<-'C'
		#include <openssl/crypto.h>
		#include <stdio.h>
		int main(void) { printf("OpenSSL %d.%d, GCC %d\n", OPENSSL_VERSION_MAJOR, OPENSSL_VERSION_MINOR, __GNUC__); }
	C
	export lab=$tree/tests/vm/lab
	"$lab" prepare "$(guest)" 3>&-
	"$lab" build "$(guest)" 3>&-
}

guest() {
	printf '%s' "${LAB_GUEST:-debian13}"
}

teardown() {
	[[ -z ${runner-} ]] || kill "$runner" 2>/dev/null || :
}

# In the guest, with what the lab itself says kept apart. bats' own descriptor stays outside.
in_guest() {
	stderr=''
	run --separate-stderr "$lab" run "$(guest)" "$@" 3>&-
	printf '%s\n' "stdout: $output" "stderr: $stderr"
}

qemu_of_this_tree() {
	local pid
	for pid in $(pgrep -f 'qemu-system-x86_64'); do
		if tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "path=$tree/"; then
			# Of timeout and its child the child.
			[[ $(cat "/proc/$pid/comm" 2>/dev/null) != qemu-system* ]] || printf '%s\n' "$pid"
		fi
	done
}

wait_until() {
	local deadline=$((SECONDS + 120))
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.2
	done
}

@test "the tree is built with the guest's compiler and libraries, and runs there" {
	in_guest -- build/hello
	((status == 0))
	case $(guest) in
	debian12) [[ $output == "OpenSSL 3.0, GCC 12" ]] ;;
	debian13) [[ $output == "OpenSSL 3.5, GCC 14" ]] ;;
	esac
}

@test "the kernel is the one that belongs to the guest" {
	in_guest -- uname -r
	case $(guest) in
	debian12) [[ $output == 6.1.* ]] ;;
	debian13) [[ $output == 6.12.* ]] ;;
	esac
}

@test "a second build makes nothing, one after a change makes it, a removed file is removed" {
	run --separate-stderr "$lab" build "$(guest)" 3>&-
	((status == 0))
	[[ $output == *"up to date"* ]]
	echo 'int one = 1;' >"$tree/src/one.c"
	run --separate-stderr "$lab" build "$(guest)" 3>&-
	[[ $output == *one.c*linked* ]]
	rm "$tree/src/one.c"
	touch "$tree/src/hello.c"
	run --separate-stderr "$lab" build "$(guest)" 3>&-
	[[ $output != *one.c* && $output == *linked* ]]
}

@test "a build that fails is a failure, and leaves the root as it was" {
	run "$lab" build "$(guest)" no-such-target 3>&-
	((status == 2))
	printf 'try:\n\ttouch /etc/x\n' >"$tree/read-only.mk"
	run "$lab" build "$(guest)" -f read-only.mk try 3>&-
	rm "$tree/read-only.mk"
	((status == 2))
	[[ $output == *"Read-only file system"* ]]
}

@test "kernel TLS works with all ciphers that sulid uses" {
	in_guest -- tests/vm/guest/ktls-works
	((status == 0))
	((${#lines[@]} == 6))
}

@test "--no-modules: no kernel TLS, and all else is there" {
	# shellcheck disable=SC2016
	in_guest --no-modules -- sh -c '
		tests/vm/guest/ktls-works && exit 1
		modprobe tls 2>&1 && exit 1
		ip link add v0 type veth peer name v1 && tc qdisc add dev v0 root netem delay 10ms'
	((status == 0))
	[[ $output == *"TLS 1.3 AES-128-GCM: "*"No such file or directory"* ]]
	[[ $output == *"Module tls not found"* ]]
}

@test "output comes out whole, in order, and both streams; arguments arrive as they were given" {
	# shellcheck disable=SC2016
	in_guest -- bash -c 'printf "[%s]" "$@"; echo; echo err >/dev/stderr; seq 200000; printf "\001\r\377" | od -An -tx1; echo end' \
		x 'a b' '' "'\"\$" $'new\nline'
	((status == 0))
	local head=$'[a b][][\'"$][new\nline]\nerr\n1\n2\n'
	[[ $output == "$head"* ]]
	[[ $output == *$'\n199999\n200000\n 01 0d ff\nend' ]]
}

@test "output comes out while the command runs" {
	local log=$BATS_TEST_TMPDIR/log
	: >"$log"
	"$lab" run "$(guest)" -- sh -c 'echo first; while ! [ -e /result/go ]; do sleep 0.1; done; echo second' \
		>"$log" 2>/dev/null 3>&- &
	runner=$!
	wait_until grep -q first "$log"
	run ! grep -q second "$log"
	: >"$tree/build/lab/$(guest)/result/go"
	wait "$runner"
	grep -q second "$log"
}

@test "the exit status is the command's" {
	in_guest -- sh -c 'exit 42'
	((status == 42))
	in_guest -- sh -c 'kill -KILL $$'
	((status == 137))
	run -127 "$lab" run "$(guest)" -- no-such-command 3>&-
}

@test "the environment is sane: user, directory, limits, files, loopback" {
	export CI=yes
	# shellcheck disable=SC2016
	in_guest -- bash -c 'set -e; id -u; pwd; echo "$HOME $TERM $LANG $CI $SULID_LAB_GUEST"
		ulimit -Sn; ulimit -Hn; [ ! -t 1 ]; : </dev/stdin; echo x >/dev/stdout
		python3 -c "import socket; socket.create_server((\"::1\", 0), family=socket.AF_INET6)
socket.create_server((\"localhost\", 0))"
		for d in /tmp /dev/shm /run /srv/sulid; do stat -f -c %T $d; touch $d/x; done
		setpriv --reuid nobody --regid nogroup --clear-groups cat src/hello.c >/dev/null
		cat /sys/fs/cgroup/cgroup.controllers | grep -qw memory'
	unset CI
	((status == 0))
	[[ ${lines[0]} == 0 && ${lines[1]} == /srv/sulid ]]
	[[ ${lines[2]} == "/root dumb C.UTF-8 yes $(guest)" ]]
	[[ ${lines[3]} == 1024 && ${lines[4]} == 524288 && ${lines[5]} == x ]]
	[[ ${lines[*]:6} == "tmpfs tmpfs tmpfs tmpfs" ]]
}

@test "what the command writes to /result is on the host, and only that of this run" {
	in_guest -- sh -c 'echo kept >/result/one; setpriv --reuid nobody --regid nogroup --clear-groups touch /result/two'
	((status == 0))
	[[ $(<"$tree/build/lab/$(guest)/result/one") == kept ]]
	[[ -e $tree/build/lab/$(guest)/result/two ]]
	in_guest -- true
	[[ ! -e $tree/build/lab/$(guest)/result/one ]]
}

@test "the command may leave processes behind" {
	in_guest -- sh -c 'sleep 1000 & echo done'
	((status == 0))
	[[ $output == "done" ]]
}

@test "a guest that hangs is ended: 125, with its console" {
	in_guest --timeout 60 -- sh -c 'echo last words >/dev/console; sleep 1000'
	((status == 125))
	[[ $stderr == *"not ended after 60 s"*"last words"* ]]
	[[ -z $(qemu_of_this_tree) ]]
}

@test "a guest that panics is 125, with its console" {
	in_guest -- sh -c 'echo c >/proc/sysrq-trigger'
	((status == 125))
	[[ $stderr == *"died"*"Kernel panic"* ]]
}

@test "a guest whose qemu is killed is 125" {
	local log=$BATS_TEST_TMPDIR/log status=0
	: >"$log"
	"$lab" run "$(guest)" -- sh -c 'echo up; sleep 1000' >"$log" 2>&1 3>&- &
	runner=$!
	wait_until grep -qx up "$log"
	kill -KILL "$(qemu_of_this_tree)"
	wait "$runner" || status=$?
	((status == 125))
	grep -q 'died (qemu ended with 137)' "$log"
}

@test "a guest ends with the lab that runs it, however that ends" {
	local log signal
	for signal in TERM KILL; do
		log=$BATS_TEST_TMPDIR/$signal
		: >"$log"
		"$lab" run "$(guest)" -- sh -c 'echo up; sleep 1000' >"$log" 2>&1 3>&- &
		runner=$!
		wait_until grep -qx up "$log"
		[[ -n $(qemu_of_this_tree) ]]
		kill -"$signal" "$runner"
		wait "$runner" || :
		nothing_left() { [[ -z $(qemu_of_this_tree) ]]; }
		wait_until nothing_left
	done
}

@test "--icount, --smp, --mem and --disk are what they say" {
	in_guest --icount --mem 1024 -- nproc
	((status == 0))
	[[ $output == 1 ]]
	# shellcheck disable=SC2016
	in_guest --smp 3 --mem 1500 --disk 64:1048576 -- bash -c 'set -e
		nproc; awk "/MemTotal/ { print int(\$2 / 1024) }" /proc/meminfo
		mkfs.ext4 -q /dev/scratch; mkdir /mnt/d; mount /dev/scratch /mnt/d
		head -c 4M /dev/urandom >/mnt/d/f; sync; echo 3 >/proc/sys/vm/drop_caches
		start=$EPOCHREALTIME; cat /mnt/d/f >/dev/null; end=$EPOCHREALTIME
		echo $(((${end/./} - ${start/./}) / 1000))'
	((status == 0))
	((lines[0] == 3))
	((lines[1] > 1200 && lines[1] < 1500))
	((lines[2] > 2000))
}

@test "wrong usage is told so: 2" {
	local arguments
	for arguments in '' 'fly debian13' 'run' 'run debian13' 'run debian13 --' 'run debian13 --smp x -- true' \
		'run debian13 --fast -- true' 'clean all'; do
		# shellcheck disable=SC2086
		run "$lab" $arguments
		((status == 2))
		[[ $output == *usage:* ]]
	done
	run "$lab" run debian11 -- true
	((status == 125))
	[[ $output == *'unknown guest "debian11"'* ]]
}

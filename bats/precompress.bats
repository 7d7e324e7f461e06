#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sulid precompress: neighbours that other programs understand, and what never happens to anybody's files.

bats_require_minimum_version 1.5.0
load sulid
load tool

setup() {
	SITE=$BATS_TEST_TMPDIR/site
	mkdir -p "$SITE/css"
	seq 1 20000 >"$SITE/index.html"
	seq 1 1000 >"$SITE/css/a.css"
	touch -d '2024-01-01 00:00:00.123456789' "$SITE/index.html" "$SITE/css/a.css"
}

teardown() {
	tool_kill
}

mtime() {
	stat -c %y "$1"
}

is_neighbour() {
	[[ -f $1.$2 && $(mtime "$1") == "$(mtime "$1.$2")" ]]
}

has_all() {
	is_neighbour "$1" br && is_neighbour "$1" zst && is_neighbour "$1" gz
}

temporaries() {
	find "$SITE" -name '.sulid-new-*'
}

has_temporary() {
	[[ $(temporaries) ]]
}

@test "precompress: brotli, zstd and gzip get back every byte; time, mode and owner are the original's" {
	local file

	chmod 640 "$SITE/css/a.css"
	run --separate-stderr "$SULID" precompress "$SITE"
	[[ $status == 0 && ! $stderr ]]
	[[ $output =~ ^2\ of\ 2\ files\ compressed:\ .*\(br\).*\(zstd\).*\(gzip\),\ [0-9.]+\ s$ ]]
	for file in "$SITE/index.html" "$SITE/css/a.css"; do
		has_all "$file"
		brotli -dc "$file.br" | cmp - "$file"
		zstd -qdc "$file.zst" | cmp - "$file"
		gzip -dc "$file.gz" | cmp - "$file"
		python3 -c 'import gzip, sys; sys.exit(gzip.open(sys.argv[2]).read() != open(sys.argv[1], "rb").read())' \
			"$file" "$file.gz"
		[[ $(stat -c '%a %u %g' "$file") == "$(stat -c '%a %u %g' "$file.br")" ]]
	done
	[[ $(stat -c %a "$SITE/css/a.css.zst") == 640 ]]
	never has_temporary
}

@test "precompress: only what is stale is made again" {
	local before

	"$SULID" precompress --quiet "$SITE"
	before=$(stat -c '%i %z' "$SITE"/index.html.{br,zst,gz})
	run "$SULID" precompress "$SITE"
	[[ $status == 0 && $output == "0 of 2 files compressed, "* ]]
	seq 5 3000 >"$SITE/css/a.css"
	run "$SULID" precompress --dry-run "$SITE"
	[[ ${lines[0]} == "would make $SITE/css/a.css.br" && ${#lines[@]} == 4 ]]
	never is_neighbour "$SITE/css/a.css" gz
	run "$SULID" precompress "$SITE"
	[[ $status == 0 && $output == "1 of 2 files compressed: "* ]]
	has_all "$SITE/css/a.css"
	zstd -qdc "$SITE/css/a.css.zst" | cmp - "$SITE/css/a.css"
	[[ $(stat -c '%i %z' "$SITE"/index.html.{br,zst,gz}) == "$before" ]]
	# To a nanosecond, and backwards as well.
	touch -d '2024-01-01 00:00:00.123456788' "$SITE/index.html"
	"$SULID" precompress --quiet --encodings gzip "$SITE"
	is_neighbour "$SITE/index.html" gz
	never is_neighbour "$SITE/index.html" br
}

@test "precompress: what would not be smaller is not written; no file of another's is touched" {
	head -c 5000 /dev/urandom >"$SITE/random.dat"
	seq 1 50 >"$SITE/small.txt"
	seq 1 1000 >"$SITE/picture.png"
	seq 1 1000 >"$SITE/.hidden"
	printf 'by hand' | gzip >"$SITE/index.html.gz"
	printf 'a download' | gzip >"$SITE/archive.tar.gz"
	run "$SULID" precompress --prune "$SITE"
	[[ $status == 0 && $output == *", 1 stale but not ours, "* ]]
	[[ $(gzip -dc "$SITE/index.html.gz") == "by hand" ]]
	[[ $(gzip -dc "$SITE/archive.tar.gz") == "a download" ]]
	[[ $(cd "$SITE" && echo random.dat.* small.txt.* picture.png.* .hidden.*) == \
		"random.dat.* small.txt.* picture.png.* .hidden.*" ]]
	# Ours go when they are no longer worth it or, if that is wanted, when their file is gone.
	head -c 5000 /dev/urandom >"$SITE/css/a.css"
	rm "$SITE/index.html"
	run "$SULID" precompress --prune "$SITE"
	[[ $status == 0 && $output == *", 5 removed, "* ]]
	[[ $(cd "$SITE" && echo index.html* css/*) == "index.html.gz css/a.css" ]]
}

@test "precompress: a file that cannot be read is named, the others are done, status 1" {
	local tool=$BATS_TEST_TMPDIR/sulid-tool as=()

	seq 1 1000 >"$SITE/secret.txt"
	chmod 000 "$SITE/secret.txt"
	mkdir -m 000 "$SITE/closed"
	cp "$SULID_BUILD/sulid-tool" "$tool"
	if ((EUID == 0)); then
		# Who may do everything is nobody for once.
		chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
		chown -R 65534:65534 "$SITE"
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	cd "$SITE"
	run --separate-stderr "${as[@]}" "$tool" precompress .
	[[ $status == 1 && $output == "2 of 3 files compressed: "*", 2 failed, "* ]]
	[[ ${#stderr_lines[@]} == 2 ]]
	[[ $stderr == *"sulid precompress: ./closed: Permission denied"* ]]
	[[ $stderr == *"sulid precompress: ./secret.txt: Permission denied"* ]]
	has_all "$SITE/index.html"
	has_all "$SITE/css/a.css"
	chmod 700 "$SITE/closed"
}

@test "precompress: symbolic links are not followed, in the tree or out of it" {
	local outside=$BATS_TEST_TMPDIR/outside

	mkdir "$outside"
	seq 1 1000 >"$outside/a.txt"
	ln -s "$outside" "$SITE/directory"
	ln -s "$outside/a.txt" "$SITE/file.txt"
	ln -s css/a.css "$SITE/inside.css"
	ln -s "$SITE" "$BATS_TEST_TMPDIR/link"
	run "$SULID" precompress "$BATS_TEST_TMPDIR/link"
	[[ $status == 0 && $output == "2 of 2 files compressed: "* ]]
	[[ $(ls -A "$outside") == a.txt ]]
	[[ $(cd "$SITE" && echo file.txt.* inside.css.*) == "file.txt.* inside.css.*" ]]
}

@test "precompress: the same bytes, whenever, wherever and by how many" {
	local other=$BATS_TEST_TMPDIR/other i

	for i in {1..20}; do
		seq "$i" $((i * 300)) >"$SITE/$i.txt"
	done
	mkdir "$other"
	cp -R "$SITE/." "$other"
	"$SULID" precompress --quiet --jobs 1 "$SITE"
	"$SULID" precompress --quiet --jobs 8 "$other"
	diff -r --exclude=.sulid-precompressed "$SITE" "$other"
	[[ -f $SITE/20.txt.br && -f $SITE/20.txt.zst && -f $SITE/20.txt.gz ]]
	# Neither a time nor a name, and no system: RFC 1952.
	[[ $(head -c 10 "$SITE/20.txt.gz" | od -An -tx1 | tr -d ' ') == 1f8b0800000000000?ff ]]
}

@test "precompress: interrupted, nothing is left behind; killed, the next run removes it" {
	seq 1 700000 >"$SITE/large.txt"
	tool_start precompress --level best "$SITE"
	within 20 has_temporary
	kill -INT "$PID"
	tool_wait
	[[ $STATUS == 130 ]]
	grep -q interrupted "$OUT.err"
	never has_temporary
	[[ ! -e $SITE/large.txt.br ]]

	tool_start precompress --level best "$SITE"
	within 20 has_temporary
	kill -KILL "$PID"
	tool_wait
	has_temporary
	"$SULID" precompress --quiet --level fast "$SITE"
	never has_temporary
	has_all "$SITE/large.txt"
	brotli -dc "$SITE/large.txt.br" | cmp - "$SITE/large.txt"
}

@test "precompress: --watch does what changes, in new and moved directories, too; 0 on SIGINT and SIGTERM" {
	tool_start precompress --watch "$SITE"
	within 20 grep -q '^watching 2 directories$' "$OUT"
	has_all "$SITE/css/a.css"
	seq 1 2000 >"$SITE/css/a.css"
	within 20 has_all "$SITE/css/a.css"
	mkdir -p "$SITE/new/deep"
	seq 1 3000 >"$SITE/new/deep/b.txt"
	within 20 has_all "$SITE/new/deep/b.txt"
	mv "$SITE/new" "$SITE/moved"
	seq 1 4000 >"$SITE/moved/deep/c.txt"
	within 20 has_all "$SITE/moved/deep/c.txt"
	# As a careful publisher does it.
	seq 1 5000 >"$SITE/.next"
	mv "$SITE/.next" "$SITE/index.html"
	within 20 has_all "$SITE/index.html"
	touch "$SITE/css/a.css"
	within 20 has_all "$SITE/css/a.css"
	kill -TERM "$PID"
	tool_wait
	[[ $STATUS == 0 ]]
	grep -qx "made $SITE/moved/deep/c.txt.br: 19 KB → .*" "$OUT"
	[[ ! -s $OUT.err ]]
	never has_temporary

	tool_start precompress --watch --quiet "$SITE"
	seq 1 6000 >"$SITE/d.txt"
	within 20 has_all "$SITE/d.txt"
	kill -INT "$PID"
	tool_wait
	[[ $STATUS == 0 && ! -s $OUT ]]

	# There is nothing to wait for in a directory that is gone.
	tool_start precompress --watch "$SITE"
	within 20 grep -q '^watching' "$OUT"
	rm -rf "$SITE"
	tool_wait
	[[ $STATUS == 1 && $(<"$OUT.err") == *"is gone"* ]]
}

@test "precompress: --watch looks at everything again after events were lost" {
	local most

	most=$(</proc/sys/fs/inotify/max_queued_events)
	((most <= 200000)) || skip "the queue of events is too long to be filled"
	tool_start precompress --watch "$SITE"
	within 20 grep -q '^watching' "$OUT"
	kill -STOP "$PID"
	# Two in a row that are the same count once.
	python3 - "$SITE" "$most" <<-'PYTHON'
		import os, sys
		site, most = sys.argv[1], int(sys.argv[2])
		for i in range(most // 2 + 10):
		    os.utime(site + "/index.html", (i, i))
		    os.utime(site + "/css/a.css", (i, i))
		os.makedirs(site + "/unseen/deep")
		with open(site + "/unseen/deep/e.txt", "w") as file:
		    file.write("".join(f"{i}\n" for i in range(5000)))
	PYTHON
	kill -CONT "$PID"
	within 20 has_all "$SITE/unseen/deep/e.txt"
	within 20 has_all "$SITE/index.html"
	# And it is watched.
	seq 1 700 >"$SITE/unseen/deep/f.txt"
	within 20 has_all "$SITE/unseen/deep/f.txt"
	kill -TERM "$PID"
	tool_wait
	[[ $STATUS == 0 ]]
}

@test "precompress: help, usage and what a terminal sees" {
	run --separate-stderr "$SULID" help precompress
	[[ $status == 0 && $output == "usage: sulid precompress DIR"* && $output == *--watch* && ! $stderr ]]
	run --separate-stderr "$SULID" precompress
	[[ $status == 2 && ! $output && $stderr == *"which directory?"* ]]
	run "$SULID" precompress --levl best "$SITE"
	[[ $status == 2 && $output == *'did you mean "--level"'* ]]
	run "$SULID" precompress "$SITE/nothing"
	[[ $status == 1 && $output == *"nothing: No such file or directory"* ]]
	# On a terminal there is a line of progress, which is gone at the end.
	run python3 -c '
import os, pty, sys
os.environ["TERM"] = "xterm"
data = b""
def read(fd):
    global data
    part = os.read(fd, 4096)
    data += part
    return part
status = pty.spawn(sys.argv[1:], read)
assert os.waitstatus_to_exitcode(status) == 0
assert b"\r\x1b[K" in data and b"/2 files" in data, data
assert data.rstrip().split(b"\x1b[K")[-1].startswith(b"2 of 2 files compressed"), data
' "$SULID" precompress "$SITE"
	[[ $status == 0 ]]
}

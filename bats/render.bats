#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sulid render: pages for browsers beside gemtext, and what never happens to anybody's files.

bats_require_minimum_version 1.5.0
load sulid
load tool

setup() {
	SITE=$BATS_TEST_TMPDIR/site
	mkdir -p "$SITE/log"
	printf '# About\n=> index.gmi Start\n' >"$SITE/about.gmi"
	printf '# Start\n=> about.gmi About\n' >"$SITE/index.gmi"
	printf '# Log\n=> 1.gmi 2026-05-17 - One\n' >"$SITE/log/index.gmi"
	touch -d '2024-01-01 00:00:00.123456789' "$SITE"/*.gmi "$SITE/log/index.gmi"
}

teardown() {
	tool_kill
}

# Of all files below SITE: inode, time of change, name.
states() {
	find "$SITE" -printf '%i %C@ %P\n' | sort
}

is_page() {
	[[ -f $1.html && $(stat -c %y "$1.gmi") == "$(stat -c %y "$1.html")" ]]
}

temporaries() {
	find "$SITE" -name '.sulid-new-*'
}

has_temporary() {
	[[ $(temporaries) ]]
}

# What tidy says of all pages below a directory; it says nothing of good ones.
tidied() {
	find "$1" -name '*.html' -exec tidy -qe {} + 2>&1
}

@test "render: a page beside each document, with its time, mode and owner" {
	local name

	chmod 640 "$SITE/about.gmi"
	printf 'old\n' >"$SITE/old.gemini"
	run --separate-stderr "$SULID" render "$SITE"
	[[ $status == 0 && ! $stderr ]]
	[[ $output =~ ^4\ of\ 4\ files\ rendered:\ 4\ html,\ [0-9.]+\ s$ ]]
	for name in about index log/index; do
		is_page "$SITE/$name"
	done
	[[ -f $SITE/old.html ]]
	[[ $(stat -c '%a %u %g' "$SITE/about.gmi") == "$(stat -c '%a %u %g' "$SITE/about.html")" ]]
	[[ $(stat -c %a "$SITE/about.html") == 640 ]]
	grep -qx '<title>About</title>' "$SITE/about.html"
	grep -qF '<a href="index.gmi">Start</a>' "$SITE/about.html"
	never has_temporary
}

@test "render: only what is stale is made again, all of ours with --again" {
	local before

	"$SULID" render --quiet "$SITE"
	before=$(states)
	run "$SULID" render "$SITE"
	[[ $status == 0 && $output == "0 of 3 files rendered, "* ]]
	[[ $(states) == "$before" ]]
	touch -d '2024-02-02' "$SITE/about.gmi"
	before=$(states | grep -v 'about\|record\|precompressed\| $')
	run "$SULID" render --dry-run "$SITE"
	[[ ${lines[0]} == "would make $SITE/about.html" && ${#lines[@]} == 2 ]]
	never is_page "$SITE/about"
	run "$SULID" render "$SITE"
	[[ $status == 0 && $output == "1 of 3 files rendered: 1 html, "* ]]
	is_page "$SITE/about"
	[[ $(states | grep -v 'about\|record\|precompressed\| $') == "$before" ]]
	run "$SULID" render --again --lang de "$SITE"
	[[ $status == 0 && $output == "3 of 3 files rendered: 3 html, "* ]]
	grep -qx '<html lang="de">' "$SITE/log/index.html"
}

@test "render: a page of somebody else's is left alone and counted, unless it is to be replaced" {
	printf 'by hand' >"$SITE/about.html"
	run "$SULID" render "$SITE"
	[[ $status == 0 && $output == "2 of 3 files rendered: 2 html, 1 made by somebody else, "* ]]
	[[ $(<"$SITE/about.html") == "by hand" ]]
	# So is one of ours that somebody has written to.
	printf 'more' >>"$SITE/index.html"
	# Clocks of file systems have ticks: both could fall into one.
	touch -d '1 minute ago' "$SITE/index.html"
	touch "$SITE/index.gmi"
	run "$SULID" render --again "$SITE"
	[[ $status == 0 && $output == *", 2 made by somebody else, "* ]]
	[[ $(<"$SITE/index.html") == *more ]]
	run "$SULID" render --dry-run --replace "$SITE"
	[[ $(<"$SITE/about.html") == "by hand" && $output == *"would make $SITE/about.html"* ]]
	run "$SULID" render --replace "$SITE"
	[[ $status == 0 && $output == "2 of 3 files rendered: 2 html, "* ]]
	is_page "$SITE/about"
	is_page "$SITE/index"
}

@test "render: precompress and render keep one record, and neither prunes what the other made" {
	seq 1 1000 >"$SITE/a.txt"
	seq 1 500 >>"$SITE/about.gmi"
	"$SULID" render --quiet "$SITE"
	"$SULID" precompress --quiet --level fast "$SITE"
	[[ -f $SITE/a.txt.gz && -f $SITE/about.gmi.gz && -f $SITE/about.html.gz ]]
	"$SULID" render --quiet --prune "$SITE"
	"$SULID" precompress --quiet --prune "$SITE"
	[[ -f $SITE/a.txt.gz && -f $SITE/about.html ]]
	rm "$SITE/about.gmi" "$SITE/a.txt"
	run "$SULID" render --prune "$SITE"
	[[ $status == 0 && $output == *", 1 removed, "* && ! -e $SITE/about.html && -f $SITE/a.txt.gz ]]
	run "$SULID" precompress --prune "$SITE"
	[[ $status == 0 && ! -e $SITE/a.txt.gz && ! -e $SITE/about.html.gz && -f $SITE/log/index.html ]]
}

@test "render: a file that cannot be read is named, the others are done, status 1" {
	local tool=$BATS_TEST_TMPDIR/sulid-tool as=()

	printf 'secret\n' >"$SITE/secret.gmi"
	chmod 000 "$SITE/secret.gmi"
	mkdir -m 000 "$SITE/closed"
	truncate -s 17M "$SITE/large.gmi"
	cp "$SULID_BUILD/sulid-tool" "$tool"
	if ((EUID == 0)); then
		# Who may do everything is nobody for once.
		chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
		chown -R 65534:65534 "$SITE"
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	cd "$SITE"
	run --separate-stderr "${as[@]}" "$tool" render .
	[[ $status == 1 && $output == "3 of 5 files rendered: 3 html, 3 failed, "* ]]
	[[ ${#stderr_lines[@]} == 3 ]]
	[[ $stderr == *"sulid render: ./closed: Permission denied"* ]]
	[[ $stderr == *"sulid render: ./secret.gmi: Permission denied"* ]]
	[[ $stderr == *"sulid render: ./large.gmi: .html: File too large"* ]]
	is_page "$SITE/log/index"
	never has_temporary
	chmod 700 "$SITE/closed"
}

@test "render: hidden files and symbolic links are left out; of two documents for a page the .gmi has it" {
	local outside=$BATS_TEST_TMPDIR/outside

	mkdir -p "$outside" "$SITE/.git" "$SITE/.well-known"
	echo a >"$outside/a.gmi"
	cp "$outside/a.gmi" "$SITE/.git"
	cp "$outside/a.gmi" "$SITE/.well-known"
	cp "$outside/a.gmi" "$SITE/.hidden.gmi"
	ln -s "$outside" "$SITE/directory"
	ln -s "$outside/a.gmi" "$SITE/file.gmi"
	ln -s about.gmi "$SITE/inside.gmi"
	ln -s "$SITE" "$BATS_TEST_TMPDIR/link"
	echo other >"$SITE/about.gemini"
	run "$SULID" render "$BATS_TEST_TMPDIR/link"
	[[ $status == 0 && $output == "4 of 4 files rendered: 4 html, "* ]]
	[[ $(ls -A "$outside") == a.gmi && $(ls -A "$SITE/.git") == a.gmi && -f $SITE/.well-known/a.html ]]
	[[ $(cd "$SITE" && echo .hid* file* inside*) == ".hidden.gmi file.gmi inside.gmi" ]]
	grep -qx '<title>About</title>' "$SITE/about.html"
}

# Every page of SITE is there to its end.
all_whole() {
	local page

	for page in "$SITE"/*.html; do
		[[ ! -e $page || $(tail -n 1 "$page") == "</html>" ]] || return 1
	done
}

# Stop PID while it writes the first part of a page.
stop_in_the_middle() {
	python3 - "$PID" "$SITE" <<-'PYTHON'
		import os, signal, sys, time
		pid, site, end = int(sys.argv[1]), sys.argv[2], time.monotonic() + 60
		def early():
		    sizes = [each.stat().st_size for each in os.scandir(site) if each.name.startswith(".sulid-new-")]
		    return sizes and max(sizes) < 4_000_000
		while time.monotonic() < end:
		    try:
		        if early():
		            os.kill(pid, signal.SIGSTOP)
		            while open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "T":
		                time.sleep(0.001)
		            if early():
		                sys.exit(0)
		            os.kill(pid, signal.SIGCONT)
		    except FileNotFoundError:
		        pass
		sys.exit("it was never in the middle")
	PYTHON
}

@test "render: interrupted or killed, there is no half page; the next run clears up" {
	local signal i

	# Large enough to be seen while it is made, and enough of them to be in time.
	python3 -c 'open("'"$SITE"'/large.gmi", "w").write("* a <line> & another\n" * 600000)'
	for i in {1..7}; do
		ln "$SITE/large.gmi" "$SITE/large$i.gmi"
	done
	for signal in INT KILL; do
		tool_start render --jobs 1 "$SITE"
		stop_in_the_middle
		kill -"$signal" "$PID"
		kill -CONT "$PID" || true
		tool_wait
		((STATUS == 130 || STATUS == 137))
		[[ ! -e $SITE/large7.html ]]
		all_whole
		if [[ $signal == INT ]]; then
			grep -q interrupted "$OUT.err"
			never has_temporary
		fi
	done
	has_temporary
	"$SULID" render --quiet "$SITE"
	never has_temporary
	is_page "$SITE/large7"
	all_whole
}

@test "render: --watch does what changes, and that alone; 0 on SIGTERM" {
	tool_start render --watch --again "$SITE"
	within 20 grep -q '^watching 2 directories$' "$OUT"
	is_page "$SITE/about"
	printf '# Changed\n' >"$SITE/about.gmi"
	within 20 is_page "$SITE/about"
	mkdir "$SITE/new"
	printf '# New\n' >"$SITE/new/a.gmi"
	within 20 is_page "$SITE/new/a"
	kill -TERM "$PID"
	tool_wait
	[[ $STATUS == 0 && ! -s $OUT.err ]]
	grep -qx "made $SITE/new/a.html" "$OUT"
	never grep -qx "made $SITE/index.html" "$OUT"
	grep -qx '<title>Changed</title>' "$SITE/about.html"
}

@test "render: help, usage and what a terminal sees" {
	run --separate-stderr "$SULID" help render
	[[ $status == 0 && $output == "usage: sulid render DIR"* && $output == *--feed* && ! $stderr ]]
	run "$SULID" --help
	[[ $output == *"  render "* ]]
	run --separate-stderr "$SULID" render
	[[ $status == 2 && ! $output && $stderr == *"which directory?"* ]]
	run "$SULID" render --lan en "$SITE"
	[[ $status == 2 && $output == *'did you mean "--lang"'* ]]
	run "$SULID" rendr "$SITE"
	[[ $status == 2 && $output == *'did you mean "render"'* ]]
	run "$SULID" render --lang '"><script>' "$SITE"
	[[ $status == 2 && $output == *"--lang wants a language"* ]]
	run "$SULID" render --feed example.org "$SITE"
	[[ $status == 2 && $output == *"--feed wants an absolute URL"* ]]
	run "$SULID" render "$SITE/nothing"
	[[ $status == 1 && $output == *"sulid render: "*"nothing: No such file or directory"* ]]
	[[ ! -e $SITE/about.html ]]
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
assert b"\r\x1b[K" in data and b"/3 files" in data and b"saved" not in data, data
assert data.rstrip().split(b"\x1b[K")[-1].startswith(b"3 of 3 files rendered"), data
' "$SULID" render "$SITE"
	[[ $status == 0 ]]
}

@test "render: tidy has nothing to say of the demonstration capsule, its gemlog and a page of horrors" {
	local site=$BATS_TEST_TMPDIR/tidy

	cp -R "$BATS_TEST_DIRNAME/../conf/demo" "$site"
	rm "$site"/*.html
	mkdir "$site/horrors"
	cp "$BATS_TEST_DIRNAME/../tests/fixtures/gemtext/horrors.gmi" "$site/horrors/a:b <c> & \"d\"?#%.gmi"
	: >"$site/horrors/empty.gmi"
	printf '\n\n> \n* \n#' >"$site/horrors/blank.gmi"
	printf '```' >"$site/horrors/open.gmi"
	"$SULID" render --quiet --feed https://example.org/ "$site"
	[[ $(find "$site" -name '*.html' | wc -l) == $(find "$site" -name '*.gmi' | wc -l) ]]
	run tidied "$site"
	[[ $status == 0 && ! $output ]]
	# And tidy does look.
	echo '<p>' >"$site/bad.html"
	run tidied "$site"
	[[ $output == *Warning* ]]
}

@test "render: a feed beside a log that is well-formed Atom; only where there is one, and only when stale" {
	local before

	printf '# Log\n## A & B\n=> 1.gmi 2026-05-17 - One <1>\n=> /2.gmi 2026-06-01 Two\n=> ../index.gmi Up\n' \
		>"$SITE/log/index.gmi"
	run "$SULID" render --feed https://example.org/~me "$SITE"
	[[ $status == 0 && $output == "3 of 3 files rendered: 3 html, 1 atom, "* ]]
	[[ ! -e $SITE/atom.xml ]]
	python3 - "$SITE/log/atom.xml" <<-'PYTHON'
		import sys, xml.etree.ElementTree as etree
		atom = "{http://www.w3.org/2005/Atom}"
		feed = etree.parse(sys.argv[1]).getroot()
		assert feed.tag == atom + "feed"
		def text(of, name):
		    (found,) = of.findall(atom + name)
		    return found.text
		def link(of, relation):
		    (found,) = [each for each in of.findall(atom + "link") if each.get("rel") == relation]
		    return found.get("href")
		assert text(feed, "title") == "Log"
		assert feed.find(f"{atom}author/{atom}name").text
		assert text(feed, "id") == link(feed, "alternate") == "https://example.org/~me/log/"
		assert link(feed, "self") == "https://example.org/~me/log/atom.xml"
		assert text(feed, "updated") == "2026-06-01T12:00:00Z"
		entries = [(text(e, "title"), text(e, "id"), text(e, "updated"), link(e, "alternate"))
		           for e in feed.findall(atom + "entry")]
		one, two = "https://example.org/~me/log/1.gmi", "https://example.org/2.gmi"
		assert entries == [("One <1>", one, "2026-05-17T12:00:00Z", one),
		                   ("Two", two, "2026-06-01T12:00:00Z", two)], entries
	PYTHON
	grep -qF 'type="application/atom+xml" href="atom.xml"' "$SITE/log/index.html"
	never grep -qF atom "$SITE/index.html"
	before=$(states)
	run "$SULID" render --feed https://example.org/~me "$SITE"
	[[ $status == 0 && $output == "0 of 3 files rendered, "* ]]
	[[ $(states) == "$before" ]]
	touch -d '2025-01-01' "$SITE/log/index.gmi"
	run "$SULID" render --feed https://example.org/~me "$SITE"
	[[ $status == 0 && $output == "1 of 3 files rendered: 1 html, 1 atom, "* ]]
	# It goes when there is no entry any more; one of somebody else's stays.
	printf '# Log\n' >"$SITE/log/index.gmi"
	printf 'mine' >"$SITE/atom.xml"
	run "$SULID" render --feed https://example.org/~me "$SITE"
	[[ $status == 0 && $output == *", 1 removed, 1 made by somebody else, "* ]]
	[[ ! -e $SITE/log/atom.xml && $(<"$SITE/atom.xml") == mine ]]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Client certificates as identities: the same over Gemini and https, fresh and resumed, before and after a reload; and
# no spelling, link or neighbour leads past a list.

bats_require_minimum_version 1.5.0
load sulid
load client

# What nobody may see who is not on a list stands in each guarded file.
SECRET="for members only"

# guarded FILE…: files below SITE with the secret in them.
guarded() {
	local file

	for file; do
		[[ $file != */* ]] || mkdir -p "$SITE/${file%/*}"
		echo "$file: $SECRET" >"$SITE/$file"
	done
}

public() {
	local file

	for file; do
		[[ $file != */* ]] || mkdir -p "$SITE/${file%/*}"
		echo "$file: for everybody" >"$SITE/$file"
	done
}

make_site() {
	export SITE=$BATS_FILE_TMPDIR/site FOLD=$BATS_FILE_TMPDIR/fold
	mkdir "$SITE"
	guarded members/a.txt members/index.html members/index.gmi members/board/a.txt members/list.txt both/a.txt swap/a.txt \
		secret.txt page.txt page.txt.gz page.txt.br page.txt.zst about.gmi about.html about.html.gz about.gmi.gz \
		index/index.html index/index.gmi list/inner/a.txt public.txt.gz notes.html
	public members/open/a.txt public.txt notes.gmi list/a.txt sub/a.txt
	touch -r "$SITE/notes.gmi" "$SITE/notes.html"
	ln -s members "$SITE/link"
	ln -s members/a.txt "$SITE/link.txt"
	ln -s "$SITE/members" "$SITE/absolute"
	ln -s ../members/a.txt "$SITE/sub/link.txt"
	ln -s .. "$SITE/sub/up"
	ln -s . "$SITE/self"
	ln -s link "$SITE/hop"
	ln -s ../public.txt "$SITE/members/out.txt"
	ln -s board "$SITE/members/inner"
	mkdir -p "$FOLD/site"
}

# A directory that takes upper case for lower. Fails where none can be made.
mount_fold() {
	[[ $EUID == 0 && $SULID_EXPECT == kernel ]] || return
	truncate -s 16M "$FOLD.img"
	mkfs.ext4 -q -O casefold "$FOLD.img"
	modprobe -q loop || true
	mount -o loop "$FOLD.img" "$FOLD"
	export FOLDS=$FOLD
	mkdir "$FOLD/site"
	chattr +F "$FOLD/site"
	mkdir "$FOLD/site/members" "$FOLD/site/über" "$FOLD/site/Übrig"
	echo "$SECRET" | tee "$FOLD/site/members/a.txt" "$FOLD/site/about.gmi" "$FOLD/site/about.html" \
		>"$FOLD/site/über/a.txt"
	echo "for everybody" | tee "$FOLD/site/Übrig/a.txt" >"$FOLD/site/Public.txt"
	chmod -R a+rX "$FOLD"
}

# client_certificate NAME [FROM TO]: a certificate with a key that all share, in DIGEST_NAME. One key, several
# certificates: it is the certificate that is known.
client_certificate() {
	local dates=(-days 30)

	(($# == 1)) || dates=(-startdate "$2" -enddate "$3")
	openssl ca -batch -notext -selfsign -create_serial -config "$CLIENTS/ca.cnf" -in "$CLIENTS/request.pem" \
		-keyfile "$CLIENTS/key.pem" "${dates[@]}" -out "$CLIENTS/$1.pem" 2>"$CLIENTS/$1.err" || {
		cat "$CLIENTS/$1.err" >&2
		return 1
	}
}

make_clients() {
	local name digests names=(listed unlisted twice swapped expired expired_unlisted future future_unlisted)

	export CLIENTS=$BATS_FILE_TMPDIR/clients
	mkdir "$CLIENTS"
	: >"$CLIENTS/index.txt"
	cat >"$CLIENTS/ca.cnf" <<-CONF
		[ca]
		default_ca = all
		[all]
		database = $CLIENTS/index.txt
		new_certs_dir = $CLIENTS
		serial = $CLIENTS/serial
		default_md = sha256
		unique_subject = no
		policy = names
		[names]
		commonName = supplied
	CONF
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=client \
		-keyout "$CLIENTS/key.pem" -out "$CLIENTS/request.pem" 2>/dev/null
	for name in listed unlisted twice swapped; do
		client_certificate "$name"
	done
	for name in expired expired_unlisted; do
		client_certificate "$name" 20200101000000Z 20210101000000Z
	done
	for name in future future_unlisted; do
		client_certificate "$name" 20480101000000Z 20490101000000Z
	done
	mapfile -t digests < <(cd "$CLIENTS" && "$SULID" digest "${names[@]/%/.pem}")
	for name in "${!names[@]}"; do
		[[ ${digests[name]} =~ sha256:[0-9a-f]{64} ]]
		export "DIGEST_${names[name]}=${BASH_REMATCH[0]}"
	done
}

# Groups as they may be written: staff is a file with all that such a file may have, board and others are lists.
make_groups() {
	local hex=${DIGEST_expired#sha256:}

	export SWAP=$BATS_FILE_TMPDIR/swap.txt
	{
		printf '# who works here\r\n\r\n'
		printf '%s # the prefix, a comment and CR LF\r\n' "$DIGEST_listed"
		printf '\t  %s  \n\n' "${DIGEST_twice#sha256:}"
		printf '%s\n' "${hex^^}"
		printf '   # %s\n' "$DIGEST_unlisted"
		printf 'sha256:%s' "${DIGEST_future#sha256:}"
	} >"$BATS_FILE_TMPDIR/staff.txt"
	echo "$DIGEST_swapped" >"$SWAP"
}

setup_file() {
	local tls=$BATS_FILE_TMPDIR/tls

	make_site
	make_clients
	make_groups
	certificate "$tls" club.example other.example fold.example
	mount_fold || true
	chmod -R a+rX "$SITE" "$FOLD"
	server_start <<-YAML
		listen: ["https://127.0.0.1:0", "gemini://127.0.0.1:0"]
		groups:
		  staff: $BATS_FILE_TMPDIR/staff.txt
		  board: [$DIGEST_twice]
		  others: ["${DIGEST_twice#sha256:}"]
		  swap: $SWAP
		defaults:
		  certificate: {chain: $tls/fullchain.pem, key: $tls/privkey.pem}
		vhosts:
		  - names: [club.example]
		    root: $SITE
		    try: [.txt, .gmi]
		    paths:
		      /members/: {identities: [staff]}
		      /members/open/: {identities: any}
		      /members/board/: {identities: [board]}
		      /both/: {identities: [board, staff]}
		      /swap/: {identities: [swap]}
		      /secret.txt: {identities: [staff]}
		      /page.txt: {identities: [staff]}
		      /about.gmi: {identities: [staff]}
		      /public.txt.gz: {identities: [staff]}
		      /notes.html: {identities: [staff]}
		      /index/index.html: {identities: [staff]}
		      /index/index.gmi: {identities: [staff]}
		      /list/: {listing: true}
		      /list/inner/: {identities: [staff]}
		      /ask: {input: "Which?", answers: /members/}
		      /fall/: {fallback: /members/a.txt}
		      /errors/: {error_pages: {404: /members/a.txt, 403: /members/a.txt}}
		  - names: [other.example]
		    root: $SITE
		    paths:
		      /members/: {identities: [others]}
		  - names: [fold.example]
		    root: $FOLD/site
		    paths:
		      /members/: {identities: [staff]}
		      /über/: {identities: [staff]}
		      /about.gmi: {identities: [staff]}
	YAML
	client_start
}

teardown_file() {
	client_stop
	server_stop
	[[ ! ${FOLDS:-} ]] || umount "$FOLD"
}

teardown() {
	# That one ends workers by force.
	[[ $BATS_TEST_DESCRIPTION == *"a stopped worker"* ]] || server_check
	logged_paths_hold
}

# ask PROTOCOL PATH WORD…: one request to club.example (or sni=, given later) on a connection of its own. as=NAME: with
# that certificate.
ask() {
	local protocol=$1 path=$2 name=club.example word words=()

	shift 2
	for word; do
		case $word in
		as=*) words+=(cert="$CLIENTS/${word#as=}.pem" key="$CLIENTS/key.pem") ;;
		at=*) name=${word#at=} ;;
		*) words+=("$word") ;;
		esac
	done
	if [[ $protocol == gemini ]]; then
		client get proto=gemini host=127.0.0.1 port="$GEMINI" tls=openssl sni="$name" \
			raw="gemini://$name:$GEMINI$path\\r\\n" "${words[@]}"
	else
		client get host=127.0.0.1 port="$HTTPS" tls=openssl sni="$name" path="$path" "${words[@]}"
	fi
}

# ---- the matrix ----

TABLE_FORMAT='# %-34s %-14s %-14s %-14s %-14s\n'

# "sha256:…" or null, as the log has it.
logged_digest() {
	local variable=DIGEST_$1

	LOGGED=null
	[[ $1 == none ]] || LOGGED="\"${!variable}\""
}

logged() {
	grep -F -m1 "cell=$1." "$BATS_FILE_TMPDIR/access.log" >"$BATS_TEST_TMPDIR/line"
}

# The line of a cell: who, by which path, resumed or not.
log_has() {
	local cell=$1 who=$2 group=$3 resumed=$4 line

	within 10 logged "$cell"
	line=$(<"$BATS_TEST_TMPDIR/line")
	logged_digest "$who"
	[[ $group == null ]] || group="\"$group\""
	if [[ $line != *"\"path\":\"$TLS_PATH\""*"\"resumed\":$resumed"*"\"certificate\":$LOGGED,\"group\":$group,"* ]]; then
		echo "the log has not $TLS_PATH, resumed $resumed, $LOGGED and $group: $line" >&2
		return 1
	fi
}

# row NAME HTTPS GEMINI RESUMED LOGGED-CERTIFICATE GROUP: calls "cell_ask PROTOCOL VERSION PATH" four times.
row() {
	local name=$1 https=$2 gemini=$3 resumed=$4 who=$5 group=$6 protocol version cell seen=() wrong=0

	cell=${name//[!a-z]/-}
	for protocol in https gemini; do
		for version in 1.2 1.3; do
			cell_ask "$protocol" "$version" "/members/a.txt?cell=$cell-$protocol-$version."
			seen+=("${R[status]} ${R[resumed]/yes/resumed}")
			seen[-1]=${seen[-1]/ no/}
			client_has status="${!protocol}" resumed="$resumed" version="$version" || wrong=1
		done
	done
	# shellcheck disable=SC2059 # the format is ours
	printf "$TABLE_FORMAT" "$name" "${seen[@]}" >&3
	((wrong == 0)) || return 1
	resumed=${resumed/yes/true}
	for protocol in https gemini; do
		for version in 1.2 1.3; do
			log_has "$cell-$protocol-$version" "$who" "$group" "${resumed/no/false}"
		done
	done
}

# plain_row NAME CERTIFICATE|none HTTPS GEMINI GROUP: full handshakes.
plain_row() {
	local who=$2

	cell_ask() {
		local words=(version="$2")

		[[ $who == none ]] || words+=(as="$who")
		ask "$1" "$3" "${words[@]}"
	}
	row "$1" "$3" "$4" no "$who" "$5"
}

# resumed_row NAME CERTIFICATE HTTPS GEMINI GROUP: the certificate is shown once, and then only the session.
resumed_row() {
	local who=$2

	cell_ask() {
		ask "$1" /public.txt version="$2" as="$who" session="$who-$1-$2"
		client_has resumed=no
		ask "$1" "$3" version="$2" session="$who-$1-$2"
	}
	row "$1" "$3" "$4" yes "$who" "$5"
}

# across_row NAME CERTIFICATE|none HTTPS GEMINI GROUP: a session that "twice", who is on both lists, has from one vhost,
# offered to the other one; there the certificate, if any, is shown anew.
across_row() {
	local who=$2

	cell_ask() {
		local session=across-$who-$1-$2 words=()

		[[ $who == none ]] || words+=(as="$who")
		ask "$1" /members/a.txt version="$2" as=twice session="$session"
		client_has "status=$([[ $1 == https ]] && echo 200 || echo 20)" resumed=no
		ask "$1" "$3" at=other.example version="$2" session="$session" "${words[@]}"
	}
	row "$1" "$3" "$4" no "$who" "$5"
}

@test "identities: matrix: none is 403 and 60" {
	# shellcheck disable=SC2059 # the format is ours
	printf "# $TLS_PATH connections, certificate and session by protocol and TLS version:\n$TABLE_FORMAT" \
		"" "https 1.2" "https 1.3" "gemini 1.2" "gemini 1.3" >&3
	plain_row "none" none 403 60 null
}

@test "identities: matrix: one of the group is 200 and 20" {
	plain_row "listed" listed 200 20 staff
	client_has $'meta=text/plain; charset=utf-8'
	ask https /members/a.txt as=listed want=body
	client_has "body=members/a.txt: $SECRET"$'\n'
	ask gemini /members/a.txt as=listed want=body
	client_has "body=members/a.txt: $SECRET"$'\n'
}

@test "identities: matrix: one of nobody, with the same key, is 403 and 61" {
	plain_row "unlisted" unlisted 403 61 null
}

@test "identities: matrix: an expired one of the group is 403 and 62" {
	plain_row "listed, expired" expired 403 62 staff
}

@test "identities: matrix: an expired one of nobody is 403 and 61" {
	plain_row "unlisted, expired" expired_unlisted 403 61 null
}

@test "identities: matrix: one of the group before its time is 403 and 62" {
	plain_row "listed, not yet valid" future 403 62 staff
}

@test "identities: matrix: one of nobody before its time is 403 and 61" {
	plain_row "unlisted, not yet valid" future_unlisted 403 61 null
}

@test "identities: matrix: a resumed session is its certificate" {
	resumed_row "resumed, listed" listed 200 20 staff
}

@test "identities: matrix: a resumed session of nobody is 403 and 61" {
	resumed_row "resumed, unlisted" unlisted 403 61 null
}

@test "identities: matrix: a resumed session with an expired certificate is 403 and 62" {
	resumed_row "resumed, expired" expired 403 62 staff
}

@test "identities: matrix: a session of another name is none, 403 and 60" {
	across_row "another name's session" none 403 60 null
}

@test "identities: matrix: a session of another name, and a certificate that is not on its list" {
	across_row "another name's session, unlisted" listed 403 61 staff
}

@test "identities: matrix: a session of another name, and a certificate that is on both lists" {
	across_row "another name's session, listed" twice 200 20 board,others,staff
}

@test "identities: matrix: a session of the other protocol is none" {
	cell_ask() {
		local other=gemini

		[[ $1 != gemini ]] || other=https
		ask $other /public.txt version="$2" as=listed session="other-$1-$2"
		ask "$1" "$3" version="$2" session="other-$1-$2"
	}
	row "the other protocol's session" 403 60 no none null
}

# ---- groups ----

# both PATH CERTIFICATE HTTPS GEMINI: the same over both.
both() {
	ask https "$1" as="$2"
	client_has status="$3"
	ask gemini "$1" as="$2"
	client_has status="$4"
}

@test "identities: a path may be for several groups, and a longer one for others or for any" {
	both /both/a.txt listed 200 20
	both /both/a.txt twice 200 20
	both /both/a.txt unlisted 403 61
	both /members/board/a.txt twice 200 20
	both /members/board/a.txt listed 403 61
	both /members/open/a.txt unlisted 200 20
	both /members/open/a.txt expired 200 20
	both /members/open/../a.txt unlisted 403 61
}

@test "identities: who is in several groups is in the log with all of them" {
	both "/both/a.txt?groups=all." twice 200 20
	within 10 grep -q 'groups=all\..*"group":"board,others,staff"' "$BATS_FILE_TMPDIR/access.log"
	# Of a path that is for everybody as well.
	both "/public.txt?groups=public." listed 200 20
	within 10 grep -q 'groups=public\..*"group":"staff"' "$BATS_FILE_TMPDIR/access.log"
}

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
	# Neighbours are as new as what they are of.
	touch -r "$SITE/public.txt" "$SITE/public.txt.gz" "$SITE/notes.gmi" "$SITE/notes.html"
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

# A row of a table: it is refused by that status, and has nothing of what is guarded.
refused() {
	local what=$1 expected=$2

	if [[ ${R[status]} != "$expected" || ${R[body]-} == *"$SECRET"* || ${R[head]-} == *ETag* ]]; then
		echo "$what: ${R[status]}, not $expected: $REPLY_LINE" >&2
		WRONG=1
	fi
}

# over NAME WORD…: a request on that connection, which is opened anew when it has ended.
over() {
	local name=$1 end=OVER_$1

	shift
	if [[ ${!end-} == keep ]]; then
		client get conn="$name" "$@"
	else
		client get host=127.0.0.1 port="$HTTPS" tls=openssl sni=club.example keep="$name" "${WHO[@]}" "$@"
	fi
	printf -v "$end" %s "${R[end]}"
}

# What was refused to others.
got() {
	[[ ${R[status]} == "$2" && ${R[body]} == *"$SECRET"* ]] || {
		echo "$1: $REPLY_LINE" >&2
		return 1
	}
}

# ---- the matrix ----

TABLE_FORMAT='# %-34s %-14s %-14s %-14s %-14s\n'

# "sha256:…" or null, as the log has it.
logged_digest() {
	local variable=DIGEST_$1

	LOGGED=null
	[[ $1 == none ]] || LOGGED="\"${!variable}\""
}

# The log's line of a cell, in LINE, without a process.
logged() {
	local lines

	mapfile -t lines <"$BATS_FILE_TMPDIR/access.log"
	for LINE in "${lines[@]}"; do
		[[ $LINE != *"cell=$1."* ]] || return 0
	done
	return 1
}

# The line of a cell: who, by which path, resumed or not.
log_has() {
	local cell=$1 who=$2 group=$3 resumed=$4

	within 10 logged "$cell"
	logged_digest "$who"
	[[ $group == null ]] || group="\"$group\""
	if [[ $LINE != *"\"path\":\"$TLS_PATH\""*"\"resumed\":$resumed"*"\"certificate\":$LOGGED,\"group\":$group,"* ]]; then
		echo "the log has not $TLS_PATH, resumed $resumed, $LOGGED and $group: $LINE" >&2
		return 1
	fi
}

# row NAME HTTPS GEMINI RESUMED LOGGED-CERTIFICATE GROUP: calls "cell_ask PROTOCOL VERSION PATH" four times.
row() {
	local -
	local name=$1 https=$2 gemini=$3 resumed=$4 who=$5 group=$6 protocol version cell seen=() wrong=0

	set +T
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

# Guests are slow, and kernels do not differ in who may have what.
no_kernels_business() {
	[[ $TLS_PATH != kernel ]] || skip "no kernel's business"
}

@test "identities: a path may be for several groups, and a longer one for others or for any" {
	no_kernels_business
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
	no_kernels_business
	ask https "/both/a.txt?cell=several." as=twice
	log_has several twice board,others,staff false
	# Of a path that is for everybody as well.
	ask gemini "/public.txt?cell=public." as=listed
	log_has public listed staff false
}

# ---- nobody gets past a list ----

# The table: what https and Gemini answer, and a path. Nothing but the names of what is guarded may be seen.
ATTEMPTS='
403 60 /members/a.txt
403 60 /members/
403 60 /members/nothing
403 60 /members/nothing/
301 31 /members
403 60 //members/a.txt
403 60 /members//a.txt
403 60 ///members///a.txt
403 60 /./members/a.txt
403 60 /nothing/../members/a.txt
403 60 /members/open/../a.txt
403 60 /members/open/%2e%2e/a.txt
403 60 /members/open/.%2E/a.txt
403 60 /nothing/%2e%2e/members/%2e/a.txt
403 60 /%6d%65mbers/%61.txt
400 59 /../members/a.txt
400 59 /%2e%2e/members/a.txt
400 59 /members/../../members/a.txt
400 59 /members%2Fa.txt
400 59 /members%2fa.txt
400 59 /%2Fmembers/a.txt
400 59 /members/open%2f../a.txt
400 59 /members/open/..%2fa.txt
400 59 /members/a.txt%00
400 59 /members/a.txt%00.html
400 59 /members/%c0%ae%c0%ae/a.txt
400 59 /members/%ff
404 51 /members%5Ca.txt
404 51 /%5Cmembers/a.txt
404 51 /%252e/members%252fa.txt
404 51 /members;/a.txt
404 51 /members;a=b/a.txt
404 51 /;/members/a.txt
404 51 /members./a.txt
404 51 /members.../a.txt
404 51 /members%20/a.txt
404 51 /%20members/a.txt
400 59 /members%09/a.txt
404 51 /MEMBERS/a.txt
404 51 /Members/a.txt
404 51 /member%C5%BF/a.txt
404 51 /mem%C2%ADbers/a.txt
404 51 /%E2%80%8Bmembers/a.txt
404 51 /members%E2%81%84a.txt
404 51 /%EF%BD%8Dembers/a.txt
403 60 /members/a.txt;
403 60 /members/;/a.txt
403 60 /members/a.txt.
403 60 /members/a.txt%20
403 60 /members/a.txt/
403 60 /members/a.txt/.
403 60 /members/a
403 60 /members/?a.txt
403 60 /members/a.txt?open/
403 60 /members/board/a.txt
403 60 /members/open/../board/a.txt
403 60 /members/out.txt
403 60 /members/inner/a.txt
404 51 /link/a.txt
404 51 /link/
404 51 /link
404 51 /link.txt
404 51 /hop/a.txt
404 51 /absolute/a.txt
404 51 /self/members/a.txt
404 51 /self/self/link.txt
404 51 /sub/link.txt
404 51 /sub/up/members/a.txt
403 60 /sub/../members/a.txt
403 60 /fall/nothing
403 60 /fall/
404 51 /errors/nothing
403 60 /secret.txt
403 60 /secret
403 60 /page.txt
403 60 /page
403 60 /page.txt.gz
403 60 /page.txt.br
403 60 /page.txt.zst
403 60 /page.txt.GZ
403 60 /about.gmi
403 60 /about
403 60 /about.html
403 60 /about.html.gz
403 60 /about.gmi.gz
403 60 /public.txt.gz
403 60 /notes.html
403 60 /index/
403 60 /index/index.html
403 60 /index/index.gmi
403 60 /list/inner/
403 60 /list/inner/a.txt
403 60 /ask?a.txt
403 60 /ask?%61.txt
403 60 /ask?board/a.txt
403 60 /ask?open/../a.txt
403 60 /ask?nothing
'

# table WHO-WORDS…: all attempts over both, with or without a certificate that is on no list.
table() {
	local -
	local https gemini path

	# As in client.bash: bats traps every command, and these are many.
	set +T
	WHO=("$@") WRONG=0
	while read -r https gemini path; do
		[[ $path ]] || continue
		over table path="$path" want=body
		refused "https $path" "$https"
		[[ $gemini != 60 || $# == 0 ]] || gemini=61
		ask gemini "$path" want=body session=table "$@"
		refused "gemini $path" "$gemini"
	done <<<"$ATTEMPTS"
	((WRONG == 0))
}

@test "identities: no spelling, link, neighbour or answer leads past a list" {
	no_kernels_business
	table
}

@test "identities: nor does it with a certificate that is on no list" {
	no_kernels_business
	table cert="$CLIENTS/unlisted.pem" key="$CLIENTS/key.pem"
}

@test "identities: what is refused is there, and those on the list get it" {
	no_kernels_business
	local path

	WHO=(cert="$CLIENTS/listed.pem" key="$CLIENTS/key.pem")
	for path in /members/a.txt //members/./a.txt /members/ /members/a /fall/nothing /secret /page.txt /about.gmi \
		/about.html /index/ /list/inner/a.txt "/ask?a.txt" /notes.html; do
		over member want=all path="$path"
		got "$path" 200
		ask gemini "$path" want=body as=listed
		got "$path" 20
	done
	# The page of an error is another way to it.
	over member want=all path=/errors/nothing
	got "the page of an error" 404
	over member want=all path=/public.txt header="Accept-Encoding: gzip"
	got "a neighbour by Accept-Encoding" 200
	over member want=all path=/notes.gmi header="Accept: text/html"
	got "a rendering by Accept" 200
}

@test "identities: nor do methods, conditions, ranges, encodings and other fields of http" {
	no_kernels_business
	local etag modified line version

	WHO=(cert="$CLIENTS/listed.pem" key="$CLIENTS/key.pem") WRONG=0
	over known want=all path=/members/a.txt
	[[ ${R[head]} =~ ETag:\ ([^$'\r']*) ]]
	etag=${BASH_REMATCH[1]}
	[[ ${R[head]} =~ Last-Modified:\ ([^$'\r']*) ]]
	modified=${BASH_REMATCH[1]}
	over known want=all path=/members/a.txt header="If-None-Match: $etag"
	client_has status=304
	WHO=()
	for line in "If-None-Match: $etag" "If-None-Match: *" "If-Match: $etag" "If-Match: \"other\"" \
		"If-Modified-Since: $modified" "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT" "Range: bytes=0-3" \
		"Range: bytes=1000-" "Accept-Encoding: gzip, br, zstd" "Accept: text/html" "X-Original-URL: /public.txt" \
		"X-Rewrite-URL: /public.txt" "X-HTTP-Method-Override: OPTIONS" "Authorization: Basic c3RhZmY6c3RhZmY=" \
		"X-Client-Certificate: $DIGEST_listed" "X-Forwarded-For: 127.0.0.1" "Cookie: staff=1"; do
		over bare want=all path=/members/a.txt header="$line"
		refused "$line" 403
	done
	over bare want=all path=/page.txt header="Accept-Encoding: gzip"
	refused "a neighbour by Accept-Encoding" 403
	over bare want=all path=/about.gmi header="Accept: text/html"
	refused "a rendering by Accept" 403
	# Of public ones the neighbours are guarded: there are none then.
	over bare want=all path=/public.txt header="Accept-Encoding: gzip"
	[[ ${R[status]} == 200 && ${R[body]} == "public.txt: for everybody"* ]]
	over bare want=all path=/notes.gmi header="Accept: text/html"
	[[ ${R[status]} == 200 && ${R[body]} == "notes.gmi: for everybody"* ]]
	over bare want=all method=HEAD path=/members/a.txt
	refused HEAD 403
	# What may be done is the same everywhere, so this tells nothing.
	over bare want=all method=OPTIONS path=/members/a.txt
	refused OPTIONS 204
	over bare want=all method=POST path=/members/a.txt
	refused POST 405
	over bare want=all method=get path=/members/a.txt
	refused get 501
	over bare want=all path="https://club.example:$HTTPS/members/a.txt"
	refused "absolute form" 403
	over bare want=all path="https://other.example:$HTTPS/members/a.txt"
	refused "absolute form of another name" 421
	over bare want=all path="https://club.example:$HTTPS/public.txt@other.example/members/a.txt"
	refused "absolute form with @" 404
	for line in other.example "other.example:$HTTPS" fold.example nobody.example; do
		over bare want=all raw="GET /members/a.txt HTTP/1.1\r\nHost: $line\r\n\r\n"
		refused "Host: $line" 421
	done
	for version in 1.0 1.1; do
		over bare want=all raw="GET /members/a.txt HTTP/$version\r\nHost: CLUB.EXAMPLE.:$HTTPS\r\n\r\n"
		refused "HTTP/$version" 403
	done
	over bare want=all raw="GET /members/a.txt HTTP/1.0\r\n\r\n"
	refused "HTTP/1.0 without Host" 403
	# The permission of one request is not that of the next.
	over bare want=all raw="GET /public.txt HTTP/1.1\r\nHost: club.example\r\n\r\nGET /members/a.txt HTTP/1.1\r\nHost: club.example\r\n\r\n" responses=2
	[[ ${R[statuses]} == 200,403 && ${R[body]} != *"$SECRET"* ]]
	((WRONG == 0))
}

@test "identities: nor does the authority of a Gemini request" {
	no_kernels_business
	local code authority

	WRONG=0
	while read -r code authority; do
		client get proto=gemini host=127.0.0.1 port="$GEMINI" sni=club.example want=all fin_wait=1 \
			raw="$authority/members/a.txt\r\n"
		refused "$authority" "$code"
	done <<-TABLE
		53 gemini://club.example
		60 gemini://club.example:$GEMINI
		60 GEMINI://CLUB.Example:$GEMINI
		60 gemini://club.example.:$GEMINI
		53 gemini://other.example:$GEMINI
		53 gemini://fold.example:$GEMINI
		53 gemini://127.0.0.1:$GEMINI
		53 https://club.example:$GEMINI
		59 gemini://staff@club.example:$GEMINI
		59 //club.example:$GEMINI
	TABLE
	((WRONG == 0))
}

@test "identities: a listing names what is guarded, and shows nothing of it" {
	no_kernels_business
	WHO=()
	over bare path=/list/ want=body
	[[ ${R[status]} == 200 && ${R[body]} == *inner/* && ${R[body]} != *"$SECRET"* ]]
	ask gemini /list/ want=body
	[[ ${R[status]} == 20 && ${R[body]} == *inner/* && ${R[body]} != *"$SECRET"* ]]
}

@test "identities: on a directory without case, no other spelling of a guarded name is found" {
	local path

	[[ ${FOLDS:-} ]] || skip "no file system without case can be mounted here"
	WRONG=0
	# So it is, for the kernel.
	[[ -e $FOLDS/site/MEMBERS/A.TXT && -e $FOLDS/site/mem$'\u00ad'bers/a.txt ]]
	while read -r https gemini path; do
		ask https "$path" at=fold.example want=body
		refused "https $path" "$https"
		ask gemini "$path" at=fold.example want=body
		refused "gemini $path" "$gemini"
	done <<-TABLE
		403 60 /members/a.txt
		403 60 /members/A.TXT
		404 51 /MEMBERS/a.txt
		404 51 /Members/
		404 51 /member%C5%BF/a.txt
		404 51 /mem%C2%ADbers/a.txt
		403 60 /%C3%BCber/a.txt
		404 51 /%C3%9Cber/a.txt
		404 51 /u%CC%88ber/a.txt
		404 51 /U%CC%88BER/a.txt
		403 60 /about.gmi
		404 51 /ABOUT.gmi
		404 51 /About.HTML
		403 60 /about.%48tml.gz
		200 20 /public.TXT
		200 20 /%C3%BCbrig/a.txt
	TABLE
	((WRONG == 0))
	ask https /members/A.TXT at=fold.example want=body as=listed
	got "another case below the guarded directory" 200
}

# ---- reloads ----

reload() {
	# shellcheck disable=SC2086 # a prefix is several words
	${RELOAD_PREFIX:-} "$SULID" reload -c "$SERVER_CONFIG" >"$BATS_TEST_TMPDIR/reload.out" 2>&1 3>&- {CLIENT_IN}>&- {CLIENT_OUT}<&- || {
		cat "$BATS_TEST_TMPDIR/reload.out" >&2
		return 1
	}
}

# allow NAME…: who is in the group "swap" from now on.
allow() {
	local name variable

	for name in unlisted "$@"; do
		variable=DIGEST_$name
		echo "${!variable}"
	done >"$SWAP"
	reload
}

# Connections with the certificate of "swapped": two that have had an answer, one of Gemini without its request yet.
connect_all() {
	ask https "/swap/a.txt" as=swapped keep=list
	client_has status="$1"
	ask https /public.txt as=swapped keep=public
	client_has status=200
	client open proto=gemini host=127.0.0.1 port="$GEMINI" tls=openssl sni=club.example keep=gemini \
		cert="$CLIENTS/swapped.pem" key="$CLIENTS/key.pem"
}

# They know of the reload: who may is for the new processes to say, and what is for all is served.
old_are_outdated() {
	client get conn=list path=/swap/a.txt want=all timeout=5000
	client_has status=503 end=close_notify
	[[ ${R[head]} == *"Retry-After: 0"* && ${R[head]} == *"Connection: close"* && ${R[body]} != *"$SECRET"* ]]
	client get conn=public path=/public.txt want=all timeout=5000
	client_has status=200 end=close_notify
	[[ ${R[head]} == *"Connection: close"* ]]
	client get conn=gemini proto=gemini raw="gemini://club.example:$GEMINI/swap/a.txt\r\n" want=all timeout=5000
	client_has status=41 end=close_notify
	[[ ${R[body]} != *"$SECRET"* ]]
}

# new_are HTTPS GEMINI: new connections and resumed sessions.
new_are() {
	ask https /swap/a.txt as=swapped
	client_has status="$1"
	ask https /swap/a.txt session=swap-https
	client_has status="$1" resumed=yes
	ask gemini /swap/a.txt as=swapped
	client_has status="$2"
	ask gemini /swap/a.txt session=swap-gemini
	client_has status="$2" resumed=yes
}

@test "identities: reload upon reload: who is taken off the list is refused at once, who is put on it let in" {
	local i rounds=10

	[[ $TLS_PATH != kernel ]] || rounds=2
	allow swapped
	ask https /public.txt as=swapped session=swap-https
	ask gemini /public.txt as=swapped session=swap-gemini
	for ((i = 0; i < rounds; i++)); do
		connect_all 200
		allow
		old_are_outdated
		new_are 403 61
		connect_all 403
		allow swapped
		old_are_outdated
		new_are 200 20
	done
	server_log_is_clean
	never grep -q 'does not take notice' "$SERVER_LOG"
}

@test "identities: check warns of a guarded directory without its slash" {
	no_kernels_business
	sed 's|^\( *\)/members/: {identities: \[staff\]}|\1/members: {identities: [staff]}|' "$SERVER_CONFIG" >"$BATS_TEST_TMPDIR/c.yaml"
	run -0 "$SULID" check -c "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"warning: this is a directory, and without a slash at the end nothing in it is covered: \"/members/\""* ]]
	# A file is what such a key is for.
	[[ $output != *"\"/secret.txt/\""* ]]
}

@test "identities: an empty group lets nobody in, and one that makes no sense changes nothing" {
	no_kernels_business
	echo "# nobody" >"$SWAP"
	reload
	both /swap/a.txt swapped 403 61
	allow swapped
	echo "sha256:12" >>"$SWAP"
	run -3 "$SULID" reload -c "$SERVER_CONFIG"
	[[ $output == *"$SWAP:3:1: \"sha256:12\" is not a digest"* ]]
	both /swap/a.txt swapped 200 20
	both /swap/a.txt listed 403 61
	echo "$DIGEST_swapped" >"$SWAP"
}

@test "identities: a stopped worker answers nothing from an old list: the reload ends it" {
	no_kernels_business
	local start pid

	allow swapped
	connect_all 200
	# Those of the generation that serves; the last one's have ended or soon will.
	children sulid-worker
	for pid in "${PIDS[@]}"; do
		kill -STOP "$pid"
	done
	start=$EPOCHSECONDS
	RELOAD_PREFIX="timeout 40"
	allow
	((EPOCHSECONDS - start >= 9))
	grep -q 'does not take notice of the reload, and is ended' "$SERVER_LOG"
	client get conn=list path=/swap/a.txt want=all timeout=5000
	client_has status=
	client get conn=gemini proto=gemini raw="gemini://club.example:$GEMINI/swap/a.txt\r\n" timeout=5000
	client_has status=
	both /swap/a.txt swapped 403 61
	kill -0 "$SULID_PID"
}

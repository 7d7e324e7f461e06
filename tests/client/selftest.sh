#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Checks the test client against openssl s_server and gnutls-serv.
# Usage: tests/client/selftest.sh [BUILD-DIRECTORY]
# shellcheck disable=SC2059 # canned responses are formats, for their escapes
# shellcheck disable=SC2154 # the keys of R are not variables
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export SULID_BUILD=${1:-${SULID_BUILD:-$here/../../build}}
work=$(mktemp -d)
export BATS_FILE_TMPDIR=$work
# shellcheck disable=SC1091
source "$here/../../bats/client.bash"

servers=()
failed=0 passed=0 case_name=

finish() {
	local pid

	for pid in "${servers[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap finish EXIT

check() {
	case_name=$1
}

# Compares with the last answer.
has() {
	if client_has "$@"; then
		passed=$((passed + 1))
	else
		echo "FAILED: $case_name" >&2
		failed=$((failed + 1))
	fi
}

is() {
	if [[ $1 == "$2" ]]; then
		passed=$((passed + 1))
	else
		echo "FAILED: $case_name: \"$1\" is not \"$2\"" >&2
		failed=$((failed + 1))
	fi
}

# Waits until a command succeeds.
until_true() {
	local deadline=$((SECONDS + 10))

	until "$@"; do
		if ((SECONDS >= deadline)); then
			echo "selftest: still not true: $*" >&2
			return 1
		fi
		sleep 0.01
	done
}

port_of() {
	port=$(sed -n 's/^ACCEPT.*:\([0-9][0-9]*\)$/\1/p' "$1")
	[[ $port ]]
}

# s_server OPTION… : sets server (pid), port, and fd `say`, whose lines the server sends on.
s_server() {
	local log=$work/s_server.${#servers[@]}

	mkfifo "$log.in"
	: >"$log"
	(
		cd "$work/www"
		exec openssl s_server -accept 127.0.0.1:0 -cert ../ec.pem -key ../ec.key \
			-dcert ../rsa.pem -dkey ../rsa.key "$@" <>"$log.in" >"$log" 2>&1 \
			{CLIENT_IN}>&- {CLIENT_OUT}<&-
	) &
	server=$!
	disown "$server" # or bash would tell of its end
	servers+=("$server")
	exec {say}<>"$log.in"
	until_true port_of "$log"
}

listening() {
	port=$(ss -Hltnp | sed -n "s/.* 0\.0\.0\.0:\([0-9]*\) .*pid=$1,.*/\1/p")
	[[ $port ]]
}

gnutls_serv() {
	gnutls-serv -p 0 --x509certfile "$work/ec.pem" --x509keyfile "$work/ec.key" \
		--x509certfile "$work/rsa.pem" --x509keyfile "$work/rsa.key" "$@" \
		>"$work/gnutls-serv.log" 2>&1 {CLIENT_IN}>&- {CLIENT_OUT}<&- &
	server=$!
	disown "$server"
	servers+=("$server")
	until_true listening "$server"
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

state_is() {
	[[ $(sed 's/.*) //;s/ .*//' "/proc/$1/stat") == "$2" ]]
}

certificate() {
	openssl req -x509 -nodes -days 2 -subj "/CN=$1" -addext "subjectAltName=DNS:localhost" \
		-keyout "$work/$1.key" -out "$work/$1.pem" "${@:2}" 2>/dev/null
	digest=$(openssl x509 -in "$work/$1.pem" -outform DER | sha256sum | cut -d ' ' -f 1)
}

prepare() {
	certificate ec -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
	ec_digest=$digest
	certificate rsa -newkey rsa:2048
	rsa_digest=$digest
	certificate me -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
	mkdir "$work/www"
	head -c 200000 /dev/urandom >"$work/www/big"
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello' >"$work/www/close"
	printf '20 text/gemini; lang=en\r\nhello\n' >"$work/www/gemini"
	head -c 50000 "$work/www/big" >"$work/www/50000"
	big_digest=$(sha256sum <"$work/www/big" | cut -d ' ' -f 1)
}

# ---- the commands themselves ---------------------------------------------------------------------

commands() {
	local id=7

	check "malformed commands are answered and do not end the client"
	for line in 'nonsense' 'get' 'get port' 'get port=0' 'get port=x' 'get port=1 zz=1' \
		'get port=1 raw="\q"' 'get port=1 raw="open' 'get port=1 tls=ssl' 'read' \
		'get port=1 mfl=600' 'send conn=x' 'open port=1' 'get port=1 n=2' '=' 'get =1' \
		'many port=1 size=3..2' 'get port=1 cut=random' 'get port=1 cipher=cbc version=1.3'; do
		printf '%s\n' "$line" >&"$CLIENT_IN"
		IFS= read -r -t 5 -u "$CLIENT_OUT" REPLY_LINE
		is "${REPLY_LINE%%=*}" error
		[[ $REPLY_LINE != error= ]] || is "$line" "refused"
	done
	check "the id comes back, even with an error"
	printf 'get id=%s port=x\n' "$id" >&"$CLIENT_IN"
	IFS= read -r -t 5 -u "$CLIENT_OUT" REPLY_LINE
	is "${REPLY_LINE%% *}" "id=$id"
	check "a refused command fails in the helper"
	client get port=x 2>/dev/null && is 0 1
	check "no server"
	client get port=1 tls=none
	has end=error status= "error=connect: Connection refused"
}

# ---- TLS -----------------------------------------------------------------------------------------

negotiation() {
	local tls=$1 version cipher

	for version in 1.2 1.3; do
		for cipher in aes128 aes256 chacha20; do
			check "$tls, TLS $version, $cipher"
			client get port="$port" tls="$tls" version="$version" cipher="$cipher" \
				path=/big session="$tls$version$cipher" fin_wait=0
			has status=200 end=close_notify complete=yes bytes=200000 resumed=no \
				sha256="$big_digest" version="$version" cipher="$cipher" alpn=http/1.1 \
				asked=yes fin=no error=
			check "$tls, TLS $version, $cipher, resumed, in one segment with Finished"
			client get port="$port" tls="$tls" version="$version" cipher="$cipher" \
				path=/big session="$tls$version$cipher" coalesce=true sni=other fin_wait=0
			has status=200 end=close_notify complete=yes bytes=200000 resumed=yes \
				sha256="$big_digest" version="$version" cipher="$cipher" error=
		done
		check "$tls, TLS $version, which certificate"
		client get port="$port" tls="$tls" version="$version" auth=ecdsa path=/50000 fin_wait=0
		has status=200 peer="$ec_digest"
		client get port="$port" tls="$tls" version="$version" auth=rsa path=/50000 fin_wait=0
		has status=200 peer="$rsa_digest"
		for mfl in 512 1024 2048 4096; do
			check "$tls, TLS $version, max_fragment_length $mfl"
			client get port="$port" tls="$tls" version="$version" mfl="$mfl" path=/50000 fin_wait=0
			has status=200 bytes=50000 mfl="$mfl" complete=yes
		done
	done
	check "$tls, CBC"
	client get port="$port" tls="$tls" cipher=cbc path=/50000 fin_wait=0
	has status=200 version=1.2 cipher="$2"
	check "$tls, protocol refused by an alert"
	client get port="$port" tls="$tls" alpn=foo,bar
	has status= end=error alert=no_application_protocol alert_number=120
	check "$tls, without ALPN"
	client get port="$port" tls="$tls" alpn=none path=/50000 fin_wait=0
	has status=200 alpn=
	check "$tls, verification"
	client get port="$port" tls="$tls" auth=ecdsa ca="$work/ec.pem" sni=localhost path=/50000 \
		fin_wait=0
	has verify=ok verify_error=
	client get port="$port" tls="$tls" auth=ecdsa ca="$work/ec.pem" sni=example.org \
		path=/50000 fin_wait=0
	has verify=fail status=200
	client get port="$port" tls="$tls" auth=rsa ca="$work/ec.pem" sni=localhost path=/50000 \
		fin_wait=0
	has verify=fail status=200
}

client_certificate() {
	local tls=$1

	for version in 1.2 1.3; do
		check "$tls, TLS $version, a client certificate that is required"
		client get port="$port" tls="$tls" version="$version" path=/50000 fin_wait=0 \
			cert="$work/me.pem" key="$work/me.key"
		has status=200 asked=yes complete=yes
		check "$tls, TLS $version, without one"
		client get port="$port" tls="$tls" version="$version" path=/50000
		has status= end=error
		is "${R[alert]}" "$([[ $version == 1.3 ]] && echo certificate_required || echo handshake_failure)"
	done
	check "$tls, a certificate that is not there"
	client get port="$port" tls="$tls" cert="$work/none.pem"
	has end=error status=
	is "${R[error]:0:4}" cert
}

shapes() {
	local tls=$1

	check "$tls, reading slowly"
	client get port="$port" tls="$tls" path=/big rate=400000 rcvbuf=8192 fin_wait=0
	has complete=yes sha256="$big_digest"
	is "$((R[ms] >= 450 && R[ms] < 2000))" 1
	check "$tls, stalling"
	client get port="$port" tls="$tls" path=/50000 stall=200 fin_wait=0
	has complete=yes bytes=50000
	is "$((R[ms] >= 200))" 1
	check "$tls, compared with a file and saved"
	client get port="$port" tls="$tls" path=/50000 prefix="$work/www/big" save="$work/saved" fin_wait=0
	has match=yes differs=-1
	is "$(cmp "$work/saved" "$work/www/50000" && echo same)" same
	client get port="$port" tls="$tls" path=/big prefix="$work/www/50000" fin_wait=0
	has match=no differs=50000
	check "$tls, byte by byte, as records and as segments"
	client get port="$port" tls="$tls" path=/50000 byte_by_byte=true fin_wait=0
	has complete=yes
	is "$((R[sent] > 1000))" 1
	client get port="$port" tls="$tls" path=/50000 byte_by_byte=wire fin_wait=0
	has complete=yes
	check "$tls, too slowly for the time there is"
	client get port="$port" tls="$tls" path=/50000 byte_by_byte=true gap=50 timeout=150
	has status= end=timeout "error=send: timed out"
	check "$tls, aborted in the body"
	client get port="$port" tls="$tls" path=/big close_after=1000
	has end=cut bytes=1000 complete=no
	check "$tls, cut in the handshake and behind it"
	client get port="$port" tls="$tls" path=/big cut=0
	has end=cut sent=0
	client get port="$port" tls="$tls" path=/big cut=100 how=fin
	has end=cut sent=100 version=
	client get port="$port" tls="$tls" path=/big cut=100000 fin_wait=0
	has end=close_notify complete=yes
}

# ---- how a connection ends -----------------------------------------------------------------------

# The three ends after the same exchange, made by what happens to the server.
ends() {
	local tls=$1 options=(-alpn http/1.1)

	check "$tls, close_notify"
	s_server -HTTP "${options[@]}"
	client get port="$port" tls="$tls" path=/close fin_wait=0
	has status=200 bytes=5 length=5 complete=yes end=close_notify fin=no

	check "$tls, FIN without close_notify"
	s_server "${options[@]}"
	client open port="$port" tls="$tls" keep=a
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' >&"$say"
	client read conn=a
	has status=200 end=keep complete=yes
	kill -KILL "$server"
	client wait conn=a timeout=5000
	has end=eof fin=

	check "$tls, reset"
	s_server "${options[@]}"
	client open port="$port" tls="$tls" keep=a
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' >&"$say"
	client read conn=a
	kill -STOP "$server"
	until_true state_is "$server" T
	client send conn=a raw=unread
	has end=keep
	kill -KILL "$server"
	client wait conn=a timeout=5000
	has end=rst

	check "$tls, the same within a response"
	s_server "${options[@]}"
	client open port="$port" tls="$tls" keep=a
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello' >&"$say"
	client wait conn=a timeout=200
	has end=timeout extra=43
	kill -KILL "$server"
	client read conn=a
	has status= end=eof complete=no

	check "$tls, FIN after close_notify"
	gnutls_serv --http --disable-client-cert
	client get port="$port" tls="$tls"
	has status=200 end=close_notify fin=yes complete=yes asked=no
	kill "$server"
}

# ---- HTTP and Gemini -----------------------------------------------------------------------------

# canned RESPONSE WORD… : what the client makes of it.
canned() {
	local response=$1

	shift
	client open port="$port" tls="$tls" keep=a proto="${proto:-http}"
	printf "$response" >&"$say"
	client read conn=a timeout=1000 "$@"
}

http() {
	local tls=$1 ok='HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

	s_server
	check "$tls, keep-alive"
	canned "$ok" want=all
	has status=200 length=2 bytes=2 body=hi complete=yes end=keep
	is "${R[head]}" $'HTTP/1.1 200 OK\r\nContent-Length: 2'
	check "$tls, several, in turn and pipelined"
	printf "$ok$ok$ok" >&"$say"
	client get conn=a count=3 path=/
	has statuses=200,200,200 responses=3 same=yes total=6 end=keep
	printf "$ok${ok/hi/ho}" >&"$say"
	client get conn=a pipeline=2 path=/
	has statuses=200,200 responses=2 same=no
	check "$tls, KeyUpdate, and what comes unasked"
	[[ ${R[version]} == 1.3 ]] && client send conn=a raw='x\r\n' keyupdate=2
	has end=keep error=
	client close conn=a
	check "$tls, HEAD, 204, 304, 1xx"
	canned 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' method=HEAD
	has status=200 length=2 bytes=0 complete=yes end=keep
	client close conn=a how=rst
	canned 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n'
	has status=304 bytes=0 complete=yes end=keep
	client close conn=a how=fin
	canned "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n$ok"
	has status=200 informational=2 bytes=2 end=keep
	client close conn=a
	check "$tls, incomplete, and not persistent"
	canned 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi' timeout=200
	has status=200 bytes=2 complete=no end=timeout
	canned 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi!' timeout=200
	has status=200 complete=yes end=timeout extra=1
	canned 'HTTP/1.1 200 OK\r\n\r\nhi' timeout=200
	has status=200 bytes=2 length=-1 complete=no end=timeout
	check "$tls, what is no HTTP"
	canned 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
	has status=200 end=error
	for bad in 'HTTP/2 200 OK\r\n\r\n' 'HTTP/1.1 20 OK\r\n\r\n' '20 text/gemini\r\n\r\n'; do
		canned "$bad"
		has status= end=error "error=not an HTTP response"
	done
	for bad in 'A : b' 'A b' 'A: b\nB: c' 'Content-Length: 1\r\nContent-Length: 1' \
		'Content-Length: x'; do
		canned "HTTP/1.1 200 OK\r\n$bad\r\n\r\n"
		has end=error complete=no
	done
	check "$tls, half-closed and with our close_notify"
	client get port="$port" tls="$tls" how=half responses=0
	has end=error alert=decode_error # what OpenSSL thinks of it
	client get port="$port" tls="$tls" how=notify responses=0
	has end=close_notify fin=yes alert=
}

gemini() {
	local tls=$1 proto=gemini

	s_server -HTTP
	check "$tls, Gemini"
	client get port="$port" tls="$tls" proto=gemini sni=example.org raw='GET /gemini x\r\n\r\n' \
		want=body fin_wait=0
	has status=20 meta='text/gemini; lang=en' body=$'hello\n' complete=yes end=close_notify alpn=
	s_server
	check "$tls, Gemini that is cut short, or none"
	canned '20 text/plain\r\nhello' timeout=200
	has status=20 bytes=5 complete=no end=timeout
	for bad in '2 x\r\n' '200 x\r\n' 'ab x\r\n'; do
		canned "$bad"
		has status= end=error "error=not a Gemini response"
	done
}

# ---- many ----------------------------------------------------------------------------------------

many() {
	local tls=$1 seed

	check "$tls, 100 connections"
	gnutls_serv --http --disable-client-cert
	client many port="$port" tls="$tls" n=100 conns=8
	has ok=100 failed=0 statuses=200:100 ends=close_notify:100 error=
	check "$tls, 200 connections cut anywhere, the same for the same seed"
	client many port="$port" tls="$tls" n=200 conns=4 cut=random seed=5
	has ok=200 cut=200 seed=5
	is "$((R[sent] > 300))" 1
	client get port="$port" tls="$tls"
	has status=200
	check "$tls, sizes at random, of which one is there"
	seed=9
	s_server -WWW
	client many port="$port" tls="$tls" n=2 size=50000..50000 path=/%d fin_wait=0 \
		prefix="$work/www/big" close=random seed="$seed"
	has ok=2 complete=2 clean=2 bytes=100000 seed="$seed"
	client many port="$port" tls="$tls" n=2 size=1..9 path=/%d fin_wait=0
	has ok=0 failed=2
	is "${R[error]:0:29}" "another size than the path sa"
}

prepare
client_start
commands
for tls in openssl gnutls; do
	s_server -WWW -alpn http/1.1 -verify 1 -verify_quiet -cipher ALL
	if [[ $tls == openssl ]]; then
		negotiation "$tls" ECDHE-ECDSA-AES128-SHA256
	else
		negotiation "$tls" AES-128-CBC
	fi
	shapes "$tls"
	s_server -WWW -Verify 1 -verify_quiet
	client_certificate "$tls"
	ends "$tls"
	http "$tls"
	gemini "$tls"
	many "$tls"
done
check "the client ends without a complaint"
client_stop || is failed ended
echo "$passed passed, $failed failed"
((failed == 0))

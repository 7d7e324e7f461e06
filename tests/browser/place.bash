# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the browser looks at: a test CA that it trusts, the demonstration site, a directory as people
# have them, one of odd names, a medium, pages that change, and a rendered capsule. All of it below PLACE.
#
# Sourced by bats/browser.bats and by screenshots, both after bats/sulid.bash.

BROWSER_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BROWSER_NAME=demo.example # resolved by Chromium alone, to this machine

# A CA, and a certificate for the name by it; the CA in a database of its own as Chromium reads it.
place_trust() {
	local tls=$PLACE/tls key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

	mkdir -p "$tls"
	openssl req -x509 "${key[@]}" -keyout "$tls/ca.key" -out "$tls/ca.pem" -days 7 \
		-subj '/CN=sulid test CA' -addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign
	openssl req "${key[@]}" -keyout "$tls/server.key" -out "$tls/server.csr" -subj "/CN=$BROWSER_NAME"
	openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial \
		-days 7 -out "$tls/server.pem" -extfile <(
			echo "subjectAltName=DNS:$BROWSER_NAME,DNS:localhost"
			echo 'basicConstraints=critical,CA:FALSE'
			echo 'extendedKeyUsage=serverAuth'
		)
	cat "$tls/server.pem" "$tls/ca.pem" >"$tls/chain.pem"
	chmod 600 "$tls"/*.key
}

# place_home DIR [CA]: a HOME for Chromium in which nothing is trusted but that.
place_home() {
	local database=$1/.pki/nssdb

	mkdir -p "$database"
	certutil -d "sql:$database" -N --empty-password
	[[ ! ${2:-} ]] || certutil -d "sql:$database" -A -t C,, -n 'sulid test CA' -i "$2"
}

# place_file NAME SIZE DATE: below seabirds, with a hole for its content.
place_file() {
	truncate -s "$2" "$PLACE/seabirds/$1"
	touch -d "$3 UTC" "$PLACE/seabirds/$1"
}

# A directory as people put things into one. The dates are fixed, for the pictures.
place_listing() {
	mkdir -p "$PLACE/seabirds"/{charts,recordings,'spring 2026'}
	place_file README.md 1843 '2026-03-02 09:14'
	place_file SHA256SUMS 612 '2026-11-02 17:40'
	place_file ailsa-craig.jpg 3482910 '2026-06-10 21:17'
	place_file bass-rock.jpg 4117204 '2026-06-08 19:44'
	place_file calls-at-dawn.flac 61204882 '2026-06-11 04:31'
	place_file colony-count.csv 48211 '2026-07-19 20:05'
	place_file colony-count.pdf 1203944 '2026-07-20 08:30'
	place_file 'dive from the cliff, slowed down eight times.webm' 48201774 '2026-06-11 05:52'
	place_file plunge.py 3307 '2026-05-04 11:26'
	place_file skomer.gpx 90112 '2026-06-12 16:03'
	place_file tracks-2019-2026.tar.xz 284116480 '2026-11-02 17:38'
	touch -d '2026-07-20 08:31 UTC' "$PLACE/seabirds/charts"
	touch -d '2026-06-12 16:10 UTC' "$PLACE/seabirds/recordings"
	touch -d '2026-06-13 10:02 UTC' "$PLACE/seabirds/spring 2026"
}

# Names that must be escaped in HTML, in a URL, or in both, that look like something else, or that
# nobody can ask sulid for. Each file says which it is.
place_odd_names() {
	local i=0 name names=(
		'a b' ' begins with a space' '100%' '%41' 'what?' 'c#' 'one&two;' '&amp;' '<i>' '"quoted"' "it's"
		'plus+' 'back\slash' 'http:colon' 'javascript:alert(1)' '-dash' '~tilde' '[one](two)' '{three}'
		'^`|' 'a=b' 'ümlaut' $'e\u301 in two' 'é in one' 'Ω' '日本語' '🐦' 'עברית' '....' $'latin-\xe4' $'a\ttab'
	)

	mkdir -p "$PLACE/odd"
	names+=("$(printf 'long%.0s' {1..50})")
	for name in "${names[@]}"; do
		# A name that begins with a dot is hidden.
		[[ $name != .* ]] || name=x$name
		i=$((i + 1))
		printf 'this is number %d\n' "$i" >"$PLACE/odd/$name.txt"
	done
}

# 20 MB of sound, which plays in a <video> as well, and its page.
place_medium() {
	mkdir -p "$PLACE/medium"
	python3 - "$PLACE/medium/sound.wav" <<-'PYTHON'
		import sys, wave
		with wave.open(sys.argv[1], "wb") as sound:
		    sound.setparams((2, 2, 44100, 0, "NONE", ""))
		    sound.writeframes(bytes(20_000_000))
	PYTHON
	cat >"$PLACE/medium/index.html" <<-'HTML'
		<!doctype html>
		<html lang="en">
		<meta charset="utf-8">
		<title>A medium</title>
		<link rel="icon" href="data:,">
		<video controls preload="metadata" src="sound.wav"></video>
	HTML
}

# The demonstration's gemlog as sulid render makes it, and a page of everything that gemtext has.
place_capsule() {
	cp -R "$BROWSER_TOP/conf/demo/gemlog" "$PLACE/gemlog"
	cat >"$PLACE/gemlog/everything.gmi" <<-'GEMTEXT'
		# Everything

		A text line with <tags> & "quotes".

		=> gemini://example.org/ A capsule
		=> https://example.org/ A site
		=> index.gmi All notes

		=> javascript:document.title="run" Not to be run

		* one
		* two

		> Quoted

		## A drawing
		```A line that is much longer than a phone is wide
		0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789
		```

		### שלום
	GEMTEXT
	"$SULID" render --quiet --lang en --feed "https://$BROWSER_NAME/gemlog/" "$PLACE/gemlog"
}

place_everything() {
	place_trust
	place_capsule
	place_listing
	place_odd_names
	place_medium
	mkdir -p "$PLACE/pages"
	chmod -R a+rX "$PLACE"
	chmod go= "$PLACE/tls"
}

# What "sulid run" is given for it. One listing has the strictest policy that it should bear (see
# src/worker/listing_look.h), and so have the pages of a capsule.
place_configuration() {
	local policy="default-src 'none'; style-src 'unsafe-inline'; img-src data:"


	cat <<-YAML
		listen: ["https://127.0.0.1:0"]
		vhosts:
		  - names: [$BROWSER_NAME, localhost]
		    root: $BROWSER_TOP/conf/demo
		    certificate: {chain: $PLACE/tls/chain.pem, key: $PLACE/tls/server.key}
		    paths:
		      /files/: {listing: true}
		      /seabirds/:
		        root: $PLACE/seabirds
		        listing: true
		        headers: {Content-Security-Policy: "$policy"}
		      /odd/: {root: $PLACE/odd, listing: true}
		      /gemlog/:
		        root: $PLACE/gemlog
		        headers: {Content-Security-Policy: "$policy"}
		      /medium/: {root: $PLACE/medium}
		      /pages/: {root: $PLACE/pages, cache: no-cache}
		      /unkept/: {root: $PLACE/pages, cache: no-store}
	YAML
}

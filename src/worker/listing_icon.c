/* SPDX-License-Identifier: ISC */
#include "listing_icon.h"

#include <string.h>

#define LONGEST 12 /* bytes of an ending or of a whole name in the table */

struct kind {
	const char *icon;
	const char *words; /* endings, and whole names as "/name", each between two spaces */
};

static const struct kind kinds[] = {
	{"text", " txt text md markdown rst adoc gmi gemini log nfo tex csv tsv doc docx odt rtf "
		 "epub "
		 "diff patch asc sig sha256 sha512 md5 pem crt /readme /license /licence /copying "
		 "/notice /authors /contributors /changelog /changes /news /todo /install "
		 "/sha256sums /sha512sums /md5sums "},
	{"image", " png jpg jpeg jpe gif webp avif svg svgz bmp ico tif tiff heic heif jxl psd xcf "
		  "raw "
		  "cr2 nef dng eps "},
	{"audio", " mp3 ogg oga opus flac wav aac m4a m4b wma aif aiff mid midi mka m3u m3u8 "},
	{"video", " mp4 m4v mkv webm mov avi wmv mpg mpeg ogv 3gp flv ts vob srt vtt "},
	{"pack",
		" zip gz tgz bz2 tbz xz txz zst tzst lz lzma lz4 br 7z rar tar cpio ar deb rpm apk "
		"jar war whl gem crate iso img qcow2 dmg msi cab "},
	{"code", " c h cc cpp cxx hh hpp cs rs go py rb pl pm php java kt swift js mjs cjs jsx tsx "
		 "vue "
		 "html htm xhtml xml xsl css scss less json yaml yml toml ini conf cfg sql sh bash "
		 "zsh "
		 "fish ps1 bat lua el lisp clj hs ml r jl asm s mk cmake nix tf proto diff service "
		 "spec wasm /makefile /gnumakefile /dockerfile /configure "},
	{"pdf", " pdf ps djvu "},
};

/* " ending " in lower case, or " /name " of a name without one; false if it is too long. */
static bool make_word(char word[static LONGEST + 4], const struct listing_entry *entry)
{
	size_t at = entry->length, used = 0;

	while (at > 0 && entry->name[at - 1] != '.')
		at--;
	if (entry->length - at > LONGEST)
		return false;
	word[used++] = ' ';
	if (at == 0)
		word[used++] = '/';
	for (; at < entry->length; at++) {
		char byte = entry->name[at];

		if (byte == ' ')
			return false;
		word[used++] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
	}
	word[used++] = ' ';
	word[used] = '\0';
	return true;
}

const char *listing_icon(const struct listing_entry *entry)
{
	char word[LONGEST + 4];

	if (entry->directory)
		return "dir";
	if (make_word(word, entry))
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			if (strstr(kinds[i].words, word))
				return kinds[i].icon;
	return "file";
}

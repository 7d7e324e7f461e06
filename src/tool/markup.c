/* SPDX-License-Identifier: ISC */
#include "markup.h"

#include <string.h>

#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd"

void markup_begin(struct markup *markup, struct encoder_sink *sink)
{
	markup->sink = sink;
	markup->length = 0;
	markup->ended = false;
}

static void flush(struct markup *markup)
{
	if (!markup->ended && markup->length > 0)
		markup->ended = !markup->sink->take(markup->sink, markup->chunk, markup->length);
	markup->length = 0;
}

bool markup_end(struct markup *markup)
{
	flush(markup);
	return !markup->ended;
}

static void add(struct markup *markup, const char *bytes, size_t length)
{
	while (length > 0) {
		size_t room = sizeof(markup->chunk) - markup->length;
		size_t part = length < room ? length : room;

		memcpy(markup->chunk + markup->length, bytes, part);
		markup->length += part;
		bytes += part;
		length -= part;
		if (markup->length == sizeof(markup->chunk))
			flush(markup);
	}
}

void markup_add(struct markup *markup, const char *string)
{
	add(markup, string, strlen(string));
}

/* The character that a text begins with: its bytes, 0 if it is none; and what it is. */
static size_t character(const char *bytes, size_t length, uint32_t *code)
{
	unsigned char first = (unsigned char)bytes[0];
	size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (size == 0 || size > length || (size > 1 && !text_is_utf8(bytes, size)))
		return 0;
	*code = size == 1 ? first : first & (0x7fU >> size);
	for (size_t i = 1; i < size; i++)
		*code = *code << 6 | ((unsigned char)bytes[i] & 0x3f);
	return size;
}

static bool can_stand(uint32_t code)
{
	bool control = (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0);

	return !control && (code & 0xfffe) != 0xfffe && !(code >= 0xfdd0 && code <= 0xfdef);
}

static const char *escape(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void markup_text(struct markup *markup, struct gemtext_part text)
{
	size_t at = 0;

	while (at < text.length) {
		uint32_t code = 0;
		size_t size = character(text.bytes + at, text.length - at, &code);
		const char *escaped = escape(code);

		if (size == 0 || !can_stand(code))
			markup_add(markup, REPLACEMENT);
		else if (escaped)
			markup_add(markup, escaped);
		else
			add(markup, text.bytes + at, size);
		at += size ? size : 1;
	}
}

static bool is_hex(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
	       (byte >= 'A' && byte <= 'F');
}

static bool is_plain(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte && strchr("-._~!$&'()*+,;=:@/?", byte));
}

static void add_encoded(struct markup *markup, char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned value = (unsigned char)byte;
	const char encoded[] = {'%', digits[value >> 4], digits[value & 15]};

	add(markup, encoded, sizeof(encoded));
}

/* Bytes from here to there are the host, where an address stands in brackets (RFC 3986 §3.2.2). */
static struct gemtext_part authority(struct gemtext_part url)
{
	size_t at = 0, end;

	while (at < url.length && !strchr(":/?#", url.bytes[at]) && url.bytes[at])
		at++;
	if (at < url.length && url.bytes[at] == ':')
		at++;
	if (url.length - at < 2 || memcmp(url.bytes + at, "//", 2) != 0)
		return (struct gemtext_part){url.bytes, 0};
	at += 2;
	for (end = at; end < url.length && !strchr("/?#", url.bytes[end]);)
		end++;
	return (struct gemtext_part){url.bytes + at, end - at};
}

void markup_url(struct markup *markup, struct gemtext_part url)
{
	struct gemtext_part host = authority(url);
	bool fragment = false;

	for (size_t i = 0; i < url.length; i++) {
		const char *at = url.bytes + i;
		bool bracket = (*at == '[' || *at == ']') && at >= host.bytes &&
			       at < host.bytes + host.length;
		bool encoded = *at == '%' && url.length - i > 2 && is_hex(at[1]) && is_hex(at[2]);
		bool hash = *at == '#' && !fragment;

		fragment = fragment || hash;
		if (is_plain(*at) || bracket || encoded || hash)
			markup_text(markup, (struct gemtext_part){at, 1});
		else
			add_encoded(markup, *at);
	}
}

void markup_path(struct markup *markup, struct gemtext_part path)
{
	for (size_t i = 0; i < path.length; i++) {
		const char *at = path.bytes + i;

		if (is_plain(*at) && *at != '?')
			markup_text(markup, (struct gemtext_part){at, 1});
		else
			add_encoded(markup, *at);
	}
}

void markup_file(struct markup *markup, const char *name)
{
	/* What comes before a colon would be a scheme. */
	if (strchr(name, ':'))
		markup_add(markup, "./");
	markup_path(markup, (struct gemtext_part){name, strlen(name)});
}

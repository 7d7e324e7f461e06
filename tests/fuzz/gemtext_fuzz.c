/* SPDX-License-Identifier: ISC */
/* links: tool */

/*
 * Any bytes as a text/gemini document: the page that sulid render makes of it has nothing but the
 * elements that it may have, each closed in order; no link leads to a scheme that is not known; and
 * the text between its tags is the text of all lines, in order. What a line is, and what is shown
 * of it, is found here in another way than in src/tool. The feed is well-formed likewise.
 */

#include <string.h>

#include "atom.h"
#include "html.h"
#include "must.h"

#define LIMIT 4096

/* ---- what came out ---- */

struct output {
	struct encoder_sink sink; /* first */
	char *bytes;
	size_t length;
};

static bool take(struct encoder_sink *sink, const uint8_t *bytes, size_t length)
{
	struct output *output = (struct output *)sink;

	must(length > 0 && length <= ENCODER_CHUNK);
	output->bytes = realloc(output->bytes, output->length + length + 1);
	must(output->bytes);
	memcpy(output->bytes + output->length, bytes, length);
	output->length += length;
	output->bytes[output->length] = '\0';
	return true;
}

/* Text without blanks: where there may be one is not the subject here. */
struct text_buffer {
	char bytes[32 * LIMIT];
	size_t length;
};

static void put(struct text_buffer *text, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (strchr(" \t\n", bytes[i]) && bytes[i])
			continue;
		must(text->length < sizeof(text->bytes));
		text->bytes[text->length++] = bytes[i];
	}
}

/* ---- reading a page back ---- */

static const char *const known[] = {"html", "head", "title", "style", "body", "main", "h1", "h2",
	"h3", "p", "ul", "li", "blockquote", "figure", "figcaption", "pre", "a", "small", "time",
	"code", "feed", "author", "name", "id", "updated", "entry"};
static const char *const void_elements[] = {"meta", "link"};

static bool is_in(const char *const *list, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == length && memcmp(list[i], name, length) == 0)
			return true;
	}
	return false;
}

struct reader {
	const char *at;
	const char *open[16];
	size_t lengths[16], depth;
	struct text_buffer *text; /* of what is in <main>, or NULL */
};

/* One character, which may be escaped. */
static void read_character(struct reader *reader, struct text_buffer *text)
{
	static const struct {
		const char *escaped;
		char byte;
	} escapes[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

	must(*reader->at != '<' && *reader->at != '>');
	must((unsigned char)*reader->at >= 0x20 || *reader->at == '\n' || *reader->at == '\t');
	if (*reader->at != '&') {
		put(text, reader->at++, 1);
		return;
	}
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		size_t length = strlen(escapes[i].escaped);

		if (strncmp(reader->at, escapes[i].escaped, length) == 0) {
			put(text, &escapes[i].byte, 1);
			reader->at += length;
			return;
		}
	}
	must(!"an escape");
}

/* As a browser would: its scheme, if it has one, is harmless. */
static void check_reference(const struct text_buffer *url)
{
	static const char *const bad[] = {"javascript:", "data:", "vbscript:", "file:", "blob:"};
	size_t at = 0;

	while (at < url->length && (unsigned char)url->bytes[at] <= ' ')
		at++;
	for (size_t i = at; i < url->length; i++)
		must((unsigned char)url->bytes[i] > ' ' && (unsigned char)url->bytes[i] < 0x7f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		must(url->length - at < strlen(bad[i]) ||
			strncasecmp(url->bytes + at, bad[i], strlen(bad[i])) != 0);
}

static struct text_buffer value, scratch;

static void read_attribute(struct reader *reader)
{
	const char *name = reader->at;
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz-");

	must(length > 0 && name[length] == '=' && name[length + 1] == '"');
	reader->at += length + 2;
	value.length = 0;
	while (*reader->at != '"')
		read_character(reader, &value);
	reader->at++;
	must(is_in((const char *const[]){"href", "class", "datetime", "charset", "name", "content",
			   "rel", "type", "lang", "xmlns"},
		10, name, length));
	if (length == 4 && memcmp(name, "href", 4) == 0)
		check_reference(&value);
}

static void read_tag(struct reader *reader)
{
	bool closes = reader->at[1] == '/';
	const char *name = reader->at + 1 + closes;
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz123");

	reader->at = name + length;
	if (closes) {
		must(reader->depth > 0);
		reader->depth--;
		must(reader->lengths[reader->depth] == length &&
			memcmp(reader->open[reader->depth], name, length) == 0);
		must(*reader->at++ == '>');
		return;
	}
	while (*reader->at == ' ') {
		reader->at++;
		read_attribute(reader);
	}
	if (*reader->at == '/') {
		must(length == 4 && memcmp(name, "link", 4) == 0);
		reader->at++;
	} else if (!is_in(void_elements, 2, name, length)) {
		must(is_in(known, sizeof(known) / sizeof(known[0]), name, length));
		must(reader->depth < 16);
		reader->open[reader->depth] = name;
		reader->lengths[reader->depth++] = length;
	}
	must(*reader->at++ == '>');
	if (length == 5 && memcmp(name, "style", 5) == 0)
		reader->at = strstr(reader->at, "</style>");
}

static bool in_main(const struct reader *reader)
{
	return reader->depth >= 3 && reader->lengths[2] == 4 &&
	       memcmp(reader->open[2], "main", 4) == 0;
}

/* Is it what we add to a link for another program? */
static bool in_mark(const struct reader *reader)
{
	size_t top = reader->depth - 1;

	return reader->depth > 0 && reader->lengths[top] == 5 &&
	       memcmp(reader->open[top], "small", 5) == 0;
}

static void read_all(const struct output *output, const char *prologue, struct text_buffer *text)
{
	struct reader reader = {.at = output->bytes + strlen(prologue)};

	must(strlen(output->bytes) == output->length);
	must(strncmp(output->bytes, prologue, strlen(prologue)) == 0);
	while (*reader.at) {
		scratch.length = 0;
		if (*reader.at == '<')
			read_tag(&reader);
		else
			read_character(
				&reader, in_main(&reader) && !in_mark(&reader) ? text : &scratch);
	}
	must(reader.depth == 0);
}

/* ---- what went in ---- */

/* Bytes of the character there, as the table of RFC 3629 §4 has them; 0: none that may stand. */
static size_t standing(const unsigned char *at, size_t left)
{
	unsigned code;

	if (at[0] < 0x80)
		return (at[0] >= 0x20 && at[0] != 0x7f) || at[0] == '\t';
	if (at[0] >= 0xc2 && at[0] <= 0xdf && left >= 2 && (at[1] & 0xc0) == 0x80)
		return at[0] > 0xc2 || at[1] >= 0xa0 ? 2 : 0;
	if (at[0] >= 0xe0 && at[0] <= 0xef && left >= 3 && (at[1] & 0xc0) == 0x80 &&
		(at[2] & 0xc0) == 0x80) {
		code = (at[0] & 0xfU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
		return code >= 0x800 && (code < 0xd800 || code > 0xdfff) &&
				       (code < 0xfdd0 || code > 0xfdef) && code < 0xfffe
			       ? 3
			       : 0;
	}
	if (at[0] >= 0xf0 && at[0] <= 0xf4 && left >= 4 && (at[1] & 0xc0) == 0x80 &&
		(at[2] & 0xc0) == 0x80 && (at[3] & 0xc0) == 0x80) {
		code = (at[0] & 7U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 |
		       (at[3] & 0x3fU);
		return code >= 0x10000 && code <= 0x10ffff && (code & 0xffff) < 0xfffe ? 4 : 0;
	}
	return 0;
}

/* Characters that cannot stand have one mark for each that is whole, or for each byte. */
static size_t whole(const unsigned char *at, size_t left)
{
	if (at[0] == 0xc2 && left >= 2 && (at[1] & 0xc0) == 0x80)
		return 2;
	if (at[0] == 0xef && left >= 3 && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80)
		return 3;
	if (at[0] >= 0xf0 && at[0] <= 0xf4 && left >= 4 && (at[1] & 0xc0) == 0x80 &&
		(at[2] & 0xc0) == 0x80 && (at[3] & 0xc0) == 0x80 &&
		(at[0] > 0xf0 || at[1] >= 0x90) && (at[0] < 0xf4 || at[1] < 0x90))
		return 4;
	return 1;
}

static void put_shown(struct text_buffer *text, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t size = standing(bytes + i, length - i);

		if (size > 0) {
			put(text, (const char *)bytes + i, size);
			i += size;
		} else {
			put(text, "\xef\xbf\xbd", 3);
			i += whole(bytes + i, length - i);
		}
	}
}

static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t';
}

/* A line of a document as it is to be shown: its marks are not, and blanks do not count. */
static void put_line(struct text_buffer *text, const unsigned char *line, size_t length, bool *open)
{
	static const char *const alive[] = {"http", "https", "finger", "ftp", "ftps", "gemini",
		"gopher", "gophers", "guppy", "irc", "ircs", "mailto", "matrix", "misfin", "nex",
		"scorpion", "spartan", "tel", "titan", "xmpp"};
	size_t at = 0, url, scheme;
	bool dead;

	if (length >= 3 && memcmp(line, "```", 3) == 0) {
		if (!*open)
			put_shown(text, line + 3, length - 3);
		*open = !*open;
		return;
	}
	if (*open) {
		put_shown(text, line, length);
		return;
	}
	if (length >= 2 && line[0] == '=' && line[1] == '>') {
		for (at = 2; at < length && is_blank(line[at]);)
			at++;
		for (url = at; at < length && !is_blank(line[at]);)
			at++;
		for (scheme = url; scheme < at && line[scheme] != ':' &&
				   (strchr("+-.", line[scheme]) ? line[scheme] && scheme > url
					   : line[scheme] >= '0' && line[scheme] <= '9'
						   ? scheme > url
						   : ((line[scheme] | 32) >= 'a' &&
							     (line[scheme] | 32) <= 'z'));)
			scheme++;
		dead = scheme > url && scheme < at && line[scheme] == ':';
		for (size_t i = 0; dead && i < sizeof(alive) / sizeof(alive[0]); i++)
			dead = strlen(alive[i]) != scheme - url ||
			       strncasecmp(alive[i], (const char *)line + url, scheme - url) != 0;
		size_t label = at;

		while (label < length && is_blank(line[label]))
			label++;
		if (url < at) {
			put_shown(text, line + label, length - label);
			if (dead || label == length)
				put_shown(text, line + url, at - url);
			return;
		}
		at = 0;
	} else if (length > 0 && line[0] == '#') {
		while (at < length && at < 3 && line[at] == '#')
			at++;
	} else if (length >= 2 && line[0] == '*' && line[1] == ' ') {
		at = 2;
	} else if (length > 0 && line[0] == '>') {
		at = 1;
	}
	put_shown(text, line + at, length - at);
}

static void put_document(struct text_buffer *text, const unsigned char *bytes, size_t length)
{
	bool open = false;
	size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < length) {
		size_t end = at;

		while (end < length && bytes[end] != '\n')
			end++;
		put_line(text, bytes + at,
			end > at && bytes[end - 1] == '\r' ? end - 1 - at : end - at, &open);
		at = end + 1;
	}
}

static void check_page(const char *bytes, size_t length)
{
	static struct text_buffer shown, expected;
	static struct markup markup;
	struct output output = {.sink.take = take};

	markup_begin(&markup, &output.sink);
	html_write(&markup, &(struct html_page){.name = "fuzz.gmi", .lang = "en"}, bytes, length);
	must(markup_end(&markup));
	shown.length = expected.length = 0;
	read_all(&output, "<!doctype html>\n", &shown);
	put_document(&expected, (const unsigned char *)bytes, length);
	/* A page that would show nothing has a heading. */
	if (expected.length == 0 && shown.length > 0)
		put(&expected, "fuzz", 4);
	must(shown.length == expected.length);
	must(memcmp(shown.bytes, expected.bytes, shown.length) == 0);
	free(output.bytes);
}

static void check_feed(const char *bytes, size_t length)
{
	const struct atom_feed feed = {"https://a.example/b", "c/d", "atom.xml"};
	static struct text_buffer shown;
	static struct markup markup;
	struct output output = {.sink.take = take};

	markup_begin(&markup, &output.sink);
	atom_write(&markup, &feed, bytes, length);
	must(markup_end(&markup));
	must(atom_has_entries(bytes, length) == (strstr(output.bytes, "<entry>") != NULL));
	shown.length = 0;
	read_all(&output, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", &shown);
	free(output.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > LIMIT)
		return 0;
	check_page((const char *)data, size);
	check_feed((const char *)data, size);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/* links: worker */

/*
 * Any bytes as text to be escaped, and as the parts of a line of the access log. A reader that
 * knows just the grammar of JSON (RFC 8259) has to take every line. The first byte is the room
 * there is.
 */

#include <stdbool.h>
#include <string.h>

#include "access_log.h"
#include "base/text.h"
#include "must.h"

/* ---- a reader of one flat object ---- */

struct reader {
	const char *at;
	const char *end;
};

static bool take(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
		return false;
	reader->at += length;
	return true;
}

/* One byte of the set, or more if "many". */
static bool take_of(struct reader *reader, const char *set, bool many)
{
	const char *start = reader->at;

	while (reader->at < reader->end && *reader->at != '\0' &&
		strchr(set, *reader->at) != NULL && (many || reader->at == start))
		reader->at++;
	return reader->at > start;
}

static bool take_escape(struct reader *reader)
{
	if (!take(reader, "u"))
		return take_of(reader, "\"\\/bfnrt", false);
	for (unsigned i = 0; i < 4; i++)
		if (!take_of(reader, "0123456789abcdefABCDEF", false))
			return false;
	return true;
}

/* The inside of a string, up to its closing quote or the end. */
static bool take_characters(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != '"') {
		if ((unsigned char)*reader->at < ' ')
			return false;
		if (*reader->at++ == '\\' && !take_escape(reader))
			return false;
	}
	return true;
}

static bool take_string(struct reader *reader)
{
	return take(reader, "\"") && take_characters(reader) && take(reader, "\"");
}

static bool take_number(struct reader *reader)
{
	if (!take_of(reader, "0123456789", true))
		return false;
	return !take(reader, ".") || take_of(reader, "0123456789", true);
}

static bool take_value(struct reader *reader)
{
	return take_string(reader) || take(reader, "true") || take(reader, "false") ||
	       take(reader, "null") || take_number(reader);
}

static bool is_object(const char *bytes, size_t length)
{
	struct reader reader = {bytes, bytes + length};

	if (!take(&reader, "{"))
		return false;
	do {
		if (!take_string(&reader) || !take(&reader, ":") || !take_value(&reader))
			return false;
	} while (take(&reader, ","));
	return take(&reader, "}") && take(&reader, "\n") && reader.at == reader.end;
}

/* ---- the properties ---- */

typedef void escape_function(struct text *, const char *, size_t);

/* All of it, and then into "room" bytes: a beginning of the same. */
static struct text check_escape(escape_function *escape, const char *bytes, size_t size,
	size_t room, char *out, size_t most)
{
	struct text whole = text_over(out, most), part;
	char *small = malloc(room + 1);

	must(small != NULL);
	escape(&whole, bytes, size);
	must(!whole.overflow && whole.length >= (escape == text_json ? 0 : size));
	part = text_over(small, room);
	escape(&part, bytes, size);
	must(part.length <= room && part.overflow == (whole.length > room));
	must(part.length <= whole.length);
	must(part.length == 0 || memcmp(small, out, part.length) == 0);
	if (escape == text_json)
		must(take_characters(&(struct reader){small, small + part.length}));
	free(small);
	return whole;
}

static bool has_any(const struct text *text, const char *set)
{
	for (size_t i = 0; i < text->length; i++)
		if (text->bytes[i] != '\0' && strchr(set, text->bytes[i]) != NULL)
			return true;
	return false;
}

static void check_escapes(const char *bytes, size_t size, size_t room)
{
	size_t most = 6 * size + 1;
	char *out = malloc(most);
	struct text text;
	struct reader reader;

	must(out != NULL);
	text = check_escape(text_json, bytes, size, room, out, most);
	reader = (struct reader){out, out + text.length};
	must(take_characters(&reader) && reader.at == reader.end);
	must(text_is_utf8(out, text.length));
	if (text_is_utf8(bytes, size))
		must(memmem(out, text.length, "\xef\xbf\xbd", 3) == NULL ||
			memmem(bytes, size, "\xef\xbf\xbd", 3) != NULL);
	text = check_escape(text_html, bytes, size, room, out, most);
	must(!has_any(&text, "<>\"'"));
	text = check_escape(text_url, bytes, size, room, out, most);
	must(!has_any(&text, " \"<>#?\\\r\n\t\x7f"));
	text = check_escape(text_log, bytes, size, room, out, most);
	must(!has_any(&text, "\"\r\n\t\x1b\x7f"));
	must(text_is_utf8(out, text.length));
	free(out);
}

static void check_line(struct access_entry *entry)
{
	char *line = malloc(ACCESS_LOG_LINE);
	struct text text;

	must(line != NULL);
	for (unsigned clients = LOG_CLIENTS_FULL; clients <= LOG_CLIENTS_NONE; clients++) {
		text = text_over(line, ACCESS_LOG_LINE);
		access_log_format(&text, LOG_FORMAT_JSON, (enum log_clients)clients, entry);
		must(!text.overflow && is_object(line, text.length));
		must(text_is_utf8(line, text.length));
		must(memchr(line, '\n', text.length) == line + text.length - 1);

		text = text_over(line, ACCESS_LOG_LINE);
		access_log_format(&text, LOG_FORMAT_COMBINED, (enum log_clients)clients, entry);
		must(!text.overflow && text.length > 0);
		must(memchr(line, '\n', text.length) == line + text.length - 1);
	}
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct address peer = {.bytes = {0x20, 1}, .family = 6};
	const char *bytes = (const char *)data + 1;
	struct access_entry entry = {.vhost = "example.org", .peer = &peer, .status = 200};
	size_t part;

	if (size == 0)
		return 0;
	size--;
	check_escapes(bytes, size, data[0]);

	part = size / 3;
	entry.request = (struct span){bytes, size};
	entry.referer = (struct span){bytes, part};
	entry.user_agent = (struct span){bytes + part, size - part};
	check_line(&entry);
	entry.protocol = PROTOCOL_GEMINI;
	entry.path = PATH_RELAYED;
	entry.version = TLS_1_2;
	entry.cipher = CIPHER_OTHER;
	entry.digest = size >= DIGEST_SIZE ? (const uint8_t *)bytes : NULL;
	entry.duration_us = size * 1000001;
	entry.referer = (struct span){0};
	entry.complete = true;
	check_line(&entry);
	return 0;
}

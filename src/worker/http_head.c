/* SPDX-License-Identifier: ISC */
#include "http_head.h"

#include <string.h>
#include <strings.h>

#include "authority.h"
#include "field.h"

#define INCOMPLETE  (-1)
#define EMPTY_LINES 2 /* tolerated in front (RFC 9112 §2.2 wants one at least) */

/* Where we are in what was received, and what is known only once all lines are read. */
struct reader {
	const char *at;
	const char *end; /* of what may be looked at: received, and within the limit */
	bool full;       /* the limit is reached: there will be no more */
	unsigned hosts;
	bool length_given;
	bool coding_given;
	bool coding_unknown;
	bool keep_alive;
	bool close;
};

/*
 * The next line without its CRLF. 0, INCOMPLETE or 400. Bytes are judged as they are met, so that
 * the verdict does not depend on where the input ends at the moment. line is what there is of it on
 * errors too. Bytes above 0x7f pass: obs-text in a field (RFC 9110 §5.5), and though no URI has
 * them, clients send UTF-8 unescaped, which target_parse looks at.
 */
static int read_line(struct reader *reader, bool tabs, struct span *line)
{
	const char *at = reader->at;

	while (at < reader->end) {
		unsigned char byte = (unsigned char)*at;

		if ((byte < ' ' && !(tabs && byte == '\t')) || byte == 0x7f)
			break;
		at++;
	}
	*line = (struct span){reader->at, (size_t)(at - reader->at)};
	if (at == reader->end)
		return INCOMPLETE;
	if (*at != '\r')
		return 400;
	if (at + 1 == reader->end)
		return INCOMPLETE;
	if (at[1] != '\n')
		return 400;
	reader->at = at + 2;
	return 0;
}

static enum http_method method_of(struct span text)
{
	static const struct {
		char name[8];
		enum http_method method;
	} methods[] = {
		{"GET", METHOD_GET},
		{"HEAD", METHOD_HEAD},
		{"OPTIONS", METHOD_OPTIONS},
		{"POST", METHOD_KNOWN},
		{"PUT", METHOD_KNOWN},
		{"DELETE", METHOD_KNOWN},
		{"PATCH", METHOD_KNOWN},
		{"TRACE", METHOD_KNOWN},
		{"CONNECT", METHOD_KNOWN},
	};

	/* Methods are case-sensitive (RFC 9110 §9.1). */
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (text.length == strlen(methods[i].name) &&
			memcmp(text.bytes, methods[i].name, text.length) == 0)
			return methods[i].method;
	return METHOD_UNKNOWN;
}

/* "HTTP/1.1" (RFC 9112 §2.3) */
static int parse_version(struct span version, struct http_head *head)
{
	const char *text = version.bytes;

	if (version.length != 8 || memcmp(text, "HTTP/", 5) != 0 || text[5] < '0' ||
		text[5] > '9' || text[6] != '.' || text[7] < '0' || text[7] > '9')
		return 400;
	if (text[5] != '1')
		return 505;
	head->minor = text[7] == '0' ? 0 : 1;
	return 0;
}

/* The four forms of RFC 9112 §3.2; sets path, and host for an absolute-form. */
static int parse_target(struct http_head *head)
{
	struct span target = head->target;
	size_t scheme = 0, end;

	head->path = target;
	if (target.bytes[0] == '/')
		return 0;
	if (field_is(target, "*"))
		return head->method == METHOD_OPTIONS || head->method == METHOD_UNKNOWN ? 0 : 400;
	if (target.length > 7 && strncasecmp(target.bytes, "http://", 7) == 0)
		scheme = 7;
	else if (target.length > 8 && strncasecmp(target.bytes, "https://", 8) == 0)
		scheme = 8;
	else /* authority-form belongs to CONNECT, which is refused as a method */
		return head->method == METHOD_KNOWN && field_is(head->method_text, "CONNECT") ? 0
											      : 400;
	for (end = scheme; end < target.length; end++)
		if (target.bytes[end] == '/' || target.bytes[end] == '?' ||
			target.bytes[end] == '#')
			break;
	if (end == scheme)
		return 400;
	head->host = (struct span){target.bytes + scheme, end - scheme};
	head->path = (struct span){target.bytes + end, target.length - end};
	return 0;
}

/* method SP target SP version, each space exactly one (RFC 9112 §3). */
static int parse_request_line(struct http_head *head)
{
	struct span line = head->line, version;
	const char *first, *second;
	int status;

	first = memchr(line.bytes, ' ', line.length);
	if (first == NULL)
		return 400;
	head->method_text = (struct span){line.bytes, (size_t)(first - line.bytes)};
	if (!field_is_token(head->method_text))
		return 400;
	head->method = method_of(head->method_text);

	first++;
	second = memchr(first, ' ', (size_t)(line.bytes + line.length - first));
	if (second == NULL || second == first)
		return 400;
	head->target = (struct span){first, (size_t)(second - first)};
	second++;
	version = (struct span){second, (size_t)(line.bytes + line.length - second)};
	status = parse_version(version, head);
	return status != 0 ? status : parse_target(head);
}

/* Digits only, no list, no sign, within 64 bits (RFC 9112 §6.3). */
static int take_content_length(struct reader *reader, struct span value, struct http_head *head)
{
	uint64_t number = 0;

	if (reader->length_given || value.length == 0)
		return 400;
	reader->length_given = true;
	for (size_t i = 0; i < value.length; i++) {
		unsigned digit = (unsigned char)value.bytes[i] - (unsigned)'0';

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return 400;
		number = number * 10 + digit;
	}
	head->content_length = number;
	return 0;
}

/*
 * Where chunked is not the last, nobody can say where the body ends: 400 (RFC 9112 §6.3). Anything
 * in front of it is a coding that we do not have: 501 (§6.1).
 */
static int take_transfer_encoding(struct reader *reader, struct span value, struct http_head *head)
{
	const char *comma = memrchr(value.bytes, ',', value.length);
	struct span last = value;

	if (comma != NULL)
		last = (struct span){comma + 1, (size_t)(value.bytes + value.length - comma - 1)};
	if (reader->coding_given || !field_is(field_trim(last), "chunked"))
		return 400;
	reader->coding_given = true;
	head->chunked = comma == NULL;
	reader->coding_unknown = !head->chunked;
	return 0;
}

/*
 * Without a syntax error even where an absolute-form stands in its place: RFC 9112 §3.2 wants that
 * refused before §3.2.2 ignores it.
 */
static int take_host(struct reader *reader, struct span value, struct http_head *head)
{
	struct authority ignored;

	if (reader->hosts++ > 0)
		return 400;
	if (head->host.bytes == NULL)
		head->host = value;
	else if (value.length > 0 && !authority_parse(value.bytes, value.length, &ignored))
		return 400;
	return 0;
}

/* Is this one of the list? What else stands in it does not concern us. */
static bool lists(struct span value, const char *word)
{
	for (;;) {
		const char *comma = memchr(value.bytes, ',', value.length);
		struct span element = value;

		if (comma != NULL)
			element.length = (size_t)(comma - value.bytes);
		if (field_is(field_trim(element), word))
			return true;
		if (comma == NULL)
			return false;
		value.length -= element.length + 1;
		value.bytes = comma + 1;
	}
}

/* Fields that are only kept, by name. */
static const struct {
	char name[20];
	bool single; /* appears once: a second one leaves no value */
	size_t offset;
} kept[] = {
	{"accept", false, offsetof(struct http_head, accept)},
	{"accept-encoding", false, offsetof(struct http_head, accept_encoding)},
	{"user-agent", false, offsetof(struct http_head, user_agent)},
	{"referer", false, offsetof(struct http_head, referer)},
	{"if-none-match", false, offsetof(struct http_head, if_none_match)},
	{"if-match", false, offsetof(struct http_head, if_match)},
	{"if-modified-since", true, offsetof(struct http_head, if_modified_since)},
	{"if-unmodified-since", true, offsetof(struct http_head, if_unmodified_since)},
	{"if-range", true, offsetof(struct http_head, if_range)},
	{"range", true, offsetof(struct http_head, range)},
	{"x-request-id", true, offsetof(struct http_head, request_id)},
};

static void keep_field(struct span name, struct span value, struct http_head *head)
{
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		struct span *field = (struct span *)(void *)((char *)head + kept[i].offset);

		if (!field_is(name, kept[i].name))
			continue;
		if (field->bytes == NULL)
			*field = value;
		else if (kept[i].single)
			field->length = 0;
		return;
	}
}

/* name ":" OWS value OWS (RFC 9112 §5) */
static int parse_field(struct reader *reader, struct span line, struct http_head *head)
{
	const char *colon = memchr(line.bytes, ':', line.length);
	struct span name, value;

	if (colon == NULL)
		return 400;
	name = (struct span){line.bytes, (size_t)(colon - line.bytes)};
	/* A space is no token byte: that refuses obs-fold and a space before the colon. */
	if (!field_is_token(name))
		return 400;
	value = field_trim((struct span){colon + 1, line.length - name.length - 1});

	if (field_is(name, "host")) {
		return take_host(reader, value, head);
	} else if (field_is(name, "content-length")) {
		return take_content_length(reader, value, head);
	} else if (field_is(name, "transfer-encoding")) {
		return take_transfer_encoding(reader, value, head);
	} else if (field_is(name, "connection")) {
		reader->close |= lists(value, "close");
		reader->keep_alive |= lists(value, "keep-alive");
	} else if (field_is(name, "expect")) {
		/* RFC 9110 §10.1.1: a 1.0 client cannot mean it */
		head->expect |= head->minor > 0 && lists(value, "100-continue");
	} else {
		keep_field(name, value, head);
	}
	return 0;
}

/* What can be said only of the head as a whole. */
static int conclude(const struct reader *reader, struct http_head *head)
{
	if (head->minor > 0 && reader->hosts == 0)
		return 400;
	/* RFC 9112 §6.1: both are an attempt at smuggling, and 1.0 knows no transfer coding. */
	if (reader->coding_given && (reader->length_given || head->minor == 0))
		return 400;
	if (reader->coding_unknown)
		return 501;
	head->close = reader->close || (head->minor == 0 && !reader->keep_alive);
	head->keep_alive = head->minor == 0 && !head->close;
	return 0;
}

static int parse_lines(struct reader *reader, struct http_head *head)
{
	struct span line;
	int status;

	for (unsigned empty = 0;; empty++) {
		status = read_line(reader, false, &head->line);
		if (status == INCOMPLETE && reader->full)
			return 414;
		if (status != 0)
			return status;
		if (head->line.length > 0 || empty == EMPTY_LINES)
			break;
	}
	head->fields.bytes = reader->at;
	status = parse_request_line(head);
	while (status == 0) {
		status = read_line(reader, true, &line);
		if (status == INCOMPLETE && reader->full)
			return 431;
		if (status != 0)
			break;
		if (line.length == 0) {
			head->fields.length = (size_t)(line.bytes - head->fields.bytes);
			return conclude(reader, head);
		}
		status = parse_field(reader, line, head);
	}
	return status;
}

int http_head_parse(const char *bytes, size_t length, size_t limit, struct http_head *head)
{
	struct reader reader = {.at = bytes};
	struct span line;
	int status;

	reader.full = length >= limit;
	reader.end = bytes + (reader.full ? limit : length);
	memset(head, 0, sizeof *head);
	status = parse_lines(&reader, head);
	if (status == 0) {
		head->length = (size_t)(reader.at - bytes);
		return 0;
	}
	line = head->line;
	memset(head, 0, sizeof *head);
	if (line.length > 0)
		head->line = line;
	return status;
}

bool http_head_next(const struct http_head *head, const char *name, size_t *at, struct span *value)
{
	while (*at < head->fields.length) {
		const char *line = head->fields.bytes + *at;
		/* http_head_parse has found both in each line. */
		const char *end = memchr(line, '\r', head->fields.length - *at);
		const char *colon = memchr(line, ':', head->fields.length - *at);

		*at += (size_t)(end + 2 - line);
		if (!field_is((struct span){line, (size_t)(colon - line)}, name))
			continue;
		*value = field_trim((struct span){colon + 1, (size_t)(end - colon - 1)});
		return true;
	}
	return false;
}
